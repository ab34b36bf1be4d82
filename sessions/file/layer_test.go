//go:build unix

package file

import (
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/signing"
)

// TestLayer runs whole sessions over files, in the form that Django reads.
func TestLayer(t *testing.T) {
	signer, err := signing.New(signing.StoreSalt, "a key for tests alone")
	if err != nil {
		t.Fatal(err)
	}
	sessionstest.Layer(t, func(t *testing.T) sessions.Config {
		cfg := sessions.Config{Codec: sessions.Signed{Signer: signer}}
		cfg.Engine = open(t, Config{Dir: memoryDir(t)})
		return cfg
	})
}
