package sessionstest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"sessionlab/sessions"
)

// handler is what a case does with the session of a request.
type handler func(s *sessions.Session, w http.ResponseWriter, r *http.Request)

// server runs h behind the middleware.
func (b *bench) server(h handler, change ...func(*sessions.Config)) *httptest.Server {
	b.t.Helper()
	m := b.manager(change...)
	ts := httptest.NewServer(m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h(sessions.From(r), w, r)
	})))
	b.t.Cleanup(ts.Close)
	return ts
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
	cookie *http.Cookie // the session cookie that was set, if one was
}

// request sends a Cookie header as it is, "" for none.
func (b *bench) request(ts *httptest.Server, path, cookie string) reply {
	b.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), "GET", ts.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if cookie != "" {
		req.Header["Cookie"] = []string{cookie}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	out := reply{status: res.StatusCode, header: res.Header, body: string(body)}
	for _, c := range res.Cookies() {
		if c.Name == b.m.Config().Cookie.Name {
			if out.cookie != nil {
				b.t.Errorf("two session cookies in one answer: %q", res.Header["Set-Cookie"])
			}
			out.cookie = c
		}
	}
	return out
}

func (b *bench) visit(ts *httptest.Server, path, key string) reply {
	b.t.Helper()
	return b.request(ts, path, "sessionid="+key)
}

func varies(r reply) bool { return slices.Contains(r.header.Values("Vary"), "Cookie") }

// act does what the path says: /set, /read, /none, /flush, /clear, /cycle.
func act(s *sessions.Session, w http.ResponseWriter, r *http.Request) {
	switch strings.Trim(r.URL.Path, "/") {
	case "set":
		s.Set("b", 2)
	case "read":
		s.Has("a")
	case "flush":
		s.Flush()
	case "clear":
		s.Clear()
	case "cycle":
		s.CycleKey()
	case "fail":
		s.Set("b", 2)
		w.WriteHeader(http.StatusServiceUnavailable)
	case "notfound":
		s.Set("b", 2)
		http.NotFound(w, r)
	case "twice":
		s.Set("b", 2)
		_ = s.Save()
		s.Set("c", 3)
	case "saved":
		s.Set("b", 2)
		_ = s.Save()
	}
}

// httpCases are what Django's middleware does, and the headers of the answer.
var httpCases = []layerCase{
	{"a page that does not use the session changes nothing", 0, func(t *testing.T, b *bench) {
		ts := b.server(act)
		for _, cookie := range []string{"", "sessionid=" + b.stored("a", 1)} {
			before := b.kinds()
			if r := b.request(ts, "/none", cookie); r.cookie != nil || len(r.header["Vary"]) > 0 || b.kinds() != before {
				t.Errorf("cookie %v, Vary %v, events %s", r.cookie, r.header["Vary"], b.kinds())
			}
		}
	}},
	{"reading sends no cookie and varies on it", 0, func(t *testing.T, b *bench) {
		ts := b.server(act)
		for _, cookie := range []string{"", "sessionid=" + b.stored("a", 1)} {
			r := b.request(ts, "/read", cookie)
			if r.cookie != nil || !varies(r) || !strings.Contains(r.header.Get("Cache-Control"), "no-store") {
				t.Errorf("cookie %v, header %v", r.cookie, r.header)
			}
		}
	}},
	{"a change is saved and the cookie sent with its attributes", 0, func(t *testing.T, b *bench) {
		ts := b.server(act)
		r := b.request(ts, "/set", "")
		c := r.cookie
		if c == nil {
			t.Fatal("no cookie")
		}
		if c.Path != "/" || c.MaxAge != 1209600 || !c.HttpOnly || c.Secure ||
			c.SameSite != http.SameSiteLaxMode || c.Domain != "" || c.Expires.IsZero() {
			t.Errorf("cookie %v", c)
		}
		if !varies(r) || get(b.open(c.Value), "b") != 2 {
			t.Error("no Vary, or not stored")
		}
		if r := b.visit(ts, "/twice", c.Value); r.cookie == nil { // more than one is told by request
			t.Error("two saves sent no cookie")
		}
		if r := b.visit(ts, "/saved", c.Value); r.cookie == nil || r.cookie.MaxAge != 1209600 {
			t.Errorf("a save by the handler itself sent the cookie %v, so the browser forgets it before the record ends", r.cookie)
		}
	}},
	{"the attributes follow the settings", 0, func(t *testing.T, b *bench) {
		ts := b.server(act, func(c *sessions.Config) {
			c.ExpireAtBrowserClose = true
			c.Cookie = sessions.Cookie{
				Name: "sessionid", Path: "/x/", Domain: "example.test", Secure: sessions.SecureAlways,
				ReadableByScripts: true, SameSite: http.SameSiteStrictMode,
			}
		})
		c := b.request(ts, "/set", "").cookie
		if c == nil || c.MaxAge != 0 || !c.Expires.IsZero() || c.Path != "/x/" || c.Domain != "example.test" ||
			!c.Secure || c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
			t.Errorf("cookie %v", c)
		}
		c = b.request(ts, "/flush", "sessionid=xyz").cookie
		if c == nil || c.MaxAge != -1 || c.Path != "/x/" || c.Domain != "example.test" || !c.Secure || c.HttpOnly {
			t.Errorf("deletion %v does not have the attributes of the cookie", c)
		}
	}},
	{"a request that ends nothing leaves a cookie alone that it does not know", storage, func(t *testing.T, b *bench) {
		ts := b.server(act)
		for _, cookie := range []string{sessions.NewKey(), "short", ""} {
			for _, path := range []string{"/read", "/none"} {
				if r := b.visit(ts, path, cookie); r.cookie != nil || r.status != 200 {
					t.Errorf("%s with %q: status %d, cookie %v", path, cookie, r.status, r.cookie)
				}
			}
			if r := b.visit(ts, "/flush", cookie); r.cookie == nil || r.cookie.MaxAge >= 0 || !varies(r) {
				t.Errorf("a sign-out does not take back %q: %v", cookie, r.cookie)
			}
			if r := b.visit(ts, "/set", cookie); r.cookie == nil || r.cookie.Value == cookie || r.cookie.MaxAge <= 0 {
				t.Errorf("a new session does not replace %q: %v", cookie, r.cookie)
			}
		}
	}},
	{"save every request renews record and cookie and creates nothing", storage, func(t *testing.T, b *bench) {
		ts := b.server(act, func(c *sessions.Config) { c.SaveEveryRequest = true })
		r := b.visit(ts, "/none", b.stored("a", 1))
		if r.cookie == nil || r.cookie.MaxAge <= 0 || !varies(r) || r.header.Get("Cache-Control") == "" {
			t.Errorf("not renewed: %v %v", r.cookie, r.header)
		}
		created := b.count(sessions.Created)
		if r := b.request(ts, "/read", ""); r.cookie != nil {
			t.Errorf("a cookie for a visitor without a session: %v", r.cookie)
		}
		if r := b.visit(ts, "/none", sessions.NewKey()); r.cookie != nil {
			t.Errorf("a cookie that is not known here: %v", r.cookie)
		}
		if b.count(sessions.Created) != created {
			t.Errorf("a record was created: %s", b.kinds())
		}
	}},
	{"5xx saves nothing and sends no cookie", 0, func(t *testing.T, b *bench) {
		ts := b.server(act)
		key := b.stored("a", 1)
		for _, cookie := range []string{"", "sessionid=" + key} {
			if r := b.request(ts, "/fail", cookie); r.cookie != nil || !varies(r) || r.status != 503 {
				t.Errorf("status %d, cookie %v, Vary %v", r.status, r.cookie, r.header["Vary"])
			}
		}
		if b.open(key).Has("b") {
			t.Error("the change was saved")
		}
		if r := b.visit(ts, "/notfound", key); r.status != 404 || r.cookie == nil || !b.open(r.cookie.Value).Has("b") {
			t.Error("404 did not save")
		}
	}},
	{"a panic saves nothing", 0, func(t *testing.T, b *bench) {
		m := b.manager()
		key := b.stored("a", 1)
		h := m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			sessions.From(r).Set("b", 2)
			panic("in the handler")
		}))
		ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					http.Error(w, "sorry", http.StatusInternalServerError)
				}
			}()
			h.ServeHTTP(w, r)
		}))
		defer ts.Close()
		if r := b.visit(ts, "/", key); r.status != 500 || r.cookie != nil {
			t.Errorf("status %d, cookie %v", r.status, r.cookie)
		}
		if b.open(key).Has("b") {
			t.Error("the change was saved")
		}
	}},
	{"flush and clear delete the cookie if there was one", 0, func(t *testing.T, b *bench) {
		ts := b.server(act)
		for _, path := range []string{"/flush", "/clear"} {
			r := b.visit(ts, path, b.stored("a", 1))
			if r.cookie == nil || r.cookie.Value != "" || r.cookie.MaxAge >= 0 || r.cookie.Path != "/" || !varies(r) {
				t.Errorf("%s: cookie %v", path, r.cookie)
			}
			if r := b.request(ts, path, ""); r.cookie != nil || !varies(r) {
				t.Errorf("%s without a cookie: cookie %v, Vary %v", path, r.cookie, r.header["Vary"])
			}
		}
	}},
	{"a cycled key goes into the cookie", 0, func(t *testing.T, b *bench) {
		ts := b.server(act)
		key := b.stored("a", 1)
		r := b.visit(ts, "/cycle", key)
		if r.cookie == nil || get(b.open(r.cookie.Value), "a") != 1 {
			t.Errorf("cookie %v", r.cookie)
		}
	}},
	{"a sign-out elsewhere makes a write 400 and a read empty", storage, func(t *testing.T, b *bench) {
		ts := b.server(func(s *sessions.Session, w http.ResponseWriter, r *http.Request) {
			s.Has("a")
			other := b.open(s.Key())
			other.Flush()
			b.save(other)
			if r.URL.Path == "/set" {
				s.Set("a", 2)
				w.Header().Set("Location", "/next")
				w.WriteHeader(http.StatusSeeOther)
			}
			io.WriteString(w, "a page")
		})
		r := b.visit(ts, "/set", b.stored("a", 1))
		if r.status != 400 || r.cookie != nil || r.header.Get("Location") != "" || strings.Contains(r.body, "a page") {
			t.Errorf("write: %d %v %v %q", r.status, r.cookie, r.header, r.body)
		}
		if r := b.visit(ts, "/read", b.stored("a", 1)); r.status != 200 || r.body != "a page" {
			t.Errorf("read: %d %q", r.status, r.body)
		}
	}},
	{"of several cookies the first that names a session counts", 0, func(t *testing.T, b *bench) {
		ts := b.server(func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
			var raw json.RawMessage
			s.Get("a", &raw)
			w.Write(raw)
		})
		key := b.stored("a", 7)
		for _, cookie := range []string{
			"sessionid=" + key, `sessionid="` + key + `"`, "x=1;  sessionid=" + key + " ; y=2",
			"sessionid=; sessionid=junk; sessionid=" + sessions.NewKey() + "; sessionid=" + key,
		} {
			if r := b.request(ts, "/", cookie); r.body != "7" {
				t.Errorf("%.60s…: read %q, want 7", cookie, r.body)
			}
		}
		for _, name := range []string{
			"\u2000sessionid=", "\u00a0sessionid=", "\u0085sessionid=", "SessionID=",
			"%73essionid=", "=sessionid=", "xsessionid=", "sessionid",
		} {
			cookie := name + key
			if r := b.request(ts, "/", cookie); r.body != "" {
				t.Errorf("%.40q…: read %q, want nothing", cookie, r.body)
			}
		}
	}},
	{"the key comes from the cookie only", storage, func(t *testing.T, b *bench) {
		ts := b.server(func(s *sessions.Session, _ http.ResponseWriter, _ *http.Request) { s.Has("a") })
		key := b.stored("a", 7)
		before := b.count(sessions.Loaded)
		b.request(ts, "/"+key+"?sessionid="+key, "")
		if b.count(sessions.Loaded) != before {
			t.Error("a key in the address was used")
		}
	}},
	{"Vary and Cache-Control of the handler are kept", 0, func(t *testing.T, b *bench) {
		ts := b.server(func(s *sessions.Session, w http.ResponseWriter, r *http.Request) {
			s.Has("a")
			w.Header().Set("Vary", r.URL.Query().Get("vary"))
			w.Header().Set("Cache-Control", r.URL.Query().Get("cc"))
		})
		for _, c := range []struct{ vary, cc, wantVary, wantCC string }{
			{"Accept", "", "Accept, Cookie", "private, no-store"},
			{"cookie", "private, max-age=60", "cookie", "private, max-age=60"},
			{"*", "no-store", "*", "no-store"},
			{"Accept, COOKIE", "public, max-age=60", "Accept, COOKIE", "private, no-store"},
		} {
			r := b.request(ts, "/?vary="+strings.ReplaceAll(c.vary, " ", "%20")+"&cc="+strings.ReplaceAll(c.cc, " ", "%20"), "")
			if got := strings.Join(r.header["Vary"], ", "); got != c.wantVary || r.header.Get("Cache-Control") != c.wantCC {
				t.Errorf("Vary %q and %q became %q and %q", c.vary, c.cc, got, r.header.Get("Cache-Control"))
			}
		}
	}},
	{"what is changed after the first byte is stored if the client holds the key", storage, func(t *testing.T, b *bench) {
		ts := b.server(func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
			s.Has("a")
			http.NewResponseController(w).Flush()
			s.Set("late", 1)
		})
		key := b.stored("a", 1)
		b.visit(ts, "/", key)
		if !b.open(key).Has("late") {
			t.Errorf("not stored: %s", b.kinds())
		}
		failed := b.count(sessions.Failed)
		b.request(ts, "/", "")
		if b.count(sessions.Failed) != failed+1 {
			t.Errorf("no error told: %s", b.kinds())
		}
	}},
	{"a cookie engine cannot store what is changed after the first byte, and says so", 0, func(t *testing.T, b *bench) {
		var err error
		ts := b.server(func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "begun")
			s.Set("late", 1)
			err = s.Save()
		})
		b.request(ts, "/", "")
		wantIs(t, err, sessions.ErrLate)
	}},
}
