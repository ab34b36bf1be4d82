package sessions

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
)

// Session is the dictionary that a handler sees: what one visitor's record holds. It is
// loaded at its first use and saved before the first byte of the answer.
//
// Values are encoded when they are set and decoded when they are read, each on its own,
// so nothing that a handler holds is shared with the session. A Session is safe for
// concurrent use, but is meant for one request.
//
// Methods return no error: the first one sticks, [Session.Err] tells it, nothing is saved
// from then on, and the middleware answers with it.
type Session struct {
	m   *Manager
	ctx requestContext // the request's, and the session in it

	mu      sync.Mutex
	calling atomic.Bool // a function of the caller's runs while the lock is held, see call

	txn    txn
	values scsView // the entries; scs keeps them
	base   base    // the record that the transaction stands on
	plan   plan    // what the next save has to do beside writing entries

	accessed, modified bool
	expired            bool  // the cookie named a session that has expired, and no other one
	phase              phase // of the answer
	err                error

	apart  apart  // ctx for scs
	client client // what the browser sent, and what it holds once it has the answer
}

// base is a record as it was loaded or last stored, under its key; "" if there is none.
type base struct {
	key   string
	rec   Record // what Replace compares
	times times
}

// plan is what a save has to do beside writing entries.
type plan struct {
	save  bool     // there is something to save
	renew bool     // but only to renew the times, for SaveEveryRequest
	cycle bool     // the record moves to a new key
	end   []string // keys whose records Flush ends
}

// requestContext finds the session in the context of its request.
type requestContext struct {
	context.Context
	s *Session
}

type contextKey struct{}

// Value gives the session, and whatever else the request's own context has.
func (c *requestContext) Value(key any) any {
	if key == (contextKey{}) {
		return c.s
	}
	return c.Context.Value(key)
}

// From returns the session of the request. It panics if the request has not come through
// [Manager.Middleware], as that is a mistake in the routes.
func From(r *http.Request) *Session {
	if s, ok := FromContext(r.Context()); ok {
		return s
	}
	panic("sessions: no session in " + r.URL.Path + ": its route is outside of Manager.Middleware")
}

// FromContext returns the session of the request that ctx belongs to, if it has one.
func FromContext(ctx context.Context) (*Session, bool) {
	s, ok := ctx.Value(contextKey{}).(*Session)
	return s, ok
}

// NewContext returns a context in which [From] and [FromContext] find s: for tests of
// handlers, with a session of [Manager.Open].
func NewContext(ctx context.Context, s *Session) context.Context {
	return context.WithValue(ctx, contextKey{}, s)
}

// Get decodes the value of name into dst, a pointer, and reports whether it was there
// and fits. A value of another type counts as absent, and an event tells of it.
func (s *Session) Get(name string, dst any) bool {
	s.lock()
	defer s.mu.Unlock()
	if !s.load() {
		return false
	}
	raw := s.txn.get(name)
	if raw == nil {
		return false
	}
	if err := unmarshalValue(raw, dst); err != nil {
		s.mismatch(name, err)
		return false
	}
	return true
}

// Has reports whether there is a value of this name, of whatever type.
func (s *Session) Has(name string) bool {
	s.lock()
	defer s.mu.Unlock()
	return s.load() && s.txn.get(name) != nil
}

// Set stores v, anything that JSON can hold, under name. What JSON cannot hold is an
// [ErrValue] at once; Django finds out at the save.
func (s *Session) Set(name string, v any) {
	raw, err := marshalValue(v)
	s.lock()
	defer s.mu.Unlock()
	if err != nil {
		s.fail(fmt.Errorf("%w: %q: %w", ErrValue, name, err))
	} else if s.change() {
		s.changed(true, s.txn.set(name, raw))
	}
}

// SetDefault stores v under name if there is no value yet, and reports whether it did.
func (s *Session) SetDefault(name string, v any) bool {
	raw, err := marshalValue(v)
	s.lock()
	defer s.mu.Unlock()
	if err != nil {
		s.fail(fmt.Errorf("%w: %q: %w", ErrValue, name, err))
		return false
	}
	if !s.change() {
		return false
	}
	stored, err := s.txn.setDefault(name, raw)
	s.changed(stored, err)
	return stored
}

// Update stores every entry of values, in the order of their names, and counts as a
// change even if there is none, like Django's update.
func (s *Session) Update(values map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		s.Set(name, values[name])
	}
	s.MarkModified()
}

// Delete removes the value of name and reports whether there was one; an absent one
// changes nothing.
func (s *Session) Delete(name string) bool {
	s.lock()
	defer s.mu.Unlock()
	if !s.change() {
		return false
	}
	found, err := s.txn.remove(name)
	s.changed(found, err)
	return found && err == nil
}

// Pop decodes the value of name into dst, removes it, and reports whether there was one
// that fits; otherwise nothing is removed.
func (s *Session) Pop(name string, dst any) bool {
	return s.Get(name, dst) && s.Delete(name)
}

// Keys returns the names of all entries, in the order in which they were first set, the
// reserved ones (with an underscore) among them.
func (s *Session) Keys() []string {
	var names []string
	for name := range s.Items() {
		names = append(names, name)
	}
	return names
}

// Items gives all entries in the order in which they were first set. It is a picture of
// the moment of the call: the loop may change the session. What Django's json module wrote
// and JSON does not know, such as NaN, is given as it is stored.
func (s *Session) Items() iter.Seq2[string, json.RawMessage] {
	s.lock()
	defer s.mu.Unlock()
	var entries []Entry
	if s.load() {
		entries = s.txn.entries()
	}
	return func(yield func(string, json.RawMessage) bool) {
		for _, e := range entries {
			if !yield(e.Name, json.RawMessage(e.Value)) {
				return
			}
		}
	}
}

// Clear deletes every entry that is there now; what other requests add meanwhile stays. A
// session that is empty when it is saved has its record deleted, where Django keeps an
// empty one.
func (s *Session) Clear() {
	s.lock()
	defer s.mu.Unlock()
	if s.change() {
		s.changed(true, s.txn.clear())
	}
}

// Flush ends the session, whatever other requests do to it: all entries go, and when it is
// saved so do the record and the cookie. Sign-out calls it. It ends every session that the
// request's cookies name, up to three, so that none of them signs the visitor in again.
// What is set afterwards makes a new session under a new key.
func (s *Session) Flush() {
	s.lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	s.accessed, s.modified = true, true
	s.readCookies()
	s.plan = plan{save: true, end: append(s.plan.end, s.client.named...)}
	if key := s.base.key; key != "" && !slices.Contains(s.plan.end, key) {
		s.plan.end = append(s.plan.end, key)
	}
	s.client.named, s.client.ended = nil, true
	s.fresh()
}

// CycleKey moves the session to a new key when it is saved, so that whoever knew the old
// one has nothing: call it whenever a visitor gains rights, at sign-in above all. The new
// record is stored before the old one goes.
func (s *Session) CycleKey() {
	s.lock()
	defer s.mu.Unlock()
	if s.change() {
		s.plan.cycle = true
		s.changed(true, nil)
	}
}

// Accessed reports whether the session was used at all. Saving does not reset it.
func (s *Session) Accessed() bool { s.lock(); defer s.mu.Unlock(); return s.accessed }

// Modified reports whether the session was changed in this request, saved or not.
func (s *Session) Modified() bool { s.lock(); defer s.mu.Unlock(); return s.modified }

// MarkModified has the session saved, which renews its expiry, although no entry changed.
func (s *Session) MarkModified() {
	s.lock()
	defer s.mu.Unlock()
	if s.change() {
		s.changed(true, nil)
	}
}

// Empty reports whether the session holds nothing and has no record. Before the first use
// it loads nothing: a cookie with the shape of a key then counts as a session.
func (s *Session) Empty() bool {
	s.lock()
	defer s.mu.Unlock()
	if !s.loaded() {
		s.readCookies()
		return len(s.client.named) == 0
	}
	return s.base.key == "" && s.values.empty()
}

// Ended reports whether the visitor came with a session that has expired, and with no
// other one: the reason to tell them why they have to sign in again. It loads the session.
func (s *Session) Ended() bool { s.lock(); defer s.mu.Unlock(); s.load(); return s.expired }

// Key returns the session's key, "" if it has no record yet. It is a secret like a
// password: show it to nobody but its owner, and use [Session.ID] in logs.
func (s *Session) Key() string { s.lock(); defer s.mu.Unlock(); return s.base.key }

// ID returns the short hash by which events and logs name this session.
func (s *Session) ID() ID { return s.m.ID(s.Key()) }

// Err returns the first error that befell the session, nil if there was none.
func (s *Session) Err() error { s.lock(); defer s.mu.Unlock(); return s.err }

// Manager returns the manager that the session belongs to.
func (s *Session) Manager() *Manager { return s.m }

// Django's test cookie: an ordinary entry that tells, one request later, whether the
// browser sends cookies back.
const testCookie Key[string] = "testcookie"

// SetTestCookie stores the entry that [Session.TestCookieWorked] looks for.
func (s *Session) SetTestCookie() { testCookie.Set(s, "worked") }

// TestCookieWorked reports whether the test cookie came back.
func (s *Session) TestCookieWorked() bool { return testCookie.Get(s) == "worked" }

// DeleteTestCookie removes the entry.
func (s *Session) DeleteTestCookie() { testCookie.Delete(s) }

// change begins a change: it loads the session and reports whether it can be changed.
func (s *Session) change() bool { return s.load() && s.err == nil }

// changed ends a change: did tells whether there is something to save now.
func (s *Session) changed(did bool, err error) {
	if err != nil {
		s.fail(err)
	} else if did {
		s.modified, s.plan.save, s.plan.renew = true, true, false
	}
}
