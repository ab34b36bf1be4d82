package sessionstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"sessionlab/sessions"
)

// What random visitors do is written down with its times, and then looked through for what
// cannot have happened, as Jepsen does it. A counter makes that simple: it only grows,
// so each value stands for everything before it.

// call is one thing that a visitor did and what came of it.
type call struct {
	what       string // incr, read, cycle, flush
	key        string // the one it was done under
	begun, end time.Duration
	n          int  // what it read or made of n; -1: there is no such session
	unsure     bool // it failed, and may have been done all the same
}

// history is what happened to one session.
type history struct {
	mu    sync.Mutex
	start time.Time
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

// do carries out one call and writes it down.
func (h *history) do(b *bench, what, key string) {
	c := call{what: what, key: key, begun: time.Since(h.start), n: -1}
	s, n := b.m.Open(context.Background(), key), sessions.Key[int]("n")
	newKey := ""
	if there := n.Has(s); there || s.Err() != nil {
		switch what {
		case "read":
			c.n = n.Get(s)
		case "incr":
			n.Update(s, func(n int) int { return n + 1 })
		case "cycle":
			s.CycleKey()
		case "flush":
			s.Flush()
		}
		switch err := s.Save(); {
		case err == nil && what == "incr", err == nil && what == "cycle":
			c.n, newKey = n.Get(s), s.Key()
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

// impossible says in words what cannot have happened, "" if all of it can.
func (h *history) impossible() (string, call, call) {
	made := map[int]call{}
	for _, c := range h.calls {
		if c.what != "incr" || c.n < 0 {
			continue
		}
		if other, twice := made[c.n]; twice {
			return "two increments made the same number", other, c
		}
		made[c.n] = c
	}
	slices.SortFunc(h.calls, func(a, b call) int { return cmp.Compare(a.begun, b.begun) })
	for _, before := range h.calls {
		for _, after := range h.calls {
			if before.end >= after.begun || before.unsure || after.unsure {
				continue // they met, and either may have been first
			}
			over := before.key == after.key && (before.n < 0 || before.what == "cycle")
			switch {
			case over && after.n >= 0:
				return "a key was good again after it had ended", before, after
			case after.n >= 0 && (after.n < before.n || after.n == before.n && after.what == "incr"):
				return "a number was forgotten", before, after
			}
		}
	}
	return "", call{}, call{}
}

// historyCases run for a moment each; SESSIONSTEST_HISTORIES=60s has them run for as long.
var historyCases = []layerCase{
	{"random histories are ones that could have happened (R-141)", swap, func(t *testing.T, b *bench) {
		long := 150 * time.Millisecond
		if text := os.Getenv("SESSIONSTEST_HISTORIES"); text != "" {
			var err error
			if long, err = time.ParseDuration(text); err != nil {
				t.Fatal(err)
			}
		}
		rounds := 0
		for begun := time.Now(); rounds == 0 || time.Since(begun) < long; rounds++ {
			seed := rand.Uint64()
			if fault := b.randomHistory(seed); fault != "" {
				t.Fatalf("round %d, seed %d: %s", rounds, seed, fault)
			}
		}
	}},
}

// randomHistory has eight visitors use one session, and says what was wrong, "" for nothing.
func (b *bench) randomHistory(seed uint64) string {
	h := &history{start: time.Now(), keys: []string{b.stored("n", 0)}}
	inParallel(8, func(i int) {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		for range 6 {
			what := []string{"incr", "incr", "incr", "incr", "read", "read", "read", "cycle"}[r.IntN(8)]
			if r.IntN(100) == 0 {
				what = "flush"
			}
			h.do(b, what, h.key(r))
		}
	})
	if fault, before, after := h.impossible(); fault != "" {
		return fmt.Sprintf("%s: %+v and then %+v", fault, before, after)
	}
	acknowledged := 0
	for _, c := range h.calls {
		if c.unsure || c.what == "flush" {
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
