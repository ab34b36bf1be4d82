package sessions

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Entries that the layer keeps in the session itself, where Django keeps its own.
const (
	expiryKey   = "_session_expiry"        // Django's name and form (wire format, B-040 to B-045)
	absoluteKey = "_session_absolute_from" // seconds since 1970: when the absolute age began to run
)

// djangoTime is how Django writes a moment into the session: ISO 8601 with a numeric
// offset, microseconds only if there are any.
const (
	djangoTime       = "2006-01-02T15:04:05-07:00"
	djangoTimeMicros = "2006-01-02T15:04:05.000000-07:00"
)

// Expiry says when a session ends. The zero value is the default: the cookie age after
// the last save.
type Expiry struct {
	kind expiryKind
	age  time.Duration
	at   time.Time
}

type expiryKind int

const (
	byDefault expiryKind = iota
	atBrowserClose
	afterAge
	atMoment
)

var (
	// DefaultExpiry is the cookie age, counted from each save.
	DefaultExpiry = Expiry{}
	// AtBrowserClose ends the session when the browser is closed; its record lives for
	// the cookie age (Django B-041, B-157).
	AtBrowserClose = Expiry{kind: atBrowserClose}
)

// After ends the session d after its last save, in whole seconds (Django B-040). An
// age under one second, negative ones included, ends it at the next save.
func After(d time.Duration) Expiry {
	d = d.Truncate(time.Second)
	if d == 0 {
		d = -time.Second // 0 would be read as "until the browser is closed"
	}
	return Expiry{kind: afterAge, age: d}
}

// At ends the session at a moment, whatever is saved until then (Django B-044).
func At(t time.Time) Expiry {
	return Expiry{kind: atMoment, at: t.UTC().Truncate(time.Microsecond)}
}

// value is what Django keeps under _session_expiry, nil for nothing.
func (e Expiry) value() any {
	switch e.kind {
	case atBrowserClose:
		return 0
	case afterAge:
		return int64(e.age / time.Second)
	case atMoment:
		if e.at.Nanosecond() == 0 {
			return e.at.Format(djangoTime)
		}
		return e.at.Format(djangoTimeMicros)
	}
	return nil
}

// parseExpiry reads what Django or value wrote. Anything else counts as the default,
// since a session must not become unusable through it (unlike B-046).
func parseExpiry(raw []byte) Expiry {
	text := string(raw)
	if len(text) > 0 && text[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return DefaultExpiry
		}
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
			if t, err := time.Parse(layout, strings.Replace(s, " ", "T", 1)); err == nil {
				return At(t) // without an offset: UTC, as Django reads it with UTC as its time zone
			}
		}
		return DefaultExpiry
	}
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || n != n:
		return DefaultExpiry
	case n == 0:
		return AtBrowserClose
	case n > maxSeconds:
		n = maxSeconds
	case n < -maxSeconds:
		n = -maxSeconds
	}
	return Expiry{kind: afterAge, age: time.Duration(n * float64(time.Second))}
}

// maxSeconds keeps sums with any clock inside what time.Duration and text dates hold.
const maxSeconds = 200 * 365 * 24 * 3600

// deadline says when a session that was last saved at saved stops being valid: the one
// place where all clocks meet. entry looks up what the session holds.
func (c *Config) deadline(entry func(name string) []byte, saved time.Time) time.Time {
	t := saved.Add(c.Age)
	if raw := entry(expiryKey); raw != nil {
		switch e := parseExpiry(raw); e.kind {
		case afterAge:
			t = saved.Add(e.age)
		case atMoment:
			t = e.at
		}
	}
	if c.IdleTimeout > 0 {
		t = earlier(t, saved.Add(c.IdleTimeout))
	}
	if end, ok := c.absoluteEnd(entry); ok {
		t = earlier(t, end)
	}
	return t.UTC().Truncate(time.Microsecond)
}

// absoluteEnd says when the session ends however busy it is, if it does.
func (c *Config) absoluteEnd(entry func(name string) []byte) (time.Time, bool) {
	if c.AbsoluteAge == 0 {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(string(entry(absoluteKey)), 10, 64)
	if err != nil || n > math.MaxInt32*1000 {
		return time.Time{}, false
	}
	return time.Unix(n, 0).Add(c.AbsoluteAge), true
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Deadline returns when a record of this data, written or last touched at saved, stops
// being valid. Engines that keep no expiry of their own, such as file, are given it when
// they are made. Data that does not decode lasts for the default age.
func (c Config) Deadline(data []byte, saved time.Time) time.Time {
	c = c.withDefaults()
	entries, _ := c.Codec.Decode(data)
	return c.deadline(func(name string) []byte {
		for _, e := range entries {
			if e.Name == name {
				return e.Value
			}
		}
		return nil
	}, saved)
}

// SetExpiry says when this session ends; [DefaultExpiry] goes back to the settings, and
// changes nothing if they are in force (Django B-042).
func (s *Session) SetExpiry(e Expiry) {
	if v := e.value(); v != nil {
		s.Set(expiryKey, v)
		return
	}
	s.Delete(expiryKey)
}

// StartAbsoluteAge begins the time after which the session ends however busy it is, as
// a sign-in does; see Config.AbsoluteAge.
func (s *Session) StartAbsoluteAge() { s.Set(absoluteKey, time.Now().Unix()) }

// ExpiryAge is how long the session lasts from a save made now: the cookie age, or what
// SetExpiry said; negative if that is over (Django B-047 to B-049). Whole seconds for a
// fixed moment, rounded down.
func (s *Session) ExpiryAge() time.Duration {
	switch e := s.expiry(); e.kind {
	case afterAge:
		return e.age
	case atMoment:
		left := time.Until(e.at)
		if whole := left.Truncate(time.Second); whole > left {
			return whole - time.Second
		} else {
			return whole
		}
	}
	return s.m.cfg.Age
}

// ExpiryDate is when the session ends if it is saved now (Django B-051).
func (s *Session) ExpiryDate() time.Time {
	if e := s.expiry(); e.kind == atMoment {
		return e.at
	}
	return time.Now().Add(s.ExpiryAge()).UTC()
}

// ExpireAtBrowserClose reports whether the cookie ends with the browser. What SetExpiry
// said overrides the setting in both directions (Django B-053).
func (s *Session) ExpireAtBrowserClose() bool {
	e := s.expiry()
	if e.kind == byDefault {
		return s.m.cfg.ExpireAtBrowserClose
	}
	return e.kind == atBrowserClose
}

func (s *Session) expiry() Expiry {
	raw, ok := s.Raw(expiryKey)
	if !ok {
		return DefaultExpiry
	}
	return parseExpiry(raw)
}
