package sessions

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// Engine keeps session records. Every method is safe for concurrent use, honours
// ctx, and keeps no reference to a byte slice that was passed in or handed out.
// An engine that fails says so with an error of its own, which the layer answers
// with 503; it never says [ErrNotFound] because its store is out of reach, since
// that would log the visitor out.
//
// The suite in package sessionstest checks all that is promised here.
type Engine interface {
	// Load returns the record under key, or [ErrNotFound] if there is none or
	// it has expired. It never creates one: a made-up cookie must not cost
	// storage.
	Load(ctx context.Context, key string) (Record, error)

	// Create stores rec under a new key, which it returns: what goes into the
	// cookie. A record that has expired is not stored; the key is new all
	// the same.
	Create(ctx context.Context, rec Record) (key string, err error)

	// Replace swaps old for rec under key, if what is stored there still has the
	// Data of old, and returns the key that now holds it. The look and the write
	// are one step. It returns [ErrConflict] when another request saved first
	// and [ErrNotFound] when the record is gone or it has expired, so that
	// a slow request cannot undo a sign-out. A rec that has expired takes
	// the record away instead of storing it: a conditional delete.
	Replace(ctx context.Context, key string, old, rec Record) (newKey string, err error)

	// Delete removes the record; a missing one is no error.
	Delete(ctx context.Context, key string) error
}

// Record is one stored session: bytes that only the layer's [Codec] understands,
// and its times. All times are UTC.
type Record struct {
	// Data is the encoded session. Replace compares it.
	Data []byte
	// Saved is when Data was written; a touch leaves it alone. Engines that keep no
	// such time leave it zero on Load.
	Saved time.Time
	// Used is when the record was written or last touched. Engines that keep no such
	// time leave it zero on Load.
	Used time.Time
	// Expires is when the record stops being valid at the latest. Engines that keep no
	// such time leave it zero on Load. When a session ends is decided by the layer, from
	// these times and from what the session itself says, on every load.
	Expires time.Time
}

// Expired reports whether the record's time has passed at now. A record is valid
// only while Expires is strictly later than now.
func (r Record) Expired(now time.Time) bool {
	return !r.Expires.IsZero() && !r.Expires.After(now)
}

var (
	// ErrNotFound: no record under this key; it is absent, expired or malformed.
	ErrNotFound = errors.New("sessions: not found")
	// ErrConflict: the record was changed by another request since it was read.
	ErrConflict = errors.New("sessions: changed by another request")
	// ErrTooLarge: the session does not fit where it has to go. Errors that wrap
	// it name the size, the limit (bytes) and the keys that take the most room.
	ErrTooLarge = errors.New("sessions: too large")
)

// A Toucher can move the times of a record without writing its data. The layer
// uses it for the idle clock; an engine without it gets a Replace with equal data.
type Toucher interface {
	// Touch moves Used and Expires of the record under key to those of rec, as far as
	// the engine keeps them, and forward only. It returns [ErrNotFound] when the record
	// is gone or has expired, and the key that now holds it.
	Touch(ctx context.Context, key string, rec Record) (newKey string, err error)
}

// A Keyed engine can store a record under a key that somebody else made, which [HashKeys]
// and adapters to other session libraries need.
type Keyed interface {
	Engine
	// CreateUnder stores rec under key, or returns [ErrConflict] if the key is in use. A
	// record that has expired is not stored.
	CreateUnder(ctx context.Context, key string, rec Record) error
}

// A Clearer keeps expired records until they are cleared.
type Clearer interface {
	// Clear deletes the expired records, in batches of at most 1,000 with room for
	// other work between them, and returns how many went. A record renewed meanwhile
	// stays. ends says when a record that has no Expires of its own ends; an engine
	// that keeps Expires need not ask, and with nil such records stay. About a record that
	// is live anyway it may be asked without Data, to spare reading it. progress, if
	// not nil, is called after each batch with the number looked at so far and how
	// many there are in all. When ctx ends, Clear stops between two batches and
	// returns its error.
	Clear(ctx context.Context, ends func(Record) time.Time, progress func(done, total int)) (int, error)
}

// A Describer says what the layer has to know of how an engine keeps its records.
// An engine without it counts as one with no Traits.
type Describer interface {
	Traits() Traits
}

// Traits say how an engine keeps its records.
type Traits struct {
	// Private: nobody else can write a record, so the layer need not sign it. The
	// records are in the memory of this process, or the engine signs them itself.
	Private bool
	// InCookie: the visitor's browser keeps the record, and the key is the record. A
	// copy of it cannot be revoked, and of parallel requests the last answer wins.
	InCookie bool
	// KeepsSaved: Load returns Record.Saved.
	KeepsSaved bool
}

// A Lister can go through all its records, for those who look for the sessions of one
// user. Django's table has no column for the user, so each record has to be decoded.
type Lister interface {
	// List calls yield with every record that has not been found expired, in no
	// particular order, until yield returns false. A record that is stored or ended
	// meanwhile may be missed or given. It reads in batches and holds no lock while
	// yield runs.
	List(ctx context.Context, yield func(key string, rec Record) bool) error
}

// A KeyChecker knows which keys its engine can have issued. Without it a key is
// 32 characters out of a-z and 0-9, see [ValidKey].
type KeyChecker interface {
	// ValidKey reports whether key has the shape of a key; it asks no store.
	ValidKey(key string) bool
}

// A Locator can say where a record lives, for those who want to go and look.
type Locator interface {
	Locate(key string) Location
}

// Location says in words for people where a record lives.
type Location struct {
	Place   string // what holds it: "row in django_session", "file", "your own browser"
	Store   string // which database, directory or server; never a password
	Key     string // what the store calls the key, for example "session_key"
	Data    string // what the store calls the data, for example "session_data"
	Expires string // what the store calls the expiry, for example "expire_date"
}

const (
	keyLength   = 32
	keyAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
)

// NewKey makes a session key as Django does: 32 characters out of a-z and
// 0-9, each from the system's secure random source without bias, about 165 bits.
func NewKey() string {
	var key [keyLength]byte
	var buf [keyLength + keyLength/4]byte
	n := 0
	for {
		rand.Read(buf[:]) // never returns an error: it ends the program instead
		for _, b := range buf {
			if b >= 252 { // 252 = 7 * 36: beyond it, some symbols would come up more often
				continue
			}
			key[n] = keyAlphabet[b%36]
			if n++; n == keyLength {
				return string(key[:])
			}
		}
	}
}

// ValidKey reports whether key has the shape that [NewKey] gives. Anything else in
// a cookie is treated as unknown before a store sees it.
func ValidKey(key string) bool {
	if len(key) != keyLength {
		return false
	}
	for i := range len(key) {
		if c := key[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// CreateKeyed calls insert with new keys until one is not in use; insert reports a
// key in use as [ErrConflict]. Engines build Create on it.
func CreateKeyed(insert func(key string) error) (string, error) {
	for range 8 { // two equal keys in 165 bits: more than once means that something is broken
		key := NewKey()
		err := insert(key)
		if err == nil {
			return key, nil
		}
		if !errors.Is(err, ErrConflict) {
			return "", err
		}
	}
	return "", fmt.Errorf("sessions: create: eight new keys in a row were in use")
}
