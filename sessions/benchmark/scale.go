package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// How much is measured at each size. The loads and saves of the first part come one after
// another, those of the second from so many clients at once, before and while expired
// sessions are cleared.
const (
	scaleLoads   = 5000
	scaleSaves   = 300
	scaleClients = 16
)

const scaleRow = "%-6s %8s %7s %6s %6s %6s %6s %8s %9s %11s %7s %9s %7s\n"

// stock is a store that was filled: its live sessions, and how many beside them have
// expired.
type stock struct {
	keys    []string
	expired int
}

// scale shows how db and file behave as they grow, at the engine, without HTTP, and what a
// session takes in the memory of cache.
func scale(ctx context.Context, o options, dir string, out io.Writer) error {
	fmt.Fprintf(out, scaleRow, "engine", "sessions", "start", "load", "99 %", "save", "99 %", "cleared", "a second", "save 99 %:", "worst", "clearing", "worst")
	fmt.Fprintf(out, scaleRow, "", "", "ms", "µs", "µs", "ms", "ms", "", "", "alone ms", "ms", "ms", "ms")
	for _, engine := range []string{database, files} {
		if !strings.Contains(engine, o.only) {
			continue
		}
		for _, size := range o.sizes {
			home := filepath.Join(dir, fmt.Sprintf("%s-%d", engine, size))
			if err := scaleOne(ctx, o, engine, size, home, out); err != nil {
				return fmt.Errorf("%s with %d sessions: %w", engine, size, err)
			}
			if err := os.RemoveAll(home); err != nil { // a million files: not until the end
				return err
			}
		}
	}
	if strings.Contains(memory, o.only) {
		return memoryOfSessions(ctx, slices.Max(o.sizes), out)
	}
	return nil
}

// scaleOne fills an engine with so many sessions and writes its line of the table.
func scaleOne(ctx context.Context, o options, engine string, size int, home string, out io.Writer) error {
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	s, err := stockUp(ctx, engine, home, size, int(float64(size)*o.expired))
	if err != nil {
		return err
	}

	begin := time.Now()
	l := &layer{}
	defer func() { l.close() }()
	cfg, err := l.config(engine, home, "")
	if err != nil {
		return err
	}
	e := cfg.Engine
	if _, err := e.Load(ctx, s.keys[0]); err != nil {
		return err
	}
	ready := time.Since(begin)

	loads, saves, err := oneByOne(ctx, e, s.keys)
	if err != nil {
		return err
	}
	alone, err := serving(ctx, e, s.keys, func(ctx context.Context) error {
		select {
		case <-ctx.Done():
		case <-time.After(o.cell):
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	cleared, took := 0, time.Duration(0)
	busy, err := serving(ctx, e, s.keys, func(ctx context.Context) (err error) {
		begin := time.Now()
		cleared, err = e.(sessions.Clearer).Clear(ctx, ends, nil)
		took = time.Since(begin)
		return err
	})
	if err == nil && cleared != s.expired {
		err = fmt.Errorf("%d sessions were cleared and %d had expired", cleared, s.expired)
	}
	if err != nil {
		return err
	}
	for _, times := range [][]time.Duration{loads, saves, alone, busy} {
		slices.Sort(times)
	}
	ms := func(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()*1000) }
	µs := func(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()*1e6) }
	_, err = fmt.Fprintf(out, scaleRow, engine, fmt.Sprint(size), ms(ready),
		µs(rank(loads, 50)), µs(rank(loads, 99)), ms(rank(saves, 50)), ms(rank(saves, 99)),
		fmt.Sprint(cleared), fmt.Sprintf("%.0f", float64(cleared)/took.Seconds()), ms(rank(alone, 99)), ms(rank(alone, 100)), ms(rank(busy, 99)), ms(rank(busy, 100)))
	return err
}

// oneByOne loads and saves sessions at random.
func oneByOne(ctx context.Context, e sessions.Engine, keys []string) (loads, saves []time.Duration, err error) {
	for range scaleLoads {
		key := keys[rand.IntN(len(keys))]
		begin := time.Now()
		if _, err := e.Load(ctx, key); err != nil {
			return nil, nil, err
		}
		loads = append(loads, time.Since(begin))
	}
	for range scaleSaves {
		took, err := save(ctx, e, keys[rand.IntN(len(keys))])
		if err != nil {
			return nil, nil, err
		}
		saves = append(saves, took)
	}
	return loads, saves, nil
}

// serving has clients load and save while do runs, each sessions of its own, and returns how
// long the saves took.
func serving(ctx context.Context, e sessions.Engine, keys []string, do func(context.Context) error) ([]time.Duration, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	times := make([][]time.Duration, scaleClients)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for c := range scaleClients {
		mine := keys[c*len(keys)/scaleClients : (c+1)*len(keys)/scaleClients]
		wg.Go(func() {
			for {
				took, err := save(ctx, e, mine[rand.IntN(len(mine))])
				if err != nil {
					fail(err)
					return
				}
				times[c] = append(times[c], took)
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	if err := do(ctx); err != nil {
		fail(err)
	}
	close(stop)
	wg.Wait()
	return slices.Concat(times...), context.Cause(ctx)
}

// save loads a session, and returns how long it took to store a changed one.
func save(ctx context.Context, e sessions.Engine, key string) (time.Duration, error) {
	old, err := e.Load(ctx, key)
	if err != nil {
		return 0, err
	}
	rec := record(false)
	begin := time.Now()
	_, err = e.Replace(ctx, key, old, rec)
	return time.Since(begin), err
}

// memoryOfSessions measures what a session takes in the cache engine.
func memoryOfSessions(ctx context.Context, size int, out io.Writer) error {
	inUse := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	e := cache.NewMemory(cache.MemoryOptions{MaxEntries: size, MaxBytes: math.MaxInt})
	before := inUse()
	for range size {
		if _, err := e.Create(ctx, record(false)); err != nil {
			return err
		}
	}
	each := float64(inUse()-before) / float64(size)
	fmt.Fprintf(out, "\ncache: %d sessions of %d bytes take %.0f bytes each; the default bounds are 256 MiB and a million sessions\n",
		e.Len(), len(record(false).Data), each)
	return nil
}

// ends is when a record ends whose engine keeps no expiry: two weeks after its last use.
func ends(rec sessions.Record) time.Time { return rec.Used.AddDate(0, 0, 14) }
