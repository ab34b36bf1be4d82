package sessionstest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sessionlab/sessions"
)

// A visit from its first save to its end, carried out again and again, each time with another
// of its engine calls failed before it was done, failed afterwards, delayed, or met by a
// client that hangs up. SQLite's tests treat memory and files in this way.

// visit is one such visit: what its visitor was promised, and so what has to be true.
type visit struct {
	b            *bench
	key          string
	dead         []string // keys that were given up
	sure, unsure int      // increments that were acknowledged, and those that may have been done
	named        bool     // an entry was acknowledged beside the change of key
	ended        bool     // a sign-out was acknowledged
	mayHaveEnded bool
}

// steps are what the visitor does, one request after the other.
var steps = []struct {
	name string
	do   func(s *sessions.Session)
}{
	{"a first save", func(s *sessions.Session) { s.Set("n", 0) }},
	{"an increment", oneMore},
	{"a change of key", func(s *sessions.Session) {
		s.CycleKey()
		s.Set("user", "ann")
	}},
	{"an increment", oneMore},
	{"a sign-out", func(s *sessions.Session) {
		s.Has("n")
		s.Flush()
	}},
	{"an increment", func(s *sessions.Session) { // by a tab that has not noticed
		if s.Has("n") {
			oneMore(s)
		}
	}},
}

func oneMore(s *sessions.Session) {
	sessions.Key[int]("n").Update(s, func(n int) int { return n + 1 })
}

// note takes down what a step was answered.
func (v *visit) note(step string, s *sessions.Session, saved bool) {
	switch {
	case step == "a sign-out":
		v.ended, v.mayHaveEnded = saved, true
		return
	case step == "an increment" && !saved:
		v.unsure++
	case step == "an increment" && s.Modified():
		v.sure++
	}
	if key := s.Key(); saved && key != "" && key != v.key {
		if v.key != "" {
			v.dead = append(v.dead, v.key)
		}
		v.key, v.named = key, v.named || step == "a change of key"
	}
}

// wrong says what is not as it was promised, "" for nothing.
func (v *visit) wrong() string {
	for _, key := range v.dead {
		if v.b.open(key).Has("n") {
			return "a key that was given up is good again"
		}
	}
	s := v.b.open(v.key)
	switch n := get(s, "n"); {
	case v.key == "":
		return ""
	case v.ended && n >= 0:
		return "the session was ended, and is there"
	case n < 0 && !v.ended && !v.mayHaveEnded:
		return "the session is gone, and nobody has ended it"
	case n >= 0 && (n < v.sure || n > v.sure+v.unsure):
		return fmt.Sprintf("n = %d after %d increments, and %d that failed", n, v.sure, v.unsure)
	case n >= 0 && v.named && !s.Has("user"):
		return "what was saved with the change of key is lost"
	}
	return ""
}

var everyCallCases = []layerCase{
	{"a fault at any call of a visit loses and revives nothing", storage, func(t *testing.T, b *bench) {
		var hook func(string) error
		b.broken(func(call string) error { return hook(call) })
		none := func(string) error { return nil }
		for _, kind := range []string{"fails before", "fails after", "is slow", "outlives its client"} {
			for k, more := 0, true; more; k++ {
				ctx, hangUp := context.WithCancel(context.Background())
				v, calls := &visit{b: b}, 0
				more = false
				met := ""
				for _, step := range steps {
					hook = func(call string) error {
						before := strings.HasPrefix(call, "before ")
						if before {
							calls++
						}
						if calls-1 != k || before != (kind != "fails after") {
							return nil
						}
						more, met = true, call
						switch kind {
						case "is slow":
							time.Sleep(2 * time.Millisecond)
							return nil
						case "outlives its client":
							hangUp()
							return nil
						}
						return errFault
					}
					s := b.m.Open(ctx, v.key)
					step.do(s)
					v.note(step.name, s, s.Save() == nil)
					hook = none
					if ctx.Err() != nil { // who has hung up comes back
						ctx = context.Background()
					}
					if fault := v.wrong(); fault != "" {
						t.Errorf("call %d (%s) %s: after %s: %s", k, met, kind, step.name, fault)
						break
					}
				}
				hangUp()
			}
		}
		for _, kind := range []sessions.EventKind{sessions.Failed, sessions.Created, sessions.KeyCycled, sessions.Flushed} {
			if b.count(kind) == 0 {
				t.Errorf("no visit came to %q: this case sees nothing", kind)
			}
		}
	}},
}
