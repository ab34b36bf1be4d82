package sessionstest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"sessionlab/sessions"
)

var errFull = errors.New("sessionstest: it is full")

// afterwardsCases are about how a save that met another one ends, and how the request goes on.
var afterwardsCases = []layerCase{
	// Updates that refuse.
	{"of two visitors who take the last one, one is refused", swap, func(t *testing.T, b *bench) {
		left := sessions.Key[int]("left")
		take := func(n int) (int, error) {
			if n == 0 {
				return 0, errFull
			}
			return n - 1, nil
		}
		key := b.stored("left", 1)
		one, two := b.open(key), b.open(key)
		for _, s := range []*sessions.Session{one, two} {
			if _, err := left.TryUpdate(s, take); err != nil {
				t.Errorf("at the call: %v", err)
			}
		}
		b.save(one)
		wantIs(t, two.Save(), errFull)
		if sessions.Status(two.Err()) != 409 {
			t.Errorf("status %d, want 409", sessions.Status(two.Err()))
		}
		three := b.open(key)
		if _, err := left.TryUpdate(three, take); !errors.Is(err, errFull) || three.Err() != nil || three.Modified() {
			t.Errorf("refused at the call: %v; it sticks: %v, modified: %t", err, three.Err(), three.Modified())
		}
		three.Set("other", 1)
		b.save(three)
	}},

	{"the idle clock of an engine that keeps no times is no cause of a conflict", swap, func(t *testing.T, b *bench) {
		b.manager(func(c *sessions.Config) {
			c.IdleTimeout = time.Hour
			c.Engine, c.Codec = struct{ sessions.Engine }{c.Engine}, sessions.InsecureUnsigned{}
		})
		for name, do := range map[string]func(*sessions.Session){
			"Keys":          func(s *sessions.Session) { s.Keys() },
			"a second save": func(s *sessions.Session) { s.Set("x", 1); b.save(s) },
			"Clear":         func(s *sessions.Session) { s.Keys(); s.Clear() },
		} {
			key := b.stored("n", 1)
			s := b.open(key)
			do(s)
			b.meanwhile(key, func(s *sessions.Session) { s.Set("y", 1) })
			s.Set("x", 2)
			if err := s.Save(); err != nil {
				t.Errorf("%s: %v, although nobody else touched x", name, err)
			}
			if b.meanwhile(key, func(s *sessions.Session) { s.Clear() }); b.open(key).Key() != "" {
				t.Errorf("%s: an emptied session has a record", name)
			}
		}
	}},

	// Going on after a conflict.
	{"a session that was reloaded after a conflict goes on with what is stored", swap, func(t *testing.T, b *bench) {
		key := b.stored("n", 1)
		s := b.open(key)
		get(s, "n")
		b.meanwhile(key, func(s *sessions.Session) { s.Set("n", 5) })
		s.Set("n", 2)
		wantIs(t, s.Save(), sessions.ErrConflict)
		if v := sessions.Peek(s); !v.Stored || v.Key != key {
			t.Errorf("after the conflict it stands on %+v", v)
		}
		if err := s.Reload(); err != nil || get(s, "n") != 5 {
			t.Fatalf("reloaded: %v, n = %d, want 5", err, get(s, "n"))
		}
		s.Set("n", 6)
		b.save(s)
		if got := get(b.open(key), "n"); got != 6 {
			t.Errorf("n = %d, want 6", got)
		}
	}},
	{"what was not saved is dropped by a reload, a sign-out too", storage, func(t *testing.T, b *bench) {
		key := b.stored("n", 1)
		s := b.open(key)
		s.Set("n", 2)
		s.Flush()
		if err := s.Reload(); err != nil || get(s, "n") != 1 || s.Key() != key {
			t.Errorf("reloaded: %v, n = %d under the same key: %t", err, get(s, "n"), s.Key() == key)
		}
		s.Flush()
		b.save(s)
		if b.open(key).Has("n") {
			t.Error("ended, and there")
		}
	}},
	{"a key is told once its record is stored", storage, func(t *testing.T, b *bench) {
		fault := func(string) error { return nil }
		b.broken(func(step string) error { return fault(step) })
		for _, step := range []string{"before create", "after create"} {
			fault = FailAt(step, errFault)
			s := b.open("")
			s.Set("a", 1)
			if err := s.Save(); err == nil || s.Key() != "" || s.ID().String() != "" {
				t.Errorf("%s fails: %v, and the key is %q", step, err, s.Key())
			}
			fault = func(string) error { return nil }
			_ = fmt.Sprint(sessions.Peek(s)) // what a panel does
		}
	}},
}
