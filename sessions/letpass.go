package sessions

import (
	"errors"
	"fmt"
	"time"
)

// lastMoment is how long a record lives on that LetPass has made too old: engines delete
// one that they are given when it has expired already, and nobody would see it expire.
const lastMoment = 50 * time.Millisecond

// LetPass makes the session as old as if d had gone by without a request: every time that
// engine, codec and the session itself keep of it moves back by d. So one can watch clocks
// run out without waiting for them. What was changed is saved first; then the session's
// part in the answer is over, as after [Commit], and the cookie is sent with the time that
// is left to it. A negative d counts as 0. The error is [ErrNotFound] for a session without
// a record, and [ErrConflict] if another request saves meanwhile; neither sticks.
func LetPass(s *Session, d time.Duration) error {
	s.lock()
	defer s.mu.Unlock()
	if s.load(); s.save() != nil {
		return s.err
	}
	if s.base.key == "" {
		return ErrNotFound
	}
	ctx := newSaving(time.Now().Add(s.m.cfg.CommitTimeout), &s.apart)
	defer ctx.over()
	s.shiftEntries(-max(d, 0))
	to := s.base
	for _, t := range []*time.Time{&to.rec.Expires, &to.rec.Used, &to.times.saved, &to.times.end} {
		if !t.IsZero() { // the engine keeps no such time
			*t = t.Add(-max(d, 0))
		}
	}
	to.rec.Saved = to.times.saved
	soon := time.Now().Add(lastMoment).UTC().Truncate(time.Microsecond)
	ends := to.rec.Expires.Before(soon)
	if ends {
		to.rec.Expires = soon
	}
	var err error
	if to.rec.Data, err = s.m.encodeAt(ordered(s.values.slots()), to.times.saved); err != nil {
		return err
	}
	to.key, err = s.m.cfg.Engine.Replace(ctx, s.base.key, s.base.rec, to.rec)
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict):
		return err
	case err != nil:
		return fmt.Errorf("%w: let pass: %w", ErrStore, err)
	}
	if ends {
		err = pause(ctx, time.Until(soon))
	}
	s.base, s.client.wrote = to, time.Time{}
	if s.client.exchange != nil && s.phase == open {
		s.phase = answered
		s.setHeaders(true)
	}
	return err
}

// shiftEntries moves the times that stand in the session itself.
func (s *Session) shiftEntries(by time.Duration) {
	shift := func(name string, value any) {
		raw, _ := marshalValue(value) // numbers and dates can always be encoded
		s.values.put(name, &slot{Entry{name, raw}, s.values.get(name).seq})
	}
	if n, ok := integer(s.values.raw(savedKey)); ok {
		shift(savedKey, time.UnixMicro(n).Add(by).UnixMicro())
	}
	if n, ok := integer(s.values.raw(absoluteKey)); ok {
		shift(absoluteKey, time.Unix(n, 0).Add(by).Unix())
	}
	if e := parseExpiry(s.values.raw(expiryKey)); e.kind == atMoment {
		shift(expiryKey, At(e.at.Add(by)).value())
	}
}

// encodeAt encodes a record as if it were at, where the codec keeps a time.
func (m *Manager) encodeAt(entries []Entry, at time.Time) ([]byte, error) {
	c, ok := m.cfg.Codec.(Signed)
	if !ok {
		return m.cfg.Codec.Encode(entries)
	}
	text, err := InsecureUnsigned{}.Encode(entries)
	if err != nil {
		return nil, err
	}
	return c.Signer.DumpFast(text, at), nil
}
