package sessionstest

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sessionlab/sessions"
)

// inParallel calls f n times at once.
func inParallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() { <-start; f(i) })
	}
	close(start)
	wg.Wait()
}

// raceCases are the promises for requests that run at once.
var raceCases = []layerCase{
	{"200 parallel increments over HTTP count 200", swap, func(t *testing.T, b *bench) {
		n := sessions.Key[int]("n")
		ts := b.server(func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
			n.Update(s, func(n int) int { return n + 1 })
			if s.Save() == nil {
				w.Write([]byte(strconv.Itoa(n.Get(s))))
			}
		})
		for round := range 3 {
			key := b.stored("n", 0)
			seen := make([]atomic.Bool, 201)
			start := time.Now()
			inParallel(200, func(int) {
				r := b.visit(ts, "/", key)
				i, _ := strconv.Atoi(r.body)
				if r.status != 200 || i < 1 || i > 200 || seen[i].Swap(true) {
					t.Errorf("round %d: status %d, counted %q", round, r.status, r.body)
				}
			})
			if got := get(b.open(key), "n"); got != 200 {
				t.Errorf("round %d: n = %d, want 200", round, got)
			}
			t.Logf("round %d took %v", round, time.Since(start)) // 5 s at most on an idle machine
		}
	}},
	{"parallel writes of different keys all stay", swap, func(t *testing.T, b *bench) {
		ts := b.server(func(s *sessions.Session, _ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/delete" {
				s.Delete("old")
			} else {
				s.Set(r.URL.Path, 1)
			}
		})
		key := b.stored("old", 1, "keep", 1)
		inParallel(51, func(i int) {
			path := fmt.Sprintf("/k%d", i)
			if i == 50 {
				path = "/delete"
			}
			if r := b.visit(ts, path, key); r.status != 200 {
				t.Errorf("%s: status %d", path, r.status)
			}
		})
		s := b.open(key)
		if got := len(s.Keys()); got != 51 || s.Has("old") || !s.Has("keep") {
			t.Errorf("%d keys, want 51: %v", got, s.Keys())
		}
	}},
	{"what was computed from an older read is refused, not lost", swap, func(t *testing.T, b *bench) {
		var acknowledged, refused atomic.Int32
		ts := b.server(func(s *sessions.Session, _ http.ResponseWriter, _ *http.Request) {
			n := get(s, "n")
			time.Sleep(30 * time.Millisecond) // the handler's own work
			s.Set("n", n+1)
		})
		key := b.stored("n", 0)
		inParallel(40, func(int) {
			switch r := b.visit(ts, "/", key); r.status {
			case 200:
				acknowledged.Add(1)
			case http.StatusConflict:
				refused.Add(1)
			default:
				t.Errorf("status %d", r.status)
			}
		})
		if got := get(b.open(key), "n"); got != int(acknowledged.Load()) || acknowledged.Load()+refused.Load() != 40 {
			t.Errorf("n = %d, acknowledged %d, refused %d", got, acknowledged.Load(), refused.Load())
		}
	}},
	{"a set of what the handler never read is applied over another's change", swap, func(t *testing.T, b *bench) {
		key := b.stored("a", 1, "b", 1, "c", 1)
		slow := b.open(key)
		get(slow, "c") // read, but not changed by the other one
		other := b.open(key)
		other.Set("a", 5)
		other.Delete("b")
		b.save(other)
		slow.Set("a", 2)
		slow.Set("c", 2)
		b.save(slow)
		if s := b.open(key); get(s, "a") != 2 || get(s, "c") != 2 || s.Has("b") {
			t.Errorf("keys %v a=%d c=%d", s.Keys(), get(s, "a"), get(s, "c"))
		}
		if b.count(sessions.Retried) != 1 {
			t.Errorf("events: %s; want one replay", b.kinds())
		}
	}},
	{"knowing that a key is absent is knowledge too", swap, func(t *testing.T, b *bench) {
		for _, look := range []func(*sessions.Session){
			func(s *sessions.Session) { s.Has("owner") },
			func(s *sessions.Session) { s.Keys() },
		} {
			key := b.stored("a", 1)
			slow := b.open(key)
			look(slow)
			other := b.open(key)
			other.Set("owner", "first")
			b.save(other)
			slow.Set("owner", "second")
			wantIs(t, slow.Save(), sessions.ErrConflict)
		}
	}},
	{"what was read before a save in between is still outdated after it", swap, func(t *testing.T, b *bench) {
		key := b.stored("n", 1)
		slow := b.open(key)
		n := get(slow, "n")
		other := b.open(key)
		other.Set("n", 10)
		b.save(other)
		slow.Set("x", 1)
		b.save(slow) // replayed over the other one's n
		slow.Set("n", n+1)
		wantIs(t, slow.Save(), sessions.ErrConflict)
		if got := get(b.open(key), "n"); got != 10 {
			t.Errorf("n = %d, want 10", got)
		}
	}},
	{"a flush during a request in flight stays", swap, func(t *testing.T, b *bench) {
		for range 20 {
			key := b.stored("n", 0)
			inParallel(13, func(i int) {
				s := b.open(key)
				if i == 12 {
					s.Flush()
					if err := s.Save(); err != nil {
						t.Errorf("flush: %v", err)
					}
					return
				}
				sessions.Key[int]("n").Update(s, func(n int) int { return n + 1 })
				_ = s.Save() // may come before the flush, or be interrupted
			})
			if b.open(key).Has("n") {
				t.Fatal("the session came back")
			}
		}
	}},
	{"a cycle of the key loses no parallel write", swap, func(t *testing.T, b *bench) {
		key := b.stored("a", 1)
		slow := b.open(key)
		slow.CycleKey()
		slow.Set("user", "ann")
		other := b.open(key)
		other.Set("cart", 5)
		b.save(other)
		b.save(slow)
		if s := b.open(slow.Key()); get(s, "cart") != 5 || get(s, "a") != 1 || !s.Has("user") {
			t.Errorf("after the cycle: %v", s.Keys())
		}
		if b.open(key).Has("a") {
			t.Error("the old key is alive")
		}
	}},
	{"emptying a session loses no parallel write", swap, func(t *testing.T, b *bench) {
		key := b.stored("a", 1)
		slow := b.open(key)
		slow.Delete("a")
		other := b.open(key)
		other.Set("b", 2)
		b.save(other)
		b.save(slow)
		if s := b.open(key); s.Has("a") || get(s, "b") != 2 {
			t.Errorf("after both: %v", s.Keys())
		}
	}},
}
