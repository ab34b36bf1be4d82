package sessions

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// What a request did to its session is kept as a list of operations, so that they can be
// done again when another request saved first. This file has the operations and says what
// a real conflict is.

type op struct {
	kind   opKind
	name   string
	value  jsontext.Value
	update func(raw []byte) (any, error)
	seen   bool           // the handler had been told the value that this op replaces
	before jsontext.Value // what the op replaced; nil if there was nothing
	gone   []Entry        // opClear: what it removed
}

// removed is what an update returns to have its entry deleted.
var removed any = new(struct{ byte })

type opKind int

const (
	opSet opKind = iota
	opDefault
	opDelete
	opUpdate
	opClear
)

// read is a value that the handler was told, nil if it was told that there is none.
type read struct {
	name  string
	value jsontext.Value
	stale bool // another request has changed it since
}

// slot is what scs keeps for an entry: its value and its place in the order.
type slot struct {
	Entry
	seq int
}

func (s *Session) slot(name string) *slot {
	v, _ := s.m.scs.Get(s.data, name).(*slot)
	return v
}

func (s *Session) value(name string) jsontext.Value {
	if v := s.slot(name); v != nil {
		return v.Value
	}
	return nil
}

func (s *Session) entries() []Entry {
	var slots []*slot
	for _, name := range s.m.scs.Keys(s.data) {
		slots = append(slots, s.slot(name))
	}
	return ordered(slots)
}

func ordered(slots []*slot) []Entry {
	slices.SortFunc(slots, func(a, b *slot) int { return a.seq - b.seq })
	entries := make([]Entry, len(slots))
	for i, v := range slots {
		entries[i] = v.Entry
	}
	return entries
}

// empty reports whether no entry is left; the session must be loaded.
func (s *Session) empty() bool { return len(s.m.scs.Keys(s.data)) == 0 }

// do carries out an operation and notes it.
func (s *Session) do(o op) {
	if !s.load() || s.err != nil {
		return
	}
	if o.kind == opSet || o.kind == opDelete {
		o.seen = s.knows(o.name)
		if s.outdated(o) {
			s.fail(fmt.Errorf("%w: %q", ErrConflict, o.name))
			return
		}
	}
	if err := s.apply(&o); err != nil {
		s.fail(err)
		return
	}
	s.modified, s.pending = true, true
	s.ops = append(s.ops, o)
}

// apply does the operation on the values as they are now.
func (s *Session) apply(o *op) error {
	if o.kind == opClear {
		o.gone = s.entries()
		return s.m.scs.Clear(s.data)
	}
	old := s.slot(o.name)
	o.before = nil
	if old != nil {
		o.before = old.Value
	}
	value := o.value
	switch o.kind {
	case opDelete:
		s.m.scs.Remove(s.data, o.name)
		return nil
	case opDefault:
		if old != nil {
			return nil
		}
	case opUpdate:
		v, err := o.update(o.before)
		if err != nil {
			return err
		}
		if v == removed {
			s.m.scs.Remove(s.data, o.name)
			return nil
		}
		if value, err = marshalValue(v); err != nil {
			return fmt.Errorf("%w: %q: %w", ErrValue, o.name, err)
		}
	}
	v := old
	if v == nil {
		v = &slot{Entry: Entry{Name: o.name}, seq: s.next}
		s.next++
	}
	v.Value = value
	s.m.scs.Put(s.data, o.name, v)
	return nil
}

func (s *Session) update(name string, fn func(raw []byte) (any, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.load() {
		s.noteRead(name, s.value(name))
		s.do(op{kind: opUpdate, name: name, update: fn})
	}
}

// noteRead notes that the handler knows this value of the loaded record. A value that the
// request has itself set is no knowledge of the record.
func (s *Session) noteRead(name string, value jsontext.Value) {
	for i := range s.reads {
		if r := &s.reads[i]; r.name == name {
			if r.stale {
				r.value, r.stale = value, false // told anew
			}
			return
		}
	}
	for _, o := range s.ops[s.saved:] {
		if o.name == name {
			return
		}
	}
	s.reads = append(s.reads, read{name: name, value: value})
}

func (s *Session) knows(name string) bool {
	return s.all || slices.ContainsFunc(s.reads, func(r read) bool { return r.name == name })
}

// outdated reports a real conflict: the handler was told a value that another request has
// changed since, and would now overwrite that change. To do so blindly would lose an update.
func (s *Session) outdated(o op) bool {
	return o.seen && slices.ContainsFunc(s.reads, func(r read) bool { return r.name == o.name && r.stale })
}

// replay does the unsaved operations again on a record that was just loaded anew. It returns
// [ErrConflict] for one that would overwrite what its handler never saw.
func (s *Session) replay() error {
	for i := range s.reads {
		r := &s.reads[i]
		r.stale = r.stale || !bytes.Equal(r.value, s.value(r.name))
	}
	if s.all { // the handler also knew which entries there were not
		for _, e := range s.entries() {
			if !slices.ContainsFunc(s.reads, func(r read) bool { return r.name == e.Name }) {
				s.reads = append(s.reads, read{name: e.Name, stale: true})
			}
		}
	}
	for i := s.saved; i < len(s.ops); i++ {
		if s.outdated(s.ops[i]) {
			return fmt.Errorf("%w: %q", ErrConflict, s.ops[i].name)
		}
		if err := s.apply(&s.ops[i]); err != nil {
			return err
		}
	}
	return nil
}

func mapKeys(m map[string]any) iter.Seq[string] { return maps.Keys(m) }
