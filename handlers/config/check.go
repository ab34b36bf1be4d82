package config

import (
	"fmt"
	"slices"
	"strings"

	"sessionlab/sessions"
)

// State says how a rule came out.
type State string

// The outcomes of a rule: OK, something to know, and something that stops the start.
const (
	OK      State = "ok"
	Warning State = "warning"
	Error   State = "error"
)

// Finding is the outcome of one rule, for the command check and the page /security/.
type Finding struct {
	State State
	Title string // the setting or promise that it is about
	Found string // what was found in this run; never a secret
	Why   string // why it matters, or what to do
}

// minSecret is Django's rule for a strong key (security.W009); minDistinct goes with it.
const (
	minSecret   = 50
	minDistinct = 5
)

// known are keys that stand in documents, and so protect nothing.
var known = []string{"vectors-secret-key", "interop-secret", "example", "changeme", "change-me", "secret-key", "your-secret", "sessionlab"}

// Check evaluates all rules against these settings.
func (s *Settings) Check() []Finding {
	debug := s.DebugOn()
	unless := func(ok bool, bad State) State {
		if ok {
			return OK
		}
		return bad
	}
	var all []Finding
	add := func(state State, title, found, why string) { all = append(all, Finding{state, title, found, why}) }

	for i, key := range append([]string{s.SecretKey}, s.SecretKeyFallbacks...) {
		title := "SECRET_KEY"
		if i > 0 {
			title = fmt.Sprintf("SECRET_KEY_FALLBACKS, key %d", i)
		}
		found, ok := s.weakness(key, i == 0)
		add(unless(ok, strict(debug && key != "")), title, found, "Whoever knows or guesses the key can forge sessions. Make one with: head -c 48 /dev/urandom | base64")
	}

	add(unless(!debug || s.Loopback(), Warning), "DEBUG", map[bool]string{
		true:  "on: visitors see the internals of their own sessions" + reach(s),
		false: "off: no page shows internals",
	}[debug], "Internals are for learning on your own computer. Set DEBUG=false where others can reach the server.")

	secure := s.secure()
	add(unless(secure != sessions.SecureNever && (secure == sessions.SecureAlways || debug), Warning), "SESSION_COOKIE_SECURE", map[sessions.SecureMode]string{
		sessions.SecureAlways: "on: the cookie travels over HTTPS only",
		sessions.SecureAuto:   "auto: on for requests over HTTPS",
		sessions.SecureNever:  "off: the cookie travels in clear over HTTP",
	}[secure], "Without it anybody on the same network can read the cookie and be the visitor.")

	add(unless(s.SessionCookieHTTPOnly, Warning), "SESSION_COOKIE_HTTPONLY", onOff(s.SessionCookieHTTPOnly, "scripts cannot read the cookie", "any script on a page can read the cookie"), "One injected script would be enough to steal the session.")

	sameSite := strings.ToLower(s.SessionCookieSameSite)
	add(unless(sameSite == "lax" || sameSite == "strict", Warning), "SESSION_COOKIE_SAMESITE", s.SessionCookieSameSite, "With None, or without the attribute, the cookie goes along with requests that other sites make.")

	if err := s.checkCookie(); err != nil {
		add(Error, "Session cookie", err.Error(), "Browsers would drop the cookie, and nobody would be remembered.")
	}
	for name, n := range map[string]int64{
		"SESSION_IDLE_TIMEOUT": s.SessionIdleTimeout, "SESSION_ABSOLUTE_AGE": s.SessionAbsoluteAge, "SESSION_CLEAR_INTERVAL": s.SessionClearInterval,
		"SESSION_COOKIE_AGE": s.SessionCookieAge - 1,
	} {
		if n < 0 || n > 100*365*24*3600 {
			add(Error, name, "not a sensible number of seconds", "Use a positive number of seconds, at most a hundred years.")
		}
	}
	add(unless(s.SessionAbsoluteAge > 0, Warning), "SESSION_ABSOLUTE_AGE", map[bool]string{true: fmt.Sprintf("a sign-in ends after %d days at the latest", s.SessionAbsoluteAge/86400), false: "a sign-in that is used lasts for ever"}[s.SessionAbsoluteAge > 0], "A stolen session should not live for ever.")
	if _, err := s.Proxies(); err != nil {
		add(Error, "TRUSTED_PROXIES", err.Error(), "Name the proxies in front of this server, and nothing else.")
	}
	if s.SessionEngine == "signed_cookies" {
		add(Warning, "SESSION_ENGINE", "signed_cookies: a copy of a cookie works until it expires, after a sign-out too, and of two tabs at once the later one wins", "Keep sessions on the server if a sign-out has to be final.")
	}
	return all
}

// strict is an error where the app is out of DEBUG, and a warning while one learns.
func strict(lenient bool) State {
	if lenient {
		return Warning
	}
	return Error
}

// weakness says in words what is wrong with a key, without showing it.
func (s *Settings) weakness(key string, own bool) (found string, ok bool) {
	lower := strings.ToLower(key)
	switch {
	case key == "":
		return "not set", false
	case len(key) < minSecret:
		return fmt.Sprintf("set (%d characters), shorter than %d", len(key), minSecret), false
	case distinct(key) < minDistinct:
		return fmt.Sprintf("set, but of only %d different characters", distinct(key)), false
	case strings.HasPrefix(lower, "django-insecure-"):
		return "set, but to a key that Django marks as insecure", false
	case slices.ContainsFunc(known, func(k string) bool { return strings.Contains(lower, k) }):
		return "set, but to a key that stands in documents", false
	case own && s.SecretMade:
		return fmt.Sprintf("made for this computer (%d characters)", len(key)), true
	}
	return fmt.Sprintf("set (%d characters)", len(key)), true
}

func distinct(text string) int {
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen)
}

// checkCookie has the session layer say what browsers would refuse.
func (s *Settings) checkCookie() error { return s.Cookie(nil).Check() }

func reach(s *Settings) string {
	if s.Loopback() {
		return ", on this computer only"
	}
	return ", AND OTHER COMPUTERS CAN REACH THIS SERVER"
}

func onOff(on bool, yes, no string) string {
	if on {
		return "on: " + yes
	}
	return "off: " + no
}
