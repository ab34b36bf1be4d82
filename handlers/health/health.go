// Package health finds out whether sessions can be stored: not whether the store answers, but
// whether it does what a visitor's request needs. A database that was demoted, or a cache that
// is full, answers every read.
package health

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"sessionlab/sessions"
)

const (
	// every is how old an answer may be: whoever asks often costs the store nothing.
	every = time.Second
	// timeout bounds one look at the store, whoever waits for it.
	timeout = 2 * time.Second
	// lifetime is when a record ends that could not be deleted again.
	lifetime = time.Minute
)

// Probe asks one engine, at most once a second. It is safe for concurrent use.
type Probe struct {
	engine sessions.Engine
	flight singleflight.Group

	mu   sync.Mutex
	at   time.Time
	last error
}

// New returns a probe of this engine.
func New(e sessions.Engine) *Probe { return &Probe{engine: e} }

// Check returns nil if the engine has just stored, read, changed and deleted a record of its
// own, and otherwise what failed. It touches no visitor's session. All who ask at once share
// one answer; whoever's ctx ends before gets its error.
func (p *Probe) Check(ctx context.Context) error {
	if err, fresh := p.known(); fresh {
		return err
	}
	answer := p.flight.DoChan("", func() (any, error) {
		if err, fresh := p.known(); fresh { // another flight has just landed
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		defer cancel()
		err := Write(ctx, p.engine)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.at, p.last = time.Now(), err
		return nil, err
	})
	select {
	case a := <-answer:
		return a.Err
	case <-ctx.Done():
		return fmt.Errorf("health: %w", ctx.Err())
	}
}

func (p *Probe) known() (err error, fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last, !p.at.IsZero() && time.Since(p.at) < every
}

// Write does once with a record of its own what requests do with theirs.
func Write(ctx context.Context, e sessions.Engine) error {
	now := time.Now().UTC()
	record := func(data string) sessions.Record {
		return sessions.Record{Data: []byte(data), Saved: now, Used: now, Expires: now.Add(lifetime)}
	}
	first, second := record("{}"), record(`{"health":1}`)
	key, err := e.Create(ctx, first)
	if err != nil {
		return fmt.Errorf("health: store a record: %w", err)
	}
	// From here on the record is deleted again, whatever happens.
	_, err = e.Load(ctx, key)
	if err != nil {
		err = fmt.Errorf("health: read the record: %w", err)
	} else if key2, replaceErr := e.Replace(ctx, key, first, second); replaceErr != nil {
		err = fmt.Errorf("health: change the record: %w", replaceErr)
	} else {
		key = key2
	}
	if deleteErr := e.Delete(ctx, key); deleteErr != nil {
		err = errors.Join(err, fmt.Errorf("health: delete the record: %w", deleteErr))
	}
	return err
}
