package handlers

import (
	"net/url"
	"testing"

	"sessionlab/handlers/settings"
	"sessionlab/sessions/sessionstest/testserver"
)

// Two copies of the app behind a balancer share their visitors through PostgreSQL and Redis.
func TestTwoCopiesOfTheAppShareTheirVisitors(t *testing.T) {
	for _, engine := range []string{"db", "cache", "cached_db"} {
		t.Run(engine, func(t *testing.T) {
			database, redis := testserver.Postgres(t), testserver.Redis(t)
			var copies [2]*testApp
			for i := range copies {
				copies[i] = newTestApp(t, func(s *settings.Settings) {
					s.SessionEngine, s.DatabaseURL, s.CacheURL = engine, database, redis
				})
			}
			v := copies[0].scripted()
			v.want("/counter/", `{"visit_count":1}`)
			cookie := "sessionid=" + v.cookie()
			inParallel(200, func(i int) {
				r := copies[i%2].scripted().get("/counter/", "Cookie", cookie)
				for tries := 0; r.status == 503 && tries < 20; tries++ { // a busy machine: nothing was saved
					r = copies[i%2].scripted().get("/counter/", "Cookie", cookie)
				}
				if r.status != 200 {
					t.Errorf("copy %d: status %d: %s", i%2, r.status, r.body)
				}
			})
			other := copies[1].scripted()
			other.setCookie("sessionid", v.cookie())
			v.want("/counter/", `{"visit_count":202}`)
			other.want("/counter/", `{"visit_count":203}`)

			form := url.Values{"username": {"bob"}, "password": {"builder-2026"}}
			v.wantStatus(v.do("POST", "/login/", form), 303)
			other.setCookie("sessionid", v.cookie())
			other.want("/counter/", `{"visit_count":204}`)
			if r := other.get("/account/"); r.status != 200 {
				t.Errorf("signed in on one copy, the other answers %d", r.status)
			}
			v.wantStatus(v.post("/logout/"), 303)
			if r := other.get("/account/"); r.status != 303 || r.location() != "/login/?next=/account/" {
				t.Errorf("signed out on one copy, the other answers %d to %q", r.status, r.location())
			}
		})
	}
}
