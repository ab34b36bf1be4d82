package sessions

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// EventKind says what happened to a session.
type EventKind string

// The kinds of events. What a kind tells about beyond its time, engine and session
// is said here; fields that are not named are zero.
const (
	CookieRead    EventKind = "cookie read"    // the request's cookies were looked at; Found: one is like a key
	Loaded        EventKind = "loaded"         // a record was read and decoded
	Unknown       EventKind = "unknown"        // the cookie names no record
	Expired       EventKind = "expired"        // the record has expired
	Corrupt       EventKind = "corrupt"        // the record does not decode; Err says why
	Created       EventKind = "created"        // a new record was stored
	Saved         EventKind = "saved"          // the record was replaced
	Touched       EventKind = "touched"        // the record's expiry was moved, its data left alone
	KeyCycled     EventKind = "key cycled"     // the data moved to a new key; Old is the former one
	Flushed       EventKind = "flushed"        // the session was ended and its record deleted
	Emptied       EventKind = "emptied"        // the last entry was deleted, and the record with it
	Retried       EventKind = "retried"        // another request saved first; Attempts: how often this was replayed
	Interrupted   EventKind = "interrupted"    // the record vanished during the request, so nothing was saved
	Failed        EventKind = "error"          // something went wrong; Err says what
	ReadLate      EventKind = "read late"      // first use after the headers were sent, so they lack Vary: Cookie
	CookieSent    EventKind = "cookie sent"    // the answer sets the session cookie
	CookieCleared EventKind = "cookie cleared" // the answer deletes the session cookie
)

// Event is one thing that happened to one session. It never carries a session key,
// only its short hash, so that it can go to any log.
type Event struct {
	Kind     EventKind
	Time     time.Time     // when it was over
	Duration time.Duration // how long it took, engine calls included
	Op       string        // the engine's calls in their order, such as "create, delete"; "" for none
	Session  ID
	Old      ID    // KeyCycled: the session's former ID
	Attempts int   // Retried: how many replays it took
	Found    bool  // CookieRead: whether a cookie has the shape of a key
	Err      error // Failed, Corrupt, Expired, Interrupted: why
}

// LogValue makes an event one group of attributes in a structured log.
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("event", string(e.Kind)), slog.Any("session", e.Session)}
	if e.Old.id != nil {
		attrs = append(attrs, slog.Any("old", e.Old))
	}
	if e.Op != "" {
		attrs = append(attrs, slog.String("op", e.Op))
	}
	if e.Duration > 0 {
		attrs = append(attrs, slog.Duration("took", e.Duration))
	}
	if e.Attempts > 0 {
		attrs = append(attrs, slog.Int("attempts", e.Attempts))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("err", e.Err.Error()))
	}
	return slog.GroupValue(attrs...)
}

// Level is the level at which a log should keep the event: what happens on every
// request is for debugging, what ends or begins a session is information, what a
// visitor notices is a warning, and a failing store is an error, unless it was left
// alone by a client that has hung up.
func (e Event) Level() slog.Level {
	switch e.Kind {
	case Failed:
		if errors.Is(e.Err, context.Canceled) {
			return slog.LevelInfo
		}
		return slog.LevelError
	case Corrupt, Interrupted, ReadLate:
		return slog.LevelWarn
	case Created, KeyCycled, Flushed, Emptied, Expired, Retried, Unknown:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// An Observer is told of every event, in the request's own goroutine and in order:
// it must be quick, and must not use the session,
// which is locked meanwhile. ctx is the request's.
type Observer func(ctx context.Context, e Event)

// ID names a session without giving away its key: String is the first 10 hex
// digits of a keyed hash. The hash is computed when it is first asked for, so an
// event that nobody prints costs none. The zero ID names no session.
type ID struct{ id *lazyID }

type lazyID struct {
	secret []byte
	key    string
	once   sync.Once
	text   string
}

// String returns the short hash, or "" for no session.
func (i ID) String() string {
	if i.id == nil {
		return ""
	}
	i.id.once.Do(func() {
		mac := hmac.New(sha256.New, i.id.secret)
		mac.Write([]byte(i.id.key))
		i.id.text = hex.EncodeToString(mac.Sum(nil)[:5])
	})
	return i.id.text
}

// GoString keeps the key out of %#v.
func (i ID) GoString() string { return "sessions.ID(" + i.String() + ")" }

// LogValue keeps the key out of structured logs.
func (i ID) LogValue() slog.Value { return slog.StringValue(i.String()) }

// MarshalText keeps the key out of JSON.
func (i ID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }
