package sessions_test

import (
	"context"
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest"
)

// remembering knows every key that was ever made.
type remembering struct {
	sessions.Engine
	keys []string
}

func (e *remembering) Create(ctx context.Context, rec sessions.Record) (string, error) {
	key, err := e.Engine.Create(ctx, rec)
	e.keys = append(e.keys, key)
	return key, err
}

// A sign-out comes at each step of a change of key, and one of the other steps fails: the
// session is not alive under any key that was ever made.
func TestAChangeOfKeyThatFailsBesideASignOutLeavesNoSessionAlive(t *testing.T) {
	// A Create whose answer is lost leaves a record whose key nobody has ever seen: not here.
	steps := []string{"before create", "before replace", "after replace", "before delete", "after delete", "before load", "after load"}
	met := 0
	for _, signOut := range []string{"before create", "after create", "before replace"} { // later, the old key is dead already
		for _, fails := range append(steps, "nothing") {
			engine := &remembering{Engine: memory()}
			at, failing := "", false
			var out func()
			m := manager(t, sessions.Config{Engine: &sessionstest.Faulty{Engine: engine, Hook: func(step string) error {
				if step == at {
					at, failing = "", false
					out()
					failing = true
				}
				if failing && step == fails {
					return errRefused
				}
				return nil
			}}})
			key := saved(t, m, map[string]any{"user": "ann"})
			out = func() {
				s := m.Open(t.Context(), key)
				s.Flush()
				must(t, s.Save())
			}
			s := m.Open(t.Context(), key)
			s.Has("user")
			s.CycleKey()
			at = signOut
			err := s.Save()
			if failing {
				met++
			}
			failing = false
			if err == nil {
				t.Errorf("sign-out %s, %s fails: the change of key was acknowledged", signOut, fails)
			}
			if saved(t, m, map[string]any{"other": 1}); err == nil { // the store answers again
				continue
			}
			for i, key := range engine.keys {
				if m.Open(t.Context(), key).Has("user") {
					t.Errorf("sign-out %s, %s fails: the session is alive under key %d", signOut, fails, i+1)
				}
			}
		}
	}
	if met == 0 {
		t.Error("no sign-out came in between")
	}
}
