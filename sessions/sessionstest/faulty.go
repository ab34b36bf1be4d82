package sessionstest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sessionlab/sessions"
)

// Faulty is an engine that something happens to, for tests of what a program does when its
// store fails, is slow, or when somebody else is quicker. Hook is told of each step and may
// wait, do something in between, or fail the call by an error. The steps are:
//
//	before load, before create, before replace, before remove, before delete, before touch
//	after load, after create, after replace, after remove, after delete, after touch
//
// A call that fails before was not carried out; one that fails after was, as when the answer
// of a server is lost on its way. "after" is told only of calls that succeeded. A remove is a
// Replace by an expired record: the conditional delete of the layer.
//
// It has the traits of Engine and its shape of keys, and can touch if Engine can. It cannot
// clear or list. It is safe for concurrent use if Hook is.
type Faulty struct {
	sessions.Engine
	Hook func(step string) error
}

var (
	_ sessions.Toucher    = (*Faulty)(nil)
	_ sessions.KeyChecker = (*Faulty)(nil)
	_ sessions.Describer  = (*Faulty)(nil)
)

// FailAt returns a Hook that fails one step with err, each time.
func FailAt(step string, err error) func(step string) error {
	return func(now string) error {
		if now == step {
			return err
		}
		return nil
	}
}

func (f *Faulty) around(name string, call func() error) error {
	if err := f.Hook("before " + name); err != nil {
		return err
	}
	if err := call(); err != nil {
		return err
	}
	return f.Hook("after " + name)
}

// Load implements [sessions.Engine], as do the next three.
func (f *Faulty) Load(ctx context.Context, key string) (rec sessions.Record, err error) {
	err = f.around("load", func() (err error) { rec, err = f.Engine.Load(ctx, key); return err })
	return rec, err
}

func (f *Faulty) Create(ctx context.Context, rec sessions.Record) (key string, err error) {
	err = f.around("create", func() (err error) { key, err = f.Engine.Create(ctx, rec); return err })
	return key, err
}

func (f *Faulty) Replace(ctx context.Context, key string, old, rec sessions.Record) (newKey string, err error) {
	name := "replace"
	if rec.Expired(time.Now()) {
		name = "remove"
	}
	err = f.around(name, func() (err error) { newKey, err = f.Engine.Replace(ctx, key, old, rec); return err })
	return newKey, err
}

func (f *Faulty) Delete(ctx context.Context, key string) error {
	return f.around("delete", func() error { return f.Engine.Delete(ctx, key) })
}

// Touch implements [sessions.Toucher]. Without an Engine that can touch it fails with an
// error that wraps [errors.ErrUnsupported].
func (f *Faulty) Touch(ctx context.Context, key string, rec sessions.Record) (newKey string, err error) {
	toucher, ok := f.Engine.(sessions.Toucher)
	if !ok {
		return "", fmt.Errorf("sessionstest: touch: %w", errors.ErrUnsupported)
	}
	err = f.around("touch", func() (err error) { newKey, err = toucher.Touch(ctx, key, rec); return err })
	return newKey, err
}

// ValidKey implements [sessions.KeyChecker].
func (f *Faulty) ValidKey(key string) bool {
	if c, ok := f.Engine.(sessions.KeyChecker); ok {
		return c.ValidKey(key)
	}
	return sessions.ValidKey(key)
}

// Traits implements [sessions.Describer].
func (f *Faulty) Traits() sessions.Traits {
	if d, ok := f.Engine.(sessions.Describer); ok {
		return d.Traits()
	}
	return sessions.Traits{}
}
