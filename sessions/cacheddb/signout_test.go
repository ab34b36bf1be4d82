package cacheddb_test

import (
	"context"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cacheddb"
)

// unfinished is the cache of a process that dies before the last step of each write.
type unfinished struct{ cacheddb.Cache }

func (unfinished) Drop(context.Context, string) error { return nil }

func (unfinished) Put(context.Context, string, uint64, sessions.Record, time.Duration) error {
	return nil
}

// of a sign-out, or a save, that reached the store and not the cache any more, other
// processes see nothing that is older.
func TestAWriteThatEndsHalfwayLeavesNoOldEntry(t *testing.T) {
	store, shared := memory(), memory()
	died, others := cacheddb.New(store, unfinished{shared}, cacheddb.Options{}), cacheddb.New(store, shared, cacheddb.Options{})
	one := valid("one")
	saved, signedOut := create(t, others, one), create(t, others, one)
	for range 2 { // from the store, then from the cache
		wantData(t, others, saved, "one")
		wantData(t, others, signedOut, "one")
	}
	replace(t, died, saved, one, valid("two"))
	if err := died.Delete(t.Context(), signedOut); err != nil {
		t.Fatal(err)
	}
	wantData(t, others, saved, "two")
	wantGone(t, others, signedOut)
}
