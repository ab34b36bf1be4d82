// DEBUG=auto is on behind a reverse proxy on the same computer.
// Put into handlers/.
package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"sessionlab/handlers/config"
)

func TestDebugAutoIsOffBehindAProxy(t *testing.T) {
	for _, trusted := range []string{"", "127.0.0.1/32"} {
		t.Run("TRUSTED_PROXIES="+trusted, func(t *testing.T) {
			app := newTestApp(t, func(s *config.Settings) {
				s.Addr, s.Debug, s.TrustedProxies = "127.0.0.1:8000", "auto", nil
				if trusted != "" {
					s.TrustedProxies = []string{trusted}
				}
			})
			behind, _ := url.Parse(app.URL)
			proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(behind)
				r.Out.Host = "lab.example.org"
				r.Out.Header.Set("X-Forwarded-For", "203.0.113.7")
				r.Out.Header.Set("X-Forwarded-Proto", "https")
				r.Out.Header.Set("X-Forwarded-Host", "lab.example.org")
			}})
			defer proxy.Close()
			v := app.visitor()
			v.app = &testApp{Server: proxy, t: t, app: app.app, logs: app.logs}
			if r := v.get("/login/"); strings.Contains(r.body, "wonderland-2026") {
				t.Errorf("the page /login/ shows a visitor from 203.0.113.7 the demo password")
			}
			if r := v.post("/login/", "username", "alice", "password", "wonderland-2026"); r.status == 303 {
				t.Errorf("POST /login/ as alice: %d to %s", r.status, r.location())
			}
			for _, path := range []string{"/debug/", "/lab/get?k=n", "/events/"} {
				if r := v.get(path); r.status == 200 {
					t.Errorf("GET %s: %d (warning on the page: %v)", path, r.status, strings.Contains(r.body, "DEBUG IS ON"))
				}
			}
			if r := v.do("POST", "/lab/set", url.Values{"k": {"x"}, "v": {"1"}}); r.status == 303 {
				t.Errorf("POST /lab/set: %d", r.status)
			}
			for _, f := range app.app.settings.Check() {
				if f.Title == "DEBUG" && f.Level == config.OK {
					t.Errorf("check says of DEBUG: %s, %q", f.Level, f.Found)
				}
			}
		})
	}
	_ = http.StatusOK
}
