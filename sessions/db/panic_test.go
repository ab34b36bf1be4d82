package db

import (
	"context"
	"sync"
	"testing"
	"time"
)

// A leader works for others, who would wait for ever if it just went away.
func TestPanicFailsItsBatchAndNoLaterSave(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	key := create(t, e, "old")
	release := hold(t, e)
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			if i == 2 {
				err := e.group.do(t.Context(), func(context.Context, execer) error { panic("a broken save") })
				wantOwnError(t, "the save that panics", err)
				return
			}
			_, err := e.Replace(t.Context(), key, record("old"), record("new"))
			wantOwnError(t, "a save of the same batch", err)
		})
		waiting(t, e, i+1)
	}
	release()
	wg.Wait()
	wantData(t, e, key, "old")
	replace(t, e, key, "old", "new") // and in time: go test has a limit
	wantData(t, e, key, "new")
	if got := e.writer.Stats().InUse; got != 0 {
		t.Errorf("%d connections are in use after the panic, want 0", got)
	}
}

// broken is a context that panics when it is asked for the nth time.
type broken struct {
	context.Context
	left *int
}

func (b broken) Err() error {
	if *b.left--; *b.left < 0 {
		panic("a broken context")
	}
	return nil
}

func TestContextThatPanicsKeepsNobodyWaiting(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	key := create(t, e, "old")
	for n := range 4 {
		func() {
			defer func() { _ = recover() }() // before it waits in the queue, the panic is its caller's own
			left := n
			_, _ = e.Replace(broken{t.Context(), &left}, key, record("none"), record("new"))
		}()
		func() {
			defer func() { _ = recover() }()
			var none context.Context // it is wrong, and must harm nobody else
			_, _ = e.Create(none, record("x"))
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := e.Replace(ctx, key, record("old"), record("old")); err != nil {
			t.Fatalf("the save after a context that panicked at its question number %d: %v", n+1, err)
		}
	}
}
