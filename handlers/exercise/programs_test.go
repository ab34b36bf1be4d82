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

// A criterion is worth something if the mistake that it is about is noticed. Each of these
// is made in the solution in Python, which need not be built.
func TestEachCriterionNoticesItsMistake(t *testing.T) {
	for _, m := range []struct {
		n         int
		criterion string
		mistake   string
		old, new  string
	}{
		{1, "pages", "a list that is not there for a new visitor", `request.session.get("recent", [])})`, `request.session["recent"]})`},
		{1, "counts", "a change inside of the list, which is not saved", `request.session["recent"] = [`, `visits[:] = [`},
		{1, "order", "the newest page last", `, *others][:MOST]`, `, *others][:MOST][::-1]`},
		{1, "order", "a page listed twice", `others = [v for v in visits if v["path"] != request.path]`, `others = visits`},
		{1, "pages-only", "the list counts itself", `    return JsonResponse({"recent": request.session.get("recent", [])})`,
			"    visits = request.session.get(\"recent\", [])\n    page(request, 1)\n    return JsonResponse({\"recent\": visits})"},
		{1, "own", "a list that all visitors share", `request.session`, `SHARED`},
		{1, "bounded", "a list without an end", `[:MOST]`, ``},
		{2, "sign-in", "any password", `username in ACCOUNTS and`, `True or`},
		{2, "forget", "two weeks for everybody", `TWO_WEEKS if "remember" in request.POST else 0`, `TWO_WEEKS`},
		{2, "remember", "never more than the browser", `TWO_WEEKS if "remember" in request.POST else 0`, `0`},
		{2, "remember", "a day in place of two weeks", `14 * 24`, `24`},
		{2, "each-time", "only the box is looked at", `request.session.set_expiry(TWO_WEEKS if "remember" in request.POST else 0)`,
			"request.session.get_expiry_age() and \"remember\" in request.POST and request.session.set_expiry(TWO_WEEKS) or request.session.setdefault(\"_session_expiry\", 0)"},
		{2, "new-key", "the key stays", `request.session.cycle_key()`, `pass`},
		{3, "group", "groups of other names", `random.choice("AB")`, `random.choice("XY")`},
		{3, "sticky", "drawn at each visit", `if "group" not in request.session:`, `if True:`},
		{3, "both", "everybody in one group", `random.choice("AB")`, `"A"`},
		{3, "visitors", "visits are counted, not visitors", `    return JsonResponse({"group"`, "    count(request.session[\"group\"], \"visitors\")\n    return JsonResponse({\"group\""},
		{3, "conversions", "all purchases are A's", `count(request.session["group"], "conversions")`, `count("A", "conversions")`},
		{3, "once", "each purchase counts", `if not request.session.get("bought"):`, `if True:`},
		{4, "created", "one name for all sessions", `.hexdigest()[:10]`, `.hexdigest()[:0] + "session"`},
		{4, "quiet", "each visit is logged", `if after and after != before:`, `if after:`},
		{4, "secret", "the key in the log", `hashlib.sha256(key.encode()).hexdigest()[:10]`, `key`},
		{4, "expired", "expiry is not noticed", `add("expired", hashed(before))`, `pass`},
		{4, "once", "expired again and again", `if last(hashed(before)) == "created":`, `if last(hashed(before)):`},
		{4, "made-up", "every unknown cookie has expired", `if last(hashed(before)) == "created":`, `if last(hashed(before)) != "expired":`},
		{5, "guard", "the page is for everybody", `if "user" not in request.session:`, `if request.session.setdefault("user", "alice") == "":`},
		{5, "back", "the query is lost", `request.get_full_path()`, `request.path`},
		{5, "idle", "the session stays", `SESSION_COOKIE_AGE=2,`, ``},
		{5, "idle", "only the browser forgets", `SESSION_COOKIE_AGE=2,`, `SESSION_COOKIE_AGE=9,`},
		{5, "active", "two seconds from the sign-in", `SESSION_SAVE_EVERY_REQUEST=True,`, ``},
		{5, "elsewhere", "next is followed anywhere", `if not url_has_allowed_host_and_scheme(next, allowed_hosts=None):`, `if not next:`},
		{5, "elsewhere", "only http is looked for", `if not url_has_allowed_host_and_scheme(next, allowed_hosts=None):`, `if not next or next.startswith("http"):`},
	} {
		t.Run(fmt.Sprint(m.n, " ", m.mistake), func(t *testing.T) {
			t.Parallel()
			needDjango(t)
			text, err := os.ReadFile(fmt.Sprintf("files/%d/solution/app.py", m.n))
			if err != nil {
				t.Fatal(err)
			}
			wrong := strings.ReplaceAll(string(text), m.old, m.new)
			if wrong == string(text) {
				t.Fatalf("the solution has no %q", m.old)
			}
			wrong = strings.Replace(wrong, "\nMOST", "\nSHARED = {}\nMOST", 1)
			file := filepath.Join(t.TempDir(), "app.py")
			if err := os.WriteFile(file, []byte(wrong), 0o600); err != nil {
				t.Fatal(err)
			}
			_, all := met(t, m.n, start(t, pyProgram(t, file)))
			for _, r := range all.Results {
				if r.Criterion == m.criterion && (r.Met || r.After != "") {
					t.Errorf("%s did not notice it: %s", m.criterion, r)
				}
			}
			if t.Failed() {
				t.Log(all.Results)
			}
		})
	}
}
