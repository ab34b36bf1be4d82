package sessions

import (
	"errors"
	"fmt"
	"net"
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

// client is what the browser sent, and what the answer tells it.
type client struct {
	*exchange // nil for Manager.Open

	named []string              // the keys in the request's cookies that may name a session
	room  [maxCandidates]string // for named
	key   string                // the key that the browser holds once it has the answer
	wrote time.Time             // when this request wrote the record; zero if it did not
	read  bool                  // the request's cookies were looked at
	ended bool                  // this request ended what the cookie named
	left  bool                  // somebody else did: the cookie is theirs to send
}

// exchange is the request and its answer.
type exchange struct {
	r     *http.Request
	head  http.Header // of the answer
	lines [3]string   // in head, see addLine
	seen  int         // how many of the request's cookies have the session's name
}

// readCookies looks at the request's cookies, once, and tells the event.
func (s *Session) readCookies() {
	if s.client.read {
		return
	}
	start := s.clock()
	s.client.names(s.m)
	s.tell(Event{Kind: CookieRead, Found: len(s.client.named) > 0}, "", start)
}

// names finds the request's session cookies, and reports whether one may name a session.
// Names count byte for byte. One pair of quotes around the value is removed, as Django
// does, and of the values only those with the shape of a key count, so that no store ever
// sees another.
func (c *client) names(m *Manager) bool {
	if c.read {
		return len(c.named) > 0
	}
	c.read, c.named = true, c.room[:0]
	for _, line := range c.r.Header["Cookie"] {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			name, value, ok := strings.Cut(strings.Trim(pair, " \t"), "=")
			if !ok || name != m.cfg.Cookie.Name {
				continue
			}
			c.seen++
			if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
				value = value[1 : len(value)-1]
			}
			if len(c.named) < maxCandidates && m.validKey(value) && !slices.Contains(c.named, value) {
				c.named = append(c.named, value)
			}
		}
	}
	return len(c.named) > 0
}

// setHeaders writes what the answer has to say about the session: the cookie, Vary and
// Cache-Control. A cookie that names no session here is left alone, unless this request
// ended what it named: another program on the same host may know it, or another copy of
// this one that has newer keys.
func (s *Session) setHeaders(saved bool) {
	c := &s.client
	several := c.seen > 1 && s.m.traits.InCookie
	switch {
	case c.left:
	case s.base.key != "" && (saved || several || s.base.key != c.key):
		s.sendCookie()
	case s.base.key == "" && c.seen > 0 && (c.ended || s.expired):
		s.clearCookie()
	}
	c.personal()
}

// sendCookie sends the session's key. A session without a fixed end in the browser gets
// both Max-Age and Expires, as Django sends them.
func (s *Session) sendCookie() {
	c := &s.client
	if s.expireAtClose() {
		s.setCookie(s.base.key, time.Time{}, 0)
	} else {
		now := c.wrote
		if now.IsZero() {
			now = time.Now()
		}
		age := min(s.cookieEnd().Sub(now), maxCookieAge)
		if age < time.Second {
			s.clearCookie()
			return
		}
		s.setCookie(s.base.key, now.Add(age), age)
	}
	c.key = s.base.key
	s.tell(Event{Kind: CookieSent}, c.key, time.Time{})
}

// clearCookie deletes the cookie with the attributes that it was set with, or some browsers
// keep it; Django leaves HttpOnly and Secure out.
func (s *Session) clearCookie() {
	s.setCookie("", time.Unix(1, 0), 0)
	s.client.key = ""
	s.tell(Event{Kind: CookieCleared}, "", time.Time{})
}

// cookieEnd is when the browser may forget the cookie: at the session's end, but the idle
// clock is kept by the server alone.
func (s *Session) cookieEnd() time.Time {
	p := s.m.policy
	p.idle = 0
	saved := s.base.times.saved
	return p.times(Record{Saved: saved, Used: saved}, time.Time{}, s.values.raw, saved).end
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

// setCookie adds the line that http.SetCookie would; value is a key, which needs no
// quotes. Without expires the cookie ends with the browser. Of several cookies of the name
// it takes back the others, as far as that can be done without knowing their attributes.
func (s *Session) setCookie(value string, expires time.Time, age time.Duration) {
	place := s.m.cookie.place
	if s.client.seen > 1 && s.m.traits.InCookie {
		if other := s.m.cfg.Cookie.otherPlace(s.client.r); other != place {
			s.client.addLine(0, "Set-Cookie", s.cookieLine("", other, time.Unix(1, 0), 0))
		}
	}
	s.client.addLine(0, "Set-Cookie", s.cookieLine(value, place, expires, age))
}

func (s *Session) cookieLine(value, place string, expires time.Time, age time.Duration) string {
	c, text := &s.m.cfg.Cookie, &s.m.cookie
	var room [256]byte
	line := append(room[:0], c.Name...)
	line = append(line, '=')
	line = append(line, value...)
	line = append(line, place...)
	if !expires.IsZero() {
		line = append(append(line, "; Expires="...), s.m.httpDate(expires)...)
		line = strconv.AppendInt(append(line, "; Max-Age="...), int64(age/time.Second), 10)
	}
	if c.Secure == SecureAlways || c.Secure == SecureAuto && c.HTTPS(s.client.r) {
		return string(append(line, text.secureFlags...))
	}
	return string(append(line, text.flags...))
}

// otherPlace is where a cookie of the same name may be that was set under other settings:
// for the host alone where there is a domain now, and for the host as a domain where there
// is none.
func (c Cookie) otherPlace(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	switch {
	case c.Domain != "":
		c.Domain = ""
	case strings.Contains(host, ".") && net.ParseIP(host) == nil: // others are no domains
		c.Domain = host
	}
	return c.text().place
}

// expireAtClose reports whether the cookie ends with the browser.
func (s *Session) expireAtClose() bool {
	e := parseExpiry(s.values.raw(expiryKey))
	if e.kind == byDefault {
		return s.m.cfg.ExpireAtBrowserClose
	}
	return e.kind == atBrowserClose
}

// personal says that the answer depends on the cookie and belongs to nobody else.
func (c *exchange) personal() {
	c.varyByCookie()
	c.noSharedCache()
}

// varyByCookie adds Cookie to Vary, beside what is there.
func (c *exchange) varyByCookie() {
	for _, line := range c.head["Vary"] {
		for field := range strings.SplitSeq(line, ",") {
			if field = strings.TrimSpace(field); field == "*" || strings.EqualFold(field, "Cookie") {
				return
			}
		}
	}
	c.addLine(1, "Vary", "Cookie")
}

// noSharedCache keeps an answer that depends on a session out of shared caches, and out of
// the browser's own after a sign-out, unless the handler asked for a private one.
func (c *exchange) noSharedCache() {
	for _, line := range c.head["Cache-Control"] {
		line = strings.ToLower(line)
		if strings.Contains(line, "no-store") || strings.Contains(line, "private") && !strings.Contains(line, "public") {
			return
		}
	}
	delete(c.head, "Cache-Control")
	c.addLine(2, "Cache-Control", "private, no-store")
}

// addLine adds a line to a header. The first one stands in room i of the request: one
// allocation less for each header of each answer.
func (c *exchange) addLine(i int, header, line string) {
	if c.head[header] != nil {
		c.head.Add(header, line)
		return
	}
	c.lines[i] = line
	c.head[header] = c.lines[i : i+1 : i+1] // what is appended to it goes elsewhere
}
