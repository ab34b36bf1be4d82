package sessions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// maxReplays bounds how often one request tries again. Requests of one process wait for
// each other, so only other processes make more than one replay likely.
const maxReplays = 24

// Save stores what was changed so far, before the middleware would. A page that shows what
// is stored calls it first: afterwards the session holds what all parallel requests made
// of it together. The save goes on when the client has hung up, but not for longer than
// Config.CommitTimeout. The cookie is sent with the answer as always.
func (s *Session) Save() error {
	s.lock()
	defer s.mu.Unlock()
	return s.save()
}

// save carries out the plan. The caller holds the lock, also below.
func (s *Session) save() error {
	if s.err != nil || !s.plan.save {
		return s.err
	}
	if s.phase == abandoned {
		s.fail(fmt.Errorf("%w: it is an error, so nothing is saved", ErrLate))
		return s.err
	}
	start := time.Now()
	ctx := newSaving(start.Add(s.m.cfg.CommitTimeout), &s.apart)
	defer ctx.over()
	err := s.endSessions(ctx)
	if err == nil && s.phase == answered && !s.clientKnows() {
		err = ErrLate
	}
	if err == nil {
		err = s.store(ctx, start)
	}
	if err == nil && s.phase == answered && s.base.key != s.client.key { // where the key is the session, every save makes a new one
		err = ErrLate
	}
	if err != nil {
		s.fail(err)
		return s.err
	}
	s.plan = plan{}
	s.txn.stored()
	return nil
}

// endSessions deletes the records that Flush ended. It comes before anything new is stored:
// whatever fails then, a sign-out is final, and no record is left that nobody knows.
func (s *Session) endSessions(ctx context.Context) error {
	for len(s.plan.end) > 0 {
		start, key := s.clock(), s.plan.end[0]
		if err := s.m.cfg.Engine.Delete(ctx, key); err != nil {
			return fmt.Errorf("%w: delete: %w", ErrStore, err)
		}
		s.tell(Event{Kind: Flushed, Op: "delete"}, key, start)
		s.plan.end = s.plan.end[1:]
		if s.client.key == key {
			s.client.key = ""
		}
	}
	return nil
}

// clientKnows reports whether a save made after the headers have gone still means something
// to the client: its key must stay the one that the client holds.
func (s *Session) clientKnows() bool {
	if s.base.key == "" {
		return s.values.empty() // it was ended, and nothing new is to be stored
	}
	return s.base.key == s.client.key && !s.plan.cycle
}

// store swaps the record, and does it again on what is stored then if another request
// saved first. Its error is one of this package's.
func (s *Session) store(ctx *saving, start time.Time) error {
	err := ErrExpired
	if s.base.key == "" || s.base.times.end.After(start) {
		err = s.swap(ctx, start)
	}
	if errors.Is(err, ErrConflict) && !s.plan.renew {
		err = s.retry(ctx)
	}
	switch {
	case err == nil:
		return nil
	case s.plan.renew && (errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound)):
		s.client.left = true // who only reads a session that is changed, moved or ended meanwhile sends no cookie
		return nil
	case errors.Is(err, ErrNotFound):
		return fmt.Errorf("%w: %w", ErrInterrupted, err)
	case speaks(err):
		return err
	}
	return fmt.Errorf("%w: save: %w", ErrStore, err)
}

// swap makes one attempt: to create, replace, move or delete the record, each only if it
// is still the one that the transaction stands on.
func (s *Session) swap(ctx *saving, start time.Time) error {
	now := start.UTC().Truncate(time.Microsecond)
	s.keepSaved(now)
	next := Record{Saved: now, Used: now}
	t := s.m.policy.times(next, time.Time{}, s.values.raw, now)
	next.Expires = t.end
	var err error
	if t.end.After(now) {
		if next.Data, err = s.m.encode(ctx.with(s.values.ctx)); err != nil {
			return err
		}
	}
	old, engine := s.base, s.m.cfg.Engine
	to := base{old.key, next, t}
	e := Event{Kind: Saved, Op: "replace"}
	switch {
	case next.Data == nil && old.key == "":
		return nil
	case next.Data == nil: // nothing to keep, or nothing that lasts
		_, err = engine.Replace(ctx, old.key, old.rec, gone)
		e, to = Event{Kind: Emptied, Op: "delete"}, base{}
		s.client.ended = true
	case old.key == "":
		e = Event{Kind: Created, Op: "create"}
		if err = s.allowCreate(); err == nil {
			to.key, err = engine.Create(ctx, next)
		}
	case s.plan.cycle:
		e = Event{Kind: KeyCycled, Op: "create, replace, delete", Old: s.m.ID(old.key)}
		if s.m.traits.InCookie {
			e.Op = "create"
		}
		to.key, err = s.move(ctx, old, next)
	default:
		to.key, err = engine.Replace(ctx, old.key, old.rec, next)
	}
	if err != nil {
		return err
	}
	s.base, s.client.wrote = to, now
	if to.key == "" {
		s.tell(e, old.key, start)
		return nil
	}
	s.tell(e, to.key, start)
	s.m.tidy(ctx)
	return nil
}

// move stores the record under a new key, and then ends the old one, if it is still what
// was moved. In between it puts a mark in the old one's place: so it can be told, when only
// an answer was lost, who ended the old session. Where it cannot be told, as the record is
// gone, it may have been a sign-out, and the new record goes too.
func (s *Session) move(ctx *saving, old base, next Record) (key string, err error) {
	engine := s.m.cfg.Engine
	if key, err = engine.Create(ctx, next); err != nil || s.m.traits.InCookie {
		return key, err
	}
	mark, err := s.m.movedMark(next)
	if err == nil {
		_, err = engine.Replace(ctx, old.key, old.rec, mark)
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrConflict) {
			if now, e := engine.Load(ctx, old.key); e == nil && bytes.Equal(now.Data, mark.Data) {
				err = nil
			}
		}
	}
	if err != nil {
		if engine.Delete(ctx, key) != nil {
			s.m.leave(key) // nobody was told this key; it goes when the store answers again
		}
		return "", err
	}
	if engine.Delete(ctx, old.key) != nil {
		s.m.leave(old.key) // the mark is no session, and expires
	}
	return key, nil
}

// movedMark is what stands for a moment in the place of a record that moved.
func (m *Manager) movedMark(next Record) (Record, error) {
	value, err := marshalValue(NewKey())
	if err != nil {
		return Record{}, err
	}
	expiry, _ := marshalValue(After(m.cfg.CommitTimeout).value())
	data, err := m.cfg.Codec.Encode([]Entry{{movedKey, value}, {expiryKey, expiry}})
	return Record{Data: data, Saved: next.Saved, Used: next.Saved, Expires: next.Saved.Add(m.cfg.CommitTimeout)}, err
}

// gone is a record that has expired: to replace by it is to delete, if unchanged.
var gone = Record{Saved: time.Unix(0, 0).UTC(), Used: time.Unix(0, 0).UTC(), Expires: time.Unix(1, 0).UTC()}

// retry reloads, replays and swaps until it succeeds, meets a real conflict, or has tried
// often enough.
func (s *Session) retry(ctx *saving) error {
	start, key := s.clock(), s.base.key
	unlock, err := s.m.collided.lock(ctx, key)
	if err != nil {
		return fmt.Errorf("%w: waiting for other requests: %w", ErrBusy, err)
	}
	defer unlock()
	for n := 1; n <= maxReplays; n++ {
		if n > 1 {
			if err := pause(ctx, rand.N(min(time.Millisecond<<n, 60*time.Millisecond))); err != nil {
				return fmt.Errorf("%w: %w", ErrBusy, err)
			}
		}
		f, err := s.fetch(ctx, key)
		if err != nil {
			return err
		}
		s.base, s.values = f.base, f.values
		s.calling.Store(true)
		err = s.txn.rebase(&s.values)
		s.calling.Store(false)
		if err != nil {
			return err
		}
		err = s.swap(ctx, time.Now())
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err == nil {
			s.tell(Event{Kind: Retried, Attempts: n}, key, start)
		}
		return err
	}
	return fmt.Errorf("%w: gave up after %d replays", ErrBusy, maxReplays)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// touch moves the idle clock, and that alone, at most once in a tenth of the timeout. A
// record that has vanished or changed needs none, and a store that fails now does not
// spoil a page that was only read: the event tells of it.
func (s *Session) touch() {
	cfg := &s.m.cfg
	if cfg.IdleTimeout == 0 || s.base.key == "" {
		return
	}
	start := time.Now()
	if s.client.left = !s.base.times.end.After(start); s.client.left {
		return // another request may have been told by now that it has expired
	}
	rec := s.base.rec
	rec.Saved, rec.Used, rec.Expires = s.base.times.saved, start.UTC().Truncate(time.Microsecond), time.Time{}
	t := s.m.policy.times(rec, time.Time{}, s.values.raw, rec.Used)
	rec.Expires = t.end
	backward := s.base.rec.Expires.After(t.end) // it is from before the timeout
	if gain := t.end.Sub(s.base.times.end); gain < cfg.IdleTimeout/10 && !backward {
		return
	}
	ctx := newSaving(start.Add(cfg.CommitTimeout), &s.apart)
	defer ctx.over()
	e := Event{Kind: Touched, Op: "touch"}
	key, old := "", s.base.key
	var err error
	if s.m.toucher != nil && !backward {
		key, err = s.m.toucher.Touch(ctx, old, rec)
	} else {
		e.Op = "replace"
		key, err = cfg.Engine.Replace(ctx, old, s.base.rec, rec)
	}
	switch {
	case err == nil:
		s.base, s.client.wrote = base{key, rec, t}, rec.Used
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict):
		s.client.left = true
		return
	default:
		e.Kind, e.Err = Failed, fmt.Errorf("touch: %w", err)
	}
	s.tell(e, old, start)
}

// keepSaved keeps the time of the save in the session itself where the idle clock runs and
// neither engine nor codec would keep it: a touch must not prolong Age.
func (s *Session) keepSaved(now time.Time) {
	if s.m.cfg.IdleTimeout > 0 && !s.m.keepsSaved {
		raw, _ := marshalValue(now.UnixMicro())
		s.values.put(savedKey, &slot{Entry{savedKey, raw}, firstAdded - 1}) // no change of the request's own
	}
}

// leftovers are keys of records that could not be deleted when they had to go.
type leftovers struct {
	mu   sync.Mutex
	keys []string
}

const maxLeftovers = 1000

// leave keeps a key for tidy.
func (m *Manager) leave(key string) {
	m.left.mu.Lock()
	defer m.left.mu.Unlock()
	if len(m.left.keys) < maxLeftovers {
		m.left.keys = append(m.left.keys, key)
	}
	m.hasLeft.Store(true)
}

// tidy deletes what could not be deleted before, now that the store answers.
func (m *Manager) tidy(ctx context.Context) {
	if !m.hasLeft.Load() {
		return
	}
	m.left.mu.Lock()
	keys := slices.Clone(m.left.keys)
	m.left.keys = nil
	m.hasLeft.Store(false)
	m.left.mu.Unlock()
	for _, key := range keys {
		if m.cfg.Engine.Delete(ctx, key) != nil {
			m.leave(key)
		}
	}
}

// allowCreate asks the app whether this request may begin a session.
func (s *Session) allowCreate() (err error) {
	if allow := s.m.cfg.AllowCreate; allow != nil && s.client.exchange != nil {
		if s.call(func() { err = allow(s.client.r.WithContext(&s.ctx)) }); err != nil {
			return fmt.Errorf("%w: %w", ErrTooMany, err)
		}
	}
	return nil
}
