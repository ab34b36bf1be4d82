package config

import (
	"strings"
	"testing"
)

// FuzzSettings: whatever is set, the rules come to a verdict, and neither they nor the page
// show a secret.
func FuzzSettings(f *testing.F) {
	f.Add("127.0.0.1:8000", "auto", "postgres://lab:MARKER-password@h/db", "Lax", "10.0.0.0/8", int64(1209600))
	f.Add("", "true", "sqlite:MARKER-password", "None", "", int64(-1))
	f.Add(":8000", "false", "redis://:MARKER-password%zz@", "x", "everybody", int64(1)<<62)
	f.Add("[::1]:0", "auto", "://u:MARKER-password", "", "10.0.0.0/99", int64(0))
	f.Fuzz(func(t *testing.T, addr, debug, url, text, proxy string, n int64) {
		const secret = "MARKER-key-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG"
		s := &Settings{
			Addr: addr, Debug: debug, SecretKey: secret, SecretKeyFallbacks: []string{secret[:len(secret)/2]}, DatabaseURL: "postgres://u:MARKER-password@h/" + url, CacheURL: "redis://:MARKER-password@h/" + url,
			SessionEngine: "db", SessionCookieName: text, SessionCookiePath: text, SessionCookieDomain: text, SessionCookieSameSite: text, SessionCookieSecure: debug, SessionCookieAge: n, SessionIdleTimeout: n,
			TrustedProxies: []string{proxy},
		}
		shown := ""
		if err := s.Prepare(); err != nil {
			shown = err.Error()
		}
		for _, f := range s.Check() {
			shown += f.Found + f.Why
		}
		for _, one := range s.All() {
			shown += one.Value
		}
		typed := addr + debug + url + text + proxy
		if strings.Contains(shown, "MARKER-key") && !strings.Contains(typed, "MARKER-key") || strings.Contains(shown, "MARKER-password") && !strings.Contains(typed, "MARKER-password") {
			t.Errorf("a secret is shown: %s", shown)
		}
	})
}
