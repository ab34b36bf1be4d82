package handlers

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sessionlab/handlers/accounts"
	"sessionlab/handlers/config"
)

func TestTheAccountIsForThoseWhoAreSignedIn(t *testing.T) {
	app := newTestApp(t)
	for _, v := range []*visitor{app.visitor(), app.scripted()} {
		if r := v.get("/account/"); r.status != 303 || r.location() != "/login/?next=/account/" {
			t.Errorf("GET /account/: %d to %q, want 303 to /login/?next=/account/", r.status, r.location())
		}
		for _, path := range []string{"/account/password/", "/account/sign-out-everywhere/", "/account/end/", "/account/idle/", "/account/stay/"} {
			if r := v.post(path); r.status != 303 || r.location() != "/login/?next=/account/" {
				t.Errorf("POST %s: %d to %q, want 303 to /login/?next=/account/", path, r.status, r.location())
			}
		}
	}
}

func TestTheAccountTellsWhereOneIsSignedIn(t *testing.T) {
	app := newTestApp(t, withoutDebug) // with DEBUG the panel has a visitor's own key, covered
	const password = "a few words will do"
	v, other := app.visitor(), app.visitor()
	v.wantStatus(v.post("/signup/", "username", "ada", "password1", password, "password2", password), 303)
	other.do("POST", "/login/", map[string][]string{"username": {"ada"}, "password": {password}},
		"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	list := v.sessions()
	if len(list) != 2 {
		t.Fatalf("the account lists %v, want two sessions", list)
	}
	i := slices.IndexFunc(list, func(s listed) bool { return s.Device == "Firefox on Linux" })
	if i < 0 || list[i].Current || !list[1-i].Current {
		t.Errorf("the account lists %+v, want Firefox on Linux, and the other one as this one", list)
	}
	for _, body := range []string{v.get("/account/").body, v.get("/account/", "Accept", "application/json").body} {
		if strings.Contains(body, other.cookie()) || strings.Contains(body, v.cookie()) {
			t.Error("the account shows a session key (R-107)")
		}
	}
	v.post("/account/end/", "session", list[i].Session)
	other.wantWho("")
	v.wantWho("ada")
	if list := v.sessions(); len(list) != 1 {
		t.Errorf("after ending one the account lists %v, want one session", list)
	}
}

type listed struct {
	Session, Device string
	Current         bool
}

func (v *visitor) sessions() []listed {
	v.app.t.Helper()
	var face struct{ Sessions []listed }
	if r := v.get("/account/", "Accept", "application/json"); json.Unmarshal([]byte(r.body), &face) != nil {
		v.app.t.Fatalf("GET /account/: %d %s", r.status, r.body)
	}
	return face.Sessions
}

func TestAPasswordChangeEndsTheOtherSessions(t *testing.T) { // R-08, Django B-333, B-334
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v, other := app.visitor(), app.visitor()
		v.signIn("alice")
		other.signIn("alice")
		other.post("/cart/add/1/")
		key := v.cookie()
		change := func(old, one, two string) reply {
			return v.post("/account/password/", "old_password", old, "new_password1", one, "new_password2", two)
		}
		v.json = true
		for want, r := range map[string]reply{
			"not your password":     change("wrong", "a long sentence", "a long sentence"),
			"not the same":          change("wonderland-2026", "a long sentence", "another sentence"),
			"at least 8 characters": change("wonderland-2026", "short", "short"),
			"too easy to guess":     change("wonderland-2026", "alice 2026", "alice 2026"),
		} {
			if r.status != 422 || !strings.Contains(r.body, want) {
				t.Errorf("status %d, want 422 and %q in %.200s", r.status, want, r.body)
			}
		}
		v.json = false
		if page := v.follow(change("wrong", "a long sentence", "a long sentence")).body; !strings.Contains(page, "This is not your password.") || strings.Contains(page, "a long sentence") {
			t.Errorf("the page does not say what is wrong, or shows a password: %.2000s", page)
		}
		other.wantWho("alice")
		if r := change("wonderland-2026", "a long sentence", "a long sentence"); r.status != 303 || r.location() != "/account/" {
			t.Fatalf("change: %d to %q: %.300s", r.status, r.location(), r.body)
		}
		if v.cookie() == key {
			t.Error("the key was not cycled")
		}
		v.wantWho("alice")
		app.holding(key).wantWho("")
		if body := other.get("/cart/").body; !strings.Contains(body, "You are signed out here") || strings.Contains(body, `action="/cart/remove/`) {
			t.Errorf("the other session still has its cart, or is not told why it has ended: %.2000s", body)
		}
		other.wantWho("")
		if r := other.post("/login/", "username", "alice", "password", "wonderland-2026"); r.status != 303 {
			t.Errorf("the public password of a demo account: status %d, want 303", r.status)
		}
		if r := other.post("/login/", "username", "alice", "password", "a long sentence"); r.status != 303 {
			t.Errorf("the new password: status %d, want 303", r.status)
		}
	})
}

func TestSignOutEverywhereKeepsThisSessionAlone(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v, b, c := app.visitor(), app.visitor(), app.visitor()
		for _, one := range []*visitor{v, b, c} {
			one.signIn("alice")
		}
		if r := v.do("POST", "/account/sign-out-everywhere/", url.Values{"password": {"wrong"}}, "Accept", "application/json"); r.status != 422 || !strings.Contains(r.body, "not your password") {
			t.Errorf("with a wrong password: status %d, want 422", r.status)
		}
		b.wantWho("alice")
		key := v.cookie()
		if r := v.post("/account/sign-out-everywhere/", "password", "wonderland-2026"); r.status != 303 {
			t.Fatalf("sign out everywhere: status %d: %.300s", r.status, r.body)
		}
		b.wantWho("")
		c.wantWho("")
		v.wantWho("alice")
		if v.cookie() == key {
			t.Error("the key was not cycled")
		}
		if list := v.sessions(); len(list) != 1 || !list[0].Current {
			t.Errorf("the account lists %+v, want this session alone", list)
		}
	})
}

func TestADisabledAccountHasNoSessions(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.signIn("bob")
	user, err := app.app.accounts.Authenticate(t.Context(), accounts.Attempt{Name: "bob", Password: "builder-2026", Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.app.accounts.Disable(t.Context(), user.ID); err != nil {
		t.Fatal(err)
	}
	v.wantWho("")
}

func TestASessionWithAForeignHashIsEnded(t *testing.T) { // Django B-334
	app := newTestApp(t)
	v := app.visitor()
	v.signIn("alice")
	s := app.app.engines.Manager("db").Open(t.Context(), v.cookie())
	authHash.Set(s, strings.Repeat("0", 64))
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	v.wantWho("")
	if again := app.app.engines.Manager("db").Open(t.Context(), s.Key()); !again.Empty() && again.Has("_auth_user_id") {
		t.Error("the session was not flushed")
	}
}

func TestASignInOutlivesAChangeOfTheSecretKey(t *testing.T) { // R-37, Django B-334
	const second = "An0ther-t3st-key.Zs8dKq2mVx5nRb7yTc4wLp9hGf6jEu3aQo1i"
	for _, engine := range []string{"db", "file", "cached_db", "signed_cookies"} { // a cache in memory forgets at a restart anyway
		t.Run(engine, func(t *testing.T) {
			dir := t.TempDir()
			copyTemplate(t, filepath.Join(dir, "shared.db"))
			start := func(secret string, fallbacks ...string) *testApp {
				return newTestApp(t, func(s *config.Settings) {
					s.SessionEngine, s.SecretKey, s.SecretKeyFallbacks = engine, secret, fallbacks
					s.DatabaseURL, s.SessionFilePath = "sqlite:"+filepath.Join(dir, "shared.db"), filepath.Join(dir, "files")
				})
			}
			v := start(testSecret).visitor()
			v.signIn("alice", "remember", "on")
			key := v.cookie()

			v = start(second, testSecret).holding(key)
			v.wantWho("alice")
			if v.cookie() == key {
				t.Error("the key was not cycled when the hash was made anew")
			}
			key = v.cookie()
			start(second).holding(key).wantWho("alice")
			start(testSecret + testSecret).holding(key).wantWho("")
		})
	}
}

func TestTheChangeOfKeyIsShownOnceWithDebug(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.post("/theme/", "theme", "dark")
	v.signIn("alice")
	m := regexp.MustCompile(`Its hash was <span class="mono">([0-9a-f]{10})</span> and is now <span class="mono">([0-9a-f]{10})</span>`)
	if got := m.FindStringSubmatch(v.get("/account/").body); got == nil || got[1] == got[2] {
		t.Errorf("the page shows %q, want two different hashes", got)
	}
	if got := m.FindStringSubmatch(v.get("/account/").body); got != nil {
		t.Errorf("the page shows the change again: %q", got)
	}
}

func TestAccountsOutOfReachSignNobodyOut(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) { s.SessionEngine = "cache" })
	v := app.visitor()
	v.signIn("alice")
	key := v.cookie()
	if err := app.app.db.R.Close(); err != nil {
		t.Fatal(err)
	}
	const nothing = "The accounts cannot be reached right now. Nothing was changed"
	if r := v.get("/account/"); r.status != 503 || !strings.Contains(r.body, nothing) || r.header.Get("Retry-After") == "" || r.header.Get("Set-Cookie") != "" {
		t.Errorf("GET /account/: %d, Retry-After %q, Set-Cookie %q; want 503 that says so, a number, none", r.status, r.header.Get("Retry-After"), r.header.Get("Set-Cookie"))
	}
	if r := v.get("/theme/"); r.status != 200 {
		t.Errorf("a page that can do without the name: status %d, want 200", r.status)
	}
	if r := v.post("/login/", "username", "alice", "password", "wonderland-2026"); r.status != 503 || !strings.Contains(r.body, nothing) {
		t.Errorf("sign in: status %d, want 503 that says so: %.2000s", r.status, r.body)
	}
	if s := app.app.engines.Manager("cache").Open(t.Context(), key); !authUser.Has(s) {
		t.Error("the session is signed out")
	}
}

func TestASignInThatWasEndedElsewhereShowsNothingMore(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.signIn("alice")
	if r := v.get("/counter/", "Accept", "application/json"); r.status != 200 {
		t.Fatalf("status %d", r.status)
	}
	s := app.app.engines.Manager("db").Open(t.Context(), v.cookie())
	authSignIn.Set(s, "unknown") // as if somebody had taken it off the list
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	v.want("/counter/", `{"visit_count":1}`)
}

func TestAChangeOfPasswordSaysWhatWasDoneWhenItsSessionCannotBeStored(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.signIn("alice")
	v.wantWho("alice")
	if _, err := app.app.db.W.Exec(`CREATE TRIGGER refused BEFORE INSERT ON django_session BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END`); err != nil {
		t.Fatal(err)
	}
	r := v.post("/account/password/", "old_password", "wonderland-2026", "new_password1", "a long sentence", "new_password2", "a long sentence")
	v.wantStatus(r, 503)
	if !strings.Contains(r.body, "Your password is changed, and all your sessions have ended, this one too.") {
		t.Errorf("the page does not say what was done: %.2000s", r.body)
	}
	if _, err := app.app.db.W.Exec(`DROP TRIGGER refused`); err != nil {
		t.Fatal(err)
	}
	v.wantWho("")
	v.wantStatus(v.post("/login/", "username", "alice", "password", "a long sentence"), 303)
}

func TestAnEndThatWasNotConfirmedIsNotSaidToBeNothing(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.signIn("alice")
	if err := app.app.db.W.Close(); err != nil {
		t.Fatal(err)
	}
	r := v.wantStatus(v.post("/account/end/", "session", "0123456789"), 503)
	if !strings.Contains(r.body, "What you asked for may have been done or not") {
		t.Errorf("the page claims to know: %.2000s", r.body)
	}
}
