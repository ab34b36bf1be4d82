package proctest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A hundred clients send a byte a second, in each part of a request. All of them are cut off, and
// until the first one is, others are served.
func TestSlowClientsAreCutOffAndOthersServed(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "SESSION_ENGINE=cache")
	const post = "POST /theme/ HTTP/1.1\r\nHost: lab.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
	cut := make(chan string, 100) // what each began with
	for i := range cap(cut) {
		head := []string{"", "GET /counter/ HTTP/1.1\r\nHost: lab.test\r\nX-Slow: ", post}[i%3]
		conn, err := net.Dial("tcp", p.host())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, head); err != nil {
			t.Fatal(err)
		}
		go func() { // until the server hangs up, whatever it has answered
			for tick := time.NewTicker(time.Second); ; <-tick.C {
				if _, err := conn.Write([]byte("x")); err != nil {
					tick.Stop()
					return
				}
			}
		}()
		go func() { _, _ = io.Copy(io.Discard, conn); cut <- head }()
	}
	served := 0
	for late := time.After(2 * patience); len(cut) < cap(cut); {
		if status, text, err := ask(browser(), "GET", p.url+"/counter/", ""); err != nil || status != 200 {
			t.Fatalf("beside them: %d %s %v, want 200", status, text, err)
		}
		if len(cut) == 0 {
			served++
		}
		select {
		case <-late:
			t.Fatalf("%d of %d slow clients are still there after %v", cap(cut)-len(cut), cap(cut), 2*patience)
		case <-time.After(50 * time.Millisecond): // others need the machine too
		}
	}
	if served == 0 {
		t.Error("nobody was served beside the slow clients")
	}
}

func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "SESSION_ENGINE=cache")
	for size, want := range map[int]int{16 << 10: 200, 64 << 10: 431} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", p.url+"/cart/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", "sessionid="+strings.Repeat("x", size))
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("a cookie of %d bytes: status %d, want %d", size, res.StatusCode, want)
		}
	}
}

func TestASignalLetsWhatWasSentBeforeItEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clients := make([]*http.Client, 8)
	for i := range clients {
		clients[i] = browser()
	}
	acknowledged := make([]int, len(clients))
	for cycle := range 5 {
		p := start(t, dir, "SESSION_COOKIE_NAME=lab", "SECRET_KEY=")
		var signalled time.Time
		var mu sync.Mutex
		var writers sync.WaitGroup
		enough := make(chan struct{})
		var once sync.Once
		for i, c := range clients {
			keepCookies(c, p.url)
			writers.Go(func() {
				for n := 0; ; n++ {
					sent := time.Now()
					status, text, err := ask(c, "GET", p.url+"/counter/", "")
					if err != nil {
						mu.Lock()
						defer mu.Unlock()
						if signalled.IsZero() || sent.Before(signalled) {
							t.Errorf("cycle %d: a request sent before the signal got no answer: %v", cycle, err)
						}
						return
					}
					var count int
					if _, err := fmt.Sscanf(text, `{"visit_count":%d}`, &count); err != nil || status != 200 || count != acknowledged[i]+1 {
						t.Errorf("cycle %d: %d %s after %d visits", cycle, status, text, acknowledged[i])
					}
					acknowledged[i] = count
					if n == 10 {
						once.Do(func() { close(enough) })
					}
				}
			})
		}
		<-enough
		mu.Lock()
		p.signal(syscall.SIGTERM)
		signalled = time.Now()
		mu.Unlock()
		wantDraining(t, p)
		if code := p.ended().ExitCode(); code != 0 {
			t.Errorf("cycle %d: exit code %d: %s", cycle, code, p.output())
		}
		writers.Wait()
		for _, c := range clients {
			c.CloseIdleConnections()
		}
	}
	left, err := os.ReadDir(dir)
	var names []string
	for _, file := range left {
		names = append(names, file.Name())
	}
	if got := strings.Join(names, " "); err != nil || got != ".secret-key session-files sessionlab.db" {
		t.Errorf("left behind: %s (%v); want the key, the directory of the files and the database alone", got, err)
	}
}

// wantDraining waits until the program tells balancers that it is about to end.
func wantDraining(t *testing.T, p *process) {
	t.Helper()
	for c := browser(); ; {
		status, _, err := ask(c, "GET", p.url+"/healthz", "")
		if err != nil {
			t.Fatalf("/healthz never said 503: %v", err)
		}
		if status == 503 {
			return
		}
	}
}

// keepCookies carries a client's cookies over to the port of the next run.
func keepCookies(c *http.Client, url string) {
	req, _ := http.NewRequest("GET", url, nil) // the URL is the program's own
	old, _ := http.NewRequest("GET", "http://127.0.0.1/", nil)
	c.Jar.SetCookies(req.URL, c.Jar.Cookies(old.URL)) // ports do not count for cookies
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "SESSION_ENGINE=cache", "DEBUG=true")
	slow := make(chan error)
	conn, err := net.Dial("tcp", p.host())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /lab/slow?ms=9000 HTTP/1.1\r\nHost: "+p.host()+"\r\nContent-Length: 0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := conn.Read(make([]byte, 1))
		slow <- err
	}()
	p.signal(syscall.SIGTERM)
	wantDraining(t, p)
	p.signal(syscall.SIGTERM)
	if state := p.ended(); state.Success() {
		t.Errorf("%v after the second signal, want a failure", state)
	}
	if err := <-slow; err == nil {
		t.Error("the slow request was answered")
	}
}

func TestSecretsStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	const marker = "MARKER-4711-"
	dir := t.TempDir()
	secret, former := marker+"key-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMN", marker+"old-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMN"
	p := start(t, dir, "SECRET_KEY="+secret, "SECRET_KEY_FALLBACKS="+former, "DEBUG=true")
	var keys []string
	pages := ""
	for _, engine := range []string{"db", "file", "cache", "cached_db", "signed_cookies"} {
		c := browser()
		see := func(method, path, form string) {
			t.Helper()
			_, text, err := ask(c, method, p.url+path, form)
			if err != nil {
				t.Fatal(err)
			}
			pages += text
		}
		see("POST", "/engines/", "engine="+engine)
		see("POST", "/preferences/", "q="+marker+"typed")
		see("POST", "/login/", "username=alice&password="+marker+"guess")
		see("POST", "/signup/", "username=x&password1="+marker+"a&password2="+marker+"b")
		see("POST", "/methods/", "action=cycle")
		see("POST", "/lab/panic", "")
		see("POST", "/lab/fail?code=503", "")
		for _, path := range []string{"/settings/", "/security/", "/events/", "/debug/", "/engines/", "/nothing/", "/account/"} {
			see("GET", path, "")
		}
		req, _ := http.NewRequest("GET", p.url, nil)
		for _, cookie := range c.Jar.Cookies(req.URL) {
			if strings.HasPrefix(cookie.Name, "sessionid") && len(cookie.Value) > 20 {
				keys = append(keys, cookie.Value)
			}
		}
		c.CloseIdleConnections()
	}
	if len(keys) < 5 {
		t.Fatalf("%d keys were issued, want one for each engine", len(keys))
	}
	title, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.cmd.Process.Pid))
	if err != nil {
		t.Log(err) // not on Linux
	}
	p.signal(syscall.SIGTERM)
	p.ended()
	if !strings.Contains(pages, fmt.Sprintf("set (%d characters)", len(secret))) {
		t.Error("/settings/ does not tell of the key's length")
	}
	for where, text := range map[string]string{"the log": p.output(), "a page": pages, "the process's title": string(title)} {
		for what, secret := range map[string]string{"the secret key": secret, "the former key": former, "a password": marker + "guess", "a new password": marker + "a"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", what, where)
			}
		}
		for _, key := range keys {
			if where != "a page" && strings.Contains(text, key) { // with DEBUG, a page shows its visitor the own one
				t.Errorf("a session's key is in %s", where)
			}
		}
	}
	if strings.Contains(p.output(), marker+"typed") {
		t.Error("what a visitor typed is in the log")
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for what, secret := range map[string]string{"the secret key": secret, "the former key": former, "a password": marker + "guess"} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s is in %s", what, d.Name())
			}
		}
		if info, err := d.Info(); err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", d.Name(), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDebugForOthersIsWarnedOfInCapitals(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "ADDR=0.0.0.0:0", "DEBUG=true", "SESSION_ENGINE=cache")
	p.signal(syscall.SIGTERM)
	p.ended()
	if !strings.Contains(p.output(), "WARNING: DEBUG IS ON AND OTHER COMPUTERS CAN REACH THIS SERVER") {
		t.Errorf("the console says %s", p.output())
	}
}
