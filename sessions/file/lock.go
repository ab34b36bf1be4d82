package file

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// lockTimeout is how long to wait for another process. The lock is held for microseconds,
// so that is one that was stopped, not one that is busy.
const lockTimeout = 5 * time.Second

// lock waits until what is in the directory is this caller's alone to change: first for
// its turn among the goroutines of this engine, then for the directory among processes.
//
// There is one lock for all sessions, on the directory itself. It leaves no file behind
// that somebody might delete, and is held for a look and a rename only, never while data
// goes to the disk.
func (e *Engine) lock(ctx context.Context) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := e.lockDirectory(ctx); err != nil {
		<-e.turn
		return nil, fmt.Errorf("lock: %w", err)
	}
	return func() {
		e.unlockDirectory()
		<-e.turn
	}, nil
}

// lockDirectory tries until it has the lock. The wait is short and random: a goroutine that
// waits in the system could not be told that ctx has ended.
func (e *Engine) lockDirectory(ctx context.Context) error {
	var giveUp time.Time
	for {
		ok, err := e.tryLockDirectory()
		if ok || err != nil {
			return err
		}
		if giveUp.IsZero() {
			giveUp = time.Now().Add(lockTimeout)
		} else if time.Now().After(giveUp) {
			return errors.New("held by another process for too long")
		}
		select {
		case <-time.After(20*time.Microsecond + rand.N(500*time.Microsecond)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// queues lets the writers of one session go one after another, within this process. So of
// many that read the same record only one writes to the disk; the others find at once that
// they were too late.
type queues struct {
	mu    sync.Mutex
	byKey map[string]*queue
}

type queue struct {
	turn  chan struct{} // holds an element while somebody has it
	users int           // how many wait or write; the last one removes the queue
}

// wait returns when it is the caller's turn, which ends with done, or when ctx has ended.
func (q *queues) wait(ctx context.Context, key string) (done func(), err error) {
	q.mu.Lock()
	if q.byKey == nil {
		q.byKey = make(map[string]*queue)
	}
	own := q.byKey[key]
	if own == nil {
		own = &queue{turn: make(chan struct{}, 1)}
		q.byKey[key] = own
	}
	own.users++
	q.mu.Unlock()

	leave := func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if own.users--; own.users == 0 {
			delete(q.byKey, key)
		}
	}
	select {
	case own.turn <- struct{}{}:
		return func() { <-own.turn; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// syncs lets those who have changed the directory at the same time share one sync.
type syncs struct {
	turn chan struct{} // holds an element during a sync

	mu   sync.Mutex
	next *shared // the sync that has not begun, nil if nobody waits for it
}

type shared struct {
	done bool
	err  error
}

// wait returns what call, a sync, returned, called once for all who came before it began.
func (s *syncs) wait(call func() error) error {
	s.mu.Lock()
	if s.next == nil {
		s.next = &shared{}
	}
	own := s.next
	s.mu.Unlock()

	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if !own.done { // the first of those who wait for it
		s.mu.Lock()
		s.next = nil // who comes from now on needs another one
		s.mu.Unlock()
		own.err, own.done = call(), true
	}
	return own.err
}
