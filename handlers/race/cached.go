package race

import (
	"context"
	"errors"
	"net/http"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/cacheddb"
)

// cacheAside reads through a cache as Django's cached_db does: it asks the cache, then the
// store, and puts what it found into the cache; it deletes from the store, then the cache.
type cacheAside struct {
	sessions.Engine // the store
	cache           *cache.Memory
}

func (e cacheAside) Load(ctx context.Context, key string) (sessions.Record, error) {
	rec, err := e.cache.Load(ctx, key)
	if !errors.Is(err, sessions.ErrNotFound) {
		return rec, err
	}
	if rec, err = e.Engine.Load(ctx, key); err != nil {
		return rec, err
	}
	if err := e.cache.Delete(ctx, key); err != nil {
		return rec, err
	}
	return rec, e.cache.CreateUnder(ctx, key, rec)
}

func (e cacheAside) Delete(ctx context.Context, key string) error {
	if err := e.Engine.Delete(ctx, key); err != nil {
		return err
	}
	return e.cache.Delete(ctx, key)
}

// Traits says that nobody else can write a record, in the store or in the cache.
func (e cacheAside) Traits() sessions.Traits { return sessions.Traits{Private: true} }

var naiveCache = lane{
	"Cache-aside, as Django's cached_db", "A reader puts what it loaded into the cache, however long ago it loaded it.",
	func(p Preset) (*running, error) {
		return p.onCache(func(store sessions.Engine, c *cache.Memory) sessions.Engine {
			return cacheAside{store, c}
		})
	},
}

var leasedCache = lane{
	"This layer's cached_db", "A reader may fill the cache only if nobody has written since it asked.",
	func(p Preset) (*running, error) {
		return p.onCache(func(store sessions.Engine, c *cache.Memory) sessions.Engine {
			return cacheddb.New(store, c, cacheddb.Options{})
		})
	},
}

// slowStore is a store that stands still before and after each load and delete of a request
// that can be paused.
type slowStore struct{ sessions.Engine }

type pauseKey struct{}

func pausing(ctx context.Context) func() {
	if pause, ok := ctx.Value(pauseKey{}).(func()); ok {
		return pause
	}
	return func() {}
}

func (s slowStore) Load(ctx context.Context, key string) (sessions.Record, error) {
	pausing(ctx)()
	rec, err := s.Engine.Load(ctx, key)
	pausing(ctx)()
	return rec, err
}

func (s slowStore) Delete(ctx context.Context, key string) error {
	pausing(ctx)()
	err := s.Engine.Delete(ctx, key)
	pausing(ctx)()
	return err
}

// Traits says, as the memory engine would, that nobody else can write a record.
func (s slowStore) Traits() sessions.Traits { return sessions.Traits{Private: true} }

// onCache starts a reader and a sign-out on a store with a cache before it.
func (p Preset) onCache(
	join func(store sessions.Engine, c *cache.Memory) sessions.Engine,
) (*running, error) {
	store, copies := memory(), memory()
	m, err := sessions.New(sessions.Config{Engine: join(slowStore{store}, copies)})
	if err != nil {
		return nil, err
	}
	key, err := p.store(m)
	if err != nil {
		return nil, err
	}
	look := func(place string, e sessions.Engine) Record {
		r, _ := layerRecord(m, e, key)
		r.Place = place
		return r
	}
	next := func() Record { // what a request would see that comes now
		s := m.Open(context.Background(), key)
		s.Ended()
		seen := sessions.Peek(s)
		return Record{"the next request", seen.Stored, layerEntries(seen.Entries)}
	}
	return &running{
		[2]*request{begin(reading(m, key)), begin(signingOut(m, key))},
		func() []Record { return []Record{look("the store", store), look("the cache", copies)} },
		func(answers [2]int, _ []Record) (Outcome, string) { return judgeCache(next()) },
	}, nil
}

// reading asks the cache and the store, with a pause before and after the store's answer.
func reading(m *sessions.Manager, key string) func(*request, func()) {
	return func(r *request, pause func()) {
		steps := 0
		counted := func() { steps++; pause() }
		s := m.Open(context.WithValue(context.Background(), pauseKey{}, counted), key)
		s.Ended()
		entries := layerEntries(sessions.Peek(s).Entries)
		r.sees = func() []Entry { return entries }
		for ; steps < StepsEach-1; steps++ { // the cache had it: there was nothing to wait for
			pause()
		}
		r.status = http.StatusOK
	}
}

// signingOut loads the session, and ends it with a pause before and after the store's answer.
func signingOut(m *sessions.Manager, key string) func(*request, func()) {
	return func(r *request, pause func()) {
		ctx := &switched{Context: context.Background()}
		s := m.Open(ctx, key)
		s.Ended()
		entries := layerEntries(sessions.Peek(s).Entries)
		r.sees = func() []Entry { return entries }
		pause()
		steps := 1
		ctx.pause = func() { steps++; pause() }
		s.Flush()
		entries = nil
		status := http.StatusOK
		if err := s.Save(); err != nil {
			status = sessions.Status(err)
		}
		for ; steps < StepsEach-1; steps++ { // the session had ended before: there was nothing to delete
			pause()
		}
		r.status = status
	}
}

// switched is a context whose pauses begin later.
type switched struct {
	context.Context
	pause func()
}

// Value gives the pause once there is one.
func (s *switched) Value(key any) any {
	if key == (pauseKey{}) && s.pause != nil {
		return s.pause
	}
	return s.Context.Value(key)
}
