package cacheddb_test

import (
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/signing"
)

// TestLayer runs whole sessions over a table with a cache before it.
func TestLayer(t *testing.T) {
	signer, err := signing.New(signing.StoreSalt, "a key for tests alone")
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			store, cache := pair(t)
			e := cacheddb.New(store, cache, cacheddb.Options{})
			sessionstest.Layer(t, func(*testing.T) sessions.Config {
				return sessions.Config{Engine: e, Codec: sessions.Signed{Signer: signer}}
			})
		})
	}
}
