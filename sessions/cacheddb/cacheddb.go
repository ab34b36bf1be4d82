// Package cacheddb is an engine of two: a store that keeps the sessions, and a cache
// before it that answers most reads. It is given both and knows neither.
//
// Reads ask the cache first and the store on a miss; writes go to the store first and
// count only there. So does Django. Unlike Django, the cache never shows what the store
// has left behind, and a cache that fails fails no request.
//
// # How old entries are kept out
//
// To put a record into the cache one needs a lease, taken before the store was asked.
// There is one for a key at most, and every write takes it away: it reserves the key
// before it goes to the store, and after that puts the new record with its own lease
// or, if that is gone too, drops what is there. So a reader that has loaded a record
// and then stood still while the visitor signed out comes too late to store it, and of
// two writers that meet neither can leave the older record behind.
// Should a writer die between its steps, its lease stays and ends by itself; until
// then reads go to the store.
//
// A cache that does not answer is left alone: the first error opens a breaker, and
// requests go to the store without delay. Writes are now missing in the cache,
// so before it is used again all that it holds is forgotten.
//
// # What is promised
//
// Of a record that can still be read, every Load returns the newest that was
// acknowledged before it began, and nothing of one that was deleted:
//
//   - for one process, whatever the cache does: also when it fails, is slow, is
//     emptied, or restarts with old data;
//   - for several processes that share the store and the cache, as with PostgreSQL
//     and Redis: a sign-out on one is at once a sign-out on the others.
//
// Two cases remain in which a Load may return an older record, for MaxAge at most:
//
//   - when one process cannot reach the shared cache while others can, they do not
//     see its writes until it reaches the cache again;
//   - with a cache in the memory of each process, no process sees the writes of the
//     others, nor those of a Django that shares the table. Such a cache is for one
//     process; several share Redis, or use the store alone.
//
// Updates are not lost even then. Replace is the store's own compare-and-swap: a request
// that read an old record gets ErrConflict or ErrNotFound, the entry is dropped, and the
// next Load reads the store.
//
// A copy has the times that its record was given, also those that the store does not keep.
//
// # Deliberate differences from Django
//
// Besides those above: the record is cached as it is stored, so a damaged one stays
// damaged and is not cached as an empty session; and only records that were asked for
// are cached, not new ones, for most sessions of visitors without cookies never come
// back. There is no call that asks whether a key exists.
package cacheddb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"sessionlab/sessions"
)

// Cache is what cached_db needs of a cache. Calls are safe for concurrent use, and
// each ends within a time limit of the cache's own, with an error if need be. The
// types of package cache are caches.
//
// A lease is the right to store one record under one key. It is lost as soon as the
// key is reserved, put or dropped, or all is forgotten, and ends by itself after some
// seconds. Zero is no lease.
type Cache interface {
	// Get returns the record under key. If there is none it returns ErrNotFound,
	// and a lease unless somebody holds one. It returns nothing that was stored
	// before the cache restarted, or before this process came to it: what the store
	// did in between is unknown.
	Get(ctx context.Context, key string) (rec sessions.Record, lease uint64, err error)
	// Reserve takes away what is stored under key and returns a new lease.
	Reserve(ctx context.Context, key string) (lease uint64, err error)
	// Put stores rec for ttl if lease still holds. Otherwise it takes away what is
	// stored under key, with any lease; that is no error.
	Put(ctx context.Context, key string, lease uint64, rec sessions.Record, ttl time.Duration) error
	// Drop takes away what is stored under key, with any lease.
	Drop(ctx context.Context, key string) error
	// Forget takes away all that was stored or leased, by whomever.
	Forget(ctx context.Context) error
}

// Options are what may be chosen. The zero value is good.
type Options struct {
	// MaxAge is how long an entry stays in the cache at most; 0 stands for one
	// minute. After that the store is asked again, once.
	MaxAge time.Duration
	// Retry is how long a cache that failed is left alone before it is tried
	// again; 0 stands for one second.
	Retry time.Duration
	// Logger gets one line when the cache fails and one when it is back; nil
	// stands for none.
	Logger *slog.Logger
}

// Engine implements [sessions.Engine] and its optional abilities on a store and a
// cache. Those that the store lacks do as little as the contract allows.
type Engine struct {
	store   sessions.Engine
	cache   Cache
	maxAge  time.Duration
	breaker breaker
}

var (
	_ sessions.Engine     = (*Engine)(nil)
	_ sessions.Toucher    = (*Engine)(nil)
	_ sessions.Clearer    = (*Engine)(nil)
	_ sessions.Keyed      = (*Engine)(nil)
	_ sessions.Lister     = (*Engine)(nil)
	_ sessions.Describer  = (*Engine)(nil)
	_ sessions.KeyChecker = (*Engine)(nil)
	_ sessions.Locator    = (*Engine)(nil)
)

// New returns an engine that keeps its records in store and copies of some in cache. It
// panics if one of them is nil, which is a mistake in the program.
func New(store sessions.Engine, cache Cache, o Options) *Engine {
	if store == nil || cache == nil {
		panic("cacheddb: New needs a store and a cache, one of them is nil")
	}
	e := &Engine{store: store, cache: cache, maxAge: o.MaxAge}
	if e.maxAge <= 0 {
		e.maxAge = time.Minute
	}
	e.breaker = breaker{cache: cache, retry: o.Retry, log: o.Logger}
	if e.breaker.retry <= 0 {
		e.breaker.retry = time.Second
	}
	if e.breaker.log == nil {
		e.breaker.log = slog.New(slog.DiscardHandler)
	}
	return e
}

// Load implements [sessions.Engine].
func (e *Engine) Load(ctx context.Context, key string) (sessions.Record, error) {
	if !e.ValidKey(key) {
		return sessions.Record{}, sessions.ErrNotFound
	}
	var lease uint64
	if e.breaker.mayRead() {
		rec, l, err := e.cache.Get(ctx, key)
		if err == nil && !rec.Expired(time.Now()) {
			return rec, nil
		}
		if err != nil && !errors.Is(err, sessions.ErrNotFound) {
			e.breaker.failed(ctx, err)
		}
		lease = l
	}
	rec, err := e.store.Load(ctx, key)
	if lease == 0 {
		return rec, err
	}
	switch {
	case err == nil:
		e.put(ctx, key, lease, rec)
	case errors.Is(err, sessions.ErrNotFound):
		e.drop(ctx, key) // a made-up key leaves nothing behind, not even a lease
	}
	return rec, err
}

// Create implements [sessions.Engine].
func (e *Engine) Create(ctx context.Context, rec sessions.Record) (string, error) {
	return e.store.Create(ctx, rec)
}

// CreateUnder implements [sessions.Keyed], if the store does.
func (e *Engine) CreateUnder(ctx context.Context, key string, rec sessions.Record) error {
	store, ok := e.store.(sessions.Keyed)
	if !ok {
		return fmt.Errorf("cacheddb: the store takes no keys of others: %w", errors.ErrUnsupported)
	}
	return store.CreateUnder(ctx, key, rec)
}

// Replace implements [sessions.Engine].
func (e *Engine) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	if !e.ValidKey(key) {
		return "", sessions.ErrNotFound
	}
	lease := e.reserve(ctx, key)
	newKey, err := e.store.Replace(ctx, key, old, rec)
	switch {
	case err == nil && newKey == key && lease != 0:
		e.put(ctx, key, lease, rec)
	case known(err):
		e.drop(ctx, key)
	}
	return newKey, err
}

// Delete implements [sessions.Engine]: first the row, then the entry.
func (e *Engine) Delete(ctx context.Context, key string) error {
	if !e.ValidKey(key) {
		return nil
	}
	e.reserve(ctx, key)
	err := e.store.Delete(ctx, key)
	if known(err) {
		e.drop(ctx, key)
	}
	return err
}

// Touch implements [sessions.Toucher], where the store does not with a Replace of
// equal data.
func (e *Engine) Touch(ctx context.Context, key string, rec sessions.Record) (string, error) {
	if !e.ValidKey(key) {
		return "", sessions.ErrNotFound
	}
	e.reserve(ctx, key)
	newKey, err := touch(ctx, e.store, key, rec)
	if known(err) {
		e.drop(ctx, key)
	}
	return newKey, err
}

// Clear implements [sessions.Clearer]; it does nothing on a store that clears itself.
// The cache needs none: no entry outlives its record.
func (e *Engine) Clear(
	ctx context.Context, ends func(sessions.Record) time.Time, progress func(done, total int),
) (int, error) {
	if c, ok := e.store.(sessions.Clearer); ok {
		return c.Clear(ctx, ends, progress)
	}
	return 0, ctx.Err()
}

// List implements [sessions.Lister], if the store does, and asks the store alone: the
// cache has copies of some.
func (e *Engine) List(ctx context.Context, yield func(key string, rec sessions.Record) bool) error {
	store, ok := e.store.(sessions.Lister)
	if !ok {
		return fmt.Errorf("cacheddb: the store cannot list its records: %w", errors.ErrUnsupported)
	}
	return store.List(ctx, yield)
}

// Traits implements [sessions.Describer]. The records are private only if nobody else can
// write them in the cache either.
func (e *Engine) Traits() sessions.Traits {
	t := traits(e.store)
	t.Private = t.Private && traits(e.cache).Private
	return t
}

func traits(of any) (t sessions.Traits) {
	if d, ok := of.(sessions.Describer); ok {
		t = d.Traits()
	}
	return t
}

// ValidKey implements [sessions.KeyChecker]: a key is what the store says.
func (e *Engine) ValidKey(key string) bool {
	if c, ok := e.store.(sessions.KeyChecker); ok {
		return c.ValidKey(key)
	}
	return sessions.ValidKey(key)
}

// Locate implements [sessions.Locator].
func (e *Engine) Locate(key string) (l sessions.Location) {
	if store, ok := e.store.(sessions.Locator); ok {
		l = store.Locate(key)
	} else {
		l.Place = "store of the site"
	}
	if cache, ok := e.cache.(sessions.Locator); ok {
		l.Place += ", with a copy in a cache: " + cache.Locate(key).Place
	}
	return l
}

// reserve is the first step of a write: from here on nothing in the cache counts.
func (e *Engine) reserve(ctx context.Context, key string) uint64 {
	if !e.breaker.mayWrite() {
		return 0
	}
	lease, err := e.cache.Reserve(ctx, key)
	if err != nil {
		e.breaker.failed(ctx, err)
	}
	return lease
}

// put and drop are the last step. It has to be done once the store has acted, also
// if the client has gone meanwhile.

func (e *Engine) put(ctx context.Context, key string, lease uint64, rec sessions.Record) {
	ttl := e.maxAge
	if !rec.Expires.IsZero() {
		ttl = min(ttl, time.Until(rec.Expires))
	}
	if ttl <= 0 {
		e.drop(ctx, key)
		return
	}
	if ctx = context.WithoutCancel(ctx); e.breaker.mayWrite() {
		e.breaker.failed(ctx, e.cache.Put(ctx, key, lease, rec, ttl))
	}
}

func (e *Engine) drop(ctx context.Context, key string) {
	if ctx = context.WithoutCancel(ctx); e.breaker.mayWrite() {
		e.breaker.failed(ctx, e.cache.Drop(ctx, key))
	}
}

// known reports whether err tells what the store did. After any other error the write
// may still happen, so the reservation is left to end by itself.
func known(err error) bool {
	return err == nil || errors.Is(err, sessions.ErrNotFound) || errors.Is(err, sessions.ErrConflict)
}

func touch(ctx context.Context, store sessions.Engine, key string, rec sessions.Record) (string, error) {
	if t, ok := store.(sessions.Toucher); ok {
		return t.Touch(ctx, key, rec)
	}
	for {
		old, err := store.Load(ctx, key)
		if err != nil {
			return "", err
		}
		moved := old // the data and when it was saved stay as they are
		moved.Used, moved.Expires = later(old.Used, rec.Used), later(old.Expires, rec.Expires)
		if moved.Used.Equal(old.Used) && moved.Expires.Equal(old.Expires) {
			return key, nil
		}
		newKey, err := store.Replace(ctx, key, old, moved)
		if !errors.Is(err, sessions.ErrConflict) {
			return newKey, err
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
