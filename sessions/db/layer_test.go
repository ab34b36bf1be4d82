package db

import (
	"sync"
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/signing"
)

// Sessions on a PostgreSQL whose transactions are stricter: the loser of two saves reads
// again and saves, instead of an answer of 503.
func TestUpdatesInParallelUnderEveryIsolationLevel(t *testing.T) {
	signer, err := signing.New(signing.StoreSalt, "a key for tests alone")
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range levels {
		t.Run(level, func(t *testing.T) {
			e := openEngine(t, isolated(stores["PostgreSQL"](t), level), patient)
			m, err := sessions.New(sessions.Config{Engine: e, Codec: sessions.Signed{Signer: signer}})
			if err != nil {
				t.Fatal(err)
			}
			first := m.Open(t.Context(), "")
			first.Set("n", 0)
			if err := first.Save(); err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for range 40 {
				wg.Go(func() {
					s := m.Open(t.Context(), first.Key())
					sessions.Key[int]("n").Update(s, func(n int) int { return n + 1 })
					if err := s.Save(); err != nil {
						t.Errorf("Save: %d: %v", sessions.Status(err), err)
					}
				})
			}
			wg.Wait()
			if got := sessions.Key[int]("n").Get(m.Open(t.Context(), first.Key())); got != 40 {
				t.Errorf("n = %d, want 40", got)
			}
		})
	}
}

// TestLayer runs whole sessions over the table, in the form that Django reads.
func TestLayer(t *testing.T) {
	signer, err := signing.New(signing.StoreSalt, "a key for tests alone")
	if err != nil {
		t.Fatal(err)
	}
	for name, url := range stores {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, url(t), patient)
			sessionstest.Layer(t, func(*testing.T) sessions.Config {
				return sessions.Config{Engine: e, Codec: sessions.Signed{Signer: signer}}
			})
		})
	}
}
