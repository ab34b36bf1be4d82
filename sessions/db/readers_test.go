package db

import (
	"errors"
	"testing"
	"time"

	"sessionlab/sessions"
)

// TestALoadFindsTheSameWithAndWithoutAReaderOfItsOwn: where none is free, one of the pool
// answers, and the engine leaves it half of the connections.
func TestALoadFindsTheSameWithAndWithoutAReaderOfItsOwn(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), patient)
	if stats := e.reader.Stats(); stats.InUse == 0 || stats.InUse > stats.MaxOpenConnections/2 {
		t.Errorf("%d of %d connections are the engine's, want one at least and half at most", stats.InUse, stats.MaxOpenConnections)
	}
	key, expired := create(t, e, `{"a":1}`), create(t, e, `{"b":2}`)
	blob := create(t, e, `{"c":3}`)
	for _, change := range []string{
		"UPDATE django_session SET expire_date = '2001-01-01 00:00:00' WHERE session_key = '" + expired + "'",
		"UPDATE django_session SET session_data = CAST(session_data AS BLOB) WHERE session_key = '" + blob + "'",
	} {
		if _, err := e.writer.ExecContext(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	look := func(what string) {
		wantData(t, e, key, `{"a":1}`)
		wantData(t, e, blob, `{"c":3}`)
		for key, want := range map[string]error{expired: sessions.ErrExpired, sessions.NewKey(): sessions.ErrNotFound} {
			if rec, err := e.Load(t.Context(), key); !errors.Is(err, want) {
				t.Errorf("%s: Load = %q, %v, want %v", what, rec.Data, err, want)
			}
		}
	}
	look("with readers")
	if _, _, _, err := e.readers.load(e.date(time.Now()), key); err != nil {
		t.Errorf("a reader of the engine: %v", err)
	}
	var taken []*loader
	for range cap(e.readers.free) {
		taken = append(taken, <-e.readers.free)
	}
	look("without one")
	taken[0].conn.Close() // broken, as after a panic of the driver
	for _, l := range taken {
		e.readers.free <- l
	}
	for range 2 * len(taken) {
		look("with a broken one")
	}
}
