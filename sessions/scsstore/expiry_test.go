package scsstore

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"sessionlab/sessions"
)

// keeper is a store that looks at no clock: scs asks for it, and not every store does it.
type keeper struct{ *memstore.MemStore }

func (k keeper) Commit(token string, b []byte, _ time.Time) error {
	return k.MemStore.Commit(token, b, time.Now().AddDate(1, 0, 0))
}

func TestAStoreThatLooksAtNoClockServesNothingExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := Engine(keeper{memstore.NewWithCleanupInterval(0)})
		rec := sessions.Record{Data: []byte("x"), Saved: time.Now(), Expires: time.Now().Add(time.Hour)}
		key, err := e.Create(t.Context(), rec)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - time.Millisecond)
		if _, err := e.Load(t.Context(), key); err != nil {
			t.Errorf("a millisecond before its end: %v", err)
		}
		time.Sleep(time.Millisecond)
		later := rec
		later.Expires = rec.Expires.Add(time.Hour)
		_, err1 := e.Load(t.Context(), key)
		_, err2 := e.Replace(t.Context(), key, rec, later)
		if !errors.Is(err1, sessions.ErrNotFound) || !errors.Is(err2, sessions.ErrNotFound) {
			t.Errorf("at its end: Load %v, Replace %v, want ErrNotFound", err1, err2)
		}
	})
}
