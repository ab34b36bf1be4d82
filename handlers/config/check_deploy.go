package config

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"sessionlab/sessions"
)

// CheckDeploy is Check for a site that others use, as Django's check --deploy: what is fine on
// one's own computer may be a warning there.
func (s *Settings) CheckDeploy() []Finding {
	all := s.Check()
	for _, f := range s.deploy() {
		switch i := slices.IndexFunc(all, func(other Finding) bool { return other.Title == f.Title }); {
		case i < 0:
			all = append(all, f)
		case all[i].Level < f.Level:
			all[i] = f
		}
	}
	return all
}

// deploy are the rules that hold for a site that others use, as far as they are broken.
func (s *Settings) deploy() []Finding {
	var all []Finding
	say := func(bad bool, level Level, title, found, why string) {
		if bad {
			all = append(all, Finding{level, title, found, why})
		}
	}
	say(s.DebugOn(), Warning, "DEBUG", "can be on: "+s.Debug+", on an address of this computer",
		"Pages show internals to whoever seems to sit at this computer. Set DEBUG=false.")
	say(s.SecretMade, Warning, "SECRET_KEY", "made on this computer, and kept in "+s.SecretFile,
		"Other copies of the program have another one, and sign visitors out. "+
			"Make one for all with: head -c 48 /dev/urandom | base64")
	say(len(s.AllowedHosts) == 0, Warning, "ALLOWED_HOSTS", "not set",
		"Name the hosts that this site is: whatever else somebody points at it is then refused.")
	say(len(s.TrustedProxies) == 0, Warning, "TRUSTED_PROXIES", "not set: no request counts as one over HTTPS",
		"This server speaks plain HTTP. Put a proxy with HTTPS in front, lead HTTP there to HTTPS, and name it: "+
			"then Strict-Transport-Security is sent, and limits count visitors, not the proxy.")
	say(s.secure() != sessions.SecureAlways, Warning, "SESSION_COOKIE_SECURE", secureTexts[s.secure()],
		"Anybody on the same network can read a cookie that travels in clear. Set it to true.")
	host := strings.HasPrefix(s.CookieName(), "__Host-") || s.SessionCookieDomain != "" || s.SessionCookiePath != "/"
	say(!host, Note, "SESSION_COOKIE_NAME", s.CookieName(),
		"Call it __Host-sessionid: then no other host of your domain, and nobody over plain HTTP, can set it.")
	uses := func(engines ...string) bool { return slices.Contains(engines, s.SessionEngine) }
	say(uses("cache") && s.CacheInMemory(), Warning, "CACHE_URL",
		"memory: every start of the program ends all sessions", "Use redis:// or rediss://, or another engine.")
	say(uses("cached_db") && s.CacheInMemory(), Note, "CACHE_URL",
		"memory: each copy of the program has a cache of its own", "With more than one copy use redis:// or rediss://.")
	say(s.StoreKey == "" && (uses("cache", "cached_db") && !s.CacheInMemory() || s.SessionHashKeys), Note, "STORE_KEY",
		"not set: SECRET_KEY hashes session keys in the store",
		"Before SECRET_KEY changes, set it to what that was, or the sessions there end.")
	say(s.SQLiteFile() != "", Note, "DATABASE_URL", "a SQLite file: for one copy of the program, on a local disk",
		"For more than one copy use postgres://.")
	say(uses("file"), Note, "SESSION_FILE_PATH", "files: for one machine", "For more than one use another engine.")
	say(s.MetricsAddr != "" && !private(s.MetricsAddr), Warning, "METRICS_ADDR",
		s.MetricsAddr+": whoever reaches this address reads the figures",
		"Use an address that only Prometheus reaches, such as 127.0.0.1:9100.")
	return all
}

// private reports whether an address is one that the internet does not reach.
func private(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && (ip.IsLoopback() || ip.IsPrivate())
}
