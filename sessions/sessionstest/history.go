package sessionstest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"sessionlab/sessions"
)

// What random visitors do is written down with its times, and then looked through for what
// cannot have happened, as Jepsen does it. Two things make that simple: a counter only
// grows, so each value stands for everything before it, and so does the session's end, which
// is only moved forward. What is impossible is said in history_check.go.

// call is one thing that a visitor did and what came of it. Times count from the beginning of
// its history.
type call struct {
	what       string // incr, read, renew, cycle, flush
	key        string // the one it was done under
	begun, end time.Duration
	saving     time.Duration // when its save began, if it came to that
	n          int           // what it read or made of n; -1: there is no such session
	expires    time.Duration // when the session was to end that it found or left there
	ended      bool          // it ended its key
	unsure     bool          // it failed, and may have been done all the same
}

// history is what happened to one session.
type history struct {
	mu    sync.Mutex
	start time.Time
	short time.Duration // when the session ends, and twice that once it was renewed; 0: not here
	calls []call
	keys  []string // the present one last
}

func (h *history) key(r *rand.Rand) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.IntN(4) == 0 { // a tab that has not noticed yet
		return h.keys[r.IntN(len(h.keys))]
	}
	return h.keys[len(h.keys)-1]
}

// do carries out one call, of a handler that takes some time, and writes it down.
func (h *history) do(b *bench, what, key string, takes time.Duration) {
	c := call{what: what, key: key, begun: time.Since(h.start), n: -1}
	s, n := b.m.Open(context.Background(), key), sessions.Key[int]("n")
	newKey := ""
	if there := n.Has(s); there || s.Err() != nil {
		time.Sleep(takes)
		switch what {
		case "read":
			c.n, c.expires = n.Get(s), h.seen(s)
		case "incr":
			n.Update(s, func(n int) int { return n + 1 })
		case "renew":
			s.SetExpiry(sessions.At(h.start.Add(2 * h.short)))
		case "cycle":
			s.CycleKey()
		case "flush":
			s.Flush()
		}
		c.saving = time.Since(h.start)
		switch err := s.Save(); {
		case err == nil && what == "flush":
			c.ended = true
		case err == nil && what != "read":
			c.n, c.expires, newKey, c.ended = n.Get(s), h.seen(s), s.Key(), what == "cycle"
		case err == nil:
		case errors.Is(err, sessions.ErrInterrupted): // it was quicker to end: there is none
		default:
			c.unsure = true
		}
	}
	c.end = time.Since(h.start)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, c)
	if newKey != "" && newKey != key {
		h.keys = append(h.keys, newKey)
	}
}

// never is the end of a session that outlives its history.
const never = time.Duration(math.MaxInt64)

func (h *history) seen(s *sessions.Session) time.Duration {
	if h.short == 0 {
		return never
	}
	return s.ExpiryDate().Sub(h.start)
}

// historyCases run for a moment each; SESSIONSTEST_HISTORIES=60s has them run for as long.
var historyCases = []layerCase{
	{"random histories are ones that could have happened", swap, func(t *testing.T, b *bench) {
		long := 150 * time.Millisecond
		if text := os.Getenv("SESSIONSTEST_HISTORIES"); text != "" {
			var err error
			if long, err = time.ParseDuration(text); err != nil {
				t.Fatal(err)
			}
		}
		rounds := 0
		for begun := time.Now(); rounds < 2 || time.Since(begun) < long; rounds++ {
			seed := rand.Uint64()
			if fault := b.randomHistory(seed, rounds%2 == 1); fault != "" {
				t.Fatalf("round %d, seed %d: %s", rounds, seed, fault)
			}
		}
	}},
}

// randomHistory has eight visitors use one session, and says what was wrong, "" for nothing.
// Where it expires, they come before and after its end.
func (b *bench) randomHistory(seed uint64, expires bool) string {
	h := &history{start: time.Now(), keys: []string{b.stored("n", 0)}}
	if expires { // in a moment that is long enough for this engine to do some things
		h.short = min(max(10*time.Since(h.start), 10*time.Millisecond), 200*time.Millisecond)
		h.start = time.Now().UTC().Truncate(time.Microsecond).Add(time.Microsecond)
		s := b.open(h.keys[0])
		s.SetExpiry(sessions.At(h.start.Add(h.short)))
		b.save(s)
	}
	inParallel(8, func(i int) {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		for calls := 0; calls < 6 || expires && time.Since(h.start) < 2*h.short+time.Millisecond; calls++ {
			what := []string{"incr", "incr", "incr", "incr", "read", "read", "read", "cycle"}[r.IntN(8)]
			if r.IntN(100) == 0 {
				what = "flush"
			}
			if left := h.short - time.Since(h.start); left.Abs() < h.short/8 && r.IntN(2) == 0 {
				what = "renew" // some of them just too late
			}
			h.do(b, what, h.key(r), time.Duration(r.Int64N(int64(h.short/4)+1)))
		}
	})
	if fault := h.impossible(); fault != "" {
		return fault
	}
	acknowledged := 0
	for _, c := range h.calls {
		if c.unsure || c.what == "flush" || expires {
			return "" // how many there should be is not known, or none
		}
		if c.what == "incr" && c.n >= 0 {
			acknowledged++
		}
	}
	if got := get(b.open(h.keys[len(h.keys)-1]), "n"); got != acknowledged {
		return fmt.Sprintf("n = %d after %d increments", got, acknowledged)
	}
	return ""
}
