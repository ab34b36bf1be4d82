package handlers

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"sessionlab/handlers/config"
	"sessionlab/sessions/sessionstest/testserver"
)

// behind puts a proxy on this machine in front of the app; rewrite says what it changes.
func (a *testApp) behind(rewrite func(*httputil.ProxyRequest)) *testApp {
	target, _ := url.Parse(a.URL)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		rewrite(r)
	}})
	a.t.Cleanup(proxy.Close)
	return &testApp{Server: proxy, t: a.t, app: a.app, logs: a.logs}
}

func TestAProxyThatChangesHostDoesNotBreakForms(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) {
		s.Debug, s.AllowedHosts, s.TrustedProxies, s.SessionCookieSecure = "false", []string{"lab.example.org"}, []string{"127.0.0.1"}, "false"
	})
	forwards := app.behind(func(r *httputil.ProxyRequest) { r.Out.Header.Set("X-Forwarded-Host", "lab.example.org") })
	silent := app.behind(func(r *httputil.ProxyRequest) { r.Out.Host = "lab.example.org:9000" })
	dark := url.Values{"theme": {"dark"}}
	if r := forwards.visitor().do("POST", "/theme/", dark, "Origin", "http://lab.example.org"); r.status != 303 {
		t.Errorf("with X-Forwarded-Host: %d, want 303", r.status)
	}
	if r := silent.visitor().do("POST", "/theme/", dark, "Origin", "http://lab.example.org"); r.status != 403 {
		t.Errorf("without it: %d, want 403", r.status)
	}
	if logs := app.logs.String(); !strings.Contains(logs, "origin=http://lab.example.org host=lab.example.org:9000") {
		t.Errorf("the log does not name Origin and Host: %s", logs)
	}
	if r := forwards.visitor().do("POST", "/theme/", dark, "Origin", "http://evil.test"); r.status != 403 {
		t.Errorf("from another site: %d, want 403", r.status)
	}
}

func TestOnlyThisMachinesNamesAreAnsweredWithDebug(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) { s.AllowedHosts = nil })
	for host, want := range map[string]int{"localhost:8000": 200, "127.0.0.1": 200, "rebound.evil.test": 400} {
		r, _ := http.NewRequest("GET", app.URL+"/counter/", nil)
		r.Host = host
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != want || want == 400 && (!strings.Contains(string(body), "ALLOWED_HOSTS") || answer.Header.Get("Set-Cookie") != "") {
			t.Errorf("Host: %s: %d, want %d: %.300s", host, answer.StatusCode, want, body)
		}
	}
	r, _ := http.NewRequest("GET", app.URL+"/healthz", nil)
	r.Host = "10.0.0.7"
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 200 {
		t.Errorf("a balancer that asks for /healthz by address: %d, want 200", answer.StatusCode)
	}
}

func TestVisitorsBehindAProxyThatAddsPortsAreToldApart(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) {
		s.Debug, s.SessionCookieSecure, s.TrustedProxies, s.SessionCreateLimit = "false", "false", []string{"127.0.0.1"}, 2
	})
	begin := func(from string) int {
		return app.visitor().do("POST", "/theme/", url.Values{"theme": {"dark"}}, "X-Forwarded-For", from).status
	}
	for _, from := range []string{"203.0.113.7:4711", "203.0.113.7:4712"} {
		if got := begin(from); got != 303 {
			t.Errorf("%s: %d, want 303", from, got)
		}
	}
	if got := begin("203.0.113.7:4713"); got != 429 {
		t.Errorf("the third of one address: %d, want 429", got)
	}
	for _, from := range []string{"203.0.113.8:4711", "[2001:db8::1]:443"} {
		if got := begin(from); got != 303 {
			t.Errorf("%s: %d, want 303", from, got)
		}
	}
}

func TestAMultipartFormIsRead(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("theme", "dark")
	form.Close()
	answer, err := v.Post(app.URL+"/theme/", form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 303 {
		t.Errorf("status %d, want 303", answer.StatusCode)
	}
	v.want("/theme/", `{"theme_preference":"dark"}`)
}

func TestTheFaceIsChosenByTheAcceptHeader(t *testing.T) {
	v := newTestApp(t).visitor()
	for accept, want := range map[string]string{
		"APPLICATION/JSON": "application/json", "text/html;q=0.1, application/json": "application/json", "application/json;q=0.1, text/html": "text/html; charset=utf-8",
	} {
		if got := v.get("/theme/", "Accept", accept).header.Get("Content-Type"); got != want {
			t.Errorf("Accept: %s gives %s, want %s", accept, got, want)
		}
	}
}

func TestAnEngineThatCannotBeOpenedStopsTheAppOnlyIfItIsTheDefault(t *testing.T) {
	broken := func(s *config.Settings) { s.SessionFilePath = filepath.Join(t.TempDir(), "missing", "\x00") }
	app := newTestApp(t, broken)
	v := app.visitor()
	v.wantStatus(v.post("/theme/", "theme", "dark"), 303)
	if r := v.get("/engines/", "Accept", "text/html"); r.status != 200 || !strings.Contains(r.body, "It could not be opened") {
		t.Errorf("/engines/: %d, want 200 and why the file engine is missing", r.status)
	}
	if r := v.post("/engines/", "engine", "file"); r.status != 400 {
		t.Errorf("to choose it: %d, want 400", r.status)
	}
	s := *app.app.settings
	s.SessionEngine = "file"
	if _, err := New(t.Context(), &s, app.app.log); err == nil || !strings.Contains(err.Error(), "engine file") {
		t.Errorf("as the default: %v, want an error that names it", err)
	}
}

func TestHealthzSaysThatSessionsCannotBeStored(t *testing.T) {
	server := testserver.NewRedis(t)
	app := newTestApp(t, func(s *config.Settings) { s.SessionEngine, s.CacheURL = "cache", "redis://"+server.Addr })
	server.Do(t, "CONFIG", "SET", "min-replicas-to-write", "1")
	if r := app.visitor().get("/healthz"); r.status != 503 || !strings.Contains(r.body, "cannot be stored") || r.header.Get("Set-Cookie") != "" {
		t.Errorf("%d %s, want 503", r.status, r.body)
	}
}
