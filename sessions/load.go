package sessions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// loaded reports whether the entries are there.
func (s *Session) loaded() bool { return s.values.ctx != nil }

// load makes sure that the entries are there: the first use of a session comes here. It
// reports whether they are; if not, err says why. The caller holds the lock, also below.
func (s *Session) load() bool {
	if !s.accessed {
		s.accessed = true
		if s.phase == answered { // the headers do not say that the answer depends on the session
			s.tell(Event{Kind: ReadLate}, "", time.Time{})
		}
	}
	if s.loaded() {
		return true
	}
	if s.err != nil {
		return false
	}
	s.readCookies()
	if err := s.find(); err != nil {
		s.fail(fmt.Errorf("%w: load: %w", ErrStore, err))
		return false
	}
	return true
}

// find loads the session that the request's cookies name. Of several the first one that is
// there counts; where the cookies are the sessions themselves, the one signed last, since
// after a change of domain or path browsers send the older one first.
func (s *Session) find() error {
	var best found
	expired := false
	named := s.client.named[:0]
	for i, key := range s.client.named {
		f, err := s.fetch(&s.apart, key)
		switch {
		case err == nil:
			if best.key == "" || f.rec.Used.After(best.rec.Used) {
				best = f
			}
		case errors.Is(err, ErrNotFound):
			expired = expired || errors.Is(err, ErrExpired)
			continue
		case errors.Is(err, ErrDecode): // told already; the visitor starts afresh
		default:
			return err
		}
		named = append(named, key)
		if best.key != "" && !s.m.traits.InCookie {
			named = append(named, s.client.named[i+1:]...)
			break
		}
	}
	s.client.named = named
	s.expired = expired && best.key == ""
	if best.key == "" {
		best.values = s.m.emptyView(&s.apart)
	}
	s.base, s.values, s.client.key = best.base, best.values, best.key
	s.txn.begin(&s.values)
	return nil
}

// found is a record that was loaded and decoded.
type found struct {
	base
	values scsView
}

// fetch loads and decodes the record under key, and tells the event of how that went.
func (s *Session) fetch(ctx context.Context, key string) (f found, err error) {
	start, kind := s.clock(), Loaded
	f.key = key
	if f.values, f.rec, err = s.m.loadView(ctx, s, key); err == nil {
		now := time.Now()
		f.times = s.m.policy.times(f.rec, f.values.stamp(), f.values.raw, now)
		if f.rec.Expires.IsZero() { // so that an engine without an expiry replaces nothing that has expired
			f.rec.Expires = f.times.end
		}
		if !f.times.end.After(now) {
			err = ErrExpired
		}
	}
	switch {
	case err == nil:
	case errors.Is(err, ErrExpired):
		kind = Expired
	case errors.Is(err, ErrNotFound):
		kind = Unknown
	case errors.Is(err, ErrDecode):
		kind = Corrupt
	default:
		return f, err
	}
	e := Event{Kind: kind, Op: "load"}
	if kind == Corrupt || kind == Expired {
		e.Err = err
	}
	s.tell(e, key, start)
	return f, err
}

// fresh goes on without a record and without entries.
func (s *Session) fresh() {
	if s.loaded() {
		s.txn.restart()
	}
	s.base, s.values = base{}, s.m.emptyView(&s.apart)
	if s.txn.view == nil {
		s.txn.begin(&s.values)
	}
}

// Reload drops what was not saved and loads what is stored now, for those who go on after
// an [ErrConflict]: a stream or a worker that computes its change anew. It returns the
// error of the load, and the session's former one if the answer is not the session's to
// give any more.
func (s *Session) Reload() error {
	s.lock()
	defer s.mu.Unlock()
	if s.phase == abandoned {
		return s.err
	}
	c, loaded, held := &s.client, s.loaded(), s.client.key
	rest := append(s.plan.end, c.named...) // what Flush was to end is there, and it may yet be
	c.ended = c.ended && len(s.plan.end) == 0
	s.err, s.plan, s.values = nil, plan{}, scsView{}
	if c.named = rest; s.base.key != "" {
		c.named = []string{s.base.key}
	}
	s.load()
	if loaded {
		c.key = held // a load changes nothing in the browser
	}
	for _, key := range rest {
		if key != s.base.key && !slices.Contains(c.named, key) {
			c.named = append(c.named, key)
		}
	}
	return s.err
}

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
	s.tell(Event{Kind: kind, Err: err}, s.base.key, time.Time{})
}

// mismatch tells of a value that was stored as another type than it was asked for.
func (s *Session) mismatch(name string, err error) {
	s.tell(Event{Kind: Corrupt, Err: fmt.Errorf("entry %q: %w", clip(name), err)}, s.base.key, time.Time{})
}
