package handlers

import (
	"net/url"
	"testing"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/sessions/sessionstest/testserver"
)

// A database that takes connections and answers nothing costs an error page, in time, whatever
// is asked of the accounts; the sessions themselves are elsewhere and stay.
func TestASilentDatabaseOfTheAccountsIsAnErrorInTime(t *testing.T) {
	database, err := url.Parse(testserver.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	proxy := testserver.NewProxy(t, database.Host)
	database.Host = proxy.Addr
	app := newTestApp(t, func(s *config.Settings) { s.SessionEngine, s.DatabaseURL = "cache", database.String() })
	v := app.visitor()
	v.signIn("alice")
	back := func() { // on connections that are in use, and so not looked at before the next question
		t.Helper()
		proxy.Set(testserver.Fault{})
		for deadline := time.Now().Add(20 * time.Second); v.get("/account/").status != 200; {
			if time.Now().After(deadline) {
				t.Fatal("the sign-in is not back 20 s after the database")
			}
		}
	}
	for _, c := range []struct {
		v      *visitor
		path   string
		fields []string
	}{
		{app.visitor(), "/login/", []string{"username", "alice", "password", "wonderland-2026"}},
		{app.visitor(), "/login/", []string{"username", "nobody", "password", "wonderland-2026"}},
		{app.visitor(), "/signup/", []string{"username", "carol", "password1", "a long new password", "password2", "a long new password"}},
		{v, "/account/password/", []string{"old_password", "wonderland-2026", "new_password1", "a long new password", "new_password2", "a long new password"}},
	} {
		// The least of a few tries counts, since a busy machine only ever adds.
		least := time.Hour
		for tries := 0; tries < 5 && least > 2500*time.Millisecond; tries++ {
			back()
			proxy.Set(testserver.Fault{Silent: true})
			begun := time.Now()
			r := c.v.post(c.path, c.fields...)
			least = min(least, time.Since(begun))
			if r.status != 503 || r.header.Get("Retry-After") == "" || r.header.Get("Set-Cookie") != "" {
				t.Errorf("POST %s: status %d, Retry-After %q, Set-Cookie %q; want 503, a number, none", c.path, r.status, r.header.Get("Retry-After"), r.header.Get("Set-Cookie"))
			}
		}
		if least > 2500*time.Millisecond {
			t.Errorf("POST %s, %s %s: took %v, want 2.5 s at most", c.path, c.fields[0], c.fields[1], least)
		}
	}
	back()
}
