package sessions_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// outside makes a module that is no part of this one, with the lines of go.mod that the README
// shows and one of the examples as its program. It returns its directory.
func outside(t *testing.T, example string) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, lines, found := strings.Cut(string(readme), "```go.mod\n")
	lines, _, ended := strings.Cut(lines, "```")
	if !found || !ended || !strings.Contains(lines, "../session-lab") {
		t.Fatal("the README shows no go.mod that replaces the layer by ../session-lab")
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(filepath.Join("examples", example, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum")) // what this module has verified needs no network
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  strings.Replace(lines, "../session-lab", here, 1),
		"go.sum":  string(sums),
		"main.go": string(program),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	goCommand(t, dir, "mod", "tidy")
	return dir
}

// goCommand runs go in a directory and returns what it prints.
func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v: %s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// run builds the program of a module and starts it, at a free address in the place of the one
// in its source. It returns the program's URL.
func run(t *testing.T, dir string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	source := filepath.Join(dir, "main.go")
	text, err := os.ReadFile(source)
	if err == nil {
		err = os.WriteFile(source, bytes.Replace(text, []byte("127.0.0.1:8000"), []byte(addr), 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	goCommand(t, dir, "build", "-o", "program")
	listener.Close()
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "program")) // ends with the test
	cmd.Env = append(os.Environ(), "SECRET_KEY=0nly-for-tests.fR7kQ2vX9mB4tZ8wL1nH6pC3sJ5dG0yA")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the program said: %s", said.String())
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return "http://" + addr
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the program does not listen: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// client is a browser without scripts.
func client() *http.Client {
	jar, _ := cookiejar.New(nil) // it never fails
	return &http.Client{Jar: jar, Timeout: 20 * time.Second}
}

// page asks for a page, by POST if there is a form, and returns its text.
func page(t *testing.T, c *http.Client, url, form string) string {
	t.Helper()
	method, body := "GET", io.Reader(nil)
	if form != "" {
		method, body = "POST", strings.NewReader(form)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%s %s: %d %s (%v), want 200", method, url, res.StatusCode, text, err)
	}
	return strings.TrimSpace(string(text))
}

func TestAnotherModuleImportsTheLayer(t *testing.T) {
	for _, example := range []string{"nethttp", "chi", "fromscs", "fromgorilla"} {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			url := run(t, outside(t, example))
			ann, bob := client(), client()
			for want := range 3 {
				if got := page(t, ann, url, ""); got != fmt.Sprint("visit ", want+1) {
					t.Errorf("Ann reads %q, want visit %d", got, want+1)
				}
			}
			if got := page(t, bob, url, ""); got != "visit 1" {
				t.Errorf("Bob reads %q, want visit 1", got)
			}
			if example != "fromscs" {
				return
			}
			if got := page(t, ann, url+"/login", "user=Ann"); got != "visit 4 Ann" {
				t.Errorf("after her sign-in Ann reads %q, want visit 4 Ann", got)
			}
			if got := page(t, ann, url+"/logout", "now=yes"); got != "visit 1" {
				t.Errorf("after her sign-out Ann reads %q, want visit 1", got)
			}
		})
	}
}

// Whoever imports the layer pays for what the program uses, and for no store besides.
func TestImportersCompileOnlyWhatTheyUse(t *testing.T) {
	redis, drivers := "github.com/redis/", []string{"modernc.org/", "github.com/jackc/", "github.com/mattn/go-sqlite3", "github.com/lib/pq"}
	for _, c := range []struct {
		packages  string
		forbidden []string
	}{
		{"sessionlab/sessions", append(drivers, redis, "database/sql", "testing")},
		{"sessionlab/sessions/cache", append(drivers, redis, "database/sql", "testing")},
		{"sessionlab/sessions/file", append(drivers, redis, "database/sql", "testing")},
		{"sessionlab/sessions/signedcookies", append(drivers, redis, "database/sql", "testing")},
		{"sessionlab/sessions/db", append(drivers, redis, "testing")},
		{"sessionlab/sessions/cacheddb", append(drivers, redis, "testing")},
	} {
		t.Run(c.packages, func(t *testing.T) {
			deps := strings.Fields(goCommand(t, root, "list", "-deps", c.packages))
			if len(deps) < 10 {
				t.Fatalf("go list -deps says %v", deps)
			}
			for _, dep := range deps {
				for _, prefix := range c.forbidden {
					if dep == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(dep, prefix) {
						t.Errorf("it compiles %s", dep)
					}
				}
			}
		})
	}
}
