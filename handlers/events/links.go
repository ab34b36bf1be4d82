package events

import (
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"
)

// links remembers which sessions led to which: a visitor who signs in gets a new key, and
// is still the same visitor. It is bounded, and holds short hashes, no keys.
type links struct {
	before *lru.Cache[string, []string] // never changed once they are in
}

func newLinks() *links {
	c, _ := lru.New[string, []string](5000) // fails for sizes below 1 only
	return &links{c}
}

// of returns the session itself and those that led to it, the oldest first. The one that was
// left does not learn of its heir: whoever had stolen its key must not.
func (l *links) of(id string) []string {
	if id == "" {
		return nil
	}
	before, _ := l.before.Get(id)
	return append(slices.Clone(before), id)
}

// led reports whether the session old led to id.
func (l *links) led(old, id string) bool {
	before, _ := l.before.Peek(id)
	return slices.Contains(before, old)
}

// add notes that the session old led to id.
func (l *links) add(old, id string) {
	if old == "" || id == "" || old == id {
		return
	}
	before, _ := l.before.Get(id)
	before = slices.Clone(before)
	for _, b := range l.of(old) {
		if b != id && !slices.Contains(before, b) {
			before = append(before, b)
		}
	}
	const most = 50
	l.before.Add(id, before[max(0, len(before)-most):])
}
