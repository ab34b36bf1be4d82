package exercise

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

const python = "/usr/bin/python3" // where Debian's python3-django puts Django

var django = sync.OnceValue(func() error { return exec.Command(python, "-c", "import django").Run() })

// needDjango skips a test where Django is missing, but not where nothing may be missing.
func needDjango(t *testing.T) {
	t.Helper()
	if django() == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no Django under " + python + ", and CI=true forbids to skip")
	}
	t.Skip("no Django under " + python + ": install python3-django")
}

// goProgram builds a Go program, and pyProgram names what runs a Python one.
func goProgram(t *testing.T, dir string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app")
	if out, err := exec.Command("go", "build", "-o", file, "./"+dir).CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", dir, err, out)
	}
	return []string{file}
}

func pyProgram(t *testing.T, file string) []string {
	t.Helper()
	needDjango(t)
	return []string{python, "-B", file}
}

// start runs a program on a free port until the test ends, and returns its address.
func start(t *testing.T, command []string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	var out bytes.Buffer
	cmd := exec.Command(command[0], append(slices.Clone(command[1:]), address)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	// Django's runserver is told that it is the process that serves, not the one that
	// watches files and starts another.
	cmd.Env = append(os.Environ(), "RUN_MAIN=true")
	testserver.DieWithUs(cmd, syscall.SIGKILL)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("%v printed:\n%s", command, out.String())
		}
	})
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return "http://" + address + "/"
		}
		select {
		case <-ended:
			t.Fatalf("%v ended before it listened:\n%s", command, out.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatalf("%v did not listen on %s", command, address)
	return ""
}

// met checks the app and returns the IDs of the criteria that it meets.
func met(t *testing.T, n int, url string) (ids []string, all Summary) {
	t.Helper()
	all, err := Check(t.Context(), n, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all.Results {
		if r.Met {
			ids = append(ids, r.Criterion)
		}
	}
	return ids, all
}

func TestStartersFailAndSolutionsPass(t *testing.T) {
	// What a starter meets before its learner has written anything.
	begun := map[int][]string{
		1: {"pages"}, 2: {"sign-in", "remember"}, 3: {"group", "both"}, 4: nil, 5: {"guard"},
	}
	for _, e := range All() {
		for _, lang := range Languages() {
			for _, kind := range []string{"starter", "solution"} {
				t.Run(fmt.Sprint(e.Number, lang, kind), func(t *testing.T) {
					t.Parallel()
					dir := fmt.Sprintf("files/%d/%s", e.Number, kind)
					command := func() []string {
						if lang == "go" {
							return goProgram(t, dir)
						}
						return pyProgram(t, dir+"/app.py")
					}()
					got, all := met(t, e.Number, start(t, command))
					if kind == "solution" && !all.Done() || kind == "starter" && !slices.Equal(got, begun[e.Number]) {
						t.Errorf("%d of %d criteria are met: %v", all.Met, all.Total, got)
						for _, r := range all.Results {
							t.Log(r)
						}
					}
					teaches(t, e, all)
				})
			}
		}
	}
}

// teaches looks for what a learner needs of each result: what was sent, what came back and
// what was expected, or what has to come first.
func teaches(t *testing.T, e Exercise, all Summary) {
	t.Helper()
	failed := false
	for i, r := range all.Results {
		if r.Criterion != e.Criteria[i].ID {
			t.Errorf("result %d is about %q, want %q", i, r.Criterion, e.Criteria[i].ID)
		}
		failed = failed || r.After == "" && !r.Met
		if r.After == "" && (r.Sent == "" || r.Got == "" || r.Want == "" || strings.ContainsAny(r.Got, "\n\x1b")) {
			t.Errorf("%s teaches nothing: %q", r.Criterion, r)
		}
	}
	if len(all.Results) != len(e.Criteria) || all.Total != len(e.Criteria) {
		t.Errorf("%d results for %d criteria", len(all.Results), len(e.Criteria))
	}
	if !failed && !all.Done() {
		t.Error("nothing says what is wrong")
	}
}
