package cache_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) {
	os.Exit(testserver.Main(m,
		goleak.IgnoreTopFunction("time.Sleep"), // rueidis, for a moment after Close
	))
}

func openMemory(testing.TB) sessions.Engine { return cache.NewMemory(cache.MemoryOptions{}) }

func openRedis(t testing.TB, url string, o cache.RedisOptions) *cache.Redis {
	t.Helper()
	r, err := cache.NewRedis(url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestMemoryConformance(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessions.Engine { return openMemory(t) })
}

func TestRedisConformance(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessions.Engine {
		return openRedis(t, testserver.Redis(t), cache.RedisOptions{})
	})
}

func TestRedisWithHashedKeysConformance(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessions.Engine {
		return openRedis(t, testserver.Redis(t), cache.RedisOptions{HashKey: []byte("a key for this test")})
	})
}

func BenchmarkMemory(b *testing.B) {
	sessionstest.Benchmark(b, func(b *testing.B) sessions.Engine { return openMemory(b) })
}

func BenchmarkRedis(b *testing.B) {
	sessionstest.Benchmark(b, func(b *testing.B) sessions.Engine {
		return openRedis(b, testserver.Redis(b), cache.RedisOptions{})
	})
}

// Django B-200, B-213: a setting chooses the store, and only that one is used.
func TestOpen(t *testing.T) {
	for _, url := range []string{
		"memory:", "memory://", "memory:?max_entries=10&max_bytes=100000",
		testserver.Redis(t), testserver.Redis(t) + "?connections=1&dial_timeout=1s&timeout=2s",
	} {
		store, err := cache.Open(url, cache.RedisOptions{})
		if err != nil {
			t.Errorf("Open(%q): %v", url, err)
			continue
		}
		if err := store.Ping(t.Context()); err != nil {
			t.Errorf("Open(%q), Ping: %v", url, err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("Open(%q), Close: %v", url, err)
		}
	}
}

func TestOpenExplainsABadURLAndKeepsThePassword(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"", "must begin with"},
		{"memcached://localhost", "must begin with"},
		{"localhost:6379", "must begin with"},
		{"memory:8000", "nothing but ?max_entries"},
		{"memory://host/path", "nothing but ?max_entries"},
		{"memory:?max_entries=0", `"0" is not a whole number above 0`},
		{"memory:?max_bytes=1GB", `"1GB" is not a whole number`},
		{"memory:?max_bytes=1&max_bytes=2", "given 2 times"},
		{"memory:?size=1", `unknown parameter "size"`},
		{"redis:localhost", "must look like"},
		{"redis://:hunter2-marker/x@localhost", "percent-encoded"},
		{"redis://user:hunter2-marker%zz@localhost", "percent-encoded"},
		{"redis://user:hunter2-marker#1@localhost", "percent-encoded"},
		{"redis://user:hunter2-marker@localhost:port", "percent-encoded"},
		{"redis://user:hunter2-marker@localhost/first", `number of a database, not "/first"`},
		{"redis://user:hunter2-marker@localhost/-1", "number of a database"},
		{"redis://user:hunter2-marker@localhost/0/1", "number of a database"},
		{"redis://user:hunter2-marker@localhost?connections=3", "1, 2, 4, 8 or 16"},
		{"redis://user:hunter2-marker@localhost?timeout=5", "a time such as 500ms"},
		{"redis://user:hunter2-marker@localhost?timeout=-5s", "a time such as 500ms"},
		{"redis://user:hunter2-marker@localhost?pool=5", `unknown parameter "pool"`},
		{"redis://user:hunter2-marker@localhost?a=%zz", "name=value"},
	} {
		_, err := cache.Open(c.url, cache.RedisOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open(%q): err = %v, want it to say %q", c.url, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "marker") {
			t.Errorf("Open(%q): the error quotes the password: %v", c.url, err)
		}
	}
}

// A record without a time to live would stay for ever; it is refused.
func TestRecordWithoutExpiryIsRefused(t *testing.T) {
	for _, e := range []sessions.Engine{openMemory(t), openRedis(t, testserver.Redis(t), cache.RedisOptions{})} {
		if _, err := e.Create(t.Context(), sessions.Record{Data: []byte("x")}); err == nil {
			t.Errorf("%T: Create without an expiry succeeded", e)
		}
		key, err := e.Create(t.Context(), sessions.Record{Data: []byte("x"), Expires: soon()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Replace(t.Context(), key, sessions.Record{Data: []byte("x")}, sessions.Record{Data: []byte("y")}); err == nil {
			t.Errorf("%T: Replace without an expiry succeeded", e)
		}
		if _, err := e.Load(context.WithoutCancel(t.Context()), key); err != nil {
			t.Errorf("%T: Load: %v", e, err)
		}
	}
}
