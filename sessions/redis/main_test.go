package redis_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sessionlab/sessions"
	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) {
	os.Exit(testserver.Main(m,
		goleak.IgnoreTopFunction("time.Sleep"), // rueidis, for a moment after Close
	))
}

func openRedis(t testing.TB, url string, o redis.Options) *redis.Redis {
	t.Helper()
	r, err := redis.New(url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

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

// wantDamaged expects an error that the layer takes for a damaged record.
func wantDamaged(t testing.TB, e sessions.Engine, key, what string) {
	t.Helper()
	rec, err := e.Load(t.Context(), key)
	if !errors.Is(err, sessions.ErrDecode) || rec.Data != nil {
		t.Errorf("%s: Load = %.40q, %v, want ErrDecode", what, rec.Data, err)
	}
	if err != nil && strings.Contains(err.Error(), key) {
		t.Errorf("%s: the error names the session key: %v", what, err)
	}
}

func TestConformance(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessions.Engine {
		return openRedis(t, testserver.Redis(t), redis.Options{})
	})
}

func TestConformanceWithHashedKeys(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessions.Engine {
		return openRedis(t, testserver.Redis(t), redis.Options{HashKey: []byte("a key for this test")})
	})
}

// TestLayer runs whole sessions in a server.
func TestLayer(t *testing.T) {
	e := openRedis(t, testserver.Redis(t), redis.Options{HashKey: []byte("a key for this test")})
	sessionstest.Layer(t, func(*testing.T) sessions.Config { return sessions.Config{Engine: e} })
}

func BenchmarkRedis(b *testing.B) {
	sessionstest.Benchmark(b, func(b *testing.B) sessions.Engine {
		return openRedis(b, testserver.Redis(b), redis.Options{})
	})
}

// A record without a time to live would stay for ever; it is refused.
func TestARecordWithoutExpiryIsRefused(t *testing.T) {
	e := openRedis(t, testserver.Redis(t), redis.Options{})
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
