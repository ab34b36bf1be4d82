package handlers

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/views"
)

// away is a visitor in a bubble where time passes as fast as nobody does anything. There is
// no network in it, so requests go to the app's handler directly.
type away struct {
	t       *testing.T
	app     *App
	handler http.Handler
	jar     map[string]string
}

// whileAway runs f with the app on each engine, in a bubble.
func whileAway(t *testing.T, timeout time.Duration, f func(t *testing.T, v *away)) {
	if _, err := template(); err != nil { // made outside of all bubbles
		t.Fatal(err)
	}
	for _, engine := range allEngines {
		t.Run(engine, func(t *testing.T) {
			dir := t.TempDir()
			copyTemplate(t, filepath.Join(dir, "lab.db"))
			bubble(t, func(t *testing.T) {
				s := &config.Settings{
					Addr: "127.0.0.1:0", Debug: "true", AllowedHosts: []string{"*"}, SecretKey: testSecret, DatabaseURL: "sqlite:" + filepath.Join(dir, "lab.db"), CacheURL: "memory:",
					SessionEngine: engine, SessionCookieName: "sessionid", SessionCookieAge: 1209600, SessionCookiePath: "/", SessionCookieSecure: "auto",
					SessionCookieHTTPOnly: true, SessionFilePath: filepath.Join(dir, "files"), SessionAbsoluteAge: 2592000, SessionIdleTimeout: int64(timeout / time.Second),
				}
				app, err := New(t.Context(), s, slog.New(slog.DiscardHandler))
				if err != nil {
					t.Fatal(err)
				}
				defer app.Close()
				defer app.Drain()
				f(t, &away{t, app, app.Handler(), map[string]string{}})
			})
		})
	}
}

func (v *away) do(method, target string, form url.Values, headers ...string) reply {
	v.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for name, value := range v.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(v.jar, c.Name)
		} else {
			v.jar[c.Name] = c.Value
		}
	}
	return reply{w.Code, w.Header(), w.Body.String()}
}

func (v *away) get(path string, headers ...string) reply {
	v.t.Helper()
	return v.do("GET", path, nil, headers...)
}

func (v *away) post(path string, form url.Values) reply {
	v.t.Helper()
	return v.do("POST", path, form)
}

func (v *away) signIn(next string) {
	v.t.Helper()
	r := v.post("/login/", url.Values{"username": {"alice"}, "password": {"wonderland-2026"}, "next": {next}})
	if r.status != 303 || next != "" && r.location() != next {
		v.t.Fatalf("sign in: %d to %q, want 303 to %q", r.status, r.location(), next)
	}
}

func (v *away) want(r reply, status int, location string) {
	v.t.Helper()
	if r.status != status || r.location() != location {
		v.t.Errorf("%d to %q, want %d to %q", r.status, r.location(), status, location)
	}
}

func (v *away) wantSignedIn(want bool) {
	v.t.Helper()
	if got := v.get("/account/").status == 200; got != want {
		v.t.Errorf("signed in: %t, want %t", got, want)
	}
}

const wayBack = "/login/?next=/cart/%3Fpage%3D2&away=900"

func TestWhoIsAwayTooLongSignsInAgainAndComesBack(t *testing.T) { // exercise 5, R-131
	whileAway(t, 15*time.Minute, func(t *testing.T, v *away) {
		v.signIn("")
		for range 4 { // busy, though slowly
			time.Sleep(13 * time.Minute)
			v.wantSignedIn(true)
		}
		time.Sleep(16 * time.Minute)
		v.want(v.get("/cart/?page=2"), 303, wayBack)
		if body := v.get(wayBack).body; !strings.Contains(body, "You were away for 15 minutes, so you were signed out.") || !strings.Contains(body, `name="next" value="/cart/?page=2"`) {
			t.Errorf("the sign-in page gives neither reason nor way back: %.2000s", body)
		}
		v.want(v.get("/cart/"), 200, "") // told once: the shop is open to everybody
		v.wantSignedIn(false)
		v.signIn("/cart/?page=2")
		v.wantSignedIn(true)

		time.Sleep(16 * time.Minute)
		if r := v.get("/login/"); r.status != 200 || !strings.Contains(r.body, "You were away for 15 minutes") {
			t.Errorf("who goes to the sign-in page by themselves is not told why: status %d", r.status)
		}
	})
}

func TestATimeOfUseThatCannotBeWrittenIsNoReasonToSignOut(t *testing.T) {
	whileAway(t, 0, func(t *testing.T, v *away) {
		v.signIn("")
		v.wantSignedIn(true)
		if err := v.app.db.W.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute) // the list of sessions is written once a minute
		v.wantSignedIn(true)
	})
}

func TestWhatIsPostedAfterTheEndIsNotLost(t *testing.T) {
	whileAway(t, 15*time.Minute, func(t *testing.T, v *away) {
		v.signIn("")
		v.wantSignedIn(true)
		time.Sleep(16 * time.Minute)
		v.want(v.post("/form/step-one/", url.Values{"full_name": {"Ann"}, "email": {"ann@example.org"}}), 303, "/form/step-two/")
		v.want(v.get("/form/step-two/"), 303, "/login/?next=/form/step-two/&away=900")
		v.signIn("/form/step-two/")
		if r := v.get("/form/step-two/"); r.status != 200 || !strings.Contains(r.body, "ann@example.org") {
			t.Errorf("status %d, want 200 and what was typed before", r.status)
		}
	})
}

func TestOnlyThoseWhoWereAwayAreTold(t *testing.T) {
	whileAway(t, 15*time.Minute, func(t *testing.T, v *away) {
		v.get("/counter/")
		time.Sleep(16 * time.Minute)
		v.want(v.get("/cart/"), 200, "") // was never signed in

		v.signIn("")
		v.wantSignedIn(true)
		v.post("/logout/", nil)
		if _, ok := v.jar[seenCookie]; ok {
			t.Error("the clock outlives the sign-out")
		}
		time.Sleep(16 * time.Minute)
		v.want(v.get("/account/"), 303, "/login/?next=/account/") // signed out by hand

		v.signIn("")
		for range 3 {
			v.wantSignedIn(true)
			time.Sleep(10 * time.Minute)
		}
		v.post("/methods/", url.Values{"action": {"flush"}})
		v.want(v.get("/account/"), 303, "/login/?next=/account/") // ended, but not for want of requests
	})
}

func TestScriptsDoNotUseUpTheReason(t *testing.T) {
	whileAway(t, 15*time.Minute, func(t *testing.T, v *away) {
		v.signIn("")
		v.wantSignedIn(true)
		time.Sleep(16 * time.Minute)
		v.want(v.get("/cart/", "Sec-Fetch-Mode", "cors"), 200, "")
		v.want(v.get("/cart/?page=2", "Sec-Fetch-Mode", "navigate"), 303, wayBack)
	})
}

func TestThePageKnowsHowLongTheSignInLasts(t *testing.T) {
	whileAway(t, 15*time.Minute, func(t *testing.T, v *away) {
		left := func() string {
			t.Helper()
			m := regexp.MustCompile(`data-idle="(\d+)"`).FindStringSubmatch(v.get("/cart/").body)
			if m == nil {
				return "none"
			}
			return m[1]
		}
		if got := left(); got != "none" {
			t.Errorf("nobody is signed in: %s s left, want none", got)
		}
		v.signIn("")
		for _, c := range []struct{ sleep, want int }{{0, 900}, {60, 840}, {60, 900}, {850, 900}} { // written once in a tenth of 900 s
			time.Sleep(time.Duration(c.sleep) * time.Second)
			if got := left(); got != fmt.Sprint(c.want) && got != fmt.Sprint(c.want-1) {
				t.Errorf("after %d s: %s s left, want %d", c.sleep, got, c.want)
			}
		}
		time.Sleep(80 * time.Second)
		r := v.do("POST", "/account/stay/", nil, "Referer", "http://example.com/cart/")
		v.want(r, 303, "/cart/")
		time.Sleep(895 * time.Second)
		v.wantSignedIn(true)
	})
}

func TestAnIdleTimeoutOfOnesOwn(t *testing.T) {
	whileAway(t, 0, func(t *testing.T, v *away) {
		v.signIn("")
		v.wantSignedIn(true)
		if _, ok := v.jar[seenCookie]; ok || strings.Contains(v.get("/cart/").body, "data-idle") {
			t.Error("a clock runs that nobody has set")
		}
		for _, seconds := range []string{"", "-1", "5", "86401", "soon"} {
			if r := v.do("POST", "/account/idle/", url.Values{"seconds": {seconds}}, "Accept", "application/json"); r.status != 422 {
				t.Errorf("%q seconds: status %d, want 422", seconds, r.status)
			}
		}
		v.want(v.post("/account/idle/", url.Values{"seconds": {"90"}}), 303, "/account/")
		if body := v.get("/account/").body; !strings.Contains(body, "ends after 90 seconds") || !strings.Contains(body, `data-idle="90"`) {
			t.Error("the account does not tell of the timeout")
		}
		for range 3 {
			time.Sleep(80 * time.Second)
			v.want(v.get("/cart/"), 200, "")
		}
		time.Sleep(8 * time.Second) // less than a tenth
		if line := v.get("/cart/").header.Get("Set-Cookie"); line != "" {
			t.Errorf("the clock was written after 8 s of 90, want once in a tenth at most: %q", line)
		}
		v.post("/cart/add/1/", nil)
		time.Sleep(91 * time.Second)
		v.want(v.get("/cart/"), 303, "/login/?next=/cart/&away=90")
		if body := v.get("/cart/").body; strings.Contains(body, `action="/cart/remove/`) {
			t.Error("the cart is shown to whoever came next")
		}

		v.signIn("")
		v.post("/account/idle/", url.Values{"seconds": {"90"}})
		delete(v.jar, seenCookie) // the reason needs the cookie, the end does not
		time.Sleep(91 * time.Second)
		v.want(v.get("/account/"), 303, "/login/?next=/account/&away=90")

		v.signIn("")
		v.post("/account/idle/", url.Values{"seconds": {"90"}})
		v.want(v.post("/account/idle/", url.Values{"seconds": {"0"}}), 303, "/account/")
		time.Sleep(time.Hour)
		v.wantSignedIn(true)
	})
}

func TestASignInHasALongestTime(t *testing.T) {
	whileAway(t, 0, func(t *testing.T, v *away) {
		v.post("/login/", url.Values{"username": {"alice"}, "password": {"wonderland-2026"}, "remember": {"on"}})
		for range 30 {
			v.wantSignedIn(true)
			time.Sleep(24*time.Hour - time.Second)
			v.post("/theme/", url.Values{"theme": {"dark"}}) // a save, or two weeks would be the end
		}
		v.wantSignedIn(true)
		time.Sleep(time.Minute)
		v.wantSignedIn(false)
	})
}

func TestLengthsOfTimeInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "1 second", 90 * time.Second: "90 seconds", 15 * time.Minute: "15 minutes", time.Hour: "1 hour", 14 * 24 * time.Hour: "14 days", 36 * time.Hour: "36 hours",
	} {
		if got := views.InWords(d); got != want {
			t.Errorf("views.InWords(%v) = %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "just now", 59 * time.Second: "just now", 119 * time.Second: "1 minute ago", 5 * time.Hour: "5 hours ago", 50 * time.Hour: "2 days ago", -time.Hour: "just now",
	} {
		if got := views.Ago(time.Now().Add(-d)); got != want {
			t.Errorf("views.Ago(%v) = %q, want %q", d, got, want)
		}
	}
}
