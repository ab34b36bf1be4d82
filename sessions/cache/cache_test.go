package cache_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/sessionstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openMemory(testing.TB) sessions.Engine { return cache.NewMemory(cache.MemoryOptions{}) }

func TestConformance(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessions.Engine { return openMemory(t) })
}

func TestLayer(t *testing.T) {
	sessionstest.Layer(t, func(t *testing.T) sessions.Config { return sessions.Config{Engine: openMemory(t)} })
}

func BenchmarkMemory(b *testing.B) {
	sessionstest.Benchmark(b, func(b *testing.B) sessions.Engine { return openMemory(b) })
}

// A record without a time to live would stay for ever; it is refused.
func TestARecordWithoutExpiryIsRefused(t *testing.T) {
	e := openMemory(t)
	if _, err := e.Create(t.Context(), sessions.Record{Data: []byte("x")}); err == nil {
		t.Error("Create without an expiry succeeded")
	}
	key := createIn(t, e, 1, time.Hour)
	if _, err := e.Replace(t.Context(), key, sessions.Record{Data: []byte("x")}, sessions.Record{Data: []byte("y")}); err == nil {
		t.Error("Replace without an expiry succeeded")
	}
	if !isThere(t, e, key) {
		t.Error("a refused Replace took the record away")
	}
}

func TestMemoryLeasesAndCopiesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := cache.NewMemory(cache.MemoryOptions{})
		_, first, _ := m.Get(t.Context(), "key")
		time.Sleep(10 * time.Second)
		_, second, _ := m.Get(t.Context(), "key")
		if first == 0 || second == 0 {
			t.Errorf("leases %d, %d: the second was wanted when the first had ended", first, second)
		}
		if err := m.Put(t.Context(), "key", second, sessions.Record{Data: []byte("x"), Expires: soon()}, time.Minute); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute - time.Microsecond)
		if _, _, err := m.Get(t.Context(), "key"); err != nil {
			t.Errorf("Get before the end: %v", err)
		}
		time.Sleep(time.Microsecond)
		if _, _, err := m.Get(t.Context(), "key"); !errors.Is(err, sessions.ErrNotFound) {
			t.Errorf("Get at the end: err = %v, want ErrNotFound", err)
		}
	})
}
