package sessionstest

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"sessionlab/sessions"
)

// mapEngine is the smallest engine that keeps all promises. With a flaw it breaks
// one of them, for the suite to notice.
type mapEngine struct {
	flaw    flaw
	bare    bool // keeps Used alone, as package file does
	mu      sync.Mutex
	records map[string]sessions.Record
}

type flaw string

func newMap(f flaw) *mapEngine {
	return &mapEngine{flaw: f, bare: f == "clears without asking", records: map[string]sessions.Record{}}
}

func (e *mapEngine) has(f flaw) bool { return e.flaw == f }

func (e *mapEngine) enter(ctx context.Context) error {
	if e.has("ignores contexts") {
		return nil
	}
	return ctx.Err()
}

func (e *mapEngine) copied(b []byte) []byte {
	if e.has("cuts long data") && len(b) > 65535 {
		b = b[:65535]
	}
	if e.has("trims space") {
		b = bytes.TrimSpace(b)
	}
	if e.has("shares slices") {
		return b
	}
	return bytes.Clone(b)
}

// gone reports whether there is no valid record. The caller holds the lock.
func (e *mapEngine) gone(key string) bool {
	rec, ok := e.records[key]
	return !ok || rec.Expired(time.Now()) && !e.has("serves expired records")
}

func (e *mapEngine) Load(ctx context.Context, key string) (sessions.Record, error) {
	if err := e.enter(ctx); err != nil {
		return sessions.Record{}, err
	}
	if e.has("complains of odd keys") && !sessions.ValidKey(key) {
		return sessions.Record{}, context.DeadlineExceeded
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gone(key) {
		if e.has("creates on load") && e.records[key].Data == nil {
			e.records[key] = sessions.Record{}
		}
		return sessions.Record{}, sessions.ErrNotFound
	}
	rec := e.records[key]
	rec.Data = e.copied(rec.Data)
	if e.has("returns local time") {
		rec.Expires = rec.Expires.In(time.FixedZone("CET", 3600))
	}
	if e.has("loads once") {
		delete(e.records, key)
	}
	return rec, nil
}

func (e *mapEngine) Create(ctx context.Context, rec sessions.Record) (string, error) {
	if err := e.enter(ctx); err != nil {
		return "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	key := sessions.NewKey()
	switch e.flaw {
	case "makes odd keys":
		key = "K-" + key
	case "makes one key":
		key = "00000000000000000000000000000000"
	case "stores expired records":
		rec.Expires = time.Time{}
	}
	if !rec.Expired(time.Now()) {
		e.keep(key, rec)
	}
	return key, nil
}

func (e *mapEngine) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	if err := e.enter(ctx); err != nil {
		return "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gone(key) && !e.has("inserts on replace") {
		return "", sessions.ErrNotFound
	}
	if string(e.records[key].Data) != string(old.Data) && !e.has("replaces whatever is there") && !e.has("inserts on replace") {
		return "", sessions.ErrConflict
	}
	if e.has("looks, then writes") {
		e.mu.Unlock()
		time.Sleep(50 * time.Microsecond)
		e.mu.Lock()
	}
	if rec.Expired(time.Now()) && !e.has("stores expired records") {
		delete(e.records, key)
		return key, nil
	}
	if e.has("keeps the old times") {
		stored := e.records[key]
		rec.Saved, rec.Used, rec.Expires = stored.Saved, stored.Used, stored.Expires
	}
	if e.has("replaces nothing") {
		return key, nil
	}
	e.keep(key, rec)
	return key, nil
}

// keep stores what this engine keeps of rec. The caller holds the lock.
func (e *mapEngine) keep(key string, rec sessions.Record) {
	if e.bare {
		rec.Saved, rec.Expires = time.Time{}, time.Time{}
	}
	rec.Data = e.copied(rec.Data)
	e.records[key] = rec
}

func (e *mapEngine) Delete(ctx context.Context, key string) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.records[key]; !ok && e.has("misses what it deletes") {
		return sessions.ErrNotFound
	}
	if e.has("deletes nothing") {
		return nil
	}
	delete(e.records, key)
	return nil
}

func (e *mapEngine) Touch(ctx context.Context, key string, rec sessions.Record) (string, error) {
	if err := e.enter(ctx); err != nil {
		return "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gone(key) && !e.has("touches what is gone") {
		return "", sessions.ErrNotFound
	}
	stored := e.records[key]
	if e.has("touches with what it read") {
		e.mu.Unlock()
		time.Sleep(50 * time.Microsecond)
		e.mu.Lock()
	}
	back := e.has("touches backwards")
	if back || rec.Used.After(stored.Used) && !e.has("touches nothing") {
		stored.Used = rec.Used
	}
	if back || !e.bare && rec.Expires.After(stored.Expires) && !e.has("touches nothing") {
		stored.Expires = rec.Expires
	}
	if e.has("touches Saved") {
		stored.Saved = rec.Saved
	}
	e.records[key] = stored
	return key, nil
}

func (e *mapEngine) Clear(ctx context.Context, ends func(sessions.Record) time.Time, progress func(done, total int)) (n int, err error) {
	end := func(rec sessions.Record) sessions.Record { // with the time when it ends
		switch {
		case e.has("clears without asking"):
			rec.Expires = rec.Used.Add(30 * time.Minute)
		case e.bare && ends != nil:
			rec.Expires = ends(rec)
		}
		return rec
	}
	e.mu.Lock()
	var keys []string
	for key, rec := range e.records {
		rec = end(rec)
		if rec.Expired(time.Now()) || e.has("clears all") || e.has("clears what it saw") && rec.Expired(time.Now().Add(20*time.Second)) {
			keys = append(keys, key)
		}
	}
	e.mu.Unlock()
	for i, key := range keys {
		if i%1000 == 0 && !e.has("clears in one go") {
			if progress != nil && i > 0 {
				progress(i, len(keys))
			}
			if err := e.enter(ctx); err != nil {
				return n, err
			}
			time.Sleep(50 * time.Microsecond)
			if e.has("clears what it saw") {
				time.Sleep(20 * time.Millisecond) // long enough for a renewal to come in between
			}
		}
		e.mu.Lock()
		if e.gone(key) || end(e.records[key]).Expired(time.Now()) || e.has("clears all") || e.has("clears what it saw") {
			delete(e.records, key)
			n++
		}
		e.mu.Unlock()
	}
	if progress != nil {
		progress(len(keys), len(keys))
	}
	return n, e.enter(ctx)
}

func (e *mapEngine) List(ctx context.Context, yield func(key string, rec sessions.Record) bool) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	keys := func() []string {
		e.mu.Lock()
		defer e.mu.Unlock()
		return slices.Sorted(maps.Keys(e.records))
	}
	all := keys()
	if e.has("lists twice") {
		all = append(all, all...)
	}
	for i := 0; i < len(all); i++ {
		if e.has("lists by position") {
			if all = keys(); i >= len(all) {
				break
			}
		}
		e.mu.Lock()
		rec := e.records[all[i]]
		gone := e.gone(all[i]) && !(e.has("lists the expired") && rec.Data != nil)
		rec.Data = e.copied(rec.Data)
		e.mu.Unlock()
		if !gone && !yield(all[i], rec) && !e.has("lists on") {
			break
		}
	}
	return nil
}

func (e *mapEngine) Traits() sessions.Traits {
	return sessions.Traits{Private: true, InCookie: e.has("says that the browser keeps it")}
}

func (e *mapEngine) Locate(key string) sessions.Location {
	if e.has("cannot say where") {
		return sessions.Location{}
	}
	return sessions.Location{Place: "map in this test"}
}
