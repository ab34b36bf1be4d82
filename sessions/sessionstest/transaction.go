package sessionstest

import (
	"errors"
	"slices"
	"testing"

	"sessionlab/sessions"
)

// meanwhile has another request change the session under key and save it.
func (b *bench) meanwhile(key string, change func(s *sessions.Session)) {
	b.t.Helper()
	s := b.open(key)
	change(s)
	b.save(s)
}

func add(s *sessions.Session, name, text string) {
	sessions.Key[string](name).Update(s, func(v string) string { return v + text })
}

func text(s *sessions.Session, name string) string { return sessions.Key[string](name).Get(s) }

// transactionCases are about two requests on one session, where one saves between the steps
// of the other one.
var transactionCases = []layerCase{
	// One's own saves.
	{"a second save of a value that nobody else touched is no conflict", swap, func(t *testing.T, b *bench) {
		for name, told := range map[string]func(s *sessions.Session){
			"after a get":               func(s *sessions.Session) { s.Has("n") },
			"after all names were read": func(s *sessions.Session) { s.Keys() },
			"never read":                func(*sessions.Session) {},
		} {
			for _, entry := range []string{"n", "new"} {
				key := b.stored("n", 1)
				s := b.open(key)
				told(s)
				for i := range 3 {
					s.Set(entry, 2+i)
					b.save(s)
					b.meanwhile(key, func(s *sessions.Session) { s.Set("x", i) })
				}
				s.Delete(entry)
				if err := s.Save(); err != nil {
					t.Errorf("%s: nobody else touched %q, and the save says: %v", name, entry, err)
				}
			}
		}
	}},
	{"what was saved in between is known: another's step back is not overwritten", swap, func(t *testing.T, b *bench) {
		key := b.stored("n", 1)
		s := b.open(key)
		get(s, "n")
		s.Set("n", 2)
		b.save(s)
		b.meanwhile(key, func(s *sessions.Session) { s.Set("n", 1) })
		s.Set("n", 3)
		wantIs(t, s.Save(), sessions.ErrConflict)
		if got := get(b.open(key), "n"); got != 1 {
			t.Errorf("n = %d, want what was acknowledged", got)
		}
	}},
	{"a delete after a save in between is refused where another has stored since", swap, func(t *testing.T, b *bench) {
		for name, end := range map[string]func(*sessions.Session){
			"Delete": func(s *sessions.Session) { s.Delete("n") },
			"Clear":  func(s *sessions.Session) { s.Clear() },
			"Set":    func(s *sessions.Session) { s.Set("n", 3) },
		} {
			key := b.stored("keep", 1)
			s := b.open(key)
			s.Set("n", 2) // never read, but what it holds after the save is known
			b.save(s)
			b.meanwhile(key, func(s *sessions.Session) { s.Set("n", 9) })
			end(s)
			if err := s.Save(); !errors.Is(err, sessions.ErrConflict) {
				t.Errorf("%s: %v, want a conflict", name, err)
			}
			if got := get(b.open(key), "n"); got != 9 {
				t.Errorf("%s: n = %d, want what was acknowledged", name, got)
			}
		}
	}},
	{"who reads again after a replay may change what is there now", swap, func(t *testing.T, b *bench) {
		for name, read := range map[string]func(*sessions.Session){
			"Get":   func(s *sessions.Session) { s.Has("n") },
			"Items": func(s *sessions.Session) { s.Items() },
		} {
			for change, other := range map[string]func(*sessions.Session){
				"changed": func(s *sessions.Session) { s.Set("n", 2) }, "deleted": func(s *sessions.Session) { s.Delete("n") },
			} {
				key := b.stored("n", 1, "keep", 1)
				s := b.open(key)
				s.Has("n")
				b.meanwhile(key, other)
				s.Set("x", 1)
				b.save(s)
				read(s)
				s.Set("n", 5)
				if err := s.Save(); err != nil {
					t.Errorf("n was %s, read again by %s, then set: %v", change, name, err)
				}
			}
		}
	}},

	{"who was told all names is refused one that came since, also after a save in between", swap, func(t *testing.T, b *bench) {
		for name, change := range map[string]func(*sessions.Session){
			"Set":    func(s *sessions.Session) { s.Set("owner", 2) },
			"Delete": func(s *sessions.Session) { s.Delete("owner") },
			"Clear":  func(s *sessions.Session) { s.Clear() },
		} {
			key := b.stored("a", 1)
			s := b.open(key)
			s.Keys()
			s.Set("x", 1)
			b.meanwhile(key, func(s *sessions.Session) { s.Set("owner", 1) })
			b.save(s)
			change(s)
			if err := s.Save(); !errors.Is(err, sessions.ErrConflict) {
				t.Errorf("%s: %v, want a conflict", name, err)
			}
			if got := get(b.open(key), "owner"); got != 1 {
				t.Errorf("%s: owner = %d, want what was acknowledged", name, got)
			}
		}
	}},
	{"what was changed twice and is as it was told is still outdated", swap, func(t *testing.T, b *bench) {
		key := b.stored("n", 1)
		s := b.open(key)
		get(s, "n")
		for _, n := range []int{10, 1} {
			b.meanwhile(key, func(s *sessions.Session) { s.Set("n", n) })
			s.Set("x", n)
			b.save(s)
		}
		s.Set("n", 2)
		wantIs(t, s.Save(), sessions.ErrConflict)
	}},

	// Clear, Pop, Delete and SetDefault, done again.
	{"a clear of what was read and changed since is a conflict", swap, func(t *testing.T, b *bench) {
		for name, end := range map[string]func(*sessions.Session){
			"Delete": func(s *sessions.Session) { s.Delete("cart") },
			"Pop":    func(s *sessions.Session) { s.Pop("cart", new(int)) },
			"Clear":  func(s *sessions.Session) { s.Clear() },
		} {
			key := b.stored("cart", 1, "keep", 1)
			s := b.open(key)
			get(s, "cart")
			b.meanwhile(key, func(s *sessions.Session) { s.Set("cart", 2) })
			end(s)
			if err := s.Save(); !errors.Is(err, sessions.ErrConflict) {
				t.Errorf("%s: %v, want a conflict", name, err)
			}
			if got := get(b.open(key), "cart"); got != 2 {
				t.Errorf("%s: cart = %d, want what was acknowledged", name, got)
			}
		}
	}},
	{"a clear deletes what was there and leaves what came after it", swap, func(t *testing.T, b *bench) {
		for _, told := range []bool{false, true} {
			key := b.stored("cart", 1, "old", 1)
			s := b.open(key)
			if told {
				s.Keys()
			}
			s.Clear()
			b.meanwhile(key, func(s *sessions.Session) { s.Set("address", 2) })
			b.save(s)
			if left := b.open(key).Keys(); !slices.Equal(left, []string{"address"}) {
				t.Errorf("names read before: %t; left are %v, want the address alone", told, left)
			}
		}
	}},
	{"a pop that others were quicker with is a conflict, and one of another entry is not", swap, func(t *testing.T, b *bench) {
		key := b.stored("coupon", 1, "keep", 1)
		s := b.open(key)
		s.Pop("coupon", new(int))
		b.meanwhile(key, func(s *sessions.Session) { s.Set("keep", 2) })
		b.save(s)
		if b.open(key).Has("coupon") {
			t.Error("popped, and still there")
		}
		key = b.stored("coupon", 1, "keep", 1)
		one, two := b.open(key), b.open(key)
		one.Pop("coupon", new(int))
		two.Pop("coupon", new(int))
		b.save(one)
		wantIs(t, two.Save(), sessions.ErrConflict) // or both have it
	}},
	{"a default that found a value is stored where that is gone by then", swap, func(t *testing.T, b *bench) {
		key := b.stored("visits", 7, "since", 17, "x", 1)
		s := b.open(key)
		sessions.Key[int]("visits").Update(s, func(n int) int { return n + 1 })
		if s.SetDefault("since", 18) {
			t.Error("stored over a value")
		}
		b.meanwhile(key, func(s *sessions.Session) { s.Delete("visits"); s.Delete("since") })
		b.save(s)
		if again := b.open(key); get(again, "visits") != 1 || get(again, "since") != 18 {
			t.Errorf("visits %d, since %d; want 1 and the default", get(again, "visits"), get(again, "since"))
		}
	}},
	{"a default that was stored gives way to a value that came first", swap, func(t *testing.T, b *bench) {
		key := b.stored("x", 1)
		s := b.open(key)
		s.SetDefault("since", 18)
		b.meanwhile(key, func(s *sessions.Session) { s.Set("since", 17) })
		b.save(s)
		if got := get(b.open(key), "since"); got != 17 {
			t.Errorf("since = %d, want what came first", got)
		}
	}},
	{"a delete that found nothing is done again, and its answer is knowledge", swap, func(t *testing.T, b *bench) {
		key := b.stored("x", 1)
		s := b.open(key)
		s.Delete("owner") // nobody owns it
		b.meanwhile(key, func(s *sessions.Session) { s.Set("owner", 1) })
		s.Set("owner", 2) // so I do
		wantIs(t, s.Save(), sessions.ErrConflict)

		key = b.stored("z", 1)
		s = b.open(key)
		s.Delete("q")
		add(s, "p", "B")
		b.meanwhile(key, func(s *sessions.Session) { add(s, "q", "A"); add(s, "p", "A") })
		err := s.Save()
		again := b.open(key)
		if err == nil && text(again, "q") != "" || text(again, "q") == "A" && text(again, "p") == "AB" {
			t.Errorf("saved after the other one, who made q: %v, p is %q and q is %q", err, text(again, "p"), text(again, "q"))
		}
	}},
	{"what a default has answered is knowledge too", swap, func(t *testing.T, b *bench) {
		key := b.stored("owner", 1, "x", 1)
		s := b.open(key)
		s.SetDefault("owner", 2)
		s.Set("x", 2)
		b.save(s)
		b.meanwhile(key, func(s *sessions.Session) { s.Set("owner", 3) })
		s.Set("owner", 4)
		wantIs(t, s.Save(), sessions.ErrConflict)
	}},
	{"several changes of one entry are done again in their order", swap, func(t *testing.T, b *bench) {
		key := b.stored("p", "x", "q", "x")
		s := b.open(key)
		add(s, "p", "1")
		s.Delete("p")
		add(s, "p", "2")
		s.SetDefault("p", "no")
		add(s, "p", "3")
		add(s, "q", "1")
		b.meanwhile(key, func(s *sessions.Session) { add(s, "q", "0"); s.Set("r", 1) })
		b.save(s)
		if again := b.open(key); text(again, "p") != "23" || text(again, "q") != "x01" {
			t.Errorf("p is %q, q is %q; want 23 and x01", text(again, "p"), text(again, "q"))
		}
	}},
	{"a set that overwrites one's own knowing change is refused as that was", swap, func(t *testing.T, b *bench) {
		key := b.stored("n", 1)
		s := b.open(key)
		get(s, "n")
		s.Set("n", 2)
		s.Set("n", 3)
		b.meanwhile(key, func(s *sessions.Session) { s.Set("n", 9) })
		wantIs(t, s.Save(), sessions.ErrConflict)
	}},

	// Messages.
	{"a message that nobody has seen stays", swap, func(t *testing.T, b *bench) {
		first := b.open("")
		first.Set("x", 1)
		first.AddMessage(sessions.Info, "m1")
		b.save(first)
		one, two := b.open(first.Key()), b.open(first.Key())
		one.Messages()
		two.Messages()
		b.save(one)
		b.meanwhile(first.Key(), func(s *sessions.Session) { s.AddMessage(sessions.Success, "m2") })
		b.save(two)
		if left := b.open(first.Key()).Messages(); len(left) != 1 || left[0].Text != "m2" {
			t.Errorf("waiting are %v, want m2, which was shown to nobody", left)
		}
	}},
	{"messages of requests that run at once all stay, also beside a clear", swap, func(t *testing.T, b *bench) {
		for _, clear := range []bool{false, true} {
			key := b.stored("x", 1)
			b.meanwhile(key, func(s *sessions.Session) { s.AddMessage(sessions.Info, "m0") })
			s := b.open(key)
			if clear {
				s.Clear()
			}
			s.AddMessage(sessions.Info, "m1")
			b.meanwhile(key, func(s *sessions.Session) { s.AddMessage(sessions.Info, "m2") })
			b.save(s)
			var texts []string
			for _, m := range b.open(key).Messages() {
				texts = append(texts, m.Text)
			}
			want := []string{"m0", "m2", "m1"}
			if clear {
				want = want[1:]
			}
			if !slices.Equal(texts, want) {
				t.Errorf("clear: %t; waiting are %v, want %v", clear, texts, want)
			}
		}
	}},
}
