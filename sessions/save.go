package sessions

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// maxReplays bounds how often one request tries again. Requests of one
// process wait for their turn, so only other processes make more than one replay likely.
const maxReplays = 24

// Save stores what was changed so far, before the middleware would. A page that shows what
// is stored calls it first: afterwards the session holds what all parallel requests made
// of it together. The save goes on when the client has hung up, but not for longer than
// Config.CommitTimeout. The cookie is sent with the answer as always.
func (s *Session) Save() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.save()
}

func (s *Session) save() error {
	if s.err != nil || !s.pending {
		return s.err
	}
	if s.late && !s.clientKnows() {
		s.fail(ErrLate)
		return s.err
	}
	start := time.Now()
	ctx := newSaving(start.Add(s.m.cfg.CommitTimeout), s.base)
	defer ctx.over()
	if err := s.store(ctx, start); err != nil {
		s.fail(err)
		return s.err
	}
	if s.late && s.key != "" && s.key != s.clientKey { // a cookie engine: what it stored is the key that cannot be sent
		s.fail(ErrLate)
		return s.err
	}
	s.pending, s.cycle, s.saved = false, false, len(s.ops)
	return nil
}

// clientKnows reports whether a save made after the headers have gone still means something
// to the client: its key must stay the one that the client holds.
func (s *Session) clientKnows() bool {
	if s.key == "" {
		return s.empty() // ended meanwhile: the record goes, and the cookie names nothing
	}
	return s.key == s.clientKey && !s.cycle
}

// store saves the session in whatever way its state asks for.
func (s *Session) store(ctx saving, start time.Time) error {
	err := s.swap(ctx, start)
	if errors.Is(err, ErrConflict) {
		err = s.retry(ctx)
	}
	switch {
	case err == nil:
	case errors.Is(err, ErrNotFound):
		return fmt.Errorf("%w: %w", ErrInterrupted, err)
	case errors.Is(err, ErrConflict), errors.Is(err, ErrTooLarge), errors.Is(err, ErrBusy), errors.Is(err, ErrTooMany), errors.Is(err, ErrValue):
		return err
	default:
		return fmt.Errorf("%w: save: %w", ErrStore, err)
	}
	for len(s.doomed) > 0 { // after the new record, if there is one: never neither
		start := s.clock()
		if err := s.m.cfg.Engine.Delete(ctx, s.doomed[0]); err != nil {
			return fmt.Errorf("%w: delete: %w", ErrStore, err)
		}
		s.tell(Event{Kind: Flushed, Op: "delete"}, s.doomed[0], start)
		s.doomed = s.doomed[1:]
	}
	return nil
}

// swap makes one attempt at what the session's state asks for: to create, replace, move or
// delete its record, each only if the record is still the one that was loaded. start is now.
func (s *Session) swap(ctx saving, start time.Time) error {
	engine := s.m.cfg.Engine
	old, oldRec := s.key, s.rec
	now := start.UTC().Truncate(time.Microsecond)
	s.stamp = Record{Saved: now, Used: now, Expires: s.m.cfg.deadline(s.entry, now)}
	if _, _, err := s.m.scs.Commit(ctx.with(s.data)); err != nil { // goes on in bridge.CommitCtx
		return err
	}
	e, key := Event{Kind: Saved, Op: "replace"}, s.key
	switch {
	case key == "" && old == "":
		return nil
	case key == "":
		e, key = Event{Kind: Emptied, Op: "delete"}, old
	case old == "":
		e = Event{Kind: Created, Op: "create"}
	case s.cycle:
		// The new record stands; now the old one goes, if it is still what was moved.
		if _, err := engine.Replace(ctx, old, oldRec, gone); err != nil && !s.wentAnyway(ctx, old, err) {
			_ = engine.Delete(ctx, s.key) // nobody was told this key; if it stays it expires
			s.key, s.rec = old, oldRec
			return err
		}
		e = Event{Kind: KeyCycled, Op: "create, delete", Old: s.m.ID(old)}
	}
	s.tell(e, key, start)
	return nil
}

// wentAnyway reports whether a record was taken away by a call that failed, as when only the
// answer was lost on its way. To go back to its key would leave the visitor none.
func (s *Session) wentAnyway(ctx context.Context, key string, err error) bool {
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) {
		return false
	}
	_, err = s.m.cfg.Engine.Load(ctx, key)
	return errors.Is(err, ErrNotFound)
}

// gone is a record whose time has passed: to replace by it is to delete, if unchanged.
var gone = Record{Saved: time.Unix(0, 0).UTC(), Expires: time.Unix(1, 0).UTC()}

// retry reloads, replays and swaps until it succeeds, meets a real conflict, or has tried
// often enough.
func (s *Session) retry(ctx saving) error {
	start := s.clock()
	key := s.key
	done, err := s.m.turns.take(ctx, key)
	if err != nil {
		return fmt.Errorf("%w: waiting for other requests: %w", ErrBusy, err)
	}
	defer done()
	for n := 1; n <= maxReplays; n++ {
		if n > 1 {
			if err := pause(ctx, rand.N(min(time.Millisecond<<n, 60*time.Millisecond))); err != nil {
				return fmt.Errorf("%w: %w", ErrBusy, err)
			}
		}
		if err := s.fetch(ctx, key); err != nil {
			return err
		}
		if err := s.replay(); err != nil {
			return err
		}
		err := s.swap(ctx, time.Now())
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

// touch moves the record's expiry forward if the idle clock or save-every-request asks for
// it. A record that has vanished or changed needs none, and a store that fails now does not
// spoil a page that was only read: the event tells of it.
func (s *Session) touch() {
	cfg := &s.m.cfg
	if cfg.IdleTimeout == 0 && !cfg.SaveEveryRequest {
		return
	}
	start := time.Now()
	now := start.UTC().Truncate(time.Microsecond)
	rec := Record{Data: s.rec.Data, Saved: s.rec.Saved, Used: now, Expires: cfg.deadline(s.entry, now)}
	gain := rec.Expires.Sub(s.rec.Expires)
	if gain <= 0 || !cfg.SaveEveryRequest && gain < cfg.IdleTimeout/10 {
		return
	}
	ctx := newSaving(start.Add(cfg.CommitTimeout), s.base)
	defer ctx.over()
	key, old := "", s.key
	var err error
	e := Event{Kind: Touched}
	if t, ok := cfg.Engine.(Toucher); ok {
		e.Op = "touch"
		key, err = t.Touch(ctx, s.key, rec)
	} else {
		e.Op = "replace"
		key, err = cfg.Engine.Replace(ctx, s.key, s.rec, rec)
	}
	switch {
	case err == nil:
		s.key, s.rec = key, rec
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict):
		return
	default:
		e.Kind, e.Err = Failed, fmt.Errorf("touch: %w", err)
	}
	s.tell(e, old, start)
}
