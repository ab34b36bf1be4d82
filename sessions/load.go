package sessions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// firstNew is the sequence number of the first entry that a request adds: larger than any
// that came with a record.
const firstNew = 1 << 32

// load makes sure that the values are there: the first use of a session comes here, with
// its lock held. It reports whether they are; if not, err says why.
func (s *Session) load() bool {
	s.accessed = true
	if s.data != nil {
		return true
	}
	if s.err != nil {
		return false
	}
	s.readCookies()
	for _, key := range s.candidates {
		switch err := s.fetch(s.base, key); {
		case err == nil:
			s.key, s.clientKey = key, key
			return true
		case errors.Is(err, ErrNotFound):
			s.ended = s.ended || errors.Is(err, ErrExpired)
		case errors.As(err, new(*decodeError)): // already told; the visitor starts afresh
		default:
			s.fail(fmt.Errorf("%w: load: %w", ErrStore, err))
			return false
		}
	}
	s.fresh()
	return true
}

// fresh begins with no values and without asking the engine.
func (s *Session) fresh() {
	s.data, _ = s.m.scs.Load(s.base, "") // no token: it cannot fail
	s.rec, s.next = Record{}, 0
}

// fetch loads and decodes the record under key, and tells the event of how that went.
func (s *Session) fetch(ctx context.Context, key string) error {
	start := s.clock()
	kind := Loaded
	data, err := s.m.scs.Load(ctx, key)
	if err == nil {
		s.data = data
		if s.rec.Expires.IsZero() {
			used := s.rec.Used
			if used.IsZero() {
				used = s.rec.Saved
			}
			s.rec.Expires = s.m.cfg.deadline(s.entry, used)
		}
		if end, ok := s.m.cfg.absoluteEnd(s.entry); ok { // also for records whose engine, or whose writer, knows no such clock
			s.rec.Expires = earlier(s.rec.Expires, end)
		}
		if s.rec.Expired(time.Now()) {
			err = ErrExpired
			s.data = nil
		}
	}
	switch {
	case err == nil:
		s.next = firstNew
	case errors.Is(err, ErrExpired):
		kind = Expired
	case errors.Is(err, ErrNotFound):
		kind = Unknown
	case errors.As(err, new(*decodeError)):
		kind = Corrupt
	default:
		return err
	}
	e := Event{Kind: kind, Op: "load"}
	if kind == Corrupt || kind == Expired {
		e.Err = err
	}
	s.tell(e, key, start)
	return err
}

// entry looks up a value for the deadline.
func (s *Session) entry(name string) []byte { return s.value(name) }

// fail makes err stick and tells it; only the first one counts.
func (s *Session) fail(err error) {
	if s.err != nil {
		return
	}
	s.err = err
	kind := Failed
	if errors.Is(err, ErrInterrupted) {
		kind = Interrupted
	}
	s.tell(Event{Kind: kind, Err: err}, s.key, time.Time{})
}

// mismatch tells of a value that was stored as another type than it was asked for. The caller holds the lock.
func (s *Session) mismatch(name string, err error) {
	s.tell(Event{Kind: Corrupt, Err: fmt.Errorf("entry %q: %w", name, err)}, s.key, time.Time{})
}
