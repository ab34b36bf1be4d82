package sessions

import (
	"context"
	"errors"
	"time"

	"github.com/alexedwards/scs/v2"
)

// This file is all that knows alexedwards/scs, which keeps the entries of one request with
// their lock and status. scs sees the bridge as its Store and its Codec; the session that a
// call belongs to travels in the context. What scs calls a deadline carries when the data
// was encoded: when a session ends is said in policy.go alone.

// scsView is the view of a request's entries that scs keeps in ctx.
type scsView struct {
	m   *Manager
	ctx context.Context
}

func (v *scsView) get(name string) *slot {
	s, _ := v.m.scs.Get(v.ctx, name).(*slot)
	return s
}

func (v *scsView) put(name string, s *slot) { v.m.scs.Put(v.ctx, name, s) }
func (v *scsView) remove(name string)       { v.m.scs.Remove(v.ctx, name) }

func (v *scsView) slots() []*slot {
	names := v.m.scs.Keys(v.ctx)
	all := make([]*slot, 0, len(names))
	for _, name := range names {
		all = append(all, v.get(name))
	}
	return all
}

// raw is an entry's value; it tells the transaction nothing.
func (v *scsView) raw(name string) []byte {
	if s := v.get(name); s != nil {
		return s.Value
	}
	return nil
}

// empty reports whether there is no entry worth a record.
func (v *scsView) empty() bool {
	names := v.m.scs.Keys(v.ctx)
	return len(names) == 0 || len(names) == 1 && names[0] == savedKey
}

// stamp is when the data was encoded, zero if the codec keeps no time.
func (v *scsView) stamp() time.Time { return v.m.scs.Deadline(v.ctx) }

// newSCS makes the manager that keeps the entries. It is a literal, since scs.New starts a
// goroutine that nothing stops.
func newSCS(m *Manager) *scs.SessionManager {
	return &scs.SessionManager{Store: bridge{m}, Codec: bridge{m}}
}

// emptyView has no entries.
func (m *Manager) emptyView(ctx *apart) scsView {
	data, _ := m.scs.Load(ctx, "") // no token: it asks nobody and cannot fail
	return scsView{m, data}
}

// loadView loads and decodes a record, for the session that ctx carries. Whoever calls it
// stands the session on the record, or on another one.
func (m *Manager) loadView(ctx context.Context, s *Session, key string) (scsView, Record, error) {
	data, err := m.scs.Load(ctx, key)
	return scsView{m, data}, s.base.rec, err
}

// encode returns the bytes of a record. ctx is that of the entries.
func (m *Manager) encode(ctx *saving) ([]byte, error) {
	_, _, err := m.scs.Commit(ctx) // goes on in bridge.Encode
	return ctx.encoded, err
}

// apart hides what another scs.SessionManager has put into the context. Every one that is
// made as a literal uses the same key as ours.
type apart struct{ *requestContext }

// Value gives what the context has, unless scs asks.
func (c *apart) Value(key any) any {
	if key == scsKey {
		return nil
	}
	return c.requestContext.Value(key)
}

// scsKey is the key under which a literal scs.SessionManager looks for its data.
var scsKey = func() any {
	var p probe
	_, _ = (&scs.SessionManager{}).Load(&p, "")
	return p.key
}()

// probe finds out which key it is asked for.
type probe struct {
	context.Context
	key any
}

func (p *probe) Value(key any) any { p.key = key; return nil }

// bridge is scs's Store and Codec.
type bridge struct{ m *Manager }

var errNoContext = errors.New("sessions: the bridge needs a context")

// FindCtx loads the record for scs. What scs has no room for is left in the session.
func (b bridge) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	rec, err := b.m.cfg.Engine.Load(ctx, key)
	ctx.Value(contextKey{}).(*Session).base.rec = rec
	return rec.Data, err == nil, err
}

// Decode gives scs a map of slots, which remember the order of the entries.
func (b bridge) Decode(data []byte) (time.Time, map[string]any, error) {
	entries, stamp, err := b.m.decode(data)
	if err != nil {
		return time.Time{}, nil, err
	}
	slots := make([]slot, len(entries))
	values := make(map[string]any, len(entries)+1)
	for i, e := range entries {
		slots[i] = slot{e, int64(i)}
		values[e.Name] = &slots[i]
	}
	if _, ok := values[movedKey]; ok {
		return time.Time{}, nil, ErrNotFound // the session has another key by now
	}
	return stamp, values, nil
}

// Encode turns scs's map back into the bytes of a record, nil if there is no entry worth one.
func (b bridge) Encode(_ time.Time, values map[string]any) ([]byte, error) {
	var few [16]*slot
	slots := few[:0]
	for _, v := range values {
		slots = append(slots, v.(*slot))
	}
	if _, ok := values[savedKey]; len(values) == 0 || ok && len(values) == 1 {
		return nil, nil
	}
	entries := ordered(slots)
	if size := objectSize(entries); size > b.m.cfg.MaxSize {
		return nil, TooLarge(size, b.m.cfg.MaxSize, entries)
	}
	return b.m.cfg.Codec.Encode(entries)
}

// CommitCtx takes the encoded entries from scs. They are stored in save.go: scs would ask
// for an upsert, and an upsert would write back a session that was ended.
func (b bridge) CommitCtx(ctx context.Context, _ string, data []byte, _ time.Time) error {
	ctx.(*saving).encoded = data
	return nil
}

// The rest of scs's interfaces is not used: without a context there is no session.

func (bridge) DeleteCtx(context.Context, string) error { return errNoContext }
func (bridge) Find(string) ([]byte, bool, error)       { return nil, false, errNoContext }
func (bridge) Commit(string, []byte, time.Time) error  { return errNoContext }
func (bridge) Delete(string) error                     { return errNoContext }
