package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sessionlab/sessions"
)

// command runs the program in-process, in an empty directory of its own.
func command(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), func() {}, args, strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

func TestHelpIsWorthReading(t *testing.T) {
	code, out, _ := command(t, "", "--help")
	for _, want := range []string{"SESSION_ENGINE", "--session-cookie-age", "clearsessions", "inspect", "check", "migrate", "127.0.0.1:8000"} {
		if !strings.Contains(out, want) {
			t.Errorf("--help does not mention %s", want)
		}
	}
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	if code, out, _ := command(t, "", "version"); code != 0 || !strings.HasPrefix(out, "sessionlab ") {
		t.Errorf("version: %d %q", code, out)
	}
}

func TestFaultsAreOneClearLine(t *testing.T) {
	t.Chdir(t.TempDir())
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := os.WriteFile("notadb", []byte("this is no database at all, but long enough to look at it as one would"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--addr " + taken.Addr().String(), 1, "in use"},
		{"--database-url sqlite:no/such/dir/x.db --addr 127.0.0.1:0", 2, "no/such/dir is not there"},
		{"--database-url sqlite:notadb --addr 127.0.0.1:0", 1, "notadb"},
		{"--database-url mysql://x --addr 127.0.0.1:0", 1, "DATABASE_URL"},
		{"--cache-url nothing://x --addr 127.0.0.1:0", 2, "must begin with memory:"},
		{"--session-engine memcached", 2, "session-engine"}, // B-142, B-280
		{"--session-cookie-age soon", 2, "session-cookie-age"},
		{"--session-cookie-age=-5 --addr 127.0.0.1:0", 2, "SESSION_COOKIE_AGE"},
		{"--no-such-flag", 2, "no-such-flag"},
		{"--debug false", 2, "SECRET_KEY"},
		{"--debug false --secret-key secret", 2, "SECRET_KEY"},
		{"--session-cookie-name __Host-x", 2, "Secure"},
		{"--session-cookie-samesite None", 2, "SameSite=None"},
		{"--trusted-proxies everybody", 2, "TRUSTED_PROXIES"},
		{"inspect " + sessions.NewKey(), 1, "no session under this key"},
		{"inspect junk", 1, "no session under this key"},
		{"inspect", 2, "key"},
	} {
		t.Run(c.args, func(t *testing.T) {
			code, _, errs := command(t, "", strings.Fields(c.args)...)
			if code != c.code || !strings.Contains(errs, c.says) || strings.Contains(errs, "goroutine") || strings.Contains(errs, ".go:") {
				t.Errorf("exit code %d, want %d; says %q, want it to name %q", code, c.code, errs, c.says)
			}
		})
	}
}

const strongKey = "k9Q-x2Lw_8vNq5RtZb7YcJ3mHs6Pd1Fg4Ea0UiOoTyWzXsVrBn"

func TestCheckTellsWhatIsUnsafe(t *testing.T) {
	t.Chdir(t.TempDir())
	safe := []string{"--debug", "false", "--secret-key", strongKey, "--allowed-hosts", "lab.example.org", "--trusted-proxies", "127.0.0.1"}
	if code, _, errs := command(t, "", append([]string{"migrate"}, safe...)...); code != 0 {
		t.Fatal(errs)
	}
	code, out, _ := command(t, "", append([]string{"check"}, safe...)...)
	if code != 0 || strings.TrimSpace(out) != "No errors." {
		t.Errorf("safe settings: %d %s", code, out)
	}
	code, out, _ = command(t, "", "check", "--debug", "false", "--secret-key", "secret", "--session-cookie-secure", "false", "--no-session-cookie-httponly")
	if code != 1 || !strings.Contains(out, "SECRET_KEY") || !strings.Contains(out, "SESSION_COOKIE_SECURE") || !strings.Contains(out, "SESSION_COOKIE_HTTPONLY") {
		t.Errorf("unsafe settings: %d %s", code, out)
	}
}

// What is fine on one's own computer is a warning for a site, and an error to who asks for that.
func TestCheckDeployIsStricter(t *testing.T) {
	t.Chdir(t.TempDir())
	own := []string{"check", "--secret-key", strongKey}
	if code, out, _ := command(t, "", own...); code != 0 || strings.Contains(out, "warning") {
		t.Errorf("check: exit code %d, want 0 and no warning:\n%s", code, out)
	}
	if code, out, _ := command(t, "", append(own, "--deploy")...); code != 0 || !strings.Contains(out, "warning  DEBUG: can be on") {
		t.Errorf("check --deploy: exit code %d, want 0 and a warning about DEBUG:\n%s", code, out)
	}
	code, _, errs := command(t, "", append(own, "--deploy", "--fail-level", "warning")...)
	if code != 1 || !strings.Contains(errs, "warnings found: ") {
		t.Errorf("check --deploy --fail-level warning: exit code %d, %q, want 1", code, errs)
	}
}

func TestCheckAsksTheStore(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	check := func() (int, string) {
		code, out, _ := command(t, "", "check", "--secret-key", strongKey)
		return code, out
	}
	if code, out := check(); code != 0 || !strings.Contains(out, "does not exist yet") {
		t.Errorf("before the first start: %d %s", code, out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("check has made %v, %v", left, err)
	}
	if err := os.WriteFile("sessionlab.db", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := check(); code != 1 || !strings.Contains(out, "error    The session store") || !strings.Contains(out, "sessionlab migrate") {
		t.Errorf("without tables: %d %s", code, out)
	}
	if code, _, errs := command(t, "", "migrate"); code != 0 {
		t.Fatal(errs)
	}
	if code, out := check(); code != 0 || strings.Contains(out, "The session store") {
		t.Errorf("with tables: %d %s", code, out)
	}
}

func TestInspectShowsTheSession(t *testing.T) {
	for _, engine := range []string{"db", "file", "cached_db", "signed_cookies"} {
		t.Run(engine, func(t *testing.T) {
			dir := t.TempDir()
			s := start(t, dir, "--session-engine", engine)
			c := client()
			if _, err := count(c, s.url); err != nil {
				t.Fatal(err)
			}
			req, _ := http.NewRequest("GET", s.url, nil)
			var key string
			for _, cookie := range c.Jar.Cookies(req.URL) {
				key = cookie.Value
			}
			s.stop(syscall.SIGINT)
			t.Chdir(dir)
			code, out, errs := command(t, key+"\n", "inspect", "-", "--session-engine", engine)
			if code != 0 || !strings.Contains(out, `"visit_count": 1`) || !strings.Contains(out, "expires") {
				t.Errorf("%d %s %s", code, out, errs)
			}
			code, out, errs = command(t, "", "inspect", "--json", "--session-engine", engine, "--", key)
			var face map[string]any
			if err := json.Unmarshal([]byte(out), &face); code != 0 || err != nil || face["place"] == "" || strings.Contains(out, key) {
				t.Errorf("--json: %d %s %s", code, out, errs)
			}
			// B-270 to B-272
			code, out, errs = command(t, "", "clearsessions", "--session-engine", engine)
			if code != 0 || out == "" {
				t.Errorf("clearsessions: %d %s %s", code, out, errs)
			}
			if code, out, errs = command(t, "", "migrate"); code != 0 || !strings.HasPrefix(out, "0 migrations") {
				t.Errorf("migrate: %d %s %s", code, out, errs)
			}
			info, err := os.Stat(filepath.Join(dir, ".secret-key"))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the key's file: %v %v, want mode 0600 (R-104)", info, err)
			}
		})
	}
}

// program is the path of the program, built once for all tests that need it as a process.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sessionlab-main-")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "sessionlab")
	if out, err := exec.Command("go", "build", race(), "-o", path, "sessionlab").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return path, nil
})

// race is the flag for a program that is built as this test was: what others have compiled is
// then there already.
func race() string {
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return "-race"
	}
	return "-race=false"
}

// built is the directory of the program, removed by TestMain.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

// server is the program as a process of its own.
type server struct {
	t    *testing.T
	url  string
	cmd  *exec.Cmd
	done chan struct{}
	log  bytes.Buffer // to be read when it is done
}

// start runs the program in dir until the test ends.
func start(t *testing.T, dir string, args ...string) *server {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, done: make(chan struct{})}
	s.cmd = exec.Command(path, append([]string{"--addr", "127.0.0.1:0"}, args...)...)
	s.cmd.Dir, s.cmd.Stderr = dir, &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); <-s.done })
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	go func() { _, _ = io.Copy(io.Discard, lines); _ = s.cmd.Wait(); close(s.done) }()
	if s.url = regexp.MustCompile(`http://[0-9.:]+`).FindString(line); s.url == "" {
		_ = s.cmd.Process.Kill()
		<-s.done
		t.Fatalf("the server did not start: %q %v %s", line, err, s.log.String())
	}
	return s
}

// stop sends sig and returns the exit code, -1 for an end by the signal itself.
func (s *server) stop(sig os.Signal) int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		s.t.Fatal("the server does not stop")
	}
	return s.cmd.ProcessState.ExitCode()
}

// count visits the counter and returns what it says, or an error.
func count(c *http.Client, url string) (int, error) {
	req, err := http.NewRequestWithContext(context.Background(), "GET", url+"/counter/", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", "application/json")
	res, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	var face struct {
		N int `json:"visit_count"`
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if res.StatusCode != 200 {
		return 0, fmt.Errorf("status %d: %s", res.StatusCode, text)
	}
	return face.N, json.Unmarshal(text, &face)
}

// client keeps its cookies from one run of the program to the next: ports do not count for them.
func client() *http.Client {
	jar, _ := cookiejar.New(nil) // it never fails
	return &http.Client{Jar: jar, Transport: &http.Transport{}, Timeout: 20 * time.Second}
}

// startSolution runs the solution of an exercise on a port that it chooses.
func startSolution(t *testing.T, n string) (url string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app")
	if out, err := exec.Command("go", "build", "-o", file, "./handlers/exercise/files/"+n+"/solution").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(file, "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line := make([]byte, 100)
	k, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(line[:k]))
}

func TestExerciseExitsWithZeroOneOrTwo(t *testing.T) {
	empty := httptest.NewServer(http.NotFoundHandler())
	defer empty.Close()
	solved := startSolution(t, "2")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"2 " + solved, 0, "All 5 criteria are met."},
		{"2 " + empty.URL, 1, "✗ The right password signs in"},
		{"2 http://127.0.0.1:1/", 1, "start it first"},
		{"1 --starter go", 0, "package main"},
		{"1 --starter django", 0, "urlpatterns"},
		{"5 --solution go", 0, "IdleTimeout"},
		{"2", 2, "give the address of your app"},
		{"", 2, "1 to 5"},
		{"6 " + solved, 2, "no 6"},
		{"one " + solved, 2, "one"},
		{"2 http://192.0.2.1/", 2, "not a loopback address"},
		{"2 https://127.0.0.1/", 2, "http://"},
		{"1 --starter rust", 2, "rust"},
		{"1 --starter go " + solved, 2, "only one of them"},
	} {
		code, out, errs := command(t, "", append([]string{"exercise"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("exercise %s: exit code %d, want %d, and it should say %q:\n%s%s", c.args, code, c.code, c.says, out, errs)
		}
	}
}
