package sessions

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
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
	start := s.clock()
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
		s.varyByCookie()
		s.noSharedCache()
	}
}

// sendCookie sends the session's key. A session without a fixed end in the browser gets
// both Max-Age and Expires, as Django sends them (B-120).
func (s *Session) sendCookie() bool {
	if s.expireAtClose() {
		s.setCookie(s.key, time.Time{}, 0)
	} else {
		now := time.Now()
		age := min(s.ageLeft(now), maxCookieAge)
		if age < time.Second {
			s.clearCookie()
			return true
		}
		s.setCookie(s.key, now.Add(age), age)
	}
	s.clientKey = s.key
	s.tell(Event{Kind: CookieSent}, s.key, time.Time{})
	return true
}

// clearCookie deletes the cookie with the attributes that it was set with, or some browsers
// keep it (R-07, R-60; Django leaves HttpOnly and Secure out, B-131).
func (s *Session) clearCookie() {
	s.setCookie("", time.Unix(1, 0), 0)
	s.clientKey = ""
	s.tell(Event{Kind: CookieCleared}, "", time.Time{})
}

// cookieText is what all Set-Cookie lines of a Manager have in common.
type cookieText struct{ place, flags, secureFlags string }

// text has net/http write the attributes, once: to have it write each line would cost two
// allocations more for each save.
func (c Cookie) text() cookieText {
	sameSite := c.SameSite
	if sameSite == http.SameSiteDefaultMode {
		sameSite = 0
	}
	attributes := func(part http.Cookie) string {
		part.Name = c.Name
		return strings.TrimPrefix(part.String(), c.Name+"=")
	}
	return cookieText{
		place:       attributes(http.Cookie{Path: c.Path, Domain: c.Domain}),
		flags:       attributes(http.Cookie{HttpOnly: !c.ReadableByScripts, SameSite: sameSite}),
		secureFlags: attributes(http.Cookie{HttpOnly: !c.ReadableByScripts, SameSite: sameSite, Secure: true}),
	}
}

// httpDate writes t as cookies want it, or gives the last text again: it is the same for
// all cookies of one second, and makes up a twentieth of the cost of a save.
func (m *Manager) httpDate(t time.Time) string {
	last := m.lastDate.Load()
	if last == nil || last.second != t.Unix() {
		last = &dateText{t.Unix(), t.UTC().Format(http.TimeFormat)}
		m.lastDate.Store(last)
	}
	return last.text
}

type dateText struct {
	second int64 // since 1970
	text   string
}

// setCookie adds the line that http.SetCookie would (B-139); value is a key, which needs no
// quotes. Without expires the cookie ends with the browser.
func (s *Session) setCookie(value string, expires time.Time, age time.Duration) {
	c, text := &s.m.cfg.Cookie, &s.m.cookie
	var room [256]byte
	line := append(room[:0], c.Name...)
	line = append(line, '=')
	line = append(line, value...)
	line = append(line, text.place...)
	if !expires.IsZero() {
		line = append(append(line, "; Expires="...), s.m.httpDate(expires)...)
		line = strconv.AppendInt(append(line, "; Max-Age="...), int64(age/time.Second), 10)
	}
	if c.Secure == SecureAlways || c.Secure == SecureAuto && c.HTTPS(s.r) {
		line = append(line, text.secureFlags...)
	} else {
		line = append(line, text.flags...)
	}
	s.addLine(0, "Set-Cookie", string(line))
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
func (s *Session) ageLeft(now time.Time) time.Duration {
	c := s.m.cfg
	c.IdleTimeout = 0
	return c.deadline(s.entry, now).Sub(now.Truncate(time.Microsecond))
}

// varyByCookie adds Cookie to Vary, beside what is there (Django B-116).
func (s *Session) varyByCookie() {
	for _, line := range s.head["Vary"] {
		for field := range strings.SplitSeq(line, ",") {
			if field = strings.TrimSpace(field); field == "*" || strings.EqualFold(field, "Cookie") {
				return
			}
		}
	}
	s.addLine(1, "Vary", "Cookie")
}

// noSharedCache keeps an answer that depends on a session out of shared caches, and out of
// the browser's own after a sign-out, unless the handler asked for a private one.
func (s *Session) noSharedCache() {
	for _, line := range s.head["Cache-Control"] {
		line = strings.ToLower(line)
		if strings.Contains(line, "no-store") || strings.Contains(line, "private") && !strings.Contains(line, "public") {
			return
		}
	}
	delete(s.head, "Cache-Control")
	s.addLine(2, "Cache-Control", "private, no-store")
}

// addLine adds a line to a header. The first one stands in room i of the session: one
// allocation less for each header of each answer.
func (s *Session) addLine(i int, header, line string) {
	if s.head[header] != nil {
		s.head.Add(header, line)
		return
	}
	s.lines[i] = line
	s.head[header] = s.lines[i : i+1 : i+1] // what is appended to it goes elsewhere
}
