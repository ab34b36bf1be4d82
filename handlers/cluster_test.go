package handlers

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"sessionlab/handlers/config"
	"sessionlab/sessions/sessionstest/testserver"
)

// Two copies of the app behind a balancer share their visitors through PostgreSQL and Redis.
func TestTwoCopiesOfTheAppShareTheirVisitors(t *testing.T) {
	for _, engine := range []string{"db", "cache", "cached_db"} {
		t.Run(engine, func(t *testing.T) {
			database, redis := testserver.Postgres(t), testserver.Redis(t)
			var copies [2]*testApp
			for i := range copies {
				copies[i] = newTestApp(t, func(s *config.Settings) {
					s.SessionEngine, s.DatabaseURL, s.CacheURL = engine, database, redis
				})
			}
			v := copies[0].scripted()
			v.want("/counter/", `{"visit_count":1}`)
			cookie := "sessionid=" + v.cookie()
			var late atomic.Int32         // answers that came too late on a busy machine: the store may have saved or not
			inParallel(200, func(i int) {
				r := copies[i%2].scripted().get("/counter/", "Cookie", cookie)
				for tries := 0; r.status == 503 && tries < 20; tries++ {
					late.Add(1)
					r = copies[i%2].scripted().get("/counter/", "Cookie", cookie)
				}
				if r.status != 200 {
					t.Errorf("copy %d: status %d: %s", i%2, r.status, r.body)
				}
			})
			other := copies[1].scripted()
			other.setCookie("sessionid", v.cookie())
			var counter struct {
				N int `json:"visit_count"`
			}
			if r := v.get("/counter/"); json.Unmarshal([]byte(r.body), &counter) != nil || counter.N < 202 || counter.N > 202+int(late.Load()) {
				t.Errorf("after 201 visits and %d late answers: %s, want 202", late.Load(), r.body)
			}
			other.want("/counter/", fmt.Sprintf(`{"visit_count":%d}`, counter.N+1))

			// What one copy has shown, and what has happened there, is on the other copy's pages.
			v.wantStatus(v.post("/security/try/", "attack", "replay"), 303)
			if o := face[securityJSON](other, "/security/").Attacks["replay"].Outcome; o == nil || !o.Blocked {
				t.Errorf("attacked on one copy, the other shows %+v", o)
			}
			copies[0].app.feed.CatchUp(t.Context())
			if r := other.get("/events/"); !strings.Contains(r.body, copies[0].short(v.cookie())) {
				t.Errorf("the feed of the other copy lacks what happened on the first: %s", r.body)
			}

			form := url.Values{"username": {"bob"}, "password": {"builder-2026"}}
			v.wantStatus(v.do("POST", "/login/", form), 303)
			other.setCookie("sessionid", v.cookie())
			other.want("/counter/", fmt.Sprintf(`{"visit_count":%d}`, counter.N+2))
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
