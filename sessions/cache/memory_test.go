package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

func soon() time.Time { return time.Now().Add(time.Hour) }

func createIn(t testing.TB, e sessions.Engine, size int, ttl time.Duration) string {
	t.Helper()
	now := time.Now()
	key, err := e.Create(t.Context(), sessions.Record{Data: bytes.Repeat([]byte("x"), size), Saved: now, Expires: now.Add(ttl)})
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return key
}

func isThere(t testing.TB, e sessions.Engine, key string) bool {
	t.Helper()
	_, err := e.Load(t.Context(), key)
	if err != nil && !errors.Is(err, sessions.ErrNotFound) {
		t.Fatalf("Load: %v", err)
	}
	return err == nil
}

// Django B-151, B-203; and no goroutine of its own, or synctest would end in a panic.
func TestMemoryExpiresToTheMicrosecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := cache.NewMemory(cache.MemoryOptions{})
		key := createIn(t, m, 100, 10*time.Minute)
		time.Sleep(10*time.Minute - time.Microsecond)
		if !isThere(t, m, key) {
			t.Error("gone a microsecond before its time")
		}
		time.Sleep(time.Microsecond)
		if isThere(t, m, key) {
			t.Error("still there when its time has passed")
		}
		if got := m.Len(); got != 0 {
			t.Errorf("Len = %d after a load of what has expired, want 0", got)
		}
	})
}

// Django B-212: nobody needs to clear.
func TestMemoryTakesBackTheRoomOfWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := cache.NewMemory(cache.MemoryOptions{})
		for range 5000 {
			createIn(t, m, 10, time.Minute)
		}
		time.Sleep(time.Minute)
		for range 5000 {
			createIn(t, m, 10, time.Minute)
		}
		if got := m.Len(); got > 5100 {
			t.Errorf("Len = %d after 5000 were replaced by 5000, want about 5000", got)
		}
	})
}

func TestMemoryIsBoundedByEntries(t *testing.T) {
	for _, limit := range []int{1, 2, 10, 1000} {
		m := cache.NewMemory(cache.MemoryOptions{MaxEntries: limit})
		var last string
		for range 3 * limit {
			last = createIn(t, m, 10, time.Hour)
		}
		if got := m.Len(); got != limit {
			t.Errorf("Len = %d with MaxEntries: %d", got, limit)
		}
		if !isThere(t, m, last) {
			t.Errorf("with MaxEntries: %d the newest record was evicted", limit)
		}
	}
}

// Django B-211: what cannot fit is an error, not a session lost in silence.
func TestMemoryIsBoundedByBytes(t *testing.T) {
	const limit = 1 << 20
	m := cache.NewMemory(cache.MemoryOptions{MaxBytes: limit})
	for range 500 {
		createIn(t, m, 10_000, time.Hour)
	}
	if got := m.Len(); got < 90 || got > limit/10_000 {
		t.Errorf("%d records of 10,000 bytes in 1 MiB, want about 100", got)
	}
	key := createIn(t, m, 900_000, time.Hour) // one that takes the room of nearly all others
	if !isThere(t, m, key) || m.Len() > 20 {
		t.Errorf("a large record is there: %v, with %d others", isThere(t, m, key), m.Len())
	}
	_, err := m.Create(t.Context(), sessions.Record{Data: make([]byte, limit), Expires: soon()})
	if !errors.Is(err, sessions.ErrTooLarge) {
		t.Errorf("Create of more than all may take: err = %v, want ErrTooLarge", err)
	}
	if !isThere(t, m, key) {
		t.Error("a refused record took another's place")
	}
}

// What goes is what was used longest ago of all, whatever its shard: the memory holds what a
// list of the last uses begins with, after any calls (B-209).
func TestMemoryEvictsWhatWasUsedLongestAgo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int{1, 2, 10, 64, 200}).Draw(t, "limit")
		m := cache.NewMemory(cache.MemoryOptions{MaxEntries: limit})
		var used []string // keys by their last use, the latest first
		now := time.Now()
		rec := sessions.Record{Data: []byte("x"), Saved: now, Used: now, Expires: now.Add(time.Hour)}
		use := func(key string) {
			used = slices.DeleteFunc(used, func(k string) bool { return k == key })
			used = slices.Insert(used, 0, key)
			used = used[:min(len(used), limit)]
		}
		for range rapid.IntRange(1, 3*limit+20).Draw(t, "calls") {
			key := ""
			if len(used) > 0 {
				key = rapid.SampledFrom(used).Draw(t, "key")
			}
			var err error
			switch call := rapid.SampledFrom([]string{"create", "create", "create", "load", "touch", "replace", "delete", "list"}).Draw(t, "call"); {
			case call == "create" || key == "":
				key, err = m.Create(context.Background(), rec)
				use(key)
			case call == "load":
				_, err = m.Load(context.Background(), key)
				use(key)
			case call == "touch":
				_, err = m.Touch(context.Background(), key, rec)
				use(key)
			case call == "replace":
				_, err = m.Replace(context.Background(), key, rec, rec)
				use(key)
			case call == "delete":
				err = m.Delete(context.Background(), key)
				used = slices.DeleteFunc(used, func(k string) bool { return k == key })
			case call == "list":
				var listed []string
				err = m.List(context.Background(), func(key string, _ sessions.Record) bool { listed = append(listed, key); return true })
				if !slices.Equal(slices.Sorted(slices.Values(listed)), slices.Sorted(slices.Values(used))) {
					t.Fatalf("%d records are held, want the %d that were used last", len(listed), len(used))
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for i, key := range used {
			if _, err := m.Load(context.Background(), key); err != nil {
				t.Fatalf("the record used %d uses ago is gone, although there is room for %d: %v", i, limit, err)
			}
		}
		if m.Len() != len(used) {
			t.Fatalf("Len = %d, want %d", m.Len(), len(used))
		}
	})
}

func TestMemoryStaysWithinItsBoundsUnderLoad(t *testing.T) {
	const limit = 500
	m := cache.NewMemory(cache.MemoryOptions{MaxEntries: limit, MaxBytes: 500_000})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 2000 {
				key := createIn(t, m, i%3000, time.Hour)
				if rec, err := m.Load(t.Context(), key); err == nil {
					next := rec
					next.Data = rec.Data[:len(rec.Data)/2]
					m.Replace(t.Context(), key, rec, next)
				}
				if i%3 == 0 {
					m.Delete(t.Context(), key)
				}
			}
		})
	}
	wg.Wait()
	if got := m.Len(); got > limit || got == 0 {
		t.Errorf("Len = %d, want at most %d", got, limit)
	}
	if counted, bytes := m.Count(); counted != m.Len() || int64(bytes) != m.Bytes() {
		t.Errorf("there are %d records with %d bytes, counted were %d and %d", counted, bytes, m.Len(), m.Bytes())
	}
}

// The bound in bytes is honest: it counts what the heap grows by.
func TestMemoryTakesWhatItCounts(t *testing.T) {
	for _, size := range []int{100, 400, 2000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			const n = 20_000
			before := heap()
			m := cache.NewMemory(cache.MemoryOptions{MaxBytes: 1 << 30})
			for range n {
				createIn(t, m, size, time.Hour)
			}
			grown := float64(heap()-before) / n
			counted := float64(m.Bytes()) / n
			t.Logf("%d bytes of data take %.0f, counted as %.0f", size, grown, counted)
			if grown > counted*1.15 {
				t.Errorf("a record of %d bytes takes %.0f bytes, counted were %.0f", size, grown, counted)
			}
			runtime.KeepAlive(m)
		})
	}
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkMemoryOfASession reports how many bytes of memory a stored session takes, beside
// the bound that was set for it: 1.3 times its data and 200.
func BenchmarkMemoryOfASession(b *testing.B) {
	for _, size := range []int{17, 600, 4000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			const n = 20_000
			var each float64
			for b.Loop() {
				before := heap()
				m := cache.NewMemory(cache.MemoryOptions{})
				for range n {
					createIn(b, m, size, time.Hour)
				}
				each = float64(heap()-before) / n
				runtime.KeepAlive(m)
			}
			b.ReportMetric(each, "B/session")
			b.ReportMetric(1.3*float64(size)+200, "B/session-at-most")
		})
	}
}
