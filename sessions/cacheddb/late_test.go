package cacheddb_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cacheddb"
)

// odd is a store whose next Replace does something around the real one.
type odd struct {
	sessions.Engine
	replace func(next func() (string, error)) (string, error)
}

func (o *odd) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	return o.replace(func() (string, error) { return o.Engine.Replace(ctx, key, old, rec) })
}

// held is a cache that fails or stops where it is told to.
type held struct {
	cacheddb.Cache
	failing                  bool
	afterFirst, beforeSecond chan struct{} // of the two calls of Forget
	forgets                  int
}

func (h *held) Get(ctx context.Context, key string) (sessions.Record, uint64, error) {
	if h.failing {
		return sessions.Record{}, 0, errFlaky
	}
	return h.Cache.Get(ctx, key)
}

func (h *held) Forget(ctx context.Context) error {
	h.forgets++
	if h.forgets == 2 {
		<-h.beforeSecond
	}
	err := h.Cache.Forget(ctx)
	if h.forgets == 1 {
		<-h.afterFirst
	}
	return err
}

// A write that left the cache out while it was being brought back: another process has
// filled it with the old record just before.
func TestWriteWhileTheCacheComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory()
		c := &held{Cache: shared, failing: true, afterFirst: make(chan struct{}), beforeSecond: make(chan struct{})}
		store := &odd{Engine: memory()}
		ours := cacheddb.New(store, c, cacheddb.Options{})
		theirs := cacheddb.New(store.Engine, shared, cacheddb.Options{})
		one := valid("one")
		key := create(t, ours, one)
		wantData(t, ours, key, "one") // opens the breaker
		c.failing = false
		time.Sleep(time.Second)

		commit := make(chan struct{})
		store.replace = func(next func() (string, error)) (string, error) {
			<-commit
			return next()
		}
		var writer sync.WaitGroup
		writer.Go(func() { replace(t, ours, key, one, valid("two")) })
		synctest.Wait() // the writer in the store, the breaker after its first Forget
		wantData(t, theirs, key, "one")
		close(commit)
		writer.Wait()
		wantData(t, ours, key, "two")
		close(c.afterFirst)
		synctest.Wait() // the breaker before its second Forget
		wantData(t, ours, key, "two")
		close(c.beforeSecond)
		synctest.Wait()
		wantData(t, ours, key, "two")
		wantData(t, theirs, key, "two")
		if c.forgets != 2 {
			t.Errorf("Forget was called %d times, want 2", c.forgets)
		}
	})
}

// A client that hangs up when the store has its write leaves no old entry behind.
func TestClientThatHangsUpLeavesNoOldEntry(t *testing.T) {
	store := &odd{Engine: memory()}
	e := cacheddb.New(store, memory(), cacheddb.Options{})
	one := valid("one")
	key := create(t, e, one)
	wantData(t, e, key, "one")
	ctx, hangUp := context.WithCancel(t.Context())
	store.replace = func(next func() (string, error)) (string, error) {
		defer hangUp()
		return next()
	}
	if _, err := e.Replace(ctx, key, one, valid("two")); err != nil {
		t.Fatal(err)
	}
	wantData(t, e, key, "two")
	if err := e.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	wantGone(t, e, key)
}

// A store that reports an error may carry out the write all the same, a little later.
// Nobody may fill the cache in between.
func TestWriteThatComesLate(t *testing.T) {
	store := &odd{Engine: memory()}
	e := cacheddb.New(store, memory(), cacheddb.Options{})
	one := valid("one")
	key := create(t, e, one)
	wantData(t, e, key, "one")
	var late func() (string, error)
	store.replace = func(next func() (string, error)) (string, error) {
		late = next
		return "", context.DeadlineExceeded
	}
	if _, err := e.Replace(t.Context(), key, one, valid("two")); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	wantData(t, e, key, "one")
	if _, err := late(); err != nil {
		t.Fatal(err)
	}
	wantData(t, e, key, "two")
}
