package db

import (
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/signing"
)

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
