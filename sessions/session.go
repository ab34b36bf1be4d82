package sessions

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
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
	m     *Manager
	r     *http.Request   // nil for Manager.Open
	base  context.Context // carries the session, but not yet its values
	head  http.Header     // of the answer; nil for Manager.Open
	lines [3]string       // in head, see addLine

	mu         sync.Mutex
	candidates []string              // keys in the request's cookies that have the shape of one
	room       [maxCandidates]string // for candidates
	cookieRead bool                  // candidates was filled in
	cookieSeen bool                  // the request carries a cookie of the name, whatever its value

	data  context.Context // carries the values, kept by scs; nil before the first use
	key   string          // what the record is stored under; "" if there is none
	rec   Record          // the record as it was loaded or last stored: what Replace compares
	stamp Record          // the times of the record that is about to be stored
	next  int             // sequence number of the next new entry

	ops   []op   // what was done, in order
	saved int    // how many of them are stored
	reads []read // what the handler was told of the loaded record
	all   bool   // it was told all of it

	accessed, modified bool
	pending            bool     // there is something to save
	cycle              bool     // under a new key
	doomed             []string // keys whose records Flush ends
	ended              bool     // the cookie named a session whose time had passed
	late               bool     // the answer's headers are on their way
	clientKey          string   // the key that the client holds once it has the answer
	err                error
}

// contextKey finds the session in a context.
type contextKey struct{}

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

// Load loads the session now, if it was not used before, and returns [Session.Err]. A page
// that only reads after [Session.Commit] calls it first, so that the answer's headers can
// say that it depends on the session.
func (s *Session) Load() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.load()
	return s.err
}

// Get decodes the value of name into dst, a pointer, and reports whether it was there
// and fits. A value of another type counts as absent, and an event tells of it.
func (s *Session) Get(name string, dst any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw := s.told(name)
	if raw == nil {
		return false
	}
	if err := unmarshalValue(raw, dst); err != nil {
		s.mismatch(name, err)
		return false
	}
	return true
}

// Raw returns the value of name as it is stored, and whether it is there. The caller must
// not change the bytes.
func (s *Session) Raw(name string) (json.RawMessage, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw := s.told(name)
	return json.RawMessage(raw), raw != nil
}

// told returns the value for a handler, nil if there is none, and notes that it was told.
func (s *Session) told(name string) jsontext.Value {
	if !s.load() {
		return nil
	}
	raw := s.value(name)
	s.noteRead(name, raw)
	return raw
}

// Has reports whether there is a value of this name.
func (s *Session) Has(name string) bool {
	_, ok := s.Raw(name)
	return ok
}

// Set stores v, anything that JSON can hold, under name. What JSON cannot hold is an
// [ErrValue] at once, not at the save (unlike Django B-016).
func (s *Session) Set(name string, v any) {
	raw, err := marshalValue(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.fail(fmt.Errorf("%w: %q: %w", ErrValue, name, err))
		return
	}
	s.do(op{kind: opSet, name: name, value: raw})
}

// SetDefault stores v under name if there is no value yet (Django B-009, B-010).
func (s *Session) SetDefault(name string, v any) {
	raw, err := marshalValue(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.fail(fmt.Errorf("%w: %q: %w", ErrValue, name, err))
		return
	}
	if s.load() && s.value(name) == nil {
		s.do(op{kind: opDefault, name: name, value: raw})
	}
}

// SetAll stores every entry of values, in the order of their names, and counts as a
// change even if there is none (Django's update, B-011).
func (s *Session) SetAll(values map[string]any) {
	for _, name := range slices.Sorted(mapKeys(values)) {
		s.Set(name, values[name])
	}
	s.MarkModified()
}

// Delete removes the value of name and reports whether there was one; an absent one
// changes nothing (Django B-004).
func (s *Session) Delete(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.load() || s.value(name) == nil {
		return false
	}
	s.do(op{kind: opDelete, name: name})
	return true
}

// Pop decodes the value of name into dst, removes it, and reports whether there was one
// that fits; otherwise nothing is removed (Django B-006, B-007).
func (s *Session) Pop(name string, dst any) bool {
	return s.Get(name, dst) && s.Delete(name)
}

// Keys returns the names of all entries, in the order in which they were first set, the
// reserved ones (with an underscore) among them (Django B-012, B-056).
func (s *Session) Keys() []string {
	var names []string
	for name := range s.Items() {
		names = append(names, name)
	}
	return names
}

// Items gives all entries in the order in which they were first set. It is a picture of
// the moment of the call: the loop may change the session.
func (s *Session) Items() iter.Seq2[string, json.RawMessage] {
	s.mu.Lock()
	defer s.mu.Unlock()
	var entries []Entry
	if s.load() {
		entries = s.entries()
		s.all = true
		for _, e := range entries {
			s.noteRead(e.Name, e.Value)
		}
	}
	return func(yield func(string, json.RawMessage) bool) {
		for _, e := range entries {
			if !yield(e.Name, json.RawMessage(e.Value)) {
				return
			}
		}
	}
}

// Data returns all entries as one dictionary, for those who print or copy a session.
func (s *Session) Data() map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for name, value := range s.Items() {
		all[name] = value
	}
	return all
}

// Clear removes all entries. The session is then empty, so its record is deleted at the
// save unless something new is set (R-42; Django keeps an empty one, B-127).
func (s *Session) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.load() {
		s.do(op{kind: opClear})
	}
}

// Flush ends the session: all entries go, its record is deleted and the cookie with it
// when the session is saved. What is set afterwards makes a new session under a new key
// (Django B-081). Sign-out calls it.
func (s *Session) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accessed, s.modified, s.pending = true, true, true
	if s.key != "" {
		s.doomed = append(s.doomed, s.key)
	} else if s.data == nil {
		s.readCookies()
		s.doomed = append(s.doomed, s.candidates...)
	}
	s.key, s.rec, s.ops, s.saved, s.reads, s.all, s.cycle = "", Record{}, nil, 0, nil, false, false
	s.fresh()
}

// CycleKey moves the session to a new key when it is saved, so that whoever knew the old
// one has nothing: call it whenever a visitor gains rights, at sign-in above all. The new
// record is stored before the old one goes (Django B-082, R-06).
func (s *Session) CycleKey() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.load() {
		s.cycle, s.modified, s.pending = true, true, true
	}
}

// Accessed reports whether the session was used at all, Modified whether it was changed.
// Saving resets neither (Django B-023 to B-025).
func (s *Session) Accessed() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.accessed }

// Modified reports whether the session was changed in this request.
func (s *Session) Modified() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.modified }

// MarkModified has the session saved, which renews its expiry, although no entry changed.
func (s *Session) MarkModified() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.load() {
		s.modified, s.pending = true, true
	}
}

// Empty reports whether the session holds nothing and has no record. Before the first use
// it loads nothing: a cookie with the shape of a key then counts as a session (B-027).
func (s *Session) Empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data == nil {
		s.readCookies()
		return len(s.candidates) == 0
	}
	return s.key == "" && s.empty()
}

// Ended reports whether the visitor came with a session whose time had passed: the
// reason to tell them why they have to sign in again. It loads the session.
func (s *Session) Ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.load()
	return s.ended
}

// Key returns the session's key, "" if it has no record yet. It is a secret like a
// password: show it to nobody but its owner, and use [Session.ID] in logs.
func (s *Session) Key() string { s.mu.Lock(); defer s.mu.Unlock(); return s.key }

// ID returns the short hash by which events and logs name this session.
func (s *Session) ID() ID { return s.m.ID(s.Key()) }

// Record returns the record as it was loaded or last stored, and whether there is one.
func (s *Session) Record() (Record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rec, s.key != ""
}

// Err returns the first error that befell the session, nil if there was none.
func (s *Session) Err() error { s.mu.Lock(); defer s.mu.Unlock(); return s.err }

// Manager returns the manager that the session belongs to.
func (s *Session) Manager() *Manager { return s.m }

// Django's test cookie: an ordinary entry that tells, one request later, whether the
// browser sends cookies back (B-030 to B-032).
const testCookie Key[string] = "testcookie"

// SetTestCookie stores the entry that [Session.TestCookieWorked] looks for.
func (s *Session) SetTestCookie() { testCookie.Set(s, "worked") }

// TestCookieWorked reports whether the test cookie came back.
func (s *Session) TestCookieWorked() bool { return testCookie.Get(s) == "worked" }

// DeleteTestCookie removes the entry.
func (s *Session) DeleteTestCookie() { testCookie.Delete(s) }

// Change is one entry that this request changed; Before or After is nil if it was not
// there.
type Change struct {
	Name          string
	Before, After json.RawMessage
}

// Changes returns what this request has changed so far, saved or not, by name in the order
// of first change. It counts as no access.
func (s *Session) Changes() []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	var changes []Change
	seen := map[string]bool{}
	for _, o := range s.ops {
		replaced := o.gone
		if o.kind != opClear {
			replaced = []Entry{{o.name, o.before}}
		}
		for _, b := range replaced {
			if seen[b.Name] {
				continue
			}
			seen[b.Name] = true
			if after := s.value(b.Name); !bytes.Equal(b.Value, after) {
				changes = append(changes, Change{b.Name, json.RawMessage(b.Value), json.RawMessage(after)})
			}
		}
	}
	return changes
}

// Snapshot returns all entries like [Session.Items], but counts as no access and loads
// nothing: for panels and tools, which must not make a session look used.
func (s *Session) Snapshot() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data == nil {
		return nil
	}
	return s.entries()
}
