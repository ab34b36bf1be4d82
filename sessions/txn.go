package sessions

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// A txn is the transaction of one request: what the request was told of its session (the
// read set), and what it did to it since the last save (the write log), entry by entry.
// It knows nothing of HTTP, contexts, engines or clocks.
//
// Its rule: no acknowledged change of an entry is overwritten by a request that was told
// what the entry held before that change. So when another request saved first, rebase does
// the write log again on what is stored now. What was computed from the entry's value is
// computed again; a Set or Delete of an entry that was told and has changed since is an
// [ErrConflict]; a Set or Delete of an entry that was never told is applied.
//
// What the rule does not promise: two requests that each read both of two entries and each
// change another one of them are both saved (write skew).
type txn struct {
	view   view // the entries as the request sees them: the record, and its own changes
	next   int64
	all    bool // the request was told which entries there are, so of all others that they are absent
	states []state
	places map[string]int // where a name stands in states, once there are many
}

// view keeps the entries of one request. In a Manager that is scs, see scs.go.
type view interface {
	get(name string) *slot
	put(name string, v *slot)
	remove(name string)
	slots() []*slot // in any order
}

// slot is an entry and its place in the order of entries.
type slot struct {
	Entry
	seq int64
}

// state is what the request was told of one entry and did to it.
type state struct {
	name     string
	record   jsontext.Value // what the record held when the request was told; nil is absent
	log      []op           // what was done to the entry since the last save
	before   jsontext.Value // what it held before its first change
	seq      int64          // its place, if this request added it
	told     bool           // record is known to the request
	outdated bool           // another request has changed the entry since it was told
	changed  bool           // it was changed in this request, saved or not
}

// op is one entry of the write log.
type op struct {
	value jsontext.Value
	fn    updateFunc
	kind  opKind
	told  bool // the request knew what it was about to overwrite
}

type opKind uint8

const (
	opSet opKind = iota
	opDelete
	opDefault
	opUpdate
)

// updateFunc computes an entry from what it holds; nil is absent, on either side.
type updateFunc func(raw jsontext.Value) (jsontext.Value, error)

// firstAdded is the place of the first entry that a request adds: behind all in the record.
const firstAdded = int64(1) << 32

// begin stands the transaction on the entries of a record, with nothing told or done.
func (t *txn) begin(v view) { *t = txn{view: v, next: firstAdded} }

// restart ends what the transaction stood on: all entries go, and what comes now stands on
// no record. The caller empties the view after it.
func (t *txn) restart() {
	for _, e := range ordered(t.view.slots()) {
		if s := t.state(e.Name); !s.changed {
			s.changed, s.before = true, e.Value
		}
	}
	t.all = false
	for i := range t.states {
		s := &t.states[i]
		s.record, s.told, s.outdated, s.log = nil, false, false, nil
	}
}

// get tells the value of an entry, nil if it is absent.
func (t *txn) get(name string) jsontext.Value {
	value := t.value(name)
	t.state(name).tell(value)
	return value
}

// valueOf is the value in a slot, nil if there is none.
func valueOf(v *slot) jsontext.Value {
	if v == nil {
		return nil
	}
	return v.Value
}

// value is the entry as the request would see it; nothing is told.
func (t *txn) value(name string) jsontext.Value { return valueOf(t.view.get(name)) }

// entries tells all entries, in their order.
func (t *txn) entries() []Entry {
	all := ordered(t.view.slots())
	for _, e := range all {
		t.state(e.Name)
	}
	for i := range t.states { // of those that are absent now it tells that too
		t.states[i].tell(t.value(t.states[i].name))
	}
	t.all = true
	return all
}

// set stores value; it is an [ErrConflict] if the request was told what is outdated now.
func (t *txn) set(name string, value jsontext.Value) error {
	s := t.state(name)
	return t.do(s, t.view.get(name), op{kind: opSet, value: value, told: s.told})
}

// remove deletes the entry and tells whether there was one.
func (t *txn) remove(name string) (found bool, err error) {
	s, old := t.state(name), t.view.get(name)
	told := s.told
	if told && s.outdated {
		return false, conflict(name)
	}
	s.tell(valueOf(old))
	// Who is told that there is nothing to delete knows all that the entry held.
	return old != nil, t.do(s, old, op{kind: opDelete, told: told || old == nil})
}

// setDefault stores value if the entry is absent, which it tells.
func (t *txn) setDefault(name string, value jsontext.Value) (stored bool, err error) {
	s, old := t.state(name), t.view.get(name)
	s.tell(valueOf(old))
	return old == nil, t.do(s, old, op{kind: opDefault, value: value})
}

// update stores what fn makes of the entry. An error of fn changes nothing.
func (t *txn) update(name string, fn updateFunc) error {
	s, old := t.state(name), t.view.get(name)
	s.tell(valueOf(old))
	return t.do(s, old, op{kind: opUpdate, fn: fn})
}

// clear deletes every entry that is there now, and tells nothing. Of the messages, which
// many requests add to, it deletes those that are there.
func (t *txn) clear() error {
	if t.value(messagesKey) != nil {
		if _, err := t.takeMessages(); err != nil {
			return err
		}
	}
	all := slices.DeleteFunc(ordered(t.view.slots()), func(e Entry) bool { return e.Name == savedKey })
	for _, e := range all {
		if s := t.state(e.Name); s.told && s.outdated {
			return conflict(e.Name)
		}
	}
	for _, e := range all {
		s := t.state(e.Name)
		if err := t.do(s, t.view.get(e.Name), op{kind: opDelete, told: s.told}); err != nil {
			return err
		}
	}
	return nil
}

// do carries out an operation on the entry, old, and notes it in the log.
func (t *txn) do(s *state, old *slot, o op) error {
	before := valueOf(old) // apply may put another value into the slot
	if err := t.apply(s, old, &o); err != nil {
		return err
	}
	if !s.changed {
		s.changed, s.before = true, before
	}
	if o.kind == opDefault && len(s.log) > 0 && before != nil {
		return nil // nor will it have anything to do when the log is done again
	}
	if o.kind == opSet || o.kind == opDelete { // what it overwrites need not be done again
		for last := len(s.log) - 1; last >= 0 && s.log[last].kind != opUpdate; last-- {
			s.log = s.log[:last]
		}
	}
	s.log = append(s.log, o)
	return nil
}

// apply does the operation on the view, where old is the entry as it is now.
func (t *txn) apply(s *state, old *slot, o *op) error {
	if o.told && s.outdated {
		return conflict(s.name)
	}
	value := o.value
	switch o.kind {
	case opDelete:
		value = nil
	case opDefault:
		if old != nil {
			return nil
		}
	case opUpdate:
		var err error
		if value, err = o.fn(valueOf(old)); err != nil {
			return err
		}
	}
	if value == nil {
		t.view.remove(s.name)
		return nil
	}
	if old == nil {
		if s.seq == 0 {
			s.seq = t.next
			t.next++
		}
		old = &slot{Entry: Entry{Name: s.name}, seq: s.seq}
	}
	old.Value = value
	t.view.put(s.name, old)
	return nil
}

// rebase does the write log again on a record that was just loaded, because another
// request saved first. It returns [ErrConflict] for what would overwrite a change that its
// request was not told of, and what an update refuses with.
func (t *txn) rebase(v view) error {
	t.view = v
	for i := range t.states {
		s := &t.states[i]
		s.outdated = s.outdated || s.told && !bytes.Equal(s.record, t.value(s.name))
	}
	if t.all {
		for _, v := range v.slots() {
			if t.place(v.Name) < 0 { // the request was told that it is absent
				t.state(v.Name).outdated = true
			}
		}
	}
	for i := range t.states {
		s := &t.states[i]
		for j := range s.log {
			if err := t.apply(s, t.view.get(s.name), &s.log[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// stored says that the record now holds what the view holds. The next changes start from
// there: what the request knows of an entry is what was stored.
func (t *txn) stored() {
	for i := range t.states {
		s := &t.states[i]
		if len(s.log) > 0 || s.told {
			s.told = true
			if !s.outdated {
				s.record = t.value(s.name)
			}
		}
		s.log = nil
	}
}

// changes are the entries that this request changed, saved or not.
func (t *txn) changes() []Change {
	var all []Change
	for i := range t.states {
		s := &t.states[i]
		if after := t.value(s.name); s.changed && !bytes.Equal(s.before, after) {
			all = append(all, Change{s.name, []byte(s.before), []byte(after)})
		}
	}
	return all
}

// tell notes that the request knows what the entry holds. What it has itself done since
// the last save is no knowledge of the record.
func (s *state) tell(value jsontext.Value) {
	if len(s.log) == 0 {
		s.told, s.record, s.outdated = true, value, false
	}
}

// state returns the state of an entry. It is valid until the next call for another name.
func (t *txn) state(name string) *state {
	i := t.place(name)
	if i < 0 {
		i = len(t.states)
		t.states = append(t.states, state{name: name, told: t.all})
		if t.places != nil {
			t.places[name] = i
		}
	}
	return &t.states[i]
}

func (t *txn) place(name string) int {
	const few = 16
	if t.places == nil && len(t.states) > few {
		t.places = make(map[string]int, 2*len(t.states))
		for i := range t.states {
			t.places[t.states[i].name] = i
		}
	}
	if t.places != nil {
		if i, ok := t.places[name]; ok {
			return i
		}
		return -1
	}
	for i := range t.states {
		if t.states[i].name == name {
			return i
		}
	}
	return -1
}

func ordered(slots []*slot) []Entry {
	slices.SortFunc(slots, func(a, b *slot) int {
		switch {
		case a.seq < b.seq:
			return -1
		case a.seq > b.seq:
			return 1
		}
		return 0
	})
	entries := make([]Entry, len(slots))
	for i, v := range slots {
		entries[i] = v.Entry
	}
	return entries
}

func conflict(name string) error { return fmt.Errorf("%w: %q", ErrConflict, clip(name)) }
