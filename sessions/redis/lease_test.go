package redis_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest/testserver"
)

// leasing is a store that can be the cache of package cacheddb.
type leasing interface {
	cacheddb.Cache
	sessions.Engine
}

var (
	_ leasing = (*cache.Memory)(nil)
	_ leasing = (*redis.Redis)(nil)
)

// What package cacheddb relies on, for both stores.
func TestLeases(t *testing.T) {
	const minute = time.Minute
	now := time.Now().Truncate(time.Microsecond).UTC()
	rec := sessions.Record{Data: []byte("one"), Saved: now.Add(-time.Second), Used: now, Expires: now.Add(time.Hour)}
	for _, c := range []struct {
		name string
		act  func(ctx context.Context, c leasing, key string, lease uint64) error // the lease is from Get
		want string                                                               // what is there then
	}{
		{"Put with the lease of Get stores the record", func(ctx context.Context, c leasing, key string, lease uint64) error {
			return c.Put(ctx, key, lease, rec, minute)
		}, "one"},
		{"a lease is good for one Put", func(ctx context.Context, c leasing, key string, lease uint64) error {
			return errors.Join(c.Put(ctx, key, lease, rec, minute), c.Put(ctx, key, lease, rec, minute))
		}, ""},
		{"a wrong lease stores nothing", func(ctx context.Context, c leasing, key string, lease uint64) error {
			return c.Put(ctx, key, lease+1, rec, minute)
		}, ""},
		{"no lease stores nothing", func(ctx context.Context, c leasing, key string, _ uint64) error {
			return c.Put(ctx, key, 0, rec, minute)
		}, ""},
		{"a wrong lease takes away what is there", func(ctx context.Context, c leasing, key string, lease uint64) error {
			return errors.Join(c.Put(ctx, key, lease, rec, minute), c.Put(ctx, key, lease+1, rec, minute))
		}, ""},
		{"no time to live stores nothing", func(ctx context.Context, c leasing, key string, lease uint64) error {
			return c.Put(ctx, key, lease, rec, 0)
		}, ""},
		{"Reserve takes the lease away", func(ctx context.Context, c leasing, key string, lease uint64) error {
			_, err := c.Reserve(ctx, key)
			return errors.Join(err, c.Put(ctx, key, lease, rec, minute))
		}, ""},
		{"Reserve takes the record away", func(ctx context.Context, c leasing, key string, lease uint64) error {
			err := c.Put(ctx, key, lease, rec, minute)
			_, err2 := c.Reserve(ctx, key)
			return errors.Join(err, err2)
		}, ""},
		{"Put with the lease of Reserve stores the record", func(ctx context.Context, c leasing, key string, _ uint64) error {
			lease, err := c.Reserve(ctx, key)
			return errors.Join(err, c.Put(ctx, key, lease, rec, minute))
		}, "one"},
		{"Drop takes the lease away", func(ctx context.Context, c leasing, key string, lease uint64) error {
			return errors.Join(c.Drop(ctx, key), c.Put(ctx, key, lease, rec, minute))
		}, ""},
		{"Drop takes the record away", func(ctx context.Context, c leasing, key string, lease uint64) error {
			return errors.Join(c.Put(ctx, key, lease, rec, minute), c.Drop(ctx, key))
		}, ""},
		{"Forget takes the lease away", func(ctx context.Context, c leasing, key string, lease uint64) error {
			return errors.Join(c.Forget(ctx), c.Put(ctx, key, lease, rec, minute))
		}, ""},
		{"Forget takes the record away", func(ctx context.Context, c leasing, key string, lease uint64) error {
			return errors.Join(c.Put(ctx, key, lease, rec, minute), c.Forget(ctx))
		}, ""},
	} {
		for kind, open := range map[string]func(t *testing.T) leasing{
			"Memory": func(*testing.T) leasing { return cache.NewMemory(cache.MemoryOptions{}) },
			"Redis": func(t *testing.T) leasing {
				return openRedis(t, testserver.Redis(t)+"?connections=1", redis.Options{})
			},
		} {
			t.Run(c.name+" in "+kind, func(t *testing.T) {
				store, key := open(t), sessions.NewKey()
				_, lease, err := store.Get(t.Context(), key)
				if !errors.Is(err, sessions.ErrNotFound) || lease == 0 {
					t.Fatalf("Get of nothing: lease %d, err = %v, want one and ErrNotFound", lease, err)
				}
				if _, second, err := store.Get(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) || second != 0 {
					t.Fatalf("second Get of nothing: lease %d, err = %v, want none and ErrNotFound", second, err)
				}
				if _, err := store.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
					t.Errorf("Load of a lease: err = %v, want ErrNotFound", err)
				}
				if err := c.act(t.Context(), store, key, lease); err != nil {
					t.Fatal(err)
				}
				got, _, err := store.Get(t.Context(), key)
				if c.want == "" {
					if !errors.Is(err, sessions.ErrNotFound) {
						t.Errorf("Get = %q, %v, want ErrNotFound", got.Data, err)
					}
					return
				}
				same := got.Saved.Equal(rec.Saved) && got.Used.Equal(rec.Used) && got.Expires.Equal(rec.Expires)
				if string(got.Data) != c.want || !same || err != nil {
					t.Errorf("Get = %+v, %v, want %q and %+v", got, err, c.want, rec)
				}
			})
		}
	}
}

// A record without an expiry, as an engine that keeps only Saved returns it, is
// cached for its time to live.
func TestRecordWithoutTimesIsCached(t *testing.T) {
	for _, store := range []leasing{cache.NewMemory(cache.MemoryOptions{}), openRedis(t, testserver.Redis(t)+"?connections=1", redis.Options{})} {
		store.Get(t.Context(), sessions.NewKey()) // Redis forgets all at the first answer of a connection
		key := sessions.NewKey()
		lease, err := store.Reserve(t.Context(), key)
		if err == nil {
			err = store.Put(t.Context(), key, lease, sessions.Record{Data: []byte("1")}, time.Minute)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := store.Get(t.Context(), key); err != nil || string(got.Data) != "1" || !got.Saved.IsZero() || !got.Used.IsZero() || !got.Expires.IsZero() {
			t.Errorf("%T: Get = %q, %v, %v, %v, want 1 and no times", store, got.Data, got.Saved, got.Expires, err)
		}
	}
}

func TestRedisLeasesEnd(t *testing.T) {
	server := testserver.NewRedis(t)
	r := openRedis(t, "redis://"+server.Addr, redis.Options{})
	for name, lease := range map[string]func(key string) (uint64, error){
		"Get":     func(key string) (uint64, error) { _, l, _ := r.Get(t.Context(), key); return l, nil },
		"Reserve": func(key string) (uint64, error) { return r.Reserve(t.Context(), key) },
	} {
		key := sessions.NewKey()
		if _, err := lease(key); err != nil {
			t.Fatal(err)
		}
		if got := server.Do(t, "PTTL", "sessions:cached:"+key); got != ":10000" && len(got) != len(":9999") {
			t.Errorf("%s: PTTL = %q, want at most 10,000", name, got)
		}
	}
}

// Where there is no room, nothing old stays.
func TestRedisWithoutRoomKeepsNoOldCopy(t *testing.T) {
	server := testserver.NewRedis(t)
	r := openRedis(t, "redis://"+server.Addr, redis.Options{})
	key := sessions.NewKey()
	lease, err := r.Reserve(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Put(t.Context(), key, lease, sessions.Record{Data: []byte("x"), Expires: soon()}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if got := server.Do(t, "EXISTS", "sessions:cached:"+key); got != ":1" {
		t.Fatalf("EXISTS = %q after Put, want :1", got)
	}
	server.Do(t, "CONFIG", "SET", "maxmemory", "1")
	if _, err := r.Reserve(t.Context(), key); err != nil {
		t.Errorf("Reserve: %v", err)
	}
	if got := server.Do(t, "EXISTS", "sessions:cached:"+key); got != ":0" {
		t.Errorf("EXISTS = %q after Reserve without room, want :0", got)
	}
	if _, lease, err := r.Get(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) || lease != 0 {
		t.Errorf("Get without room: lease %d, err = %v, want none and ErrNotFound", lease, err)
	}
}
