//go:build unix

package file

import (
	"errors"
	"testing"

	"sessionlab/sessions"
)

// the second of two writers is told that it was too late, also by another engine
// on the same directory. (In the suite, what stands between it and this engine looks too.)
func TestASaveOfAChangedFileIsAConflict(t *testing.T) {
	e := open(t, Config{})
	other := open(t, Config{Dir: e.cfg.Dir})
	key, _ := create(t, e, "one")
	if _, err := e.Replace(t.Context(), key, record("one"), record("two")); err != nil {
		t.Fatal(err)
	}
	for _, e := range []*Engine{e, other} {
		if _, err := e.Replace(t.Context(), key, record("one"), record("three")); !errors.Is(err, sessions.ErrConflict) {
			t.Errorf("Replace of what was read before another save: err = %v, want ErrConflict", err)
		}
	}
	wantData(t, e, key, "two")
}
