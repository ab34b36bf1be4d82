package sessionstest

import (
	"testing"
	"time"

	"sessionlab/sessions"
)

// expiryCases are section 4 of Django's rows, and the clocks that Django has not got.
var expiryCases = []layerCase{
	{"default expiry is the cookie age", 0, func(t *testing.T, b *bench) {
		s := b.open("")
		if s.ExpiryAge() != 14*24*time.Hour || s.ExpireAtBrowserClose() {
			t.Errorf("age %v, at browser close %v", s.ExpiryAge(), s.ExpireAtBrowserClose())
		}
	}},
	{"an age counts from each save", 0, func(t *testing.T, b *bench) {
		s := b.open("")
		s.SetExpiry(sessions.After(5 * time.Minute))
		wantFlags(t, s, "SetExpiry", true, true)
		s.Set("a", 1)
		b.save(s)
		s = b.open(s.Key())
		if s.ExpiryAge() != 5*time.Minute || s.ExpireAtBrowserClose() {
			t.Errorf("age %v after a load, want 5m", s.ExpiryAge())
		}
		ends := sessions.Peek(s).Ends
		if left := time.Until(ends); left > 5*time.Minute || left < 5*time.Minute-10*time.Second {
			t.Errorf("the record lives for %v, want 5m", left)
		}
	}},
	{"0 ends with the browser, and the record lives for the cookie age", 0, func(t *testing.T, b *bench) {
		s := b.open("")
		s.SetExpiry(sessions.AtBrowserClose)
		b.save(s)
		s = b.open(s.Key())
		if !s.ExpireAtBrowserClose() || s.ExpiryAge() != 14*24*time.Hour {
			t.Errorf("at browser close %v, age %v", s.ExpireAtBrowserClose(), s.ExpiryAge())
		}
	}},
	{"a moment is fixed whatever is saved until then", 0, func(t *testing.T, b *bench) {
		at := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
		s := b.open("")
		s.SetExpiry(sessions.At(at))
		b.save(s)
		s = b.open(s.Key())
		s.Set("a", 1)
		b.save(s)
		s = b.open(s.Key())
		if !s.ExpiryDate().Equal(at) {
			t.Errorf("ends at %v, want %v", s.ExpiryDate(), at)
		}
		if age := s.ExpiryAge(); age > time.Hour || age < time.Hour-10*time.Second || age%time.Second != 0 {
			t.Errorf("age %v, want whole seconds just under an hour", age)
		}
		if ends := sessions.Peek(s).Ends; !ends.Equal(at) {
			t.Errorf("the record ends at %v, want %v", ends, at)
		}
	}},
	{"back to the default removes the entry, and is no change if there is none", 0, func(t *testing.T, b *bench) {
		s := b.open(b.stored("a", 1))
		s.SetExpiry(sessions.DefaultExpiry)
		wantFlags(t, s, "SetExpiry without need", true, false)
		s.SetExpiry(sessions.After(time.Hour))
		if !s.Has("_session_expiry") {
			t.Error("the expiry is no entry")
		}
		s.SetExpiry(sessions.DefaultExpiry)
		if s.Has("_session_expiry") || s.ExpiryAge() != 14*24*time.Hour {
			t.Error("the expiry is still there")
		}
	}},
	{"a session whose own expiry has passed is not served", 0, func(t *testing.T, b *bench) {
		for _, e := range []sessions.Expiry{sessions.At(time.Now().Add(-time.Second)), sessions.After(-time.Hour)} {
			s := b.open(b.stored("a", 1))
			s.SetExpiry(e)
			b.save(s)
			if b.open(s.Key()).Has("a") {
				t.Errorf("expiry %+v: still served", e)
			}
		}
	}},
	{"an expiry that is no expiry counts as the default", 0, func(t *testing.T, b *bench) {
		for _, junk := range []any{"tomorrow", []int{1}, nil, true, "2030-13-45T00:00:00+00:00"} {
			s := b.open(b.stored("a", 1, "_session_expiry", junk))
			if !s.Has("a") || s.ExpiryAge() != 14*24*time.Hour {
				t.Errorf("%v: age %v", junk, s.ExpiryAge())
			}
		}
	}},
	{"using a session moves its idle clock, and reading too often does not", storage, func(t *testing.T, b *bench) {
		b.manager(func(c *sessions.Config) { c.IdleTimeout = 10 * time.Minute })
		s := b.open(b.stored("a", 1))
		s.Has("a")
		ends := sessions.Peek(s).Ends
		if left := time.Until(ends); left > 10*time.Minute || left < 9*time.Minute {
			t.Errorf("the record lives for %v, want the idle timeout", left)
		}
	}},
	{"reading is no activity, and save every request is", 0, func(t *testing.T, b *bench) {
		key := b.stored("a", 1)
		ts := b.server(act)
		if r := b.visit(ts, "/read", key); r.cookie != nil {
			t.Errorf("a read renewed the cookie: %v", r.cookie)
		}
		if b.count(sessions.Touched)+b.count(sessions.Saved) != 0 {
			t.Errorf("a read renewed the record: %s", b.kinds())
		}
		b.m = nil
		ts = b.server(act, func(c *sessions.Config) { c.SaveEveryRequest = true })
		if r := b.visit(ts, "/read", key); r.cookie == nil || r.cookie.MaxAge != 1209600 || !b.open(r.cookie.Value).Has("a") {
			t.Errorf("save every request renewed nothing: %v", r.cookie)
		}
	}},
	{"an absolute age ends a busy session", 0, func(t *testing.T, b *bench) {
		b.manager(func(c *sessions.Config) { c.AbsoluteAge = time.Hour })
		key := b.stored("a", 1, "_session_absolute_from", time.Now().Add(-59*time.Minute).Unix())
		s := b.open(key)
		if !s.Has("a") {
			t.Fatal("ended before its time")
		}
		if ends := sessions.Peek(s).Ends; time.Until(ends) > time.Minute+time.Second {
			t.Errorf("the record lives until %v, beyond the absolute age", ends)
		}
		s.Set("_session_absolute_from", time.Now().Add(-61*time.Minute).Unix())
		b.save(s)
		if b.open(s.Key()).Has("a") {
			t.Error("served after the absolute age")
		}
	}},
}
