package db

import (
	"errors"
	"sync"
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest/testserver"
)

// Where a server's default isolation is above read committed, the loser of two saves gets a
// serialization failure. That is a conflict, which is replayed, and no failing store.
func TestParallelSavesAllCountUnderAStricterIsolation(t *testing.T) {
	for _, level := range []string{"read committed", "repeatable read", "serializable"} {
		t.Run(level, func(t *testing.T) {
			url := testserver.Postgres(t)
			d := openDB(t, url)
			createSessionTable(t, d)
			var name string
			err := d.Writer.QueryRow("SELECT current_database()").Scan(&name)
			if err == nil {
				_, err = d.Writer.Exec(`ALTER DATABASE "` + name + `" SET default_transaction_isolation = '` + level + `'`)
			}
			if err != nil {
				t.Fatal(err)
			}
			fresh := openDB(t, url) // its connections have the new default
			e, err := newEngine(fresh, patient)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = e.Close() })
			var now string
			if err := fresh.Reader.QueryRow("SHOW default_transaction_isolation").Scan(&now); err != nil || now != level {
				t.Fatalf("the isolation is %q, %v", now, err)
			}
			m, err := sessions.New(sessions.Config{Engine: e, Secret: "a secret of tests"})
			if err != nil {
				t.Fatal(err)
			}
			n, first := sessions.Key[int]("n"), m.Open(t.Context(), "")
			n.Set(first, 0)
			if err := first.Save(); err != nil {
				t.Fatal(err)
			}
			var saves sync.WaitGroup
			for range 40 {
				saves.Go(func() {
					s := m.Open(t.Context(), first.Key())
					n.Update(s, func(n int) int { return n + 1 })
					if err := s.Save(); err != nil {
						t.Errorf("a save fails with %v, as of the store: %t", err, errors.Is(err, sessions.ErrStore))
					}
				})
			}
			saves.Wait()
			if got := n.Get(m.Open(t.Context(), first.Key())); got != 40 {
				t.Errorf("n = %d, want 40", got)
			}
		})
	}
}
