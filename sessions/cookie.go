package sessions

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Cookie says how the session cookie is sent. The zero value is Django's default, with
// Secure following the request (SESSION_COOKIE_… settings).
type Cookie struct {
	Name   string // "" is "sessionid"; may begin with __Host- or __Secure-
	Domain string // "" is the host that set it, and no sub-domain
	Path   string // "" is "/"
	// Secure says whether the cookie is kept to encrypted connections.
	Secure SecureMode
	// HTTPS reports for SecureAuto whether the visitor's connection is encrypted; nil
	// looks at the request's own connection, which is wrong behind a proxy.
	HTTPS func(*http.Request) bool
	// ReadableByScripts leaves HttpOnly out, so that any script on the page can steal
	// the session. There is hardly ever a reason to.
	ReadableByScripts bool
	// SameSite is sent as it is; 0 is Lax, and SameSiteDefaultMode leaves it out.
	SameSite http.SameSite
}

// SecureMode says when the cookie is marked Secure.
type SecureMode int

// SecureAuto marks the cookie of a request that came over HTTPS, SecureAlways every one,
// SecureNever none.
const (
	SecureAuto SecureMode = iota
	SecureAlways
	SecureNever
)

// maxCookieAge is the longest life that browsers grant a cookie (RFC 6265bis, 5.5).
const maxCookieAge = 400 * 24 * time.Hour

// maxCandidates bounds how many cookies of the name are tried in the store.
const maxCandidates = 3

func (c Cookie) withDefaults() Cookie {
	if c.Name == "" {
		c.Name = "sessionid"
	}
	if c.Path == "" {
		c.Path = "/"
	}
	if c.SameSite == 0 {
		c.SameSite = http.SameSiteLaxMode
	}
	if c.HTTPS == nil {
		c.HTTPS = func(r *http.Request) bool { return r.TLS != nil }
	}
	return c
}

// Check returns an error for what browsers would refuse, so that nobody has to find out why no visitor
// is ever remembered.
func (c Cookie) Check() error {
	probe := http.Cookie{Name: c.Name, Value: "x", Path: c.Path, Domain: c.Domain}
	if err := probe.Valid(); err != nil {
		return fmt.Errorf("sessions: cookie %q: %w", c.Name, err)
	}
	lower := strings.ToLower(c.Name)
	host, secure := strings.HasPrefix(lower, "__host-"), strings.HasPrefix(lower, "__secure-")
	switch {
	case (host || secure) && c.Secure != SecureAlways:
		return fmt.Errorf("sessions: a cookie named %q must always be Secure, or browsers drop it", c.Name)
	case host && c.Domain != "":
		return fmt.Errorf("sessions: a cookie named %q must have no domain, or browsers drop it", c.Name)
	case host && c.Path != "/":
		return fmt.Errorf("sessions: a cookie named %q must have the path /, or browsers drop it", c.Name)
	case c.SameSite == http.SameSiteNoneMode && c.Secure != SecureAlways:
		return errors.New("sessions: a cookie with SameSite=None must always be Secure, or browsers drop it")
	}
	return nil
}

// readCookies looks at the request's cookies, once, and tells the event.
func (s *Session) readCookies() {
	if s.cookieRead {
		return
	}
	start := time.Now()
	s.findCookies()
	s.tell(Event{Kind: CookieRead, Found: len(s.candidates) > 0}, "", start)
}

// findCookies finds the request's session cookies: names byte for byte,
// one pair of quotes around the value removed (Django B-140), and of the values only those
// with the shape of a key, so that no store ever sees another.
func (s *Session) findCookies() {
	s.cookieRead = true
	s.candidates = s.room[:0]
	for _, line := range s.r.Header["Cookie"] {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			name, value, ok := strings.Cut(strings.Trim(pair, " \t"), "=")
			if !ok || name != s.m.cfg.Cookie.Name {
				continue
			}
			s.cookieSeen = true
			if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
				value = value[1 : len(value)-1]
			}
			if len(s.candidates) < maxCandidates && s.m.validKey(value) && !slices.Contains(s.candidates, value) {
				s.candidates = append(s.candidates, value)
			}
		}
	}
}

// setHeaders writes what the answer has to say about the session: the cookie, Vary and
// Cache-Control.
func (s *Session) setHeaders(saved bool) {
	sent := false
	switch {
	case s.key != "" && (saved || s.key != s.clientKey || s.m.cfg.SaveEveryRequest):
		sent = s.sendCookie()
	case s.key == "" && s.cookieSeen && (s.data != nil || len(s.candidates) == 0):
		s.clearCookie()
		sent = true
	}
	if sent || s.accessed {
		varyByCookie(s.head)
		noSharedCache(s.head)
	}
}

// sendCookie sends the session's key. A session without a fixed end in the browser gets
// both Max-Age and Expires, as Django sends them (B-120).
func (s *Session) sendCookie() bool {
	c := s.cookie()
	c.Value = s.key
	if !s.expireAtClose() {
		age := min(s.ageLeft(), maxCookieAge)
		if age < time.Second {
			s.clearCookie()
			return true
		}
		c.MaxAge = int(age / time.Second)
		c.Expires = time.Now().Add(age)
	}
	http.SetCookie(headerOnly{s.head}, c)
	s.clientKey = s.key
	s.tell(Event{Kind: CookieSent}, s.key, time.Time{})
	return true
}

// clearCookie deletes the cookie with the attributes that it was set with, or some browsers
// keep it (R-07, R-60; Django leaves HttpOnly and Secure out, B-131).
func (s *Session) clearCookie() {
	c := s.cookie()
	c.MaxAge = -1 // printed as Max-Age=0
	c.Expires = time.Unix(1, 0)
	http.SetCookie(headerOnly{s.head}, c)
	s.clientKey = ""
	s.tell(Event{Kind: CookieCleared}, "", time.Time{})
}

func (s *Session) cookie() *http.Cookie {
	c := s.m.cfg.Cookie
	sameSite := c.SameSite
	if sameSite == http.SameSiteDefaultMode {
		sameSite = 0
	}
	return &http.Cookie{
		Name: c.Name, Domain: c.Domain, Path: c.Path, HttpOnly: !c.ReadableByScripts, SameSite: sameSite,
		Secure: c.Secure == SecureAlways || c.Secure == SecureAuto && c.HTTPS(s.r),
	}
}

func (s *Session) expireAtClose() bool {
	if raw := s.value(expiryKey); raw != nil {
		if e := parseExpiry(raw); e.kind != byDefault {
			return e.kind == atBrowserClose
		}
	}
	return s.m.cfg.ExpireAtBrowserClose
}

// ageLeft is the Max-Age of the cookie: until the session's end, but not shortened by the
// idle clock, which only the server keeps.
func (s *Session) ageLeft() time.Duration {
	c := s.m.cfg
	c.IdleTimeout = 0
	now := time.Now()
	return c.deadline(s.entry, now).Sub(now.Truncate(time.Microsecond))
}

// varyByCookie adds Cookie to Vary, beside what is there (Django B-116).
func varyByCookie(h http.Header) {
	for _, line := range h["Vary"] {
		for field := range strings.SplitSeq(line, ",") {
			if field = strings.TrimSpace(field); field == "*" || strings.EqualFold(field, "Cookie") {
				return
			}
		}
	}
	h["Vary"] = append(h["Vary"], "Cookie")
}

// noSharedCache keeps an answer that depends on a session out of shared caches, and out of
// the browser's own after a sign-out, unless the handler asked for a private one.
func noSharedCache(h http.Header) {
	for _, line := range h["Cache-Control"] {
		line = strings.ToLower(line)
		if strings.Contains(line, "no-store") || strings.Contains(line, "private") && !strings.Contains(line, "public") {
			return
		}
	}
	h["Cache-Control"] = []string{"private, no-store"}
}

// headerOnly lets http.SetCookie write into a header that is at hand.
type headerOnly struct{ header http.Header }

func (h headerOnly) Header() http.Header       { return h.header }
func (headerOnly) Write(p []byte) (int, error) { return len(p), nil }
func (headerOnly) WriteHeader(int)             {}
