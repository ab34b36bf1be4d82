package sessions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// bridge joins the two halves: alexedwards/scs keeps one request's values with their lock
// and status, an Engine keeps the records. scs sees the bridge as its Store and its Codec;
// the session that a call belongs to travels in the context.
type bridge struct{ m *Manager }

var errNoContext = errors.New("sessions: the bridge needs a context")

// FindCtx loads the record for scs. What scs has no room for is left in the session.
func (b bridge) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	s := ctx.Value(contextKey{}).(*Session)
	rec, err := b.m.cfg.Engine.Load(ctx, key)
	if err != nil {
		return nil, false, err
	}
	s.rec = rec
	return rec.Data, true, nil
}

// Decode gives scs a map of slots, which remember the order of the entries.
func (b bridge) Decode(data []byte) (time.Time, map[string]any, error) {
	entries, err := b.m.cfg.Codec.Decode(data)
	if err != nil {
		return time.Time{}, nil, &decodeError{err}
	}
	slots := make([]slot, len(entries))
	values := make(map[string]any, len(entries)+1)
	for i, e := range entries {
		slots[i] = slot{e, i}
		values[e.Name] = &slots[i]
	}
	return time.Time{}, values, nil
}

// decodeError tells a record that is no session from a store that fails.
type decodeError struct{ error }

// Encode turns scs's map back into the bytes of a record, nil for an empty session.
func (b bridge) Encode(_ time.Time, values map[string]any) ([]byte, error) {
	if len(values) == 0 {
		return nil, nil
	}
	var few [16]*slot
	slots := few[:0]
	for _, v := range values {
		slots = append(slots, v.(*slot))
	}
	entries := ordered(slots)
	data, err := b.m.cfg.Codec.Encode(entries)
	if err != nil {
		return nil, err
	}
	if len(data) > b.m.cfg.MaxSize {
		return nil, TooLarge(len(data), b.m.cfg.MaxSize, entries)
	}
	return data, nil
}

// CommitCtx stores the encoded values. scs asks for an upsert under a token of its own;
// the session knows whether this is a new record or the next state of an old one, and the
// engine makes the key. The record of a session that was emptied goes.
func (b bridge) CommitCtx(ctx context.Context, _ string, data []byte, _ time.Time) error {
	s := ctx.Value(contextKey{}).(*Session)
	rec := Record{Data: data, Saved: s.stamp.Saved, Expires: s.stamp.Expires}
	var key string
	var err error
	switch {
	case data == nil && s.key == "":
		return nil
	case data == nil:
		rec = Record{}
		_, err = b.m.cfg.Engine.Replace(ctx, s.key, s.rec, gone)
	case s.key == "":
		if err = s.allowCreate(); err == nil {
			key, err = b.m.cfg.Engine.Create(ctx, rec)
		}
	case s.cycle:
		key, err = b.m.cfg.Engine.Create(ctx, rec)
	default:
		key, err = b.m.cfg.Engine.Replace(ctx, s.key, s.rec, rec)
	}
	if err != nil {
		return err
	}
	s.key, s.rec = key, rec
	return nil
}

func (s *Session) allowCreate() error {
	if allow := s.m.cfg.AllowCreate; allow != nil && s.r != nil {
		if err := allow(s.r); err != nil {
			return fmt.Errorf("%w: %w", ErrTooMany, err)
		}
	}
	return nil
}

// The rest of scs's interfaces is not used: without a context there is no session.

func (bridge) DeleteCtx(context.Context, string) error { return errNoContext }
func (bridge) Find(string) ([]byte, bool, error)       { return nil, false, errNoContext }
func (bridge) Commit(string, []byte, time.Time) error  { return errNoContext }
func (bridge) Delete(string) error                     { return errNoContext }
