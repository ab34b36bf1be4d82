package config

import (
	"fmt"
	"net"
	"strings"

	"golang.org/x/net/publicsuffix"

	"sessionlab/sessions"
)

// checkCookie are the rules about the session cookie.
func (s *Settings) checkCookie() []Finding {
	all := []Finding{s.checkName(), s.checkSecure()}
	script := Finding{
		OK, "SESSION_COOKIE_HTTPONLY",
		"on: scripts cannot read the cookie",
		"One injected script would be enough to steal the session.",
	}
	if !s.SessionCookieHTTPOnly {
		script.Level, script.Found = Warning, "off: any script on a page can read the cookie"
	}
	sameSite := strings.ToLower(s.SessionCookieSameSite)
	all = append(all, script,
		Finding{
			when(sameSite != "lax" && sameSite != "strict", Warning), "SESSION_COOKIE_SAMESITE",
			s.SessionCookieSameSite,
			"With None, or without the attribute, browsers send the cookie along with requests that other " +
				"sites cause.",
		},
		s.checkDomain())
	if err := s.Cookie(nil).Check(); err != nil {
		all = append(all, Finding{
			Error, "Session cookie",
			err.Error(),
			"Browsers would drop the cookie, and nobody would be remembered.",
		})
	}
	return all
}

func (s *Settings) checkName() Finding {
	f := Finding{
		OK, "SESSION_COOKIE_NAME",
		s.CookieName(),
		"Cookies do not know ports. Two programs on one host, such as a Django site on port 8000 and this " +
			"one, need two names, or each signs the other's visitors out.",
	}
	if s.Loopback() && s.DebugOn() && s.CookieName() == "sessionid" {
		f.Level = Note
		f.Found = "sessionid: every program on this computer that uses this name shares the cookie"
	}
	return f
}

// checkSecure: this program speaks plain HTTP itself, so HTTPS needs a proxy in front.
func (s *Settings) checkSecure() Finding {
	secure := s.secure()
	f := Finding{
		OK, "SESSION_COOKIE_SECURE",
		secureTexts[secure],
		"Without it anybody on the same network can read the cookie and be the visitor.",
	}
	switch {
	case secure == sessions.SecureNever:
		f.Level = Warning
	case secure == sessions.SecureAlways && len(s.TrustedProxies) == 0:
		f.Level = Warning
		f.Found = "on, but this server itself speaks plain HTTP, and no proxy with HTTPS is named in TRUSTED_PROXIES"
		f.Why = "Over plain HTTP browsers drop a Secure cookie, and nobody is remembered or can sign in. " +
			"Put a proxy with HTTPS in front and name it in TRUSTED_PROXIES, or, to try things out on your " +
			"own computer, set SESSION_COOKIE_SECURE=false."
	case secure == sessions.SecureAuto && !s.Loopback():
		f.Level = Warning
		f.Found = "auto: off for requests over plain HTTP, and other computers can reach this server"
	}
	return f
}

// checkDomain: browsers drop a cookie for a domain that the page's host is not part of.
func (s *Settings) checkDomain() Finding {
	const title = "SESSION_COOKIE_DOMAIN"
	const dropped = "Browsers drop a cookie whose domain is not the page's own host or a domain that holds it, " +
		"and nobody is remembered."
	domain := strings.ToLower(strings.TrimPrefix(s.SessionCookieDomain, "."))
	if domain == "" {
		return Finding{
			OK, title,
			"not set: the cookie goes to the host that set it, and to no other",
			"Hosts below it would see the cookie too, and could set one of their own.",
		}
	}
	if suffix, listed := publicsuffix.PublicSuffix(domain); suffix == domain && (listed || strings.Contains(domain, ".")) {
		return Finding{Warning, title, domain + ": a public suffix, under which anybody can have a site", dropped}
	}
	hosts := s.AllowedHosts
	if len(hosts) == 0 {
		hosts = s.ownHosts()
	}
	for _, host := range hosts {
		name := strings.ToLower(strings.TrimPrefix(host, "."))
		if host != "*" && name != domain && !strings.HasSuffix(name, "."+domain) {
			return Finding{
				Warning, title,
				fmt.Sprintf("%s: not the domain of %s, where this site is", domain, host),
				dropped,
			}
		}
	}
	return Finding{
		Note, title,
		domain + ": all hosts of this domain see the cookie",
		"Each of them can read the cookie and set one of its own. Leave the setting empty for this host alone.",
	}
}

// ownHosts are the names of this site as far as ADDR and DEBUG tell.
func (s *Settings) ownHosts() []string {
	host, _, _ := net.SplitHostPort(s.Addr)
	switch {
	case s.Loopback() && s.DebugOn():
		return []string{"localhost"}
	case s.Loopback() || host == "" || net.ParseIP(host) != nil: // behind a proxy it has names that nobody knows here
		return nil
	}
	return []string{host}
}
