package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"sessionlab/sessions"
)

// panics tells what f panics with, and fails if it does not come back.
func panics(t *testing.T, f func()) (sentence string) {
	t.Helper()
	done := make(chan string, 1)
	go func() {
		defer func() { done <- fmt.Sprint(recover()) }()
		f()
	}()
	select {
	case sentence = <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("it hangs")
	}
	return sentence
}

func TestASessionCallInsideItsOwnFunctionsPanicsAtOnce(t *testing.T) {
	n := sessions.Key[int]("n")
	calls := map[string]func(*sessions.Session){
		"Get": func(s *sessions.Session) { n.Get(s) }, "Set": func(s *sessions.Session) { n.Set(s, 1) }, "Save": func(s *sessions.Session) { _ = s.Save() },
		"Err": func(s *sessions.Session) { _ = s.Err() }, "Update": func(s *sessions.Session) { n.Update(s, func(n int) int { return n }) }, "Peek": func(s *sessions.Session) { sessions.Peek(s) },
		"Reload": func(s *sessions.Session) { _ = s.Reload() }, "deep down": func(s *sessions.Session) { deep(500, func() { n.Get(s) }) },
	}
	for name, call := range calls {
		for where, run := range map[string]func(){
			"Update": func() {
				s := manager(t, sessions.Config{Engine: memory()}).Open(t.Context(), "")
				n.Update(s, func(int) int { call(s); return 1 })
			},
			"TryUpdate": func() {
				s := manager(t, sessions.Config{Engine: memory()}).Open(t.Context(), "")
				_, _ = n.TryUpdate(s, func(int) (int, error) { call(s); return 1, nil })
			},
			"an Update that is done again": func() {
				m := manager(t, sessions.Config{Engine: memory()})
				key := saved(t, m, map[string]any{"n": 1})
				s, again := m.Open(t.Context(), key), false
				n.Update(s, func(n int) int {
					if again {
						call(s)
					}
					return n + 1
				})
				other := m.Open(t.Context(), key)
				n.Set(other, 5)
				must(t, other.Save())
				again = true
				_ = s.Save()
			},
			"AllowCreate": func() {
				m := manager(t, sessions.Config{Engine: memory(), AllowCreate: func(r *http.Request) error { call(sessions.From(r)); return nil }})
				ask(m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("a", 1) })), "/")
			},
			"an Observer": func() {
				m := manager(t, sessions.Config{Engine: memory(), Observer: func(ctx context.Context, _ sessions.Event) {
					s, _ := sessions.FromContext(ctx)
					call(s)
				}})
				ask(m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("a", 1) })), "/")
			},
		} {
			if got := panics(t, run); !strings.HasPrefix(got, "sessions: ") || !strings.Contains(got, "uses the session itself") {
				t.Errorf("%s inside %s: it panics with %q, want a sentence", name, where, got)
			}
		}
	}
}

func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
}

func TestASessionIsUsableAfterItsUpdatePanicked(t *testing.T) {
	s := manager(t, sessions.Config{Engine: memory()}).Open(t.Context(), "")
	n := sessions.Key[int]("n")
	panics(t, func() { n.Update(s, func(int) int { panic("in the function") }) })
	if got := panics(t, func() { n.Set(s, 2) }); got != "<nil>" || n.Get(s) != 2 {
		t.Errorf("%s, n = %d", got, n.Get(s))
	}
}

func TestGoroutinesMayShareASessionAlsoWhileItCallsAFunction(t *testing.T) {
	m := manager(t, sessions.Config{Engine: memory(), Observer: func(context.Context, sessions.Event) { time.Sleep(time.Microsecond) }})
	s, n := m.Open(t.Context(), ""), sessions.Key[int]("n")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				n.Update(s, func(n int) int { time.Sleep(time.Microsecond); return n + 1 })
				s.Keys()
				if err := s.Save(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := n.Get(s); got != 400 {
		t.Errorf("n = %d, want 400", got)
	}
}

func TestAnUpdateMayUseAnotherSession(t *testing.T) {
	m := manager(t, sessions.Config{Engine: memory()})
	one, two, n := m.Open(t.Context(), ""), m.Open(t.Context(), ""), sessions.Key[int]("n")
	n.Set(two, 7)
	if got := n.Update(one, func(int) int { return n.Get(two) }); got != 7 || one.Err() != nil {
		t.Errorf("n = %d, error %v", got, one.Err())
	}
}

// An outer scs.SessionManager that is a literal keeps its data under the same key of the
// context as the layer's own.
func TestAnotherLiteralSCSManagerOutsideKeepsItsOwnValues(t *testing.T) {
	outer := &scs.SessionManager{}
	ctx, err := outer.Load(t.Context(), "")
	must(t, err)
	outer.Put(ctx, "name", "outer")
	m := manager(t, sessions.Config{Engine: memory()})
	s := m.Open(ctx, saved(t, m, map[string]any{"name": "inner"}))
	var name string
	if s.Get("name", &name); name != "inner" || outer.GetString(ctx, "name") != "outer" {
		t.Errorf("inside %q, outside %q", name, outer.GetString(ctx, "name"))
	}
	s.Set("more", 1)
	must(t, s.Save())
	s.Flush()
	must(t, s.Save())
	if outer.Exists(ctx, "more") || outer.GetString(ctx, "name") != "outer" {
		t.Errorf("outside are %v", outer.Keys(ctx))
	}
}

func TestAPanelSeesASessionWhoseSaveFailed(t *testing.T) {
	engine := memory()
	m := manager(t, sessions.Config{Engine: engine})
	key := saved(t, m, map[string]any{"a": 1, "b": 1})
	for name, fail := range map[string]func(*sessions.Session){
		"a conflict": func(*sessions.Session) {
			other := m.Open(t.Context(), key)
			other.Set("a", 9)
			other.Set("c", 1)
			must(t, other.Save())
		},
		"a store that fails": func(*sessions.Session) { engine.replace = errRefused },
		"a value too large":  func(s *sessions.Session) { s.Set("big", strings.Repeat("x", 2<<20)) },
		"no JSON":            func(s *sessions.Session) { s.Set("f", func() {}) },
	} {
		engine.replace = nil
		s := m.Open(t.Context(), key)
		s.Has("a")
		s.Keys()
		s.Delete("b")
		s.SetDefault("n", 1)
		fail(s)
		s.Set("a", 2)
		if s.Save() == nil {
			t.Errorf("%s: saved", name)
		}
		if v := sessions.Peek(s); !v.Stored || v.Key != key || len(v.Entries) == 0 {
			t.Errorf("%s: a panel sees %+v", name, v)
		}
		s.Set("a", 3)
		s.Clear()
		sessions.Peek(s)
		engine.replace = nil
		if err := s.Reload(); err != nil || !s.Has("a") {
			t.Errorf("%s: reloaded: %v", name, err)
		}
	}
	gone := m.Open(t.Context(), key)
	gone.Set("a", 1)
	other := m.Open(t.Context(), key)
	other.Flush()
	must(t, other.Save())
	if err := gone.Save(); !errors.Is(err, sessions.ErrInterrupted) {
		t.Errorf("%v, want that it has ended", err)
	}
	sessions.Peek(gone)
}
