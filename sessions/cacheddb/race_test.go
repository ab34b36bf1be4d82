package cacheddb_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/sessionstest/testserver"
)

// gate stops everybody who comes by until the test lets them on.
type gate struct {
	mu      sync.Mutex
	waiting []chan struct{}
	open    bool
}

func (g *gate) wait() {
	g.mu.Lock()
	if g.open {
		g.mu.Unlock()
		return
	}
	turn := make(chan struct{})
	g.waiting = append(g.waiting, turn)
	g.mu.Unlock()
	<-turn
}

// next lets one of those who wait go on, and reports whether there was one.
func (g *gate) next(r *rand.Rand) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		return false
	}
	i := r.IntN(len(g.waiting))
	close(g.waiting[i])
	g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
	return true
}

// steppedStore and steppedCache stop before and after each call that passes through
// them: before, so that others come first, and after, so that its answer is old.
type steppedStore struct {
	sessions.Engine
	gate *gate
}

func (s steppedStore) Load(ctx context.Context, key string) (sessions.Record, error) {
	s.gate.wait()
	defer s.gate.wait()
	return s.Engine.Load(ctx, key)
}

func (s steppedStore) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	s.gate.wait()
	defer s.gate.wait()
	return s.Engine.Replace(ctx, key, old, rec)
}

func (s steppedStore) Delete(ctx context.Context, key string) error {
	s.gate.wait()
	defer s.gate.wait()
	return s.Engine.Delete(ctx, key)
}

// flaky is a cache that fails when it is told to: before the call was carried out, or
// after.
type flaky struct {
	cacheddb.Cache
	gate    *gate
	fail    func() (before, after bool)
	failing bool
}

var errFlaky = errors.New("the cache is out of order")

func (f *flaky) step(call func() error) error {
	if f.gate != nil {
		f.gate.wait()
		defer f.gate.wait()
	}
	before, after := f.failing, false
	if f.fail != nil {
		before, after = f.fail()
	}
	if before {
		return errFlaky
	}
	if err := call(); err != nil {
		return err
	}
	if after {
		return errFlaky
	}
	return nil
}

func (f *flaky) Get(ctx context.Context, key string) (rec sessions.Record, lease uint64, err error) {
	err = f.step(func() (err error) { rec, lease, err = f.Cache.Get(ctx, key); return err })
	return rec, lease, err
}

func (f *flaky) Reserve(ctx context.Context, key string) (lease uint64, err error) {
	err = f.step(func() (err error) { lease, err = f.Cache.Reserve(ctx, key); return err })
	return lease, err
}

func (f *flaky) Put(ctx context.Context, key string, lease uint64, rec sessions.Record, ttl time.Duration) error {
	return f.step(func() error { return f.Cache.Put(ctx, key, lease, rec, ttl) })
}

func (f *flaky) Drop(ctx context.Context, key string) error {
	return f.step(func() error { return f.Cache.Drop(ctx, key) })
}

func (f *flaky) Forget(ctx context.Context) error {
	return f.step(func() error { return f.Cache.Forget(ctx) })
}

// R-12, with a reader that stands still between its load and its fill.
func TestLateFillNeverOutlivesTheRow(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(t *testing.T, e sessions.Engine, key string, rec sessions.Record)
		want string // what is read afterwards, "" for nothing
	}{
		{"sign-out", func(t *testing.T, e sessions.Engine, key string, _ sessions.Record) {
			if err := e.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}, ""},
		{"key cycling", func(t *testing.T, e sessions.Engine, key string, rec sessions.Record) {
			create(t, e, rec)
			if err := e.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}, ""},
		{"an emptied session", func(t *testing.T, e sessions.Engine, key string, rec sessions.Record) {
			ended := rec
			ended.Expires = time.Now().Add(-time.Second)
			replace(t, e, key, rec, ended)
		}, ""},
		{"clearing", func(t *testing.T, e sessions.Engine, key string, rec sessions.Record) {
			rec.Data, rec.Expires = []byte("short"), time.Now().Add(10*time.Millisecond)
			old, err := e.Load(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			replace(t, e, key, old, rec)
			time.Sleep(15 * time.Millisecond)
			if _, err := e.(sessions.Clearer).Clear(t.Context(), nil, nil); err != nil {
				t.Fatal(err)
			}
		}, ""},
		{"a save", func(t *testing.T, e sessions.Engine, key string, rec sessions.Record) {
			replace(t, e, key, rec, valid("two"))
		}, "two"},
	} {
		for name, pair := range pairs {
			t.Run(c.name+" on "+name, func(t *testing.T) {
				store, cache := pair(t)
				g := &gate{}
				paused := cacheddb.New(steppedStore{store, g}, cache, cacheddb.Options{})
				e := cacheddb.New(store, cache, cacheddb.Options{}) // another process, if the cache is shared
				rec := valid("one")
				key := create(t, e, rec)

				var reader sync.WaitGroup
				reader.Go(func() { paused.Load(t.Context(), key) })
				letOn := func() {
					for !g.next(rand.New(rand.NewPCG(1, 1))) {
						time.Sleep(time.Millisecond)
					}
				}
				letOn() // it loads
				stopped := func() bool { g.mu.Lock(); defer g.mu.Unlock(); return len(g.waiting) == 1 }
				for !stopped() {
					time.Sleep(time.Millisecond)
				}
				c.act(t, e, key, rec)
				letOn() // it fills
				reader.Wait()

				for range 2 {
					if c.want == "" {
						wantGone(t, e, key)
					} else {
						wantData(t, e, key, c.want)
					}
				}
			})
		}
	}
}

// All steps of readers, writers and a sign-out are put in random order, and some
// steps of the cache fail. No read is older than what was acknowledged before it
// began, and nothing comes back after the sign-out.
func TestAnyOrderOfSteps(t *testing.T) {
	for _, c := range []struct {
		name      string
		processes int
		failures  float64 // of the first process
	}{
		{"one process", 1, 0},
		{"three processes that share the cache", 3, 0},
		{"one process whose cache fails now and then", 1, 0.05},
		{"one process whose cache fails often", 1, 0.4},
		{"one process whose cache fails now and then, beside another", 2, 0.05},
		{"one process whose cache fails often, beside another", 2, 0.4},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(400) {
				synctest.Test(t, func(t *testing.T) {
					randomOrder(t, rand.New(rand.NewPCG(seed, 7)), c.processes, c.failures)
				})
				if t.Failed() {
					t.Fatalf("with seed %d", seed)
				}
			}
		})
	}
}

func randomOrder(t *testing.T, r *rand.Rand, processes int, failures float64) {
	g := &gate{}
	var mu sync.Mutex // for r, and the history below
	store, shared := memory(), memory()
	var engines []*cacheddb.Engine
	for i := range processes {
		c := &flaky{Cache: shared, gate: g}
		if i == 0 {
			c.fail = func() (before, after bool) {
				mu.Lock()
				defer mu.Unlock()
				return r.Float64() < failures/2, r.Float64() < failures/2
			}
		}
		engines = append(engines, cacheddb.New(steppedStore{store, g}, c, cacheddb.Options{Retry: time.Nanosecond}))
	}
	first := valid("0")
	key := create(t, store, first)

	acknowledged, deleted := 0, false // the history
	read := func(e *cacheddb.Engine) (sessions.Record, int) {
		mu.Lock()
		atLeast, gone := acknowledged, deleted
		mu.Unlock()
		rec, err := e.Load(t.Context(), key)
		var n int
		if err == nil {
			fmt.Sscan(string(rec.Data), &n)
		}
		if failures > 0 && e != engines[0] {
			return rec, n // it may not have heard of what the first wrote meanwhile
		}
		switch {
		case err != nil && !errors.Is(err, sessions.ErrNotFound):
			t.Errorf("Load: %v", err)
		case err == nil && gone:
			t.Errorf("Load = %d after the record was deleted", n)
		case err == nil && n < atLeast:
			t.Errorf("Load = %d after %d was acknowledged", n, atLeast)
		}
		return rec, n
	}
	var actors sync.WaitGroup
	for range 2 {
		e := engines[r.IntN(processes)]
		actors.Go(func() { read(e); read(e) })
	}
	for range 2 {
		e := engines[r.IntN(processes)]
		actors.Go(func() {
			for range 2 {
				rec, n := read(e)
				if rec.Data == nil {
					return
				}
				if _, err := e.Replace(t.Context(), key, rec, valid(fmt.Sprint(n+1))); err == nil {
					mu.Lock()
					acknowledged = max(acknowledged, n+1)
					mu.Unlock()
				}
				read(e)
			}
		})
	}
	if r.IntN(2) == 0 {
		e := engines[r.IntN(processes)]
		actors.Go(func() {
			if err := e.Delete(t.Context(), key); err != nil {
				t.Errorf("Delete: %v", err)
			}
			mu.Lock()
			deleted = true
			mu.Unlock()
			read(e)
		})
	}
	synctest.Wait()
	for {
		mu.Lock()
		ok := g.next(r)
		mu.Unlock()
		if !ok {
			break
		}
		time.Sleep(time.Microsecond) // the breaker's time goes on too
		synctest.Wait()
	}
	actors.Wait()
	g.mu.Lock()
	g.open = true
	g.mu.Unlock()
	for _, e := range engines {
		read(e)
		read(e)
	}
}

// A sign-out on one process is at once a sign-out on the other, and so is a save,
// when they share the store and the cache (issue: two copies behind a balancer).
func TestTwoProcessesOverPostgreSQLAndRedis(t *testing.T) {
	url, cacheURL := testserver.Postgres(t), testserver.Redis(t)
	a := cacheddb.New(database(t, url), openRedis(t, cacheURL), cacheddb.Options{})
	b := cacheddb.New(database(t, url), openRedis(t, cacheURL), cacheddb.Options{})
	for n := range 50 {
		rec := valid(fmt.Sprint(n))
		key := create(t, a, rec)
		wantData(t, a, key, string(rec.Data))
		wantData(t, b, key, string(rec.Data))
		next := valid(fmt.Sprint(n, " changed"))
		replace(t, b, key, rec, next)
		wantData(t, a, key, string(next.Data))
		if err := a.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		wantGone(t, b, key)
	}
}
