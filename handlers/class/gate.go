package class

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"sessionlab/sessions"
)

// errSilent is what a store that does not answer comes to.
var errSilent = errors.New("class: the store is silent, as the teacher wanted")

// silentWait is how long a request waits for a silent store before it gives up.
const silentWait = 300 * time.Millisecond

// Gate stands in front of the engines. For the experiments it has their stores go silent, all
// at once and for a bounded time. It also keeps to itself where on the teacher's disk a store
// is. The zero Gate is open; it is safe for concurrent use.
type Gate struct {
	until atomic.Int64 // microseconds
	met   atomic.Int64 // calls that met the silence
}

// Silence has all stores answer nothing for d.
func (g *Gate) Silence(d time.Duration) {
	g.met.Store(0)
	g.until.Store(time.Now().Add(d).UnixMicro())
}

// pass waits in vain if the stores are silent.
func (g *Gate) pass(ctx context.Context) error {
	if time.Now().UnixMicro() >= g.until.Load() {
		return nil
	}
	g.met.Add(1)
	select {
	case <-time.After(silentWait):
		return errSilent
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Engine is e behind the gate. What e cannot do, the engine that is returned does not do
// either, or does as the layer would.
func (g *Gate) Engine(e sessions.Engine) sessions.Engine { return &gated{e, g} }

type gated struct {
	sessions.Engine
	gate *Gate
}

var (
	_ sessions.Toucher    = (*gated)(nil)
	_ sessions.Clearer    = (*gated)(nil)
	_ sessions.Lister     = (*gated)(nil)
	_ sessions.Describer  = (*gated)(nil)
	_ sessions.KeyChecker = (*gated)(nil)
	_ sessions.Locator    = (*gated)(nil)
)

func (e *gated) Load(ctx context.Context, key string) (sessions.Record, error) {
	if err := e.gate.pass(ctx); err != nil {
		return sessions.Record{}, err
	}
	return e.Engine.Load(ctx, key)
}

func (e *gated) Create(ctx context.Context, rec sessions.Record) (string, error) {
	if err := e.gate.pass(ctx); err != nil {
		return "", err
	}
	return e.Engine.Create(ctx, rec)
}

func (e *gated) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	if err := e.gate.pass(ctx); err != nil {
		return "", err
	}
	return e.Engine.Replace(ctx, key, old, rec)
}

func (e *gated) Delete(ctx context.Context, key string) error {
	if err := e.gate.pass(ctx); err != nil {
		return err
	}
	return e.Engine.Delete(ctx, key)
}

// Touch touches where the engine can. All engines of the lab can.
func (e *gated) Touch(ctx context.Context, key string, rec sessions.Record) (string, error) {
	t, ok := e.Engine.(sessions.Toucher)
	if !ok {
		return "", sessions.ErrUnsupported
	}
	if err := e.gate.pass(ctx); err != nil {
		return "", err
	}
	return t.Touch(ctx, key, rec)
}

func (e *gated) Clear(
	ctx context.Context, ends func(sessions.Record) time.Time, progress func(done, total int),
) (int, error) {
	if c, ok := e.Engine.(sessions.Clearer); ok {
		return c.Clear(ctx, ends, progress)
	}
	return 0, sessions.ErrUnsupported
}

func (e *gated) List(ctx context.Context, yield func(string, sessions.Record) bool) error {
	if l, ok := e.Engine.(sessions.Lister); ok {
		return l.List(ctx, yield)
	}
	return nil // what is in cookies cannot be listed
}

func (e *gated) Traits() sessions.Traits {
	if d, ok := e.Engine.(sessions.Describer); ok {
		return d.Traits()
	}
	return sessions.Traits{}
}

func (e *gated) ValidKey(key string) bool {
	if k, ok := e.Engine.(sessions.KeyChecker); ok {
		return k.ValidKey(key)
	}
	return sessions.ValidKey(key)
}

// Locate names files without the directories that lead to them.
func (e *gated) Locate(key string) sessions.Location {
	l, ok := e.Engine.(sessions.Locator)
	if !ok {
		return sessions.Location{Place: "record", Key: "key", Data: "data", Expires: "expires"}
	}
	at := l.Locate(key)
	if strings.ContainsAny(at.Store, `/\`) {
		at.Store = filepath.Base(at.Store)
	}
	return at
}

// Forget empties the engine if it is in memory, as a restart does.
func (e *gated) Forget(ctx context.Context) error {
	if f, ok := e.Engine.(interface{ Forget(context.Context) error }); ok {
		return f.Forget(ctx)
	}
	return nil
}
