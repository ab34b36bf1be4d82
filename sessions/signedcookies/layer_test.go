package signedcookies

import (
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest"
)

// TestLayer runs whole sessions that live in the cookie, also for one with another name.
func TestLayer(t *testing.T) {
	for _, c := range engines {
		t.Run(c.name, func(t *testing.T) {
			sessionstest.Layer(t, func(t *testing.T) sessions.Config {
				return sessions.Config{Engine: open(t, c.make, Config{CookieName: "__Host-other"}), Cookie: sessions.Cookie{Name: "__Host-other"}}
			}, sessionstest.Cookie())
		})
	}
}
