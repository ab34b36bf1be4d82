package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sessionlab/handlers/config"
	"sessionlab/handlers/limit"
	"sessionlab/sessions"
	"sessionlab/static"
)

const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// wantHeaders checks what every answer carries, whatever it is.
func wantHeaders(t *testing.T, what string, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Server": ""} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s: %s is sent", what, name)
		}
	}
}

func TestEveryAnswerCarriesTheHeadersThatProtectIt(t *testing.T) {
	for _, debug := range []string{"true", "false"} {
		t.Run("DEBUG="+debug, func(t *testing.T) {
			app := newTestApp(t, func(s *config.Settings) { s.Debug, s.SessionCookieSecure = debug, "false" })
			v := app.visitor()
			seen := map[int]bool{}
			check := func(what string, r reply) {
				t.Helper()
				seen[r.status] = true
				wantHeaders(t, what, r.header)
				if kind := r.header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") {
					if kind != "text/html; charset=utf-8" {
						t.Errorf("%s: Content-Type %q", what, kind)
					}
					nothingInline(t, what, r.body)
				}
			}
			for _, path := range app.routes("GET") {
				if path == "/events/stream" || path == "/security/xss/" { // a policy of its own, which has a test of its own
					continue
				}
				check("GET "+path, v.get(path, "Origin", "https://evil.test"))
				r := v.get(path, "Accept", "application/json", "Origin", "https://evil.test")
				if check("JSON of "+path, r); strings.HasPrefix(r.header.Get("Content-Type"), "application/json") && !strings.HasPrefix(r.body, "{") {
					t.Errorf("JSON of %s is no object: %.40s", path, r.body)
				}
			}
			check("303", v.post("/theme/", "theme", "dark"))
			check("404", v.get("/nothing/"))
			check("405", v.get("/logout/"))
			check("400", v.post("/methods/", "action", "explode"))
			check("403", v.do("POST", "/theme/", url.Values{}, "Sec-Fetch-Site", "cross-site"))
			check("413", v.post("/theme/", "theme", strings.Repeat("x", limit.FormBody+1)))
			check("422", v.post("/login/"))
			if debug == "true" {
				check("500", v.post("/lab/panic"))
			}
			if _, err := app.app.db.W.Exec("ALTER TABLE django_session RENAME TO elsewhere"); err != nil {
				t.Fatal(err)
			}
			check("503", v.get("/counter/"))
			for _, status := range []int{200, 303, 400, 403, 404, 405, 413, 422, 503} {
				if !seen[status] {
					t.Errorf("no answer had the status %d: %v", status, seen)
				}
			}
		})
	}
}

// nothingInline checks that a page keeps to its own policy.
func nothingInline(t *testing.T, what, page string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		src := ""
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("%s: <%s %s>", what, n.Data, a.Key)
			}
			if a.Key == "src" {
				src = a.Val
			}
		}
		if n.Data == "style" || n.Data == "script" && !strings.HasPrefix(src, "/static/") {
			t.Errorf("%s: inline <%s>", what, n.Data)
		}
	}
}

func TestOverHTTPSBrowsersAreToldToStayThere(t *testing.T) {
	for _, c := range []struct {
		name    string
		proxies []string
		proto   string
		want    bool
	}{
		{"a proxy that is trusted says so", []string{"127.0.0.0/8"}, "https", true},
		{"a proxy that is trusted says otherwise", []string{"127.0.0.1"}, "http", false},
		{"anybody says so", nil, "https", false},
		{"somebody else is trusted", []string{"192.0.2.1"}, "https", false},
	} {
		app := newTestApp(t, func(s *config.Settings) { s.TrustedProxies = c.proxies })
		r := app.visitor().get("/counter/", "X-Forwarded-Proto", c.proto)
		hsts, secure := r.header.Get("Strict-Transport-Security") == "max-age=31536000", strings.Contains(r.header.Get("Set-Cookie"), "; Secure")
		if hsts != c.want || secure != c.want {
			t.Errorf("%s: HSTS %t, Secure %t, want %t", c.name, hsts, secure, c.want)
		}
	}
	app := newTestApp(t, func(s *config.Settings) { s.Debug = "false" })
	if line := app.visitor().get("/counter/").header.Get("Set-Cookie"); !strings.Contains(line, "; Secure") {
		t.Errorf("without DEBUG: Set-Cookie %q, want it Secure", line)
	}
}

var cookieLine = regexp.MustCompile(`^sessionid=[!#-+\--:<-\[\]-~]+; Path=/; Expires=[^;]+ GMT; Max-Age=1209600; HttpOnly; SameSite=Lax$`)

func TestTheCookieHasItsAttributesAndIsSentWhenItChanges(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.visitor()
		first := v.get("/counter/")
		if lines := first.header["Set-Cookie"]; len(lines) != 1 || !cookieLine.MatchString(lines[0]) {
			t.Errorf("Set-Cookie %q, want one line like %s", lines, cookieLine)
		}
		for what, r := range map[string]reply{"a page that stores": first, "a page that reads": v.get("/cart/"), "JSON": v.get("/cart/", "Accept", "application/json")} {
			vary := strings.Join(r.header["Vary"], ", ")
			if !strings.Contains(vary, "Cookie") || !strings.Contains(vary, "Accept") || !strings.Contains(r.header.Get("Cache-Control"), "no-store") {
				t.Errorf("%s: Vary %q, Cache-Control %q", what, vary, r.header.Get("Cache-Control"))
			}
			if what != "a page that stores" && len(r.header["Set-Cookie"]) > 0 {
				t.Errorf("%s: Set-Cookie %q, want none", what, r.header["Set-Cookie"])
			}
		}
	})
}

func TestWhatHasNoSessionAsksNoStore(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.visitor()
		v.get("/counter/")
		before := app.count("msg=session")
		if _, err := app.app.db.W.Exec("ALTER TABLE django_session RENAME TO elsewhere"); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]int{static.URL("icon.svg"): 200, static.URL("nothing.css"): 404, "/favicon.ico": 302} {
			r := v.get(path)
			if r.status != want || len(r.header["Set-Cookie"]) > 0 || slices.Contains(r.header["Vary"], "Cookie") {
				t.Errorf("GET %s: status %d, Set-Cookie %q, Vary %q", path, r.status, r.header["Set-Cookie"], r.header["Vary"])
			}
		}
		health := v.get("/healthz")
		if len(health.header["Set-Cookie"]) > 0 || slices.Contains(health.header["Vary"], "Cookie") || app.count("msg=session") != before {
			t.Errorf("/healthz: header %v, %d events", health.header, app.count("msg=session")-before)
		}
	})
}

func TestAStoreThatIsGoneSignsNobodyOut(t *testing.T) {
	for _, engine := range []string{"db", "cached_db"} {
		app := newTestApp(t, func(s *config.Settings) { s.SessionEngine = engine })
		v := app.visitor()
		v.signIn("bob")
		rename := func(from, to string) {
			t.Helper()
			if _, err := app.app.db.W.Exec(fmt.Sprintf("ALTER TABLE %s RENAME TO %s", from, to)); err != nil {
				t.Fatal(err)
			}
		}
		rename("django_session", "elsewhere")
		for _, path := range []string{"/", "/counter/", "/cart/", "/account/", "/theme/", "/login/", "/debug/"} {
			r := v.get(path)
			// With cached_db the cache may still know the session, and then a page that reads is served.
			if ok := r.status == 503 || engine == "cached_db" && r.status == 200; !ok || len(r.header["Set-Cookie"]) > 0 || r.status == 503 && r.header.Get("Retry-After") == "" {
				t.Errorf("%s: GET %s: status %d, header %v; want 503 and the cookie left alone", engine, path, r.status, r.header)
			}
		}
		if r := v.post("/cart/add/1/"); r.status != 503 || len(r.header["Set-Cookie"]) > 0 {
			t.Errorf("%s: a write: status %d, Set-Cookie %q", engine, r.status, r.header["Set-Cookie"])
		}
		if r := v.get("/healthz"); r.status != 503 {
			t.Errorf("%s: /healthz: status %d, want 503", engine, r.status)
		}
		rename("elsewhere", "django_session")
		v.wantWho("bob")
		v.wantStatus(v.post("/cart/add/1/"), 303)
	}
}

func TestOneSessionCannotGrowWithoutEnd(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.scripted()
		v.wantStatus(v.post("/lab/set", "k", "kept", "v", "small"), 303)
		before := v.cookie()
		size, parts := 60_000, 20 // of a session that may have a megabyte
		if app.app.engines.Default == "signed_cookies" {
			size, parts = 5000, 1
		}
		var last reply
		for i := range parts {
			last = v.post("/lab/set", "k", fmt.Sprint("big", i), "v", noise(size))
		}
		if last.status != 413 || !strings.Contains(last.body, "bytes") || !strings.Contains(last.body, "big") || len(last.header["Set-Cookie"]) > 0 {
			t.Errorf("status %d, Set-Cookie %q: %.300s; want 413 with size and largest keys", last.status, last.header["Set-Cookie"], last.body)
		}
		if v.cookie() != before {
			t.Error("the cookie changed")
		}
		v.want("/lab/get?k=kept", `{"value":"small"}`)
		v.want(fmt.Sprintf("/lab/get?k=big%d", parts-1), `{"value":null}`)
	})
}

// noise is text that cannot be compressed.
func noise(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(sessions.NewKey())
	}
	return b.String()[:n]
}

func TestADroppedConnectionIsPassedOn(t *testing.T) {
	app := newTestApp(t)
	ts := httptest.NewServer(app.app.trace(app.app.recoverer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			w.Write([]byte("half a page"))
			http.NewResponseController(w).Flush()
			panic("too late for an error page")
		}
		panic(http.ErrAbortHandler)
	}))))
	defer ts.Close()
	if res, err := http.Get(ts.URL); err == nil {
		t.Errorf("status %d, want the connection dropped", res.StatusCode)
	}
	res, err := http.Get(ts.URL + "/late")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var rest [100]byte
	n, err := res.Body.Read(rest[:])
	for err == nil {
		n, err = res.Body.Read(rest[:])
	}
	if err.Error() == "EOF" {
		t.Errorf("a page that was cut off looks whole: %q", rest[:n])
	}
}
