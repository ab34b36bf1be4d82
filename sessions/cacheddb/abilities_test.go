package cacheddb_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/cacheddb"
)

// What an engine lists is what the store has: the cache holds copies of some, and of some
// that somebody else has ended.
func TestListAsksTheStore(t *testing.T) {
	store := sqlite(t)
	e := cacheddb.New(store, memory(), cacheddb.Options{})
	kept, ended := create(t, e, valid("kept")), create(t, e, valid("ended"))
	for _, key := range []string{kept, ended} {
		if _, err := e.Load(t.Context(), key); err != nil { // both are in the cache now
			t.Fatal(err)
		}
	}
	if err := store.Delete(t.Context(), ended); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	err := e.List(t.Context(), func(key string, rec sessions.Record) bool {
		got[key] = string(rec.Data)
		return true
	})
	if len(got) != 1 || got[kept] != "kept" || err != nil {
		t.Errorf("List = %v, %v, want the record that was kept", got, err)
	}
	e = cacheddb.New(struct{ sessions.Engine }{store}, memory(), cacheddb.Options{})
	if err := e.List(t.Context(), nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("List on a store without it: err = %v, want %v", err, errors.ErrUnsupported)
	}
}

// described says what it is told to.
type described struct {
	*cache.Memory
	traits sessions.Traits
}

func (d described) Traits() sessions.Traits { return d.traits }

// Records are private only where nobody else can write them, in the store or the cache.
func TestTraitsAreThoseOfBoth(t *testing.T) {
	private := described{memory(), sessions.Traits{Private: true}}
	open := described{memory(), sessions.Traits{}}
	cookie := described{memory(), sessions.Traits{Private: true, InCookie: true}}
	for _, c := range []struct {
		name         string
		store, cache described
		want         sessions.Traits
	}{
		{"both private", private, private, sessions.Traits{Private: true}},
		{"a cache that others write", private, open, sessions.Traits{}},
		{"a store that others write", open, private, sessions.Traits{}},
		{"in the cookie", cookie, open, sessions.Traits{InCookie: true}},
	} {
		if got := cacheddb.New(c.store, c.cache, cacheddb.Options{}).Traits(); got != c.want {
			t.Errorf("%s: Traits = %+v, want %+v", c.name, got, c.want)
		}
	}
	if got := cacheddb.New(sqlite(t), memory(), cacheddb.Options{}).Traits(); got != (sessions.Traits{}) {
		t.Errorf("a table: Traits = %+v, want none", got)
	}
}

// bare hides all but the four methods and notes what is replaced.
type bare struct {
	sessions.Engine
	last sessions.Record
}

func (b *bare) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	b.last = rec
	return b.Engine.Replace(ctx, key, old, rec)
}

// A touch moves the times of use and of expiry, forward only, and nothing else.
func TestTouchOnAStoreWithoutIt(t *testing.T) {
	store := &bare{Engine: memory()}
	e := cacheddb.New(store, memory(), cacheddb.Options{})
	rec := valid("data")
	key := create(t, e, rec)
	later := sessions.Record{Data: []byte("other"), Saved: rec.Saved.Add(time.Minute), Used: rec.Saved.Add(time.Minute), Expires: rec.Expires.Add(time.Minute)}
	if _, err := e.Touch(t.Context(), key, later); err != nil {
		t.Fatal(err)
	}
	got := store.last
	if string(got.Data) != "data" || !got.Used.Equal(later.Used) || !got.Expires.Equal(later.Expires) || got.Saved.Equal(later.Saved) {
		t.Errorf("Touch stored %q saved %v used %v until %v", got.Data, got.Saved, got.Used, got.Expires)
	}
	earlier := sessions.Record{Expires: rec.Expires.Add(-time.Minute)}
	store.last = sessions.Record{}
	if _, err := e.Touch(t.Context(), key, earlier); err != nil || store.last.Data != nil {
		t.Errorf("Touch with an earlier expiry: %v, it stored %v", err, store.last)
	}
}

// recording notes what is put into the cache.
type recording struct {
	*cache.Memory
	put sessions.Record
}

func (r *recording) Put(ctx context.Context, key string, lease uint64, rec sessions.Record, ttl time.Duration) error {
	r.put = rec
	return r.Memory.Put(ctx, key, lease, rec, ttl)
}

func TestCopyHasTheTimesThatItsRecordWasGiven(t *testing.T) {
	c := &recording{Memory: memory()}
	e := cacheddb.New(sqlite(t), c, cacheddb.Options{})
	rec := valid("one")
	key := create(t, e, rec)
	next := sessions.Record{Data: []byte("two"), Saved: rec.Saved.Add(time.Second), Used: rec.Saved.Add(2 * time.Second), Expires: rec.Expires.Add(3 * time.Second)}
	replace(t, e, key, rec, next)
	if got := c.put; !got.Saved.Equal(next.Saved) || !got.Used.Equal(next.Used) || !got.Expires.Equal(next.Expires) {
		t.Errorf("the copy was saved %v, used %v, until %v, want %v, %v, %v", got.Saved, got.Used, got.Expires, next.Saved, next.Used, next.Expires)
	}
}

func TestNewWithoutAStoreOrACacheSaysSo(t *testing.T) {
	for name, f := range map[string]func(){
		"store": func() { cacheddb.New(nil, memory(), cacheddb.Options{}) },
		"cache": func() { cacheddb.New(memory(), nil, cacheddb.Options{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("New without a %s: no panic, so it would come with the first request", name)
				}
			}()
			f()
		}()
	}
}
