package cacheddb_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/db"
	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/sessionstest/testdb"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) {
	os.Exit(testserver.Main(m,
		goleak.IgnoreTopFunction("time.Sleep"), // rueidis, for a moment after Close
	))
}

func memory() *cache.Memory { return cache.NewMemory(cache.MemoryOptions{}) }

func openRedis(t testing.TB, url string) *redis.Redis {
	t.Helper()
	r, err := redis.New(url, redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func database(t testing.TB, url string) *db.Engine {
	t.Helper()
	d, err := testdb.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	var e *db.Engine
	o := db.Options{Timeout: 20 * time.Second, Checkpoints: d.Checkpoints} // the suites are not about how long a busy machine takes
	if d.Path != "" {
		if err = db.CreateSQLiteTable(t.Context(), d.Writer); err == nil {
			e, err = db.SQLite(d.Reader, d.Writer, o)
		}
	} else if err = db.CreatePostgresTable(t.Context(), d.Writer); err == nil {
		e, err = db.Postgres(d.Writer, o)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// sqlite does not wait for the disk: no power is lost here.
func sqlite(t testing.TB) *db.Engine {
	return database(t, "sqlite:"+filepath.Join(t.TempDir(), "sessions.db")+"?synchronous=NORMAL")
}

var pairs = map[string]func(t testing.TB) (sessions.Engine, cacheddb.Cache){
	"SQLiteAndMemory": func(t testing.TB) (sessions.Engine, cacheddb.Cache) { return sqlite(t), memory() },
	"SQLiteAndRedis": func(t testing.TB) (sessions.Engine, cacheddb.Cache) {
		return sqlite(t), openRedis(t, testserver.Redis(t))
	},
	"PostgreSQLAndRedis": func(t testing.TB) (sessions.Engine, cacheddb.Cache) {
		return database(t, testserver.Postgres(t)), openRedis(t, testserver.Redis(t))
	},
}

func TestConformance(t *testing.T) {
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			sessionstest.Run(t, func(t *testing.T) sessions.Engine {
				store, cache := pair(t)
				return cacheddb.New(store, cache, cacheddb.Options{})
			})
		})
	}
}

// The same when the cache always fails: it is no more than a shortcut.
func TestConformanceWithoutACache(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessions.Engine {
		return cacheddb.New(sqlite(t), &flaky{Cache: memory(), failing: true}, cacheddb.Options{Retry: time.Millisecond})
	})
}

func Benchmark(b *testing.B) {
	for name, pair := range pairs {
		b.Run(name, func(b *testing.B) {
			sessionstest.Benchmark(b, func(b *testing.B) sessions.Engine {
				store, cache := pair(b)
				return cacheddb.New(store, cache, cacheddb.Options{})
			})
		})
	}
}

// counting counts the loads that reach the store.
type counting struct {
	*cache.Memory
	loads atomic.Int64
}

func (c *counting) Load(ctx context.Context, key string) (sessions.Record, error) {
	c.loads.Add(1)
	return c.Memory.Load(ctx, key)
}

// Django B-221: a hit costs no query, a miss one.
func TestHitDoesNotAskTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &counting{Memory: memory()}
		e := cacheddb.New(store, memory(), cacheddb.Options{MaxAge: time.Minute})
		rec := valid("one")
		key := create(t, e, rec)
		loads := func(want int64, when string) {
			t.Helper()
			for range 3 {
				wantData(t, e, key, string(rec.Data))
			}
			if got := store.loads.Swap(0); got != want {
				t.Errorf("%s: three loads asked the store %d times, want %d", when, got, want)
			}
		}
		loads(1, "after Create")
		old := rec
		rec.Data = []byte("two")
		replace(t, e, key, old, rec)
		loads(0, "after Replace, which stores the new record")
		if _, err := e.Replace(t.Context(), key, old, valid("three")); !errors.Is(err, sessions.ErrConflict) {
			t.Errorf("Replace: err = %v, want ErrConflict", err)
		}
		loads(1, "after a conflict, which may tell of an old entry")
		touched := rec
		touched.Expires = rec.Expires.Add(time.Hour)
		if _, err := e.Touch(t.Context(), key, touched); err != nil {
			t.Fatal(err)
		}
		loads(1, "after Touch")
		time.Sleep(time.Minute)
		loads(1, "after MaxAge")
		if rec, _ := e.Load(t.Context(), key); !rec.Expires.Equal(touched.Expires) {
			t.Errorf("Expires = %v from the cache, want %v", rec.Expires, touched.Expires)
		}
	})
}

// R-41, Django B-222: what is not there leaves nothing in the cache.
func TestUnknownKeyLeavesNothingInTheCache(t *testing.T) {
	c := memory()
	e := cacheddb.New(memory(), c, cacheddb.Options{})
	for range 300 {
		wantGone(t, e, sessions.NewKey())
	}
	if got := c.Len(); got != 0 {
		t.Errorf("%d entries in the cache after loads of unknown keys, want 0", got)
	}
}

// No entry outlives its record, and a record outlives its entry (Django B-233).
func TestEntryEndsWithItsRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory()
		e := cacheddb.New(store, memory(), cacheddb.Options{})
		rec := valid("one")
		rec.Expires = time.Now().Add(10 * time.Second)
		key := create(t, e, rec)
		wantData(t, e, key, "one")
		later := rec
		later.Expires = rec.Expires.Add(time.Hour)
		if _, err := store.Touch(t.Context(), key, later); err != nil { // by another process
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		wantData(t, e, key, "one")
		time.Sleep(time.Hour)
		wantGone(t, e, key)

		rec.Expires = time.Now().Add(time.Second)
		e = cacheddb.New(memory(), late{memory()}, cacheddb.Options{})
		key = create(t, e, rec)
		wantData(t, e, key, "one")
		time.Sleep(time.Second)
		wantGone(t, e, key)
	})
}

// late is a cache that is late in removing what has ended.
type late struct{ cacheddb.Cache }

func (l late) Put(ctx context.Context, key string, lease uint64, rec sessions.Record, ttl time.Duration) error {
	return l.Cache.Put(ctx, key, lease, rec, ttl+time.Second)
}

// A store that cannot touch is touched by a swap of equal data; one that clears itself
// has nothing to clear.
func TestStoreWithoutOptionalAbilities(t *testing.T) {
	type cleared struct { // hides all other methods
		sessions.Engine
		sessions.Clearer
	}
	sessionstest.Run(t, func(t *testing.T) sessions.Engine {
		store := sqlite(t)
		return cacheddb.New(cleared{store, store}, memory(), cacheddb.Options{})
	})
	e := cacheddb.New(struct{ sessions.Engine }{memory()}, memory(), cacheddb.Options{})
	if n, err := e.Clear(t.Context(), nil, nil); n != 0 || err != nil {
		t.Errorf("Clear = %d, %v, want 0", n, err)
	}
}

// A per-process cache before a shared store may serve an old record for MaxAge, but
// it loses no update: the conflict empties the entry.
func TestStaleEntryCostsAConflictAndNoUpdate(t *testing.T) {
	store := memory()
	ours := cacheddb.New(store, memory(), cacheddb.Options{})
	theirs := cacheddb.New(store, memory(), cacheddb.Options{})
	one, two := valid("one"), valid("two")
	key := create(t, ours, one)
	wantData(t, ours, key, "one")
	replace(t, theirs, key, one, two)

	if _, err := ours.Replace(t.Context(), key, one, valid("three")); !errors.Is(err, sessions.ErrConflict) {
		t.Errorf("Replace of an old record: err = %v, want ErrConflict", err)
	}
	wantData(t, ours, key, "two")
	if err := theirs.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := ours.Replace(t.Context(), key, two, valid("four")); !errors.Is(err, sessions.ErrNotFound) {
		t.Errorf("Replace of a deleted record: err = %v, want ErrNotFound", err)
	}
	wantGone(t, ours, key)
}

func valid(data string) sessions.Record {
	now := time.Now().UTC()
	return sessions.Record{Data: []byte(data), Saved: now, Expires: now.Add(time.Hour)}
}

func create(t testing.TB, e sessions.Engine, rec sessions.Record) string {
	t.Helper()
	key, err := e.Create(t.Context(), rec)
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return key
}

func replace(t testing.TB, e sessions.Engine, key string, old, rec sessions.Record) {
	t.Helper()
	if _, err := e.Replace(t.Context(), key, old, rec); err != nil {
		t.Fatalf("Replace: %v", err)
	}
}

func wantData(t testing.TB, e sessions.Engine, key, want string) {
	t.Helper()
	if rec, err := e.Load(t.Context(), key); string(rec.Data) != want || err != nil {
		t.Errorf("Load = %q, %v, want %q", rec.Data, err, want)
	}
}

func wantGone(t testing.TB, e sessions.Engine, key string) {
	t.Helper()
	if rec, err := e.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
		t.Errorf("Load = %q, %v, want ErrNotFound", rec.Data, err)
	}
}
