// Package signedcookies keeps sessions in the visitor's own browser: the cookie's value is
// the session, signed in Django's format, and so the key of this engine is the data. It
// needs no storage, and any number of servers share sessions if they share the secret key.
//
// What it cannot do, by its nature:
//
//   - Revoke. A copy of a cookie is good until it expires: after a sign-out, after a new
//     key, after the session was changed. Delete, and with it Session.Flush, takes the
//     cookie from this browser only. A new key is the same data signed again; the old one
//     stays valid. What must end everywhere at once needs something that is checked on the
//     server, such as a hash of the password in the session.
//   - Keep parallel requests apart. Each answers with a cookie of its own, and the browser
//     keeps the last one: a counter loses counts.
//   - Hold much. Name and value together have 4,096 bytes, see [Limit].
//   - Outlive Config.Age: a longer expiry set in a session ends there.
//   - Hide, unless made by [NewEncrypted]: the visitor can read what is stored, and
//     whatever runs in the visitor's browser may.
//   - Follow a clock that was set back by more than a minute: what was signed before is
//     from the future then, and counts as unknown until the clock has caught up. Without
//     that limit, a server whose clock runs ahead would make cookies that outlive Age.
//
// A browser may send several cookies of one name, after a change of their domain or path.
// Load returns the time of signing as Used, so that the layer can take the one that was
// signed last.
//
// A record holds plain JSON: use the codec [sessions.InsecureUnsigned] with this engine.
package signedcookies

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/signing"
)

// Limit is how many bytes the name and the value of a cookie may have together; browsers
// drop larger ones in silence (RFC 6265bis).
const Limit = 4096

// maxAhead is how far the clock of another server may be ahead. A cookie that was signed
// later than that counts as unknown; Django takes it, whatever its time.
const maxAhead = time.Minute

// Config says how cookies are signed.
type Config struct {
	// Secret signs [SECRET_KEY]; Fallbacks are still accepted [SECRET_KEY_FALLBACKS].
	Secret    string
	Fallbacks []string
	// CookieName is the name under which the value is sent; "" is "sessionid".
	CookieName string
	// Age is how long a cookie is good after it was signed; 0 is two weeks
	// [SESSION_COOKIE_AGE]. It is checked here, whatever the browser says.
	Age time.Duration
}

func (c Config) withDefaults() (Config, error) {
	if c.CookieName == "" {
		c.CookieName = "sessionid"
	}
	if c.Age == 0 {
		c.Age = 14 * 24 * time.Hour
	}
	if c.Age < 0 {
		return c, fmt.Errorf("signed_cookies: Age is negative: %s", c.Age)
	}
	if c.Secret == "" {
		return c, errors.New("signed_cookies: no secret key")
	}
	return c, nil
}

// Engine is a [sessions.Engine]. All its work is done in memory, so that no method blocks
// or looks at its context.
type Engine struct {
	name  string
	age   time.Duration
	place string
	form  form
}

// form is how a session becomes a text that nobody else can make.
type form interface {
	// seal returns a text of at most room bytes, if it can.
	seal(data []byte, at time.Time, room int) []byte
	// open returns an error that wraps signing.ErrSignature or signing.ErrFormat.
	open(key string) (data []byte, at time.Time, err error)
	// shaped reports whether seal can have made the key, without looking into it.
	shaped(key string) bool
}

var (
	_ sessions.Engine     = (*Engine)(nil)
	_ sessions.Toucher    = (*Engine)(nil)
	_ sessions.Describer  = (*Engine)(nil)
	_ sessions.KeyChecker = (*Engine)(nil)
	_ sessions.Locator    = (*Engine)(nil)
)

// New returns an engine whose cookies a Django site with the same secret key can read and
// write. The visitor can read them too.
func New(cfg Config) (*Engine, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	signer, err := signing.New(signing.CookieSalt, cfg.Secret, cfg.Fallbacks...)
	if err != nil {
		return nil, fmt.Errorf("signed_cookies: %w", err)
	}
	return &Engine{cfg.CookieName, cfg.Age, "your own browser, readable", signed{signer}}, nil
}

// Load returns the session that the key is. Used is the second in which it was signed; it
// keeps no other time. The error wraps [sessions.ErrNotFound], and [sessions.ErrExpired] or what package signing
// says of the key.
func (e *Engine) Load(_ context.Context, key string) (sessions.Record, error) {
	rec, err := e.load(key)
	if err != nil {
		return sessions.Record{}, fmt.Errorf("signed_cookies: load: %w", err)
	}
	return rec, nil
}

func (e *Engine) load(key string) (sessions.Record, error) {
	if !e.ValidKey(key) {
		return sessions.Record{}, sessions.ErrNotFound
	}
	data, at, err := e.form.open(key)
	if err != nil {
		return sessions.Record{}, fmt.Errorf("%w: %w", sessions.ErrNotFound, err)
	}
	switch age := time.Since(at); { // with its fraction, as in Django
	case age > e.age:
		return sessions.Record{}, sessions.ErrExpired
	case age < -maxAhead:
		return sessions.Record{}, fmt.Errorf("%w: signed in the future", sessions.ErrNotFound)
	}
	return sessions.Record{Data: data, Used: at}, nil
}

// Create returns the record as a key. One that is larger than [Limit] with the cookie's
// name is an error that wraps [sessions.ErrTooLarge].
func (e *Engine) Create(_ context.Context, rec sessions.Record) (string, error) {
	key, err := e.seal(rec)
	if err != nil {
		return "", fmt.Errorf("signed_cookies: create: %w", err)
	}
	return key, nil
}

// Replace returns the new record as a key, if the old key is the old record. The old key
// stays valid until it expires.
func (e *Engine) Replace(_ context.Context, key string, old, rec sessions.Record) (string, error) {
	stored, err := e.load(key)
	if err == nil && !bytes.Equal(stored.Data, old.Data) {
		err = sessions.ErrConflict
	}
	if err == nil {
		key, err = e.seal(rec)
	}
	if err != nil {
		return "", fmt.Errorf("signed_cookies: replace: %w", err)
	}
	return key, nil
}

// Touch signs the data in the key again, with Used of rec, if that is later.
func (e *Engine) Touch(_ context.Context, key string, rec sessions.Record) (string, error) {
	stored, err := e.load(key)
	if err == nil && rec.Used.After(stored.Used) {
		rec.Data = stored.Data
		key, err = e.seal(rec)
	}
	if err != nil {
		return "", fmt.Errorf("signed_cookies: touch: %w", err)
	}
	return key, nil
}

// Delete does nothing: the layer takes the cookie from the browser, and copies of it stay
// valid until they expire.
func (e *Engine) Delete(context.Context, string) error { return nil }

// ValidKey reports whether key has the shape and size of a key of this engine.
func (e *Engine) ValidKey(key string) bool {
	return len(e.name)+len(key) <= Limit && e.form.shaped(key)
}

// Traits says that the browser keeps the records, and that nobody else can make one.
func (e *Engine) Traits() sessions.Traits { return sessions.Traits{Private: true, InCookie: true} }

// Locate says that the visitor holds the record.
func (e *Engine) Locate(string) sessions.Location {
	return sessions.Location{
		Place:   e.place,
		Store:   "cookie " + e.name,
		Key:     "none: the value is the session itself",
		Data:    "the value",
		Expires: "the time of signing in the value, and " + e.age.String(),
	}
}

func (e *Engine) seal(rec sessions.Record) (string, error) {
	data, at, now := rec.Data, rec.Used, time.Now()
	switch {
	case rec.Expired(now):
		data, at = []byte("{}"), now.Add(-e.age-2*time.Second) // a key that is not valid any more
	case at.IsZero():
		at = now
	}
	key := e.form.seal(data, at, Limit-len(e.name))
	size, limit := len(e.name)+len(key), Limit
	if len(data) > maxData { // compresses so well that it fits, but open would refuse it
		size, limit = len(data), maxData
	}
	if size > limit {
		entries, _ := sessions.InsecureUnsigned{}.Decode(data) // only for the names in the message
		return "", sessions.TooLarge(size, limit, entries)
	}
	return string(key), nil
}

// signed is Django's form.
type signed struct{ signer *signing.Signer }

// maxData is how large a session may be before compression.
const maxData = 1 << 20

// seal spends its time on making the text short only where room is scarce.
func (f signed) seal(data []byte, at time.Time, room int) []byte {
	if text := f.signer.DumpFast(data, at); len(text) <= room {
		return text
	}
	return f.signer.Dump(data, at)
}

func (f signed) open(key string) ([]byte, time.Time, error) {
	return f.signer.Load([]byte(key), maxData)
}

func (signed) shaped(key string) bool {
	const signature = 43
	i := len(key) - signature - 1
	if i < 0 || key[i] != ':' {
		return false
	}
	for j := range len(key) {
		if c := key[j]; !inBase64[c] && c != ':' && c != '.' {
			return false
		}
	}
	return strings.Count(key, ":") == 2
}

// inBase64 are the bytes of base64 text.
var inBase64 = func() (t [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		t[c] = true
	}
	return t
}()
