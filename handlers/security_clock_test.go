package handlers

import (
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"sessionlab/handlers/config"
)

const day = 24 * time.Hour

// clocked is a visitor of an app whose clock is set while it runs: the app is made outside of
// all bubbles, and each bubble that it is used in begins with a clock of its own.
type clocked struct {
	away
	test *testing.T
}

// at runs f when the app's clock shows so long after a fixed day, whatever it showed before.
func (c *clocked) at(clock time.Duration, f func()) {
	bubble(c.test, func(t *testing.T) {
		time.Sleep(60*day + clock)
		c.t = t
		f()
	})
}

// signIn begins a session that has an absolute age, for a sign-in costs half a second.
func (c *clocked) signIn() {
	c.t.Helper()
	s := c.app.engines.Manager(c.app.engines.Default).Open(c.t.Context(), "")
	s.StartAbsoluteAge()
	if err := s.Save(); err != nil {
		c.t.Fatal(err)
	}
	c.jar["sessionid"] = s.Key()
	c.use()
}

// use writes to the session, which its visitor has.
func (c *clocked) use() {
	c.t.Helper()
	if r := c.post("/cart/add/1/", url.Values{}); r.status != 303 {
		c.t.Errorf("POST /cart/add/1/: status %d, want 303", r.status)
	}
}

// onClocks runs f on each engine with jumps of the clock back and forth. A signed cookie from the
// future is not believed until the future has come, so signed says whose they are.
func onClocks(t *testing.T, f func(c *clocked, jump time.Duration, signed bool)) {
	for _, engine := range allEngines {
		for _, jump := range []time.Duration{-day, -time.Hour, time.Hour, day} {
			t.Run(engine+", "+jump.String(), func(t *testing.T) {
				dir := t.TempDir()
				copyTemplate(t, filepath.Join(dir, "lab.db"))
				app, err := New(t.Context(), &config.Settings{
					Addr: "127.0.0.1:0", Debug: "true", AllowedHosts: []string{"*"}, SecretKey: testSecret, DatabaseURL: "sqlite:" + filepath.Join(dir, "lab.db"), CacheURL: "memory:",
					SessionEngine: engine, SessionCookieName: "sessionid", SessionCookieAge: 1209600, SessionCookiePath: "/", SessionCookieSecure: "auto",
					SessionCookieHTTPOnly: true, SessionFilePath: filepath.Join(dir, "files"), SessionAbsoluteAge: 2592000,
				}, slog.New(slog.DiscardHandler))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { app.Drain(); app.Close() })
				f(&clocked{away{t, app, app.Handler(), map[string]string{}}, t}, jump, engine == "signed_cookies")
			})
		}
	}
}

func TestAJumpOfTheClockSignsNobodyOutEarly(t *testing.T) {
	onClocks(t, func(c *clocked, jump time.Duration, signed bool) {
		c.at(0, c.use)
		c.at(jump, func() { c.wantHolds("right after the jump", jump > 0 || !signed) })
		c.at(14*day-time.Second, func() { c.wantHolds("a second before its age", true) })
		c.at(14*day+jump, func() { c.wantHolds("at its age and the jump", jump < 0) })
		c.at(14*day+time.Second, func() { c.wantHolds("a second after its age", false) })
	})
}

func TestAJumpOfTheClockMakesNoSignInLonger(t *testing.T) {
	onClocks(t, func(c *clocked, jump time.Duration, signed bool) {
		c.at(0, c.signIn)
		for n := range time.Duration(29) { // used every day, and on one by a wrong clock too
			c.at((n+1)*day, c.use)
			if n == 20 && (jump > 0 || !signed) {
				c.at((n+1)*day+jump, c.use)
			}
		}
		c.at(30*day-time.Second, func() { c.wantHolds("a second before the end", true); c.use() })
		c.at(30*day+time.Second, func() { c.wantHolds("a second after the end", false) })
	})
}

// A sign-in by a clock that is wrong, and is then set right, is wrong by as much and no more.
func TestASignInByAWrongClockIsWrongByAsMuch(t *testing.T) {
	onClocks(t, func(c *clocked, jump time.Duration, signed bool) {
		c.at(jump, c.signIn)
		c.at(0, func() { c.wantHolds("when the clock is set right", jump < 0 || !signed) })
		for n := range time.Duration(28) {
			c.at((n+1)*day, c.use)
		}
		c.at(30*day+jump-time.Second, func() { c.wantHolds("a second before the end", true); c.use() })
		c.at(30*day+jump+time.Second, func() { c.wantHolds("a second after the end", false) })
	})
}
