package sessionstest

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"sessionlab/sessions"
)

// passing lets time pass for the session of the request: as much as d in the query.
func passing(s *sessions.Session, w http.ResponseWriter, r *http.Request) {
	if d, err := time.ParseDuration(r.URL.Query().Get("d")); err == nil {
		if sessions.LetPass(s, d) != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
		return
	}
	s.Has("a")
}

// passingCases are about LetPass: what it does is what waiting would have done.
var passingCases = []layerCase{
	{"time that is let pass brings the end of the session nearer", 0, func(t *testing.T, b *bench) {
		for name, stored := range map[string][]any{
			"the cookie age":  {"a", 1},
			"an age":          {"a", 1, "_session_expiry", 3600},
			"a moment":        {"a", 1, "_session_expiry", time.Now().Add(time.Hour).UTC().Format(time.RFC3339Nano)},
			"an absolute age": {"a", 1, "_session_absolute_from", time.Now().Add(-time.Hour).Unix()},
		} {
			b.m = nil
			ts := b.server(passing, func(c *sessions.Config) {
				switch name {
				case "the cookie age":
					c.Age = time.Hour
				case "an absolute age":
					c.AbsoluteAge = 2 * time.Hour
				}
			})
			other, key := b.stored("a", 1), b.stored(stored...)
			r := b.visit(ts, "/?d=59m", key)
			if r.status != 200 || r.cookie == nil || r.cookie.MaxAge > 60 || r.cookie.MaxAge < 45 {
				t.Errorf("%s: status %d, cookie %v, want one for the minute that is left", name, r.status, r.cookie)
				continue
			}
			s := b.open(r.cookie.Value)
			if left := time.Until(sessions.Peek(s).Ends); !s.Has("a") {
				t.Errorf("%s: gone a minute early (%v left)", name, left)
			} else if left = time.Until(sessions.Peek(s).Ends); left > time.Minute || left < 45*time.Second {
				t.Errorf("%s: %v left, want a minute", name, left)
			}
			r = b.visit(ts, "/?d=2m", r.cookie.Value)
			if r.cookie == nil || r.cookie.MaxAge >= 0 {
				t.Errorf("%s: the browser keeps the cookie %v beyond its time", name, r.cookie)
			}
			if s := b.open(s.Key()); s.Has("a") && !b.m.Traits().InCookie { // where the browser alone could end it
				t.Errorf("%s: there after its end", name)
			}
			if !b.open(other).Has("a") {
				t.Errorf("%s: somebody else's session has ended", name)
			}
		}
	}},
	{"time that is let pass is time without a request", 0, func(t *testing.T, b *bench) {
		ts := b.server(passing, func(c *sessions.Config) { c.IdleTimeout = 30 * time.Minute })
		key := b.stored("a", 1)
		for range 3 { // a request in between starts the clock anew
			r := b.visit(ts, "/?d=20m", key)
			if r.cookie == nil || r.cookie.MaxAge < 1200000 {
				t.Fatalf("status %d, cookie %v: the idle clock is no business of the browser's", r.status, r.cookie)
			}
			key = r.cookie.Value
			if r := b.visit(ts, "/", key); r.cookie != nil {
				key = r.cookie.Value
			}
		}
		r := b.visit(ts, "/?d=31m", key)
		if s := b.open(r.cookie.Value); s.Has("a") {
			t.Error("there after its idle timeout")
		}
	}},
	{"no time passes for a session without a record", 0, func(t *testing.T, b *bench) {
		s := b.open("")
		if err := sessions.LetPass(s, time.Hour); !errors.Is(err, sessions.ErrNotFound) || s.Err() != nil {
			t.Errorf("error %v, which sticks: %v", err, s.Err())
		}
	}},
	{"what was changed before time is let pass is saved", 0, func(t *testing.T, b *bench) {
		s := b.open(b.stored("a", 1))
		s.Set("b", 2)
		if err := sessions.LetPass(s, time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := b.open(s.Key()); get(got, "b") != 2 {
			t.Error("it is lost")
		} else if left := time.Until(sessions.Peek(got).Ends); left > 335*time.Hour {
			t.Errorf("%v left of two weeks, an hour of which has passed", left)
		}
	}},
}
