package handlers

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sessionlab/handlers/accounts"
	"sessionlab/handlers/config"
	"sessionlab/handlers/limit"
	"sessionlab/sessions"
)

// signIn signs the visitor in with a demo account, and fails the test if that does not work.
func (v *visitor) signIn(name string, fields ...string) reply {
	v.app.t.Helper()
	password := map[string]string{"alice": "wonderland-2026", "bob": "builder-2026"}[name]
	r := v.post("/login/", append([]string{"username", name, "password", password}, fields...)...)
	if r.status != 303 {
		v.app.t.Fatalf("sign in as %s: status %d: %.300s", name, r.status, r.body)
	}
	return r
}

// who is the name that /account/ tells, "" for nobody.
func (v *visitor) who() string {
	v.app.t.Helper()
	r := v.get("/account/", "Accept", "application/json")
	if r.status == 303 {
		return ""
	}
	if m := regexp.MustCompile(`"username":"([^"]*)"`).FindStringSubmatch(r.body); r.status == 200 && m != nil {
		return m[1]
	}
	v.app.t.Errorf("GET /account/: %d %s", r.status, r.body)
	return ""
}

func (v *visitor) wantWho(want string) {
	v.app.t.Helper()
	if got := v.who(); got != want {
		v.app.t.Errorf("signed in: %q, want %q", got, want)
	}
}

// holding is another client that holds this cookie.
func (a *testApp) holding(cookie string) *visitor {
	v := a.visitor()
	v.setCookie("sessionid", cookie)
	return v
}

func TestEverySignInGivesANewKeyAndKeepsTheData(t *testing.T) { // R-06, Django B-330
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.visitor()
		v.post("/theme/", "theme", "dark")
		planted := v.cookie()
		v.signIn("alice")
		first := v.cookie()
		v.wantWho("alice")
		v.want("/theme/", `{"theme_preference":"dark"}`)
		app.holding(planted).wantWho("")

		v.signIn("alice") // the same user again: Django would keep the key
		v.wantWho("alice")
		for what, old := range map[string]string{"before": planted, "between": first} {
			if v.cookie() == old {
				t.Errorf("the key from %s the last sign-in is still in use", what)
			}
			thief := app.holding(old)
			thief.wantWho("")
			if app.app.engines.Default != "signed_cookies" { // whose old values cannot be called back
				thief.want("/theme/", `{"theme_preference":"light"}`)
			}
		}
	})
}

func TestSigningInAsSomebodyElseEndsTheFormerSession(t *testing.T) { // Django B-330
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.visitor()
		v.signIn("alice")
		v.post("/cart/add/1/")
		alices := v.cookie()
		v.signIn("bob")
		v.wantWho("bob")
		v.want("/cart/", `{"items":{},"total":"0.00"}`)
		app.holding(alices).wantWho("")
		other := app.visitor()
		other.signIn("alice")
		if n := strings.Count(other.get("/account/", "Accept", "application/json").body, `"session":`); n != 1 {
			t.Errorf("alice is signed in %d times, want once", n)
		}
	})
}

func TestASignInStoresWhatDjangoStores(t *testing.T) { // Django B-331
	app := newTestApp(t)
	v := app.visitor()
	v.signIn("alice")
	s := app.app.engines.Manager("db").Open(t.Context(), v.cookie())
	for _, key := range []sessions.Key[string]{"_auth_user_id", "_auth_user_backend", "_auth_user_hash"} {
		if text, ok := key.Lookup(s); !ok || text == "" {
			t.Errorf("%s is %q, want a text", key, text)
		}
	}
}

func TestTheUserOfADjangoSiteIsLeftAlone(t *testing.T) { // Django B-331
	app := newTestApp(t)
	s := app.app.engines.Manager("db").Open(t.Context(), "")
	s.Update(map[string]any{"_auth_user_id": "1", "_auth_user_backend": "django.contrib.auth.backends.ModelBackend", "_auth_user_hash": "0123"})
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	v := app.holding(s.Key())
	v.wantWho("")
	if again := app.app.engines.Manager("db").Open(t.Context(), s.Key()); !again.Has("_auth_user_id") {
		t.Error("the session of a Django user was ended")
	}
	v.signIn("alice")
	v.wantWho("alice")
}

func TestTheBoxDecidesHowLongASignInLasts(t *testing.T) {
	for _, c := range []struct {
		name       string
		closes     bool // SESSION_EXPIRE_AT_BROWSER_CLOSE
		fields     []string
		want       string
		remembered bool
	}{
		{"without it, until the browser is closed", false, nil, "", false},
		{"with it, two weeks", false, []string{"remember", "on"}, "Max-Age=1209600", true},
		{"with it, two weeks, where sessions end with the browser", true, []string{"remember", "on"}, "Max-Age=1209600", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := newTestApp(t, func(s *config.Settings) { s.SessionExpireAtBrowserClose = c.closes })
			v := app.visitor()
			lines := v.signIn("alice", c.fields...).header.Values("Set-Cookie")
			line := lines[slices.IndexFunc(lines, func(line string) bool { return !strings.HasPrefix(line, accounts.DeviceCookie+"=") })]
			if !strings.HasPrefix(line, "sessionid=") || !strings.Contains(line, c.want) || c.want == "" && strings.Contains(line, "Max-Age") {
				t.Errorf("Set-Cookie: %q, want %q", line, c.want)
			}
			if face := v.get("/account/", "Accept", "application/json").body; !strings.Contains(face, fmt.Sprintf(`"remembered":%t`, c.remembered)) {
				t.Errorf("the account says %s", face)
			}
		})
	}
}

func TestASignOutEndsTheSessionOnTheServer(t *testing.T) { // R-07, Django B-332
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.visitor()
		v.signIn("alice")
		if cc := v.get("/account/").header.Get("Cache-Control"); !strings.Contains(cc, "no-store") {
			t.Errorf("Cache-Control of a private page: %q, want no-store, or Back would show it", cc)
		}
		if r := v.get("/logout/"); r.status != 405 {
			t.Errorf("GET /logout/: status %d, want 405 (R-71)", r.status)
		}
		key := v.cookie()
		r := v.post("/logout/")
		if r.status != 303 || r.location() != "/" {
			t.Errorf("sign out: %d to %q, want 303 to /", r.status, r.location())
		}
		for _, part := range []string{"sessionid=;", "Max-Age=0", "Path=/", "HttpOnly", "SameSite=Lax"} {
			if line := r.header.Get("Set-Cookie"); !strings.Contains(line, part) {
				t.Errorf("Set-Cookie: %q, want %q in it", line, part)
			}
		}
		v.wantWho("")
		app.holding(key).wantWho("") // with signed_cookies too: the sign-in is off the user's list
		if name := app.app.engines.Default; name != "signed_cookies" {
			if _, err := app.app.engines.Manager(name).Config().Engine.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
				t.Errorf("the record after sign-out: %v, want ErrNotFound", err)
			}
		}
	})
}

func TestFailuresMakeNoSession(t *testing.T) {
	app := newTestApp(t, withoutDebug) // with DEBUG a redirect also sets the panel's cookie
	v := app.visitor()
	for _, r := range []reply{
		v.post("/logout/"), v.get("/login/"), v.get("/signup/"), v.get("/account/"),
		v.post("/login/", "username", "alice", "password", "wrong"), v.post("/signup/", "username", "x"),
	} {
		if line := r.header.Get("Set-Cookie"); line != "" {
			t.Errorf("status %d sets a cookie: %q", r.status, line)
		}
	}
}

func TestNobodyLearnsWhoExists(t *testing.T) {
	app := newTestApp(t, withoutDebug) // the panel shows each request's own time and size
	if _, err := app.app.accounts.Register(t.Context(), "ada", "a few words will do"); err != nil {
		t.Fatal(err)
	}
	for _, face := range []string{"text/html", "application/json"} {
		var answers []string
		for _, name := range []string{"nobody-here", "ada", "alice"} { // unknown, known, closed without DEBUG
			r := app.visitor().do("POST", "/login/", url.Values{"username": {name}, "password": {"wrong password"}}, "Accept", face)
			r.header.Del("Date")
			r.header.Del("Content-Length") // the name is in the page
			body := strings.ReplaceAll(r.body, `value="`+name+`"`, `value="NAME"`)
			answers = append(answers, fmt.Sprint(r.status, r.header, body))
		}
		if answers[0] != answers[1] || answers[0] != answers[2] {
			t.Errorf("%s: the answers differ:\n%s\n%s\n%s", face, answers[0], answers[1], answers[2])
		}
		if !strings.HasPrefix(answers[0], "422") || !strings.Contains(answers[0], "Wrong user name or password.") {
			t.Errorf("%s: %.400s, want 422 and why", face, answers[0])
		}
		if strings.Contains(answers[0], "wrong password") {
			t.Errorf("%s: the answer repeats the password", face)
		}
	}
}

func TestGuessingIsThrottled(t *testing.T) {
	app := newTestApp(t)
	password := "a few words will do"
	known, stranger := app.visitor(), app.visitor()
	known.wantStatus(known.post("/signup/", "username", "ada", "password1", password, "password2", password), 303)
	var last [2]reply
	for i, name := range []string{"ada", "nobody-here"} {
		for n := range 11 {
			forged := fmt.Sprintf("203.0.113.%d", n)
			last[i] = stranger.do("POST", "/login/", url.Values{"username": {name}, "password": {fmt.Sprint("guess ", n)}},
				"X-Forwarded-For", forged, "X-Real-IP", forged, "True-Client-IP", forged)
		}
		if last[i].status != 429 || last[i].header.Get("Retry-After") == "" {
			t.Errorf("%s: status %d, Retry-After %q after 11 guesses, want 429 and a number", name, last[i].status, last[i].header.Get("Retry-After"))
		}
	}
	if r := stranger.post("/login/", "username", "ada", "password", password); r.status != 429 {
		t.Errorf("the right password from a stranger: status %d, want 429", r.status)
	}
	signIn := func(v *visitor) int { return v.post("/login/", "username", "ada", "password", password).status }
	if got := signIn(known); got != 303 {
		t.Errorf("the session that is signed in: status %d, want 303", got)
	}
	known.wantStatus(known.post("/logout/"), 303)
	if got := signIn(known); got != 303 {
		t.Errorf("the browser that has signed in before: status %d, want 303", got)
	}
	for range 15 { // typing errors of a class at another account, in the same network
		stranger.post("/login/", "username", "alice", "password", "wunderland")
	}
	app.visitor().signIn("alice")
}

func TestTheWayBackStaysOnTheSite(t *testing.T) {
	app := newTestApp(t)
	v := app.scripted()
	for _, next := range []string{
		"//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/%5cevil.test", "http://evil.test", "http:evil.test", "javascript:alert(1)",
		"/\t/evil.test", "/%09/evil.test", "/\r\nSet-Cookie: a=b", "user@evil.test", "evil.test", " /account/", "/。/evil.test",
	} {
		v.want("/login/?next="+url.QueryEscape(next), `{"next":"","reason":""}`)
		v.want("/signup/?next="+url.QueryEscape(next), `{"next":""}`)
	}
	for next, want := range map[string]string{"//evil.test": "/account/?signed_in=1", "": "/account/?signed_in=1", "/cart/?a=1": "/cart/?a=1"} {
		if got := v.signIn("alice", "next", next).location(); got != want {
			t.Errorf("next=%q leads to %q, want %q", next, got, want)
		}
	}
}

func TestMakingAnAccount(t *testing.T) {
	app := newTestApp(t)
	v := app.scripted()
	for _, c := range []struct{ name, username, one, two, want string }{
		{"a name that others could be taken for", "álice", "a long sentence", "a long sentence", `"username"`},
		{"a name that is taken, in other case", "ALICE", "a long sentence", "a long sentence", "This name is taken."},
		{"a password that everybody tries", "carol", "password", "password", `"password1"`},
		{"two passwords", "carol", "a long sentence", "another sentence", `"password2"`},
		{"nothing at all", "", "", "", `"username"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r := v.post("/signup/", "username", c.username, "password1", c.one, "password2", c.two); r.status != 422 || !strings.Contains(r.body, c.want) {
				t.Errorf("status %d %s, want 422 and %s", r.status, r.body, c.want)
			}
		})
	}
	v.post("/cart/add/1/")
	before := v.cookie()
	r := v.post("/signup/", "username", "carol", "password1", "a long sentence", "password2", "a long sentence", "next", "/cart/")
	if r.status != 303 || r.location() != "/cart/" || v.cookie() == before {
		t.Errorf("sign up: %d to %q, key changed: %t; want 303 to /cart/ under a new key", r.status, r.location(), v.cookie() != before)
	}
	v.wantWho("carol")
	if body := v.get("/cart/").body; !strings.Contains(body, "Field notebook") {
		t.Errorf("the cart was lost: %s", body)
	}
}

func TestOneAddressMakesABoundedNumberOfAccounts(t *testing.T) {
	app := newTestApp(t)
	v := app.scripted()
	for n := range limit.SignUps.Burst {
		if r := v.post("/signup/", "username", "dora", "password1", "a", "password2", "b"); r.status != 422 {
			t.Fatalf("attempt %d: status %d, want 422", n, r.status)
		}
	}
	if r := v.post("/signup/", "username", "dora", "password1", "a long sentence", "password2", "a long sentence"); r.status != 429 || r.header.Get("Retry-After") == "" {
		t.Errorf("one more: status %d, Retry-After %q, want 429 and a number", r.status, r.header.Get("Retry-After"))
	}
	if r := v.get("/signup/"); r.status != http.StatusOK {
		t.Errorf("the form: status %d, want 200", r.status)
	}
}

func TestDemoAccountsNeedDebug(t *testing.T) {
	for debug, want := range map[string]int{"true": 303, "false": 422} {
		app := newTestApp(t, func(s *config.Settings) { s.Debug = debug })
		if r := app.visitor().post("/login/", "username", "alice", "password", "wonderland-2026"); r.status != want {
			t.Errorf("DEBUG=%s: status %d, want %d", debug, r.status, want)
		}
		if shown := strings.Contains(app.visitor().get("/login/").body, "wonderland-2026"); shown != (want == 303) {
			t.Errorf("DEBUG=%s: the page shows the password: %t", debug, shown)
		}
	}
}

func TestASignInThatCannotBeStoredLeavesTheFormerOne(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) { s.SessionEngine = "signed_cookies" })
	v := app.visitor()
	v.signIn("alice")
	v.wantWho("alice")
	noise := make([]byte, 4000)
	rand.Read(noise)
	for size := 2 * len(noise); v.post("/lab/set", "k", "pad", "v", hex.EncodeToString(noise)[:size]).status >= 400; size -= 4 {
	}
	if r := v.post("/login/", "username", "alice", "password", "wonderland-2026"); r.status != 413 {
		t.Errorf("sign in with a full cookie: status %d, want 413", r.status)
	}
	v.wantWho("alice")
}

func TestABrowserThatKeepsNoCookieIsToldSo(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.Jar = nil
	at := v.signIn("alice").location()
	for range 5 { // follow where the server leads, as a browser does
		r := v.get(at)
		if r.status == 200 {
			break
		}
		at = r.location()
	}
	page := v.wantStatus(v.get(at), 200).body
	if !strings.Contains(page, "Your browser did not keep the cookie") {
		t.Errorf("%s does not say why nobody is signed in", at)
	}
	if !strings.Contains(page, `name="next" value="/account/"`) {
		t.Errorf("%s does not lead back to the account", at)
	}
}

func TestABrowserThatKeepsCookiesReadsNothingOfThem(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	if r := v.follow(v.signIn("alice")); r.status != 303 || r.location() != "/account/" {
		t.Errorf("after the sign-in: %d to %q, want 303 to /account/", r.status, r.location())
	}
	v.post("/logout/")
	if at := v.get("/account/").location(); strings.Contains(at, "no_cookie") {
		t.Error("who has signed out is told of cookies: " + at)
	}
}

func TestARefusedSignOutSaysThatOneMayStillBeSignedIn(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.signIn("alice")
	v.wantWho("alice")
	db := app.app.db.W
	if _, err := db.Exec(`CREATE TRIGGER refused BEFORE DELETE ON django_session BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END`); err != nil {
		t.Fatal(err)
	}
	r := v.wantStatus(v.post("/logout/"), 503)
	if !strings.Contains(r.body, "your session could not be ended: you may still be signed in") {
		t.Errorf("the page does not say what was not done: %.2000s", r.body)
	}
	if strings.Contains(r.body, "not signed out") || r.header.Get("Set-Cookie") != "" {
		t.Errorf("the answer says or does what is not so: Set-Cookie %q", r.header.Get("Set-Cookie"))
	}
	v.wantWho("alice")
	if _, err := db.Exec(`DROP TRIGGER refused`); err != nil {
		t.Fatal(err)
	}
	v.wantStatus(v.post("/logout/"), 303)
	v.wantWho("")
}

func TestAnAccountWhoseOwnerCannotBeSignedInIsMadeAllTheSame(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	if _, err := app.app.db.W.Exec(`CREATE TRIGGER refused BEFORE INSERT ON django_session BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END`); err != nil {
		t.Fatal(err)
	}
	const password = "a few words will do"
	r := v.wantStatus(v.post("/signup/", "username", "ada", "password1", password, "password2", password), 503)
	if !strings.Contains(r.body, "Your account is made, but you could not be signed in.") {
		t.Errorf("the page does not say what was done: %.2000s", r.body)
	}
	if _, err := app.app.db.W.Exec(`DROP TRIGGER refused`); err != nil {
		t.Fatal(err)
	}
	v.wantStatus(v.post("/login/", "username", "ada", "password", password), 303)
	if list := v.sessions(); len(list) != 1 {
		t.Errorf("the account lists %+v, want the one session that could be stored", list)
	}
}
