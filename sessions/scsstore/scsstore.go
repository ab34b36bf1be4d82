// Package scsstore joins this layer to the stores of alexedwards/scs, both ways: [Engine]
// makes an engine of any scs.Store, and [Store] hands an engine to a plain
// scs.SessionManager.
//
// An scs.Store can only find, set and delete. So an engine over one makes its look and its
// write in two steps: they are one step for the requests of this process, and for those of
// another process they are not. Where several processes share a store, parallel saves of
// one session may overwrite each other, and a save may revive a session that another
// process has just ended. Everything else that package sessionstest checks holds.
package scsstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"strconv"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"sessionlab/sessions"
)

// Engine returns an engine that keeps its records in store. If store is an scs.CtxStore,
// it is given the contexts of the calls.
func Engine(store scs.Store) sessions.Keyed {
	return &engine{store: store, seed: maphash.MakeSeed()}
}

type engine struct {
	store scs.Store
	seed  maphash.Seed
	locks [64]sync.Mutex // by the hash of a key: makes look and write one step in this process
}

func (e *engine) lock(key string) *sync.Mutex {
	l := &e.locks[maphash.String(e.seed, key)%uint64(len(e.locks))]
	l.Lock()
	return l
}

// A record is stored as its three times in microseconds and its data, since an scs.Store
// keeps a deadline but does not tell it.

func pack(rec sessions.Record) []byte {
	b := fmt.Appendf(nil, "%d %d %d ", rec.Saved.UnixMicro(), rec.Used.UnixMicro(), rec.Expires.UnixMicro())
	return append(b, rec.Data...)
}

// unpack reads what pack wrote. Anything else is damage, or somebody else's.
func unpack(b []byte) (rec sessions.Record, err error) {
	parts := bytes.SplitN(b, []byte(" "), 4)
	if len(parts) != 4 {
		return rec, fmt.Errorf("%w: no times in it", sessions.ErrDecode)
	}
	for i, at := range []*time.Time{&rec.Saved, &rec.Used, &rec.Expires} {
		n, err := strconv.ParseInt(string(parts[i]), 10, 64)
		if err != nil {
			return sessions.Record{}, fmt.Errorf("%w: %q is no time", sessions.ErrDecode, parts[i])
		}
		*at = time.UnixMicro(n).UTC()
	}
	rec.Data = bytes.Clone(parts[3])
	return rec, nil
}

func (e *engine) Load(ctx context.Context, key string) (sessions.Record, error) {
	if err := ctx.Err(); err != nil {
		return sessions.Record{}, fmt.Errorf("scsstore: load: %w", err)
	}
	var b []byte
	var found bool
	var err error
	if c, ok := e.store.(scs.CtxStore); ok {
		b, found, err = c.FindCtx(ctx, key)
	} else {
		b, found, err = e.store.Find(key)
	}
	if err == nil && !found {
		return sessions.Record{}, sessions.ErrNotFound
	}
	var rec sessions.Record
	if err == nil {
		rec, err = unpack(b)
	}
	if err != nil {
		return sessions.Record{}, fmt.Errorf("scsstore: load: %w", err)
	}
	if rec.Expired(time.Now()) {
		return sessions.Record{}, sessions.ErrExpired
	}
	return rec, nil
}

func (e *engine) Create(ctx context.Context, rec sessions.Record) (string, error) {
	return sessions.CreateKeyed(func(key string) error { return e.CreateUnder(ctx, key, rec) })
}

func (e *engine) CreateUnder(ctx context.Context, key string, rec sessions.Record) error {
	defer e.lock(key).Unlock()
	switch _, err := e.Load(ctx, key); {
	case err == nil:
		return sessions.ErrConflict
	case !errors.Is(err, sessions.ErrNotFound):
		return err
	}
	return e.put(ctx, key, rec)
}

func (e *engine) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	defer e.lock(key).Unlock()
	now, err := e.Load(ctx, key)
	if err != nil {
		return "", err
	}
	if string(now.Data) != string(old.Data) {
		return "", sessions.ErrConflict
	}
	if rec.Expired(time.Now()) {
		return key, e.remove(ctx, key)
	}
	return key, e.put(ctx, key, rec)
}

// Touch implements [sessions.Toucher]. It moves Used and Expires.
func (e *engine) Touch(ctx context.Context, key string, rec sessions.Record) (string, error) {
	defer e.lock(key).Unlock()
	now, err := e.Load(ctx, key)
	if err != nil {
		return "", err
	}
	if !rec.Used.After(now.Used) && !rec.Expires.After(now.Expires) {
		return key, nil
	}
	now.Used, now.Expires = later(now.Used, rec.Used), later(now.Expires, rec.Expires)
	return key, e.put(ctx, key, now)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (e *engine) Delete(ctx context.Context, key string) error {
	defer e.lock(key).Unlock()
	return e.remove(ctx, key)
}

func (e *engine) put(ctx context.Context, key string, rec sessions.Record) error {
	if rec.Expired(time.Now()) {
		return ctx.Err()
	}
	var err error
	if c, ok := e.store.(scs.CtxStore); ok {
		err = c.CommitCtx(ctx, key, pack(rec), rec.Expires)
	} else {
		err = e.store.Commit(key, pack(rec), rec.Expires)
	}
	if err != nil {
		return fmt.Errorf("scsstore: save: %w", err)
	}
	return nil
}

func (e *engine) remove(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("scsstore: delete: %w", err)
	}
	var err error
	if c, ok := e.store.(scs.CtxStore); ok {
		err = c.DeleteCtx(ctx, key)
	} else {
		err = e.store.Delete(key)
	}
	if err != nil {
		return fmt.Errorf("scsstore: delete: %w", err)
	}
	return nil
}

// Locate implements [sessions.Locator].
func (e *engine) Locate(string) sessions.Location {
	return sessions.Location{
		Place:   "record of an scs store",
		Store:   fmt.Sprintf("%T", e.store),
		Key:     "token",
		Data:    "data",
		Expires: "expiry",
	}
}
