package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sessionlab/handlers/config"
)

// testSecret is strong by the rules and used by tests alone.
const testSecret = "T3sts-0nly.aWq9zR7xLm2vKd8sHf4gJp6tYb1nUc5eXo0iQrBz"

// testApp is the whole app behind a real server, on files of its own.
type testApp struct {
	*httptest.Server
	t    testing.TB
	app  *App
	logs *safeBuffer
}

// newTestApp starts the app; change lets a test set its own settings.
func newTestApp(t testing.TB, change ...func(*config.Settings)) *testApp {
	t.Helper()
	dir := t.TempDir()
	s := &config.Settings{
		Addr: "127.0.0.1:0", Debug: "true", AllowedHosts: []string{"*"}, SecretKey: testSecret,
		DatabaseURL: "sqlite:" + filepath.Join(dir, "lab.db"), CacheURL: "memory:",
		SessionEngine: "db", SessionCookieName: "sessionid", SessionCookieAge: 1209600, SessionCookiePath: "/",
		SessionCookieSecure: "auto", SessionCookieHTTPOnly: true, SessionCookieSameSite: "Lax",
		SessionFilePath: filepath.Join(dir, "files"), SessionAbsoluteAge: 2592000,
	}
	copyTemplate(t, filepath.Join(dir, "lab.db"))
	for _, f := range change {
		f(s)
	}
	if err := s.Prepare(); err != nil {
		t.Fatalf("settings: %v", err)
	}
	logs := &safeBuffer{}
	app, err := New(t.Context(), s, slog.New(slog.NewTextHandler(logs, nil)))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	ts := httptest.NewServer(app.Handler())
	t.Cleanup(func() {
		app.Drain()
		ts.Close()
		if err := app.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return &testApp{Server: ts, t: t, app: app, logs: logs}
}

// template is a database with all tables and the demo accounts, made once: their passwords
// take a second to hash under the race detector.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "sessionlab-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "lab.db")
	s := &config.Settings{Debug: "true", SecretKey: testSecret, DatabaseURL: "sqlite:" + path, CacheURL: "memory:", SessionEngine: "db", SessionFilePath: filepath.Join(dir, "files")}
	app, err := New(context.Background(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	if err := app.Close(); err != nil { // the last connection writes the log back into the file
		return nil, err
	}
	return os.ReadFile(path)
})

func copyTemplate(t testing.TB, path string) {
	t.Helper()
	data, err := template()
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// onEngines runs f with the app on each engine.
func onEngines(t *testing.T, names []string, f func(*testing.T, *testApp)) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			f(t, newTestApp(t, func(s *config.Settings) { s.SessionEngine = name }))
		})
	}
}

var (
	allEngines    = config.EngineNames()
	serverEngines = []string{"db", "file", "cache", "cached_db"}
)

// visitor is a client with a cookie jar that follows no redirects.
type visitor struct {
	app *testApp
	*http.Client
	json bool
}

func (a *testApp) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	return &visitor{app: a, Client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// scripted is a visitor who asks for JSON, as curl would.
func (a *testApp) scripted() *visitor {
	v := a.visitor()
	v.json = true
	return v
}

// reply is what a visitor got.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) location() string { return r.header.Get("Location") }

func (v *visitor) do(method, path string, form url.Values, headers ...string) reply {
	v.app.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, v.app.URL+path, body)
	if err != nil {
		v.app.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept", "text/html")
	if v.json {
		req.Header.Set("Accept", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return v.send(req)
}

func (v *visitor) send(req *http.Request) reply {
	v.app.t.Helper()
	res, err := v.Do(req)
	if err != nil {
		v.app.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.app.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(text)}
}

func (v *visitor) get(path string, headers ...string) reply {
	v.app.t.Helper()
	return v.do("GET", path, nil, headers...)
}

// post sends a form given as name, value, name, value.
func (v *visitor) post(path string, fields ...string) reply {
	v.app.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return v.do("POST", path, form)
}

// follow asks for the page that a redirect leads to.
func (v *visitor) follow(r reply) reply {
	v.app.t.Helper()
	return v.get(v.wantStatus(r, http.StatusSeeOther).location())
}

// want checks the JSON that GET path answers.
func (v *visitor) want(path, want string) {
	v.app.t.Helper()
	got := v.get(path, "Accept", "application/json")
	if got.status != 200 || compact(got.body) != compact(want) {
		v.app.t.Errorf("GET %s: %d %s, want %s", path, got.status, got.body, want)
	}
}

func (v *visitor) wantStatus(r reply, want int) reply {
	v.app.t.Helper()
	if r.status != want {
		v.app.t.Errorf("status %d, want %d: %.300s", r.status, want, r.body)
	}
	return r
}

func compact(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil {
		return text
	}
	return b.String()
}

// cookie returns the value of the session cookie, "" for none.
func (v *visitor) cookie() string {
	u, _ := url.Parse(v.app.URL)
	for _, c := range v.Jar.Cookies(u) {
		if c.Name == "sessionid" {
			return c.Value
		}
	}
	return ""
}

func (v *visitor) setCookie(name, value string) {
	u, _ := url.Parse(v.app.URL)
	v.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// inParallel calls f n times at once.
func inParallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() { <-start; f(i) })
	}
	close(start)
	wg.Wait()
}

// safeBuffer is a log that several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
