package config

import (
	"fmt"
	"slices"
	"strings"

	"sessionlab/handlers/proxy"
	"sessionlab/sessions"
)

// Level says how a rule came out.
type Level int

// The levels, from good to bad: as it should be; worth knowing; unsafe or likely to go wrong;
// refused at the start.
const (
	OK Level = iota
	Note
	Warning
	Error
)

func (l Level) String() string { return [...]string{"ok", "note", "warning", "error"}[l] }

// Finding is the outcome of one rule, for the command check and the page /security/.
type Finding struct {
	Level Level
	Title string // the setting or promise that it is about
	Found string // what was found in this run; never a secret
	Why   string // why it matters, or what to do
}

// Check evaluates all rules against these settings. The order is always the same.
func (s *Settings) Check() []Finding {
	all := append(s.checkKeys(), s.checkDebug(), s.checkHosts(), s.checkProxies())
	all = append(all, s.checkCookie()...)
	all = append(all, s.checkTimes()...)
	return append(all, s.checkSignIns(), s.checkEngine(), s.checkCache(), s.checkTimeZone())
}

func when(bad bool, level Level) Level {
	if bad {
		return level
	}
	return OK
}

// minSecret and minDistinct are Django's rule for a strong key (security.W009).
const (
	minSecret   = 50
	minDistinct = 5
)

// published are parts of keys that stand in documents, and so protect nothing.
var published = []string{
	"vectors-secret-key", "interop-secret", "example", "changeme", "change-me", "secret-key", "your-secret", "sessionlab",
}

func (s *Settings) checkKeys() []Finding {
	var all []Finding
	keys := append([]string{s.SecretKey}, s.SecretKeyFallbacks...)
	if s.StoreKey != "" {
		keys = append(keys, s.StoreKey)
	}
	for i, key := range keys {
		f := Finding{
			Title: "SECRET_KEY",
			Why: "Whoever knows or guesses the key can forge sessions. " +
				"Make one with: head -c 48 /dev/urandom | base64",
		}
		switch {
		case i > len(s.SecretKeyFallbacks):
			f.Title = "STORE_KEY"
		case i > 0:
			f.Title = fmt.Sprintf("SECRET_KEY_FALLBACKS, key %d", i)
		}
		found, strong := s.weakness(key, i == 0)
		f.Found = found
		switch {
		case strong:
		case s.DebugOn() && key != "": // while one learns
			f.Level = Warning
		default:
			f.Level = Error
		}
		all = append(all, f)
	}
	return all
}

// weakness says in words what is wrong with a key, without showing it.
func (s *Settings) weakness(key string, own bool) (found string, strong bool) {
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
	case slices.ContainsFunc(published, func(part string) bool { return strings.Contains(lower, part) }):
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

func (s *Settings) checkDebug() Finding {
	const why = "Internals are for learning on your own computer. Set DEBUG=false where others can reach " +
		"the server."
	switch {
	case !s.DebugOn():
		return Finding{OK, "DEBUG", "off: no page shows internals", why}
	case !s.Loopback():
		return Finding{
			Warning, "DEBUG",
			"on: visitors see the internals of their own sessions, AND OTHER COMPUTERS CAN REACH THIS SERVER",
			why,
		}
	case s.Debug == "true":
		return Finding{
			Note, "DEBUG",
			"on: visitors see the internals of their own sessions, those too whom a proxy on this " +
				"computer lets in",
			why,
		}
	case len(s.TrustedProxies) > 0:
		return Finding{
			Warning, "DEBUG",
			"auto: off for requests that a proxy passes on, as far as one can tell",
			"TRUSTED_PROXIES says that a proxy stands in front of this server. Set DEBUG=false.",
		}
	}
	return Finding{
		Note, "DEBUG",
		"auto: on for browsers on this computer, off for requests that a proxy passes on",
		"A proxy that adds no header and changes Host cannot be told from a browser. Set DEBUG=false " +
			"behind any proxy.",
	}
}

func (s *Settings) checkHosts() Finding {
	f := Finding{
		OK, "ALLOWED_HOSTS",
		strings.Join(s.AllowedHosts, ", "),
		"A host name that is not yours may be somebody's who points it at this server.",
	}
	for _, host := range s.AllowedHosts {
		if host != "*" && !proxy.Allowed(strings.TrimPrefix(host, "."), []string{host}) {
			return Finding{
				Error, f.Title,
				fmt.Sprintf("%q is no host name", host),
				"Name hosts alone, without https:// and without a port.",
			}
		}
	}
	switch {
	case slices.Contains(s.AllowedHosts, "*"):
		f.Level, f.Found = Warning, "*: this site answers to every host name"
	case len(s.AllowedHosts) > 0:
	case s.DebugOn():
		f.Found = "not set: with DEBUG this site answers to this computer's own names only"
		f.Level = when(!s.Loopback(), Note)
	default:
		f.Level, f.Found = Warning, "not set: this site answers to every host name"
	}
	return f
}

func (s *Settings) checkProxies() Finding {
	const why = "Name the proxies in front of this server, and nothing else: they are believed."
	if _, err := s.Proxies(); err != nil {
		return Finding{Error, "TRUSTED_PROXIES", err.Error(), why}
	}
	if len(s.TrustedProxies) == 0 {
		return Finding{OK, "TRUSTED_PROXIES", "not set: no forwarded header is believed", why}
	}
	return Finding{OK, "TRUSTED_PROXIES", strings.Join(s.TrustedProxies, ", "), why}
}

func (s *Settings) checkTimes() []Finding {
	var all []Finding
	for _, one := range []struct {
		name         string
		seconds, min int64
	}{
		{"SESSION_COOKIE_AGE", s.SessionCookieAge, 1}, {"SESSION_IDLE_TIMEOUT", s.SessionIdleTimeout, 0},
		{"SESSION_ABSOLUTE_AGE", s.SessionAbsoluteAge, 0}, {"SESSION_CLEAR_INTERVAL", s.SessionClearInterval, 0},
	} {
		const century = 100 * 365 * 24 * 3600
		if one.seconds < one.min || one.seconds > century {
			all = append(all, Finding{
				Error, one.name,
				"not a sensible number of seconds",
				fmt.Sprintf("Use a number from %d to a hundred years, in seconds.", one.min),
			})
		}
	}
	f := Finding{
		OK, "SESSION_ABSOLUTE_AGE",
		fmt.Sprintf("a sign-in ends after %d days at the latest", s.SessionAbsoluteAge/86400),
		"A stolen session should not live for ever.",
	}
	if s.SessionAbsoluteAge == 0 {
		f.Level, f.Found = Warning, "a sign-in that is used never ends"
	}
	return append(all, f)
}

func (s *Settings) checkSignIns() Finding {
	f := Finding{
		OK, "SIGNIN_NAME_LIMIT",
		"limits on wrong passwords are in force",
		"Without a limit, or with a high one, passwords can be guessed.",
	}
	for _, one := range []struct {
		name      string
		n, atMost uint
	}{
		{"SIGNIN_NAME_LIMIT", s.SigninNameLimit, 100},
		{"SIGNIN_NETWORK_LIMIT", s.SigninNetworkLimit, 10_000},
		{"SIGNIN_ACCOUNT_LIMIT", s.SigninAccountLimit, 100},
	} {
		if one.n > one.atMost {
			return Finding{Warning, one.name, fmt.Sprintf("%d, more than %d", one.n, one.atMost), f.Why}
		}
	}
	return f
}

func (s *Settings) checkEngine() Finding {
	if s.SessionEngine == "signed_cookies" {
		return Finding{
			Warning, "SESSION_ENGINE",
			"signed_cookies: a copy of a cookie works until it expires, even after its owner has signed " +
				"out; of two requests at once, the later answer wins",
			"Keep sessions on the server if a sign-out has to be final.",
		}
	}
	return Finding{
		OK, "SESSION_ENGINE",
		s.SessionEngine + ": sessions are kept on the server",
		"A sign-out is final.",
	}
}

// checkCache: an engine whose store cannot be reached may be done without, but a URL of another
// kind is a slip that nobody should have to find in the log.
func (s *Settings) checkCache() Finding {
	const why = "The cache and cached_db engines keep sessions there."
	scheme, _, _ := strings.Cut(s.CacheURL, ":")
	if scheme = strings.ToLower(scheme); !slices.Contains([]string{"", "memory", "redis", "rediss"}, scheme) {
		return Finding{Error, "CACHE_URL", "must begin with memory:, redis:// or rediss://", why}
	}
	return Finding{OK, "CACHE_URL", "a URL of a kind that is known", why}
}

func (s *Settings) checkTimeZone() Finding {
	const why = "Only a Django site with USE_TZ=False that shares the table needs another zone than UTC."
	if _, err := s.DBTimeZone(); err != nil {
		return Finding{Error, "SESSION_DB_TIME_ZONE", err.Error(), why}
	}
	return Finding{OK, "SESSION_DB_TIME_ZONE", s.SessionDBTimeZone, why}
}

// secureTexts say what SESSION_COOKIE_SECURE comes to.
var secureTexts = map[sessions.SecureMode]string{
	sessions.SecureAlways: "on: the cookie travels over HTTPS only",
	sessions.SecureAuto:   "auto: on for requests over HTTPS, and for those that a proxy passes on",
	sessions.SecureNever:  "off: the cookie travels in clear over HTTP",
}
