package redis_test

import (
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest/testserver"
)

var outages = []struct {
	name          string
	begin, repair func(*testing.T, *testserver.RedisServer)
}{
	{
		"refuses connections",
		func(t *testing.T, s *testserver.RedisServer) { s.Do(t, "SAVE"); s.Kill(t) },
		func(t *testing.T, s *testserver.RedisServer) { s.Start(t) },
	},
	{
		"is silent",
		func(t *testing.T, s *testserver.RedisServer) { s.Freeze(t) },
		func(t *testing.T, s *testserver.RedisServer) { s.Thaw(t) },
	},
	{
		"is slow",
		func(t *testing.T, s *testserver.RedisServer) { s.Do(t, "CLIENT", "PAUSE", "4000", "ALL") },
		func(*testing.T, *testserver.RedisServer) {}, // it ends by itself
	},
}

// Django B-205, B-208: while the server is out of reach every call fails within a
// second, and never as if the session were gone. Afterwards all is as before.
func TestRedisOutage(t *testing.T) {
	for _, outage := range outages {
		t.Run("WhileTheServer "+outage.name, func(t *testing.T) {
			server := testserver.NewRedis(t)
			r := openRedis(t, "redis://"+server.Addr, redis.Options{})
			key := createIn(t, r, 100, time.Hour)
			rec, err := r.Load(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			calls := map[string]func() error{
				"Load":    func() error { _, err := r.Load(t.Context(), key); return err },
				"Create":  func() error { _, err := r.Create(t.Context(), rec); return err },
				"Replace": func() error { _, err := r.Replace(t.Context(), key, rec, rec); return err },
				"Touch":   func() error { _, err := r.Touch(t.Context(), key, rec); return err },
				"Delete":  func() error { return r.Delete(t.Context(), sessions.NewKey()) },
				"Get":     func() error { _, _, err := r.Get(t.Context(), key); return err },
				"Forget":  func() error { return r.Forget(t.Context()) },
				"Ping":    func() error { return r.Ping(t.Context()) },
			}
			goroutines := runtime.NumGoroutine()
			outage.begin(t, server)
			for round := range 2 { // with the old connections, and without
				var wg sync.WaitGroup
				for name, call := range calls {
					for range 20 {
						wg.Go(func() {
							start := time.Now()
							err := call()
							if err == nil || errors.Is(err, sessions.ErrNotFound) || errors.Is(err, sessions.ErrConflict) {
								t.Errorf("round %d: %s: err = %v, want one that says that the store is out of reach", round, name, err)
							}
							if took := time.Since(start); took > 1500*time.Millisecond { // half of it for a busy machine
								t.Errorf("round %d: %s answered after %v, want at most 1 s", round, name, took)
							}
						})
					}
				}
				wg.Wait()
			}

			outage.repair(t, server)
			within(t, 6*time.Second, "the session is as before", func() bool {
				got, err := r.Load(t.Context(), key)
				if errors.Is(err, sessions.ErrNotFound) {
					t.Fatal("the session is gone after the outage")
				}
				return err == nil && string(got.Data) == string(rec.Data)
			})
			within(t, 6*time.Second, "the goroutines are gone", func() bool {
				return runtime.NumGoroutine() <= goroutines+8 // those of up to two more connections
			})
		})
	}
}

// The process may start before the server.
func TestRedisServerThatComesLater(t *testing.T) {
	server := testserver.NewRedis(t)
	server.Kill(t)
	r := openRedis(t, "redis://"+server.Addr, redis.Options{})
	if err := r.Ping(t.Context()); err == nil {
		t.Error("Ping succeeds without a server")
	}
	server.Start(t)
	within(t, 6*time.Second, "Ping succeeds", func() bool { return r.Ping(t.Context()) == nil })
}

func TestRedisCloseDuringAnOutage(t *testing.T) {
	server := testserver.NewRedis(t)
	r := openRedis(t, "redis://"+server.Addr, redis.Options{})
	createIn(t, r, 10, time.Hour)
	server.Freeze(t)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { r.Load(t.Context(), sessions.NewKey()) })
	}
	start := time.Now()
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("Close took %v", took)
	}
	wg.Wait()
	if err := r.Ping(t.Context()); err == nil {
		t.Error("Ping succeeds after Close")
	}
}

func within(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > limit {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
