package sessions

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Entries that the layer keeps in the session itself, where Django keeps its own.
const (
	expiryKey   = "_session_expiry"        // Django's name and form
	absoluteKey = "_session_absolute_from" // when the absolute age began to run, in seconds since 1970
	movedKey    = "_session_moved"         // stands for a moment in the place of a record that moved to another key
	savedKey    = "_session_saved"         // when the session was saved, in microseconds since 1970, where nothing else keeps it
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
	// the cookie age.
	AtBrowserClose = Expiry{kind: atBrowserClose}
)

// After ends the session d after its last save, in whole seconds. An
// age under one second, negative ones included, ends it at the next save.
func After(d time.Duration) Expiry {
	d = d.Truncate(time.Second)
	if d == 0 {
		d = -time.Second // 0 would be read as "until the browser is closed"
	}
	return Expiry{kind: afterAge, age: d}
}

// At ends the session at a moment, whatever is saved until then.
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
// since a session must not become unusable through it.
func parseExpiry(raw []byte) Expiry {
	text := string(raw)
	if text == "" {
		return DefaultExpiry
	}
	if text[0] == '"' {
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

// policy is the three clocks of a Config that end a session.
type policy struct{ age, idle, absolute time.Duration } // idle and absolute may be 0: never

// times are when a record was written and when it ends.
type times struct{ saved, end time.Time }

// times computes when a session ends: the one place where all clocks meet, for every
// engine, at every load and every save. It uses what the engine keeps (rec), what the codec
// keeps (stamp, in whole seconds, zero if it keeps none) and what the session says (raw).
// So a setting that is switched on later holds for old records too, and for those that
// Django wrote. Nothing prolongs a record beyond the Expires that its engine keeps.
func (p policy) times(rec Record, stamp time.Time, raw func(string) []byte, now time.Time) times {
	e := parseExpiry(raw(expiryKey))
	age := p.age
	if e.kind == afterAge {
		age = e.age
	}
	t := times{saved: rec.Saved}
	if t.saved.IsZero() {
		if n, ok := integer(raw(savedKey)); ok {
			t.saved = time.UnixMicro(n)
		}
	}
	if t.saved.IsZero() {
		if t.saved = p.guessSaved(rec, stamp, age); e.kind == atMoment && stamp.IsZero() && rec.Used.IsZero() {
			t.saved = now // a fixed moment says nothing of when it was set
		}
	}
	t.end = t.saved.Add(age)
	if e.kind == atMoment {
		t.end = e.at
	}
	if p.idle > 0 {
		used := rec.Used
		if used.IsZero() {
			used = p.guessUsed(rec, t.saved, age, now)
		}
		t.end = earlier(t.end, used.Add(p.idle))
	}
	if p.absolute > 0 {
		if from, ok := integer(raw(absoluteKey)); ok {
			t.end = earlier(t.end, time.Unix(min(from, maxSeconds), 0).Add(p.absolute))
		}
	}
	if !rec.Expires.IsZero() {
		t.end = earlier(t.end, rec.Expires)
	}
	t.end = t.end.UTC().Truncate(time.Microsecond)
	return t
}

// guessSaved is when a record was written of which no exact time is known. A stamp is cut
// to seconds; the expiry and the last use are exact where nothing has touched the record.
func (p policy) guessSaved(rec Record, stamp time.Time, age time.Duration) time.Time {
	fits := func(t time.Time) bool { return !t.Before(stamp) && t.Before(stamp.Add(time.Second)) }
	begun := rec.Expires.Add(-age)
	switch {
	case stamp.IsZero() && rec.Expires.IsZero():
		return rec.Used
	case stamp.IsZero(), !rec.Expires.IsZero() && fits(begun):
		return begun
	case !rec.Used.IsZero() && rec.Used.Before(stamp.Add(time.Second)):
		return rec.Used
	}
	return stamp.Add(time.Second)
}

// guessUsed is when a record was last used whose engine keeps no such time. Where its
// expiry was set by the idle clock, it tells; a record that was never touched was last used
// when it was saved. One that was touched under a longer timeout gets a whole new one.
func (p policy) guessUsed(rec Record, saved time.Time, age time.Duration, now time.Time) time.Time {
	untouched := saved.Add(age).Sub(rec.Expires).Abs() < 2*time.Second
	switch {
	case rec.Expires.IsZero():
		return saved
	case rec.Expires.Sub(now) <= p.idle:
		return rec.Expires.Add(-p.idle)
	case untouched:
		return saved
	}
	return now
}

func integer(raw []byte) (int64, bool) {
	if len(raw) == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return n, err == nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Ends returns when a record ends by the settings of m: what an engine that keeps no expiry
// of its own asks while it clears. A record that does not decode counts as one without
// entries. It is safe for concurrent use.
func (m *Manager) Ends(rec Record) time.Time {
	entries, stamp, _ := m.decode(rec.Data)
	raw := func(name string) []byte {
		for _, e := range entries {
			if e.Name == name {
				return e.Value
			}
		}
		return nil
	}
	return m.policy.times(rec, stamp, raw, time.Now()).end
}

// SetExpiry says when this session ends; [DefaultExpiry] goes back to the settings, and
// changes nothing if they are in force.
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
// SetExpiry said; negative if that is over. Whole seconds for a
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

// ExpiryDate is when the session ends if it is saved now.
func (s *Session) ExpiryDate() time.Time {
	if e := s.expiry(); e.kind == atMoment {
		return e.at
	}
	return time.Now().Add(s.ExpiryAge()).UTC()
}

// ExpireAtBrowserClose reports whether the cookie ends with the browser. What SetExpiry
// said overrides the setting in both directions.
func (s *Session) ExpireAtBrowserClose() bool {
	e := s.expiry()
	if e.kind == byDefault {
		return s.m.cfg.ExpireAtBrowserClose
	}
	return e.kind == atBrowserClose
}

func (s *Session) expiry() Expiry {
	s.lock()
	defer s.mu.Unlock()
	if !s.load() {
		return DefaultExpiry
	}
	return parseExpiry(s.txn.get(expiryKey))
}
