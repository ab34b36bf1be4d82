package handlers

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/handlers/tryout"
)

type trialJSON struct {
	Trial struct {
		On        bool
		SetCookie string `json:"set_cookie"`
		Usual     string `json:"usual_set_cookie"`
		Ends      time.Time
	}
}

// sessionCookie is the one Set-Cookie line of the session in an answer, "" for none.
func sessionCookie(t *testing.T, r reply) (line string) {
	t.Helper()
	for _, l := range r.header["Set-Cookie"] {
		if strings.HasPrefix(l, "sessionid=") {
			if line != "" {
				t.Errorf("two session cookies in one answer: %q", r.header["Set-Cookie"])
			}
			line = l
		}
	}
	return line
}

var (
	cookieValue   = regexp.MustCompile(`^sessionid=[^;]*`)
	cookieExpires = regexp.MustCompile(`Expires=[^;]*; `)
)

// attributes is a Set-Cookie line without its value and its date.
func attributes(line string) string {
	return cookieExpires.ReplaceAllString(cookieValue.ReplaceAllString(line, ""), "")
}

func TestSettingsAreTriedOnTheVisitorsOwnSessionAlone(t *testing.T) {
	const usual = "; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax"
	for name, c := range map[string]struct {
		form []string
		want string
	}{
		"age":      {[]string{"age", "on"}, "; Path=/; Max-Age=30; HttpOnly; SameSite=Lax"},
		"close":    {[]string{"close", "on"}, "; Path=/; HttpOnly; SameSite=Lax"},
		"readable": {[]string{"readable", "on"}, "; Path=/; Max-Age=1209600; SameSite=Lax"},
		"strict":   {[]string{"samesite", "strict"}, "; Path=/; Max-Age=1209600; HttpOnly; SameSite=Strict"},
		"out":      {[]string{"samesite", "out"}, "; Path=/; Max-Age=1209600; HttpOnly"},
		"idle":     {[]string{"idle", "on"}, usual},
		"all":      {[]string{"age", "on", "close", "on", "every", "on", "samesite", "strict", "readable", "on", "idle", "on"}, "; Path=/; SameSite=Strict"},
	} {
		t.Run(name, func(t *testing.T) {
			onEngines(t, allEngines, func(t *testing.T, a *testApp) {
				mine, other := a.scripted(), a.scripted()
				mine.want("/counter/", `{"visit_count":1}`)
				other.want("/counter/", `{"visit_count":1}`)
				r := mine.wantStatus(mine.post("/settings/", c.form...), http.StatusSeeOther)
				if got := attributes(sessionCookie(t, r)); got != c.want {
					t.Errorf("the answer to the click sends %q, want %q", got, c.want)
				}
				shown := face[trialJSON](mine, "/settings/").Trial
				if attributes(shown.SetCookie) != c.want || attributes(shown.Usual) != usual || !shown.On {
					t.Errorf("the page says %+v, want %q", shown, c.want)
				}
				if got := attributes(sessionCookie(t, mine.get("/counter/"))); got != c.want {
					t.Errorf("the next page sends %q, want %q", got, c.want)
				}
				if got := attributes(sessionCookie(t, other.get("/counter/"))); got != usual {
					t.Errorf("somebody else is sent %q", got)
				}
				if other := face[trialJSON](other, "/settings/").Trial; other.On || attributes(other.SetCookie) != usual {
					t.Errorf("somebody else reads %+v", other)
				}
				r = mine.wantStatus(mine.post("/settings/"), http.StatusSeeOther)
				if got := attributes(sessionCookie(t, r)); got != usual {
					t.Errorf("the reset sends %q", got)
				}
				if shown := face[trialJSON](mine, "/settings/").Trial; shown.On {
					t.Errorf("after the reset: %+v", shown)
				}
				mine.want("/counter/", `{"visit_count":3}`)
			})
		})
	}
}

func TestSavingOnEveryRequestIsTriedToo(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, a *testApp) {
		v := a.scripted()
		v.get("/counter/")
		if line := sessionCookie(t, v.get("/lab/get?k=visit_count")); line != "" {
			t.Fatalf("a request that reads sends %q", line)
		}
		v.post("/settings/", "every", "on")
		if line := sessionCookie(t, v.get("/lab/get?k=visit_count")); !strings.Contains(line, "Max-Age=1209600") {
			t.Errorf("with save on every request it sends %q", line)
		}
	})
}

// What is tried is really in force: the session ends by it.
func TestTriedClocksEndTheSession(t *testing.T) {
	for _, clock := range []string{"age", "idle"} {
		t.Run(clock, func(t *testing.T) {
			onEngines(t, allEngines, func(t *testing.T, a *testApp) {
				v, other := a.scripted(), a.scripted()
				v.get("/counter/")
				other.get("/counter/")
				v.post("/settings/", clock, "on")
				if ends := time.Until(face[trialJSON](v, "/settings/").Trial.Ends); ends > tryout.Age {
					t.Errorf("it ends in %v", ends)
				}
				v.wantStatus(v.post("/settings/pass/", "seconds", "20"), http.StatusSeeOther)
				if clock == "age" { // 20 seconds of 30
					v.want("/lab/get?k=visit_count", `{"value":1}`)
					v.wantStatus(v.post("/settings/pass/", "seconds", "20"), http.StatusSeeOther)
				}
				v.want("/lab/get?k=visit_count", `{"value":null}`)
				other.want("/lab/get?k=visit_count", `{"value":1}`)
			})
		})
	}
}

func TestACookieOfSettingsThatNobodyWroteCountsAsNone(t *testing.T) {
	for _, odd := range []string{"age.age", "close.age", "none", "strict.lax", ".", "age.", "AGE", "%61ge", strings.Repeat("age.", 500)} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", tryout.Cookie+"="+odd)
		if got := tryout.Of(r); got != (tryout.Trial{}) {
			t.Errorf("%.40q counts as %+v", odd, got)
		}
	}
	v := newTestApp(t).scripted()
	v.wantStatus(v.post("/settings/", "samesite", "none"), http.StatusBadRequest)
	v.setCookie(tryout.Cookie, "age.idle.strict")
	if line := sessionCookie(t, v.get("/counter/")); !strings.HasSuffix(line, "Max-Age=30; HttpOnly; SameSite=Strict") {
		t.Errorf("a cookie as it is written: %q", line)
	}
}

func TestTheCookieAgeAndRememberMeRunOutWithoutWaiting(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, a *testApp) {
		v, other := a.scripted(), a.scripted()
		for _, one := range []*visitor{v, other} {
			one.wantStatus(one.post("/login/", "username", "alice", "password", "wonderland-2026", "remember", "on"), http.StatusSeeOther)
		}
		const day = "86400"
		r := v.wantStatus(v.post("/settings/pass/", "seconds", day, "next", "/account/"), http.StatusSeeOther)
		if line := sessionCookie(t, r); !regexp.MustCompile(`Max-Age=11(23200|231\d\d);`).MatchString(line) || r.location() != "/account/" {
			t.Errorf("after a day of 14: %q to %s", line, r.location())
		}
		ends := time.Until(face[trialJSON](v, "/settings/").Trial.Ends)
		if ends > 13*24*time.Hour || ends < 13*24*time.Hour-time.Minute {
			t.Errorf("the session ends in %v, want 13 days", ends)
		}
		v.wantStatus(v.get("/account/"), http.StatusOK)
		v.wantStatus(v.post("/settings/pass/", "seconds", "1296000"), http.StatusSeeOther) // 15 days
		v.wantStatus(v.get("/account/"), http.StatusSeeOther)
		other.wantStatus(other.get("/account/"), http.StatusOK)
	})
}

func TestAnIdleTimeoutAndItsReasonAreSeenWithoutWaiting(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, a *testApp) {
		v := a.visitor()
		v.post("/login/", "username", "alice", "password", "wonderland-2026")
		v.wantStatus(v.post("/account/idle/", "seconds", "1800"), http.StatusSeeOther)
		for range 2 { // a request in between starts the clock again
			v.post("/settings/pass/", "seconds", "1200")
			v.wantStatus(v.get("/account/"), http.StatusOK)
		}
		v.post("/account/idle/", "seconds", "900")
		v.post("/settings/pass/", "seconds", "1200")
		r := v.get("/cart/")
		if r.status != http.StatusSeeOther || r.location() != "/login/?next=/cart/&away=900" {
			t.Errorf("%d to %q", r.status, r.location())
		}
	})
}

func TestTheSettingsIdleTimeoutIsSeenWithoutWaiting(t *testing.T) {
	for _, engine := range allEngines {
		t.Run(engine, func(t *testing.T) {
			v := newTestApp(t, func(s *config.Settings) { s.SessionEngine, s.SessionIdleTimeout = engine, 900 }).visitor()
			v.post("/login/", "username", "alice", "password", "wonderland-2026")
			v.wantStatus(v.get("/account/"), http.StatusOK)
			v.post("/settings/pass/", "seconds", "1200")
			if r := v.get("/cart/"); r.location() != "/login/?next=/cart/&away=900" {
				t.Errorf("%d to %q", r.status, r.location())
			}
		})
	}
}

func TestTheAbsoluteAgeIsSeenWithoutWaiting(t *testing.T) {
	for _, engine := range allEngines {
		t.Run(engine, func(t *testing.T) {
			v := newTestApp(t, func(s *config.Settings) { s.SessionEngine, s.SessionAbsoluteAge = engine, 2*86400 }).visitor()
			v.post("/login/", "username", "alice", "password", "wonderland-2026", "remember", "on")
			v.post("/settings/pass/", "seconds", "86400")
			v.wantStatus(v.get("/counter/"), http.StatusOK) // a save renews the age, and not the absolute one
			v.wantStatus(v.get("/account/"), http.StatusOK)
			v.post("/settings/pass/", "seconds", "86400")
			v.wantStatus(v.get("/account/"), http.StatusSeeOther)
		})
	}
}

func TestTimePassesForAStoredSessionAndInKnownStepsAlone(t *testing.T) {
	v := newTestApp(t).scripted()
	if r := v.wantStatus(v.post("/settings/pass/", "seconds", "1200"), http.StatusBadRequest); r.header["Set-Cookie"] != nil {
		t.Errorf("a visitor without a session is sent %q", r.header["Set-Cookie"])
	}
	v.get("/counter/")
	before := v.cookie()
	for _, seconds := range []string{"", "-20", "21", "9223372036854775807", "1e3"} {
		if r := v.post("/settings/pass/", "seconds", seconds); r.status != http.StatusBadRequest && r.status != http.StatusUnprocessableEntity {
			t.Errorf("seconds=%q: %d", seconds, r.status)
		}
	}
	if r := v.post("/settings/pass/", "seconds", "20", "next", "//evil.test/"); r.location() != "/settings/#time" || v.cookie() != before {
		t.Errorf("next leads to %q", r.location())
	}
}

func TestWithoutDebugNothingIsTriedAndNoTimePasses(t *testing.T) {
	a := newTestApp(t, withoutDebug)
	v := a.visitor()
	v.get("/counter/")
	v.setCookie(tryout.Cookie, "age.readable.strict")
	if got := attributes(sessionCookie(t, v.get("/counter/"))); got != "; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax" {
		t.Errorf("a trial is in force: %q", got)
	}
	v.wantStatus(v.post("/settings/", "age", "on"), http.StatusMethodNotAllowed)
	v.wantStatus(v.post("/settings/pass/", "seconds", "20"), http.StatusNotFound)
	for _, accept := range []string{"text/html", "application/json"} {
		body := v.wantStatus(v.get("/settings/", "Accept", accept), http.StatusOK).body
		for _, offer := range []string{`id="trial"`, `id="time"`, "/settings/pass/", `"trial"`} {
			if strings.Contains(body, offer) {
				t.Errorf("%s offers %s", accept, offer)
			}
		}
	}
}

func TestEachSettingIsExplainedInWords(t *testing.T) {
	page := newTestApp(t).visitor().get("/settings/").body
	for _, words := range []string{"1209600 s</span> <small>14 days", "scripts cannot read it", "1209600 s, 14 days", "the cookie outlives the browser"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
}

// BenchmarkTrying is the part of every request with DEBUG that looks whether its visitor
// tries settings; without DEBUG it is not there.
func BenchmarkTrying(b *testing.B) {
	a := &App{debug: true, settings: &config.Settings{Debug: "true"}}
	h := a.trying(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for name, cookie := range map[string]string{
		"no cookie": "", "others": "sessionid=abcdefghijklmnopqrstuvwxyz012345; lab_seen=1790000000.900; lab_engine=db",
	} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Cookie", cookie)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(nil, r)
			}
		})
	}
}
