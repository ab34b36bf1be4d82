package accounts

import (
	"strings"
	"testing"
)

func TestAUserAgentInAFewWords(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0": "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36":              "Chrome on Android",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":    "Safari on Mac OS X",
		"curl/8.5.0": "curl/8.5.0", "": "unknown", strings.Repeat("x", 99): strings.Repeat("x", 40) + "…",
	} {
		if got := (Session{UserAgent: agent}).Device(); got != want {
			t.Errorf("the device of %q is %q, want %q", agent, got, want)
		}
	}
}
