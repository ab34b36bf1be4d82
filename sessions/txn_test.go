package sessions

import (
	"errors"
	"flag"
	"maps"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"sessionlab/sessions/internal/rule"
)

// Random histories on the pure transaction. There is no engine: a save swaps a version.
func TestTransactionsKeepTheirRule(t *testing.T) {
	cases := "100000"
	if testing.Short() {
		cases = "1000"
	}
	was := flag.Lookup("rapid.checks").Value.String()
	if was == "100" { // nobody asked for another number
		_ = flag.Set("rapid.checks", cases)
		defer flag.Set("rapid.checks", was)
	}
	rapid.Check(t, func(t *rapid.T) { rule.Check(t, &versioned{record: mapView{}}) })
}

func FuzzTransactionsKeepTheirRule(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { rule.Check(t, &versioned{record: mapView{}}) }))
}

// mapView is the smallest view.
type mapView map[string]slot

func (m mapView) get(name string) *slot {
	if v, ok := m[name]; ok {
		return &v
	}
	return nil
}
func (m mapView) put(name string, v *slot) { m[name] = *v }
func (m mapView) remove(name string)       { delete(m, name) }

func (m mapView) slots() []*slot {
	var all []*slot
	for _, v := range m {
		all = append(all, &v)
	}
	return all
}

// versioned is a session without an engine: a record and its version.
type versioned struct {
	record  mapView
	version int
}

func (v *versioned) Request() rule.Request { return &pure{v: v} }

func (v *versioned) Stored() (map[string]string, []string) {
	entries := map[string]string{}
	for name, s := range v.record {
		entries[name] = textOf(s.Value)
	}
	messages := texts(readMessages(v.record[messagesKey].Value))
	delete(entries, messagesKey)
	return entries, messages
}

func (v *versioned) Conflict(err error) bool { return errors.Is(err, ErrConflict) }
func (v *versioned) Refused(err error) bool  { return errors.Is(err, errLong) }

var errLong = errors.New("too long")

func textOf(raw jsontext.Value) (text string) { _ = unmarshalValue(raw, &text); return text }

func texts(messages []Message) (all []string) {
	for _, m := range messages {
		all = append(all, m.Text)
	}
	return all
}

// pure is a request of the transaction alone.
type pure struct {
	v       *versioned
	t       txn
	version int
	dirty   bool
	err     error
}

func (p *pure) txn() *txn {
	if p.t.view == nil {
		p.version = p.v.version
		p.t.begin(maps.Clone(p.v.record))
	}
	return &p.t
}

// did ends a change: whether it did anything, and its error, which sticks.
func (p *pure) did(anything bool, err error) {
	switch {
	case err == nil:
		p.dirty = p.dirty || anything
	case p.err == nil && !errors.Is(err, errLong):
		p.err = err
	}
}

func (p *pure) Get(name string) (string, bool) {
	raw := p.txn().get(name)
	return textOf(raw), raw != nil
}
func (p *pure) Has(name string) bool { return p.txn().get(name) != nil }

func (p *pure) Set(name, value string) {
	if p.err == nil {
		raw, _ := marshalValue(value)
		p.did(true, p.txn().set(name, raw))
	}
}

func (p *pure) Delete(name string) bool {
	if p.err != nil {
		return false
	}
	found, err := p.txn().remove(name)
	p.did(found, err)
	return found
}

func (p *pure) Pop(name string) (string, bool) {
	value, found := p.Get(name)
	return value, found && p.Delete(name)
}

func (p *pure) SetDefault(name, value string) {
	if p.err == nil {
		raw, _ := marshalValue(value)
		p.did(p.txn().setDefault(name, raw))
	}
}

func (p *pure) Append(name, text string) { p.AppendUpTo(name, text, 1<<20) }

func (p *pure) AppendUpTo(name, text string, longest int) {
	if p.err == nil {
		p.did(true, p.txn().update(name, func(raw jsontext.Value) (jsontext.Value, error) {
			if len(textOf(raw)) >= longest {
				return nil, errLong
			}
			return marshalValue(textOf(raw) + text)
		}))
	}
}

func (p *pure) Clear() {
	if p.err == nil {
		p.did(true, p.txn().clear())
	}
}

func (p *pure) Items() map[string]string {
	all := map[string]string{}
	for _, e := range p.txn().entries() {
		all[e.Name] = textOf(e.Value)
	}
	delete(all, messagesKey)
	return all
}

func (p *pure) AddMessage(text string) {
	if p.err == nil {
		p.did(true, p.txn().addMessage(Message{Info, text}))
	}
}

func (p *pure) Messages() []string {
	if p.err != nil || p.txn().get(messagesKey) == nil {
		return nil
	}
	shown, err := p.txn().takeMessages()
	p.did(true, err)
	return texts(shown)
}

func (p *pure) Save() error {
	if p.err != nil || !p.dirty {
		return p.err
	}
	if p.version != p.v.version {
		if p.err = p.t.rebase(maps.Clone(p.v.record)); p.err != nil {
			return p.err
		}
	}
	p.v.record = maps.Clone(p.t.view.(mapView))
	p.v.version++
	p.version = p.v.version
	p.t.stored()
	p.dirty = false
	return nil
}
