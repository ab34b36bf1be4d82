package sessions

import (
	"net/http"
	"strings"
	"testing"
)

func TestKeysAreRandomAndEvenlySpread(t *testing.T) { // B-060, B-061, B-063, B-064, R-01
	const n = 100_000
	seen := make(map[string]bool, n)
	counts := map[rune]int{}
	for range n {
		key := NewKey()
		if !ValidKey(key) || seen[key] {
			t.Fatalf("the key %q is malformed or came twice", key)
		}
		seen[key] = true
		for _, c := range key {
			counts[c]++
		}
	}
	// n*32 draws of 36 symbols: mean 88889, standard deviation 294.
	for _, c := range keyAlphabet {
		if d := counts[c] - n*32/36; d > 5*294 || d < -5*294 {
			t.Errorf("%q came %d times, want about %d", c, counts[c], n*32/36)
		}
	}
}

func TestOnlyKeysOfOurShapeAreLetThrough(t *testing.T) { // B-062, B-067, B-310, R-02
	good := strings.Repeat("a1z0", 8)
	if !ValidKey(good) {
		t.Errorf("%q is refused", good)
	}
	for _, key := range []string{"", "a", good[:31], good + "a", strings.ToUpper(good), "../../x", good[:31] + "/", good[:31] + "\x00", good[:30] + "é", strings.Repeat("a", 300), good[:31] + "'", good[:31] + " "} {
		if ValidKey(key) {
			t.Errorf("%q is let through", key)
		}
	}
}

func TestCookiesThatBrowsersDropAreRefused(t *testing.T) { // B-130, B-137, R-61
	for _, c := range []struct {
		name   string
		cookie Cookie
		says   string
	}{
		{"the defaults", Cookie{}, ""},
		{"a host cookie", Cookie{Name: "__Host-sessionid", Secure: SecureAlways}, ""},
		{"a host cookie with a domain", Cookie{Name: "__Host-sessionid", Secure: SecureAlways, Domain: "a.test"}, "domain"},
		{"a host cookie with a path", Cookie{Name: "__Host-sessionid", Secure: SecureAlways, Path: "/x"}, "path"},
		{"a host cookie that is not secure", Cookie{Name: "__Host-sessionid"}, "Secure"},
		{"a secure cookie that is not", Cookie{Name: "__secure-sessionid", Secure: SecureNever}, "Secure"},
		{"SameSite=None that is not secure", Cookie{SameSite: http.SameSiteNoneMode}, "SameSite"},
		{"a name with a space", Cookie{Name: "session id"}, "session id"},
		{"a path with a semicolon", Cookie{Path: "/;x"}, "Path"},
		{"a domain that is none", Cookie{Domain: "a b"}, "Domain"},
	} {
		err := c.cookie.withDefaults().Check()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want an error that names %q", c.name, err, c.says)
		}
	}
}
