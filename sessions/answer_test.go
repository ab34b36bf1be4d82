package sessions_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/signedcookies"
)

// saved stores a session with these entries and returns its key.
func saved(t testing.TB, m *sessions.Manager, entries map[string]any) string {
	t.Helper()
	s := m.Open(t.Context(), "")
	s.Update(entries)
	must(t, s.Save())
	return s.Key()
}

// outside sets the headers of an outer middleware before h sets its own.
func around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'self'")
		head.Set("Content-Language", "en")
		head.Set("X-Request-Id", "17")
		head.Set("X-Removed", "by the handler")
		head.Add("Vary", "Accept")
		http.SetCookie(w, &http.Cookie{Name: "csrf", Value: "outer"})
		h.ServeHTTP(w, r)
	})
}

func TestAFailedSaveAnswersWithTheHeadersFromBeforeTheHandler(t *testing.T) {
	m := manager(t, sessions.Config{Engine: memory()})
	success := []string{"HX-Redirect", "HX-Trigger", "Refresh", "Location", "ETag", "Content-Disposition", "Content-Encoding", "X-Of-The-Handler"}
	key := saved(t, m, map[string]any{"n": 1})
	h := around(m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Has("n")
		other := m.Open(r.Context(), key)
		other.Set("n", r.URL.Path)
		must(t, other.Save())
		for _, name := range success {
			w.Header().Set(name, "all went well")
		}
		for i := range 20 { // more than there is room for without an allocation
			w.Header().Set("X-More-"+string(rune('A'+i)), "1")
		}
		w.Header().Set("Content-Security-Policy", "default-src *")
		w.Header().Add("Vary", "HX-Request")
		w.Header().Del("X-Removed")
		http.SetCookie(w, &http.Cookie{Name: "flash", Value: "saved"})
		s.Set("n", 3)
		w.WriteHeader(http.StatusSeeOther)
	})))
	res := ask(h, "/", "sessionid="+key)
	if res.StatusCode != http.StatusConflict {
		t.Fatalf("status %d, want 409", res.StatusCode)
	}
	for _, name := range append(success, "X-More-A", "X-More-T") {
		if got := res.Header.Get(name); got != "" {
			t.Errorf("%s: %s speaks of a success", name, got)
		}
	}
	for name, want := range map[string]string{"Content-Security-Policy": "default-src 'self'", "Content-Language": "en", "X-Request-Id": "17", "X-Removed": "by the handler"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want that of the outer middleware, %q", name, got, want)
		}
	}
	if got := res.Header["Set-Cookie"]; !slices.Equal(got, []string{"csrf=outer"}) {
		t.Errorf("Set-Cookie %q, want the outer one alone", got)
	}
	if got := res.Header["Vary"]; !slices.Equal(got, []string{"Accept", "Cookie"}) {
		t.Errorf("Vary %q", got)
	}
}

func TestTheHeadersOfMoreThanTwelveOuterLinesComeBackToo(t *testing.T) {
	m := manager(t, sessions.Config{Engine: memory(), AllowCreate: func(*http.Request) error { return errRefused }})
	h := m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clear(w.Header())
		sessions.From(r).Set("a", 1)
	}))
	w := httptest.NewRecorder()
	for i := range 26 {
		w.Header().Set("X-Outer-"+string(rune('A'+i)), "1")
	}
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	for i := range 26 {
		if name := "X-Outer-" + string(rune('A'+i)); w.Header().Get(name) != "1" {
			t.Errorf("%s is gone", name)
		}
	}
	if w.Code != http.StatusTooManyRequests {
		t.Errorf("status %d, want 429", w.Code)
	}
}

func TestTheErrorHandlerSeesTheSession(t *testing.T) {
	engine := memory()
	m := manager(t, sessions.Config{Engine: engine, ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
		if s := sessions.From(r); s.Err() == nil || !sessions.Peek(s).Loaded {
			t.Error("the session has no error, or is not to be seen")
		}
		w.WriteHeader(sessions.Status(err))
	}})
	key := saved(t, m, map[string]any{"n": 1})
	engine.replace = errRefused
	h := m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("n", 2) }))
	if res := ask(h, "/", "sessionid="+key); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", res.StatusCode)
	}
}

// Two cookies of one name, as after a change of their domain or path: browsers send the older
// one first, and go on sending it.
func TestOfTwoSignedCookiesTheOneSignedLastCounts(t *testing.T) {
	e, err := signedcookies.New(signedcookies.Config{Secret: "a secret of tests"})
	must(t, err)
	for name, c := range map[string]struct {
		cookie sessions.Cookie
		host   string
		others string // where the other one is taken back
	}{
		"a domain now":   {sessions.Cookie{Domain: "example.com"}, "www.example.com", "sessionid=; Path=/; Expires"},
		"no domain now":  {sessions.Cookie{}, "www.example.com:8080", "sessionid=; Path=/; Domain=www.example.com; Expires"},
		"an IP address":  {sessions.Cookie{}, "192.0.2.1:80", ""},
		"a name alone":   {sessions.Cookie{}, "localhost", ""},
		"another path":   {sessions.Cookie{Path: "/app/"}, "localhost", ""},
		"IPv6 addresses": {sessions.Cookie{}, "[2001:db8::1]:80", ""},
	} {
		m := manager(t, sessions.Config{Engine: e, Cookie: c.cookie})
		signed := func(age int, who string) string {
			at := clockAgo(age)
			key, err := e.Create(t.Context(), sessions.Record{Data: []byte(`{"who":"` + who + `"}`), Saved: at, Used: at})
			must(t, err)
			return key
		}
		old, last, oldest := signed(60, "old"), signed(5, "last"), signed(90, "oldest")
		for _, order := range [][]string{{old, last, oldest}, {last, old, oldest}, {oldest, old, last}} {
			var who string
			r := httptest.NewRequest("GET", "/", nil)
			r.Host = c.host
			r.Header.Set("Cookie", "sessionid="+strings.Join(order, "; sessionid="))
			w := httptest.NewRecorder()
			m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				sessions.From(r).Get("who", &who)
			})).ServeHTTP(w, r)
			if who != "last" {
				t.Errorf("%s: %s counts, want the one signed last", name, who)
			}
			lines := w.Header()["Set-Cookie"]
			took := slices.ContainsFunc(lines, func(l string) bool { return c.others != "" && strings.HasPrefix(l, c.others) })
			if took != (c.others != "") || len(lines) == 0 || !strings.HasPrefix(lines[len(lines)-1], "sessionid="+last+";") {
				t.Errorf("%s: Set-Cookie %q, want the session in its place and the other one taken back", name, lines)
			}
		}
	}
}

func TestASignInLastsBesideAnOlderSignedCookie(t *testing.T) {
	e, err := signedcookies.New(signedcookies.Config{Secret: "a secret of tests"})
	must(t, err)
	m := manager(t, sessions.Config{Engine: e})
	old, err := e.Create(t.Context(), sessions.Record{Data: []byte(`{"who":"old"}`), Used: clockAgo(60)})
	must(t, err)
	h := m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		switch r.URL.Path {
		case "/login":
			s.CycleKey()
			s.Set("who", "ann")
		case "/logout":
			s.Flush()
		}
		var who string
		s.Get("who", &who)
		w.Header().Set("X-Who", who)
	}))
	value := ""
	for _, c := range ask(h, "/login", "sessionid="+old).Cookies() {
		if c.MaxAge > 0 {
			value = c.Value
		}
	}
	if who := ask(h, "/", "sessionid="+old+"; sessionid="+value).Header.Get("X-Who"); who != "ann" {
		t.Errorf("signed in, and the next page sees %q", who)
	}
	res := ask(h, "/logout", "sessionid="+old+"; sessionid="+value)
	for _, c := range res.Cookies() {
		if c.MaxAge >= 0 {
			t.Errorf("a sign-out sends %v", c)
		}
	}
}
