package handlers

import (
	"encoding/json"
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
	app := newTestApp(t)
	v, other := app.visitor(), app.visitor()
	v.signIn("alice")
	other.do("POST", "/login/", map[string][]string{"username": {"alice"}, "password": {"wonderland-2026"}},
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
	v.wantWho("alice")
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
		if r := v.post("/account/sign-out-everywhere/", "password", "wrong"); r.status != 422 || !strings.Contains(r.body, "not your password") {
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
	m := regexp.MustCompile(`<span class="mono">([0-9a-f]{10})</span> is no more, it is <span class="mono">([0-9a-f]{10})</span> now`)
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
	if r := v.get("/account/"); r.status != 503 || r.header.Get("Retry-After") == "" || r.header.Get("Set-Cookie") != "" {
		t.Errorf("GET /account/: %d, Retry-After %q, Set-Cookie %q; want 503, a number, none", r.status, r.header.Get("Retry-After"), r.header.Get("Set-Cookie"))
	}
	if r := v.get("/theme/"); r.status != 200 {
		t.Errorf("a page that can do without the name: status %d, want 200", r.status)
	}
	if r := v.post("/login/", "username", "alice", "password", "wonderland-2026"); r.status != 503 {
		t.Errorf("sign in: status %d, want 503", r.status)
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

func TestAUserAgentInAFewWords(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0": "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36":              "Chrome on Android",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":    "Safari on Mac OS X",
		"curl/8.5.0": "curl/8.5.0", "": "unknown", strings.Repeat("x", 99): strings.Repeat("x", 40) + "…",
	} {
		if got := device(agent); got != want {
			t.Errorf("device(%q) = %q, want %q", agent, got, want)
		}
	}
}
