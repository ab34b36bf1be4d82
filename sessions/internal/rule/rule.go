// Package rule checks the rule of the layer's transactions on random histories: requests
// on one session do random operations on few entries, in any interleaving, and save in
// between and at the end. It imports nothing of the layer, so that it serves both the pure
// transaction and whole sessions on an engine.
package rule

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// Request is one request on the session. Errors stick to it until Save returns them.
type Request interface {
	Get(name string) (value string, found bool)
	Has(name string) bool
	Set(name, value string)
	Delete(name string) (found bool)
	Pop(name string) (value string, found bool)
	SetDefault(name, value string)
	Append(name, text string)                  // an update: the value and text
	AppendUpTo(name, text string, longest int) // an update that refuses a longer value
	Clear()
	Items() map[string]string
	AddMessage(text string)
	Messages() []string
	Save() error
}

// Session is what the requests share.
type Session interface {
	Request() Request
	Stored() (entries map[string]string, messages []string)
	Conflict(err error) bool // the error says that another request changed what was told
	Refused(err error) bool  // the error is that of AppendUpTo
}

var names = []string{"a", "b", "c"}

const longest = 6

// Check plays one history on the session, which holds nothing, and fails t where the rule
// is broken: no acknowledged change of an entry is overwritten by a request that was told
// what the entry held before, nothing acknowledged disappears, and a request is refused only
// where somebody else changed what it was told.
func Check(t *rapid.T, s Session) {
	h := &history{t: t, s: s, stored: map[string]string{}}
	first := s.Request()
	for _, name := range names[:2] {
		first.Set(name, name)
		h.stored[name] = name
	}
	if err := first.Save(); err != nil {
		t.Fatalf("the first save: %v", err)
	}
	all := make([]*request, rapid.IntRange(2, 3).Draw(t, "requests"))
	for i := range all {
		all[i] = &request{h: h, Request: s.Request(), told: map[string]*fact{}}
	}
	for range rapid.IntRange(1, 20).Draw(t, "steps") {
		all[rapid.IntRange(0, len(all)-1).Draw(t, "request")].step()
	}
	for _, r := range all {
		r.save()
	}
	entries, messages := s.Stored()
	if !maps.Equal(entries, h.stored) {
		t.Fatalf("stored are %v, acknowledged were %v", entries, h.stored)
	}
	for _, m := range h.added {
		if !slices.Contains(h.shown, m) && !slices.Contains(messages, m) {
			t.Fatalf("message %q was acknowledged, and shown to nobody", m)
		}
	}
}

// history is what was acknowledged so far.
type history struct {
	t      *rapid.T
	s      Session
	stored map[string]string
	values int // makes each value new, unless it repeats one on purpose
	added  []string
	shown  []string
}

// fact is what a request knows of an entry in the record.
type fact struct {
	value *string // nil: it is absent
	stale bool    // an earlier save of this request found it changed
}

// request is a request, and what it was told and did by the history's own account.
type request struct {
	Request
	h    *history
	told map[string]*fact
	all  bool // it was told all entries: it knows which are absent
	// Operations since the last save, in order.
	log      []operation
	messages []string // added since the last save
	dirty    bool     // there is something to save
	loaded   bool
	base     map[string]string // the record that it stands on
	ended    bool
}

type operation struct {
	name  string
	apply func(entries map[string]string) (refused bool)
	knew  *fact // what the request was told of an entry that it overwrites; nil if nothing
}

func (r *request) step() {
	if r.ended {
		return
	}
	t := r.h.t
	name := rapid.SampledFrom(names).Draw(t, "name")
	kind := rapid.SampledFrom([]string{
		"get", "has", "set", "delete", "pop", "default", "append", "append up to", "clear", "items", "message", "messages", "save",
	}).Draw(t, "kind")
	if kind != "save" && !r.loaded {
		r.loaded, r.base = true, maps.Clone(r.h.stored)
	}
	switch kind {
	case "get":
		r.Get(name)
		r.tell(name)
	case "has":
		r.Has(name)
		r.tell(name)
	case "set":
		value := r.value()
		knew := r.knows(name)
		r.Set(name, value)
		r.dirty = true
		r.do(name, knew, set(name, value))
	case "delete":
		knew := r.knows(name)
		found := r.Delete(name)
		if !found && knew == nil && len(r.ops(name)) == 0 {
			knew = &fact{} // it was told that there is nothing to delete
		}
		r.dirty = r.dirty || found
		if knew != nil && knew.stale {
			r.dirty = true // it was refused, which the next save says
		} else {
			r.tell(name)
		}
		r.do(name, knew, remove(name))
	case "pop":
		_, found := r.Pop(name)
		r.tell(name)
		if found {
			r.dirty = true
			r.do(name, r.knows(name), remove(name))
		}
	case "default":
		value := r.value()
		if _, found := r.view()[name]; !found {
			r.dirty = true
		}
		r.SetDefault(name, value)
		r.tell(name)
		r.do(name, nil, func(e map[string]string) bool {
			if _, ok := e[name]; !ok {
				e[name] = value
			}
			return false
		})
	case "append":
		r.Append(name, "+")
		r.dirty = true
		r.tell(name)
		r.do(name, nil, func(e map[string]string) bool { e[name] += "+"; return false })
	case "append up to":
		now := r.view()[name]
		r.AppendUpTo(name, "*", longest)
		r.tell(name)
		if len(now) < longest { // otherwise it was refused at once
			r.dirty = true
			r.do(name, nil, func(e map[string]string) bool {
				if len(e[name]) >= longest {
					return true
				}
				e[name] += "*"
				return false
			})
		}
	case "clear":
		view := r.view()
		_, waiting := r.h.s.Stored() // of these it deletes those that it knows
		r.h.shown = append(append(r.h.shown, waiting...), r.messages...)
		r.Clear()
		r.dirty = true
		for _, name := range slices.Sorted(maps.Keys(view)) {
			r.do(name, r.knows(name), remove(name))
		}
	case "items":
		r.Items()
		for _, name := range names {
			r.tell(name)
		}
		r.all = true
	case "message":
		m := r.value() + "!"
		r.AddMessage(m)
		r.messages = append(r.messages, m)
		r.dirty = true
	case "messages":
		shown := r.Messages()
		r.h.shown = append(r.h.shown, shown...)
		r.dirty = r.dirty || len(shown) > 0
	case "save":
		r.save()
	}
}

func set(name, value string) func(map[string]string) bool {
	return func(e map[string]string) bool { e[name] = value; return false }
}

func remove(name string) func(map[string]string) bool {
	return func(e map[string]string) bool { delete(e, name); return false }
}

// value is a new one, or now and then one that was there before.
func (r *request) value() string {
	if rapid.IntRange(0, 3).Draw(r.h.t, "repeat") == 0 {
		return rapid.SampledFrom(names).Draw(r.h.t, "value")
	}
	r.h.values++
	return strings.Repeat("v", 1+r.h.values%3) + string(rune('0'+r.h.values%10))
}

func (r *request) ops(name string) (ops []operation) {
	for _, o := range r.log {
		if o.name == name {
			ops = append(ops, o)
		}
	}
	return ops
}

// view is the record that the request stands on, with what it did since.
func (r *request) view() map[string]string {
	e := maps.Clone(r.base)
	for _, o := range r.log {
		o.apply(e)
	}
	return e
}

// tell notes that the request knows the entry now. What it did itself since the last save
// is no knowledge of the record.
func (r *request) tell(name string) {
	if len(r.ops(name)) == 0 {
		f := &fact{}
		if v, ok := r.base[name]; ok {
			f.value = &v
		}
		r.told[name] = f
	}
}

func (r *request) knows(name string) *fact { return r.told[name] }

func (r *request) do(name string, knew *fact, apply func(map[string]string) bool) {
	r.log = append(r.log, operation{name, apply, knew})
}

func same(value *string, entries map[string]string, name string) bool {
	v, ok := entries[name]
	return ok == (value != nil) && (!ok || v == *value)
}

// save saves, and compares with what should have come of it.
func (r *request) save() {
	if r.ended || !r.dirty {
		return
	}
	t, before := r.h.t, maps.Clone(r.h.stored)
	want, refused := maps.Clone(before), false
	for _, o := range r.log {
		refused = o.apply(want) || refused
	}
	overwrites := ""
	for _, o := range r.log {
		if o.knew != nil && (o.knew.stale || !same(o.knew.value, before, o.name)) {
			overwrites = o.name
		}
	}
	changed := false // somebody else changed what it was told
	for name, f := range r.told {
		changed = changed || f.stale || !same(f.value, before, name)
	}
	err := r.Save()
	if err != nil {
		r.ended = true
		switch {
		case r.h.s.Refused(err):
			if !refused && overwrites == "" {
				t.Fatalf("refused with %v, but the update would be %v", err, want)
			}
		case !r.h.s.Conflict(err):
			t.Fatalf("save: %v", err)
		case !changed:
			t.Fatalf("refused with %v, but nobody changed what this request was told", err)
		}
		return
	}
	switch {
	case overwrites != "":
		t.Fatalf("%q was changed since this request was told of it, and it was overwritten: %v, now %v", overwrites, before, want)
	case refused:
		t.Fatalf("an update was saved that had to be refused: %v", before)
	}
	r.h.stored, r.base = want, maps.Clone(want)
	r.h.added = append(r.h.added, r.messages...)
	for _, name := range names {
		f := r.told[name]
		switch {
		case f != nil && !f.stale && same(f.value, before, name), f == nil && len(r.ops(name)) > 0:
			f = &fact{}
			if v, ok := want[name]; ok {
				f.value = &v
			}
			r.told[name] = f
		case f != nil:
			f.stale = true
		}
	}
	r.log, r.messages, r.dirty = nil, nil, false
	if entries, _ := r.h.s.Stored(); !maps.Equal(entries, want) {
		t.Fatalf("stored are %v, want %v (before %v)", entries, want, before)
	}
}
