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
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sessionlab/sessions"
)

// TestMain lets the test binary be the program itself, so that it can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("SESSIONLAB_TEST_MAIN") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

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
		{"--cache-url nothing://x --addr 127.0.0.1:0", 1, "must begin with memory:"},
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

func TestCheckTellsWhatIsUnsafe(t *testing.T) { // B-300 to B-303
	t.Chdir(t.TempDir())
	strong := "k9Q-x2Lw_8vNq5RtZb7YcJ3mHs6Pd1Fg4Ea0UiOoTyWzXsVrBn"
	code, out, _ := command(t, "", "check", "--debug", "false", "--secret-key", strong)
	if code != 0 || strings.TrimSpace(out) != "No errors." || strings.Contains(out, strong) {
		t.Errorf("safe settings: %d %s", code, out)
	}
	code, out, _ = command(t, "", "check", "--debug", "false", "--secret-key", "secret", "--session-cookie-secure", "false", "--no-session-cookie-httponly")
	if code != 1 || !strings.Contains(out, "SECRET_KEY") || !strings.Contains(out, "SESSION_COOKIE_SECURE") || !strings.Contains(out, "SESSION_COOKIE_HTTPONLY") {
		t.Errorf("unsafe settings: %d %s", code, out)
	}
}

// server is the program as a process of its own.
type server struct {
	t    *testing.T
	url  string
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	log  bytes.Buffer
}

// start runs the program in dir until the test ends.
func start(t *testing.T, dir string, args ...string) *server {
	t.Helper()
	s := &server{t: t, done: make(chan struct{})}
	s.cmd = exec.Command(os.Args[0], append([]string{"--addr", "127.0.0.1:0"}, args...)...)
	s.cmd.Env = append(os.Environ(), "SESSIONLAB_TEST_MAIN=1")
	s.cmd.Dir = dir
	s.cmd.Stderr = writer(func(p []byte) (int, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.log.Write(p)
	})
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	found := regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
	if err != nil || found == "" {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		t.Fatalf("the server did not start: %q %s", line, s.log.String())
	}
	s.url = found
	go func() { _ = s.cmd.Wait(); close(s.done) }()
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); <-s.done })
	return s
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

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
	if err != nil || res.StatusCode != 200 {
		return 0, fmt.Errorf("status %d: %s %w", res.StatusCode, text, err)
	}
	return face.N, json.Unmarshal(text, &face)
}

func client() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, Transport: &http.Transport{}, Timeout: 20 * time.Second}
}

// moveCookies lets a client go on at another address, as a browser would after a restart.
func moveCookies(t *testing.T, c *http.Client, from, to string) {
	t.Helper()
	a, err := http.NewRequest("GET", from, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := http.NewRequest("GET", to, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Jar.SetCookies(b.URL, c.Jar.Cookies(a.URL))
}

func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	for _, engine := range []string{"db", "file", "cached_db"} {
		t.Run(engine, func(t *testing.T) {
			dir := t.TempDir()
			s := start(t, dir, "--session-engine", engine)
			clients := make([]*http.Client, 8)
			for i := range clients {
				clients[i] = client()
			}
			acknowledged := make([]int, len(clients))
			for range 3 {
				var wg sync.WaitGroup
				var once sync.Once
				enough := make(chan struct{})
				for i, c := range clients {
					wg.Go(func() {
						for visits := 0; ; visits++ {
							n, err := count(c, s.url)
							if err != nil {
								return // killed
							}
							acknowledged[i] = n
							if visits == 20 {
								once.Do(func() { close(enough) })
							}
						}
					})
				}
				<-enough
				s.stop(syscall.SIGKILL)
				wg.Wait()
				before := s.url
				s = start(t, dir, "--session-engine", engine)
				for i, c := range clients {
					c.CloseIdleConnections()
					moveCookies(t, c, before, s.url)
					n, err := count(c, s.url)
					if err != nil || n < acknowledged[i]+1 || n > acknowledged[i]+2 {
						t.Errorf("client %d: %d visits acknowledged, the next one counts %d (%v)", i, acknowledged[i], n, err)
					}
					acknowledged[i] = n
				}
			}
			if code := s.stop(syscall.SIGTERM); code != 0 {
				t.Errorf("SIGTERM: exit code %d\n%s", code, s.log.String())
			}
		})
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
