package sessions_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sessionlab/sessions"
)

// A visitor is served under other settings than the rest, and back under the first ones.
func TestASessionCanBePutUnderOtherSettings(t *testing.T) {
	base := manager(t, sessions.Config{Engine: memory()})
	cfg := base.Config()
	cfg.Age, cfg.Cookie.SameSite, cfg.Cookie.ReadableByScripts = 30*time.Second, http.SameSiteStrictMode, true
	other := manager(t, cfg)
	use := other
	h := base.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		if r.URL.Path == "/late" { // the session is loaded by now
			s.Has("a")
		}
		if err := sessions.Under(s, use); err != nil {
			t.Error(err)
		}
		s.Set("a", 1)
	}))
	line := func(path, cookie string) string {
		r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
		r.Header.Set("Cookie", cookie)
		h.ServeHTTP(w, r)
		return w.Header().Get("Set-Cookie")
	}
	first := line("/", "")
	for _, path := range []string{"/", "/late"} {
		cookie, _, _ := strings.Cut(first, ";")
		use = other
		if got := line(path, cookie); !strings.Contains(got, "Max-Age=30") || !strings.HasSuffix(got, "; SameSite=Strict") {
			t.Errorf("%s: Set-Cookie %q", path, got)
		}
		key := strings.TrimPrefix(cookie, "sessionid=")
		s := base.Open(t.Context(), key)
		if s.Has("a"); time.Until(sessions.Peek(s).Ends) > 30*time.Second {
			t.Errorf("%s: the record ends at %v", path, sessions.Peek(s).Ends)
		}
		use = base
		if got := line(path, cookie); !strings.Contains(got, "Max-Age=1209600; HttpOnly; SameSite=Lax") {
			t.Errorf("%s: back under the first settings: %q", path, got)
		}
	}
}

func TestASessionStaysWithItsEngineAndItsCookie(t *testing.T) {
	base := manager(t, sessions.Config{Engine: memory()})
	named := base.Config()
	named.Cookie.Name = "other"
	for name, m := range map[string]*sessions.Manager{
		"another engine": manager(t, sessions.Config{Engine: memory()}),
		"another cookie": manager(t, named),
	} {
		s := base.Open(t.Context(), "")
		if err := sessions.Under(s, m); err == nil || s.Manager() != base {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
