package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"

	"sessionlab/sessions"
)

// ErrQueueFull: more saves wait for the database than Options.MaxQueue allows.
// Waiting helps.
var ErrQueueFull = errors.New("too many saves are waiting for the database")

// group lets concurrent saves share transactions on SQLite's one writing connection,
// because a transaction costs a sync of the disk and a statement only microseconds.
//
// No goroutine stands by for this. Whoever finds the writer idle becomes the
// leader: it opens a transaction, runs all the saves that wait by then (often just its
// own), commits, tells the others how theirs went, and hands the lead to the first
// who came meanwhile. So batches form by themselves while the disk is busy, in the
// order of arrival, and an idle database commits a lone save at once.
type group struct {
	writer             *sql.DB
	files              *Files
	maxBatch, maxQueue int
	statements         map[string]*sql.Stmt // by their text

	mu    sync.Mutex
	led   bool    // there is a leader
	queue []*save // in order of arrival; the leader stands first until it has taken its batch

	batches, saves int   // how many there were so far; owned by the leader
	lost           error // why there can be no more saves; owned by the leader

	log *checkpoints // nil where the writer makes them by itself
}

// save is one operation on its way through a group.
type save struct {
	ctx  context.Context
	do   func(context.Context, execer) error
	lead bool          // chosen to lead, so it may not leave the queue; under the group's mu
	err  error         // how it went
	wake chan struct{} // closed when that is known, or receives one value: its owner has to lead
}

func newGroup(ctx context.Context, writer *sql.DB, f *Files, opts Options, queries []string) (_ *group, err error) {
	g := &group{
		writer: writer, files: f, maxBatch: opts.MaxBatch, maxQueue: opts.MaxQueue,
		statements: map[string]*sql.Stmt{}, log: newCheckpoints(writer, opts.Checkpoints),
	}
	for _, query := range queries {
		if g.statements[query], err = writer.PrepareContext(ctx, query); err != nil {
			delete(g.statements, query)
			return nil, errors.Join(err, g.close())
		}
	}
	return g, nil
}

func (g *group) close() error {
	g.log.wait()
	var err error
	for _, statement := range g.statements {
		err = errors.Join(err, statement.Close())
	}
	return err
}

// do runs a save in the next batch and returns when that was committed, or failed. If
// ctx ends before the save has started, it never will; once started it goes to its
// end, ctx or not.
func (g *group) do(ctx context.Context, do func(context.Context, execer) error) error {
	s := &save{ctx: ctx, do: do}
	if err := ctx.Err(); err != nil { // not under the lock: this is foreign code, which may panic
		return err
	}
	g.mu.Lock()
	if len(g.queue) >= g.maxQueue {
		g.mu.Unlock()
		return ErrQueueFull
	}
	g.queue = append(g.queue, s)
	lead := !g.led
	if lead {
		s.lead, g.led = true, true
	} else {
		s.wake = make(chan struct{}, 1)
	}
	g.mu.Unlock()

	if lead || g.wait(s) {
		g.runBatch(s)
	}
	return s.err
}

// wait returns true when s has to lead, and false when it is over.
func (g *group) wait(s *save) bool {
	select {
	case _, lead := <-s.wake:
		return lead
	case <-s.ctx.Done():
	}
	g.mu.Lock()
	i := slices.Index(g.queue, s)
	if i >= 0 && !s.lead {
		g.queue = slices.Delete(g.queue, i, i+1)
		g.mu.Unlock()
		s.err = s.ctx.Err()
		return false
	}
	g.mu.Unlock()
	_, lead := <-s.wake // it has started, or has to lead the others
	return lead
}

// runBatch is what a leader does, for the saves that wait and for its own, which
// stands first among them.
func (g *group) runBatch(leader *save) {
	var batch []*save
	g.log.goOn(leader.ctx)
	tx, err := g.begin(leader.ctx)
	switch {
	case err == nil:
		batch = g.take(g.maxBatch) // only now: who came while the leader waited is in it
		if !g.try(tx, batch) {
			g.tryEach(batch)
		}
		g.log.changed(len(batch))
	case guarded(leader.ctx.Err) != nil:
		batch = g.take(1) // its wait ended with its own ctx; the next in line tries again
		fail(batch, err)
	default:
		batch = g.take(g.maxQueue) // the file is locked for too long, or gone: so it is for all
		fail(batch, err)
	}
	g.handOver(leader, batch)
}

// handOver wakes the next leader, and then those whose saves are over.
func (g *group) handOver(leader *save, batch []*save) {
	g.mu.Lock()
	if g.led = len(g.queue) > 0; g.led {
		g.queue[0].lead = true
		g.queue[0].wake <- struct{}{}
	}
	g.mu.Unlock()
	for _, s := range batch {
		if s != leader {
			close(s.wake)
		}
	}
}

// take takes the first saves out of the queue, at most n.
func (g *group) take(n int) []*save {
	g.mu.Lock()
	defer g.mu.Unlock()
	n = min(n, len(g.queue))
	batch := slices.Clone(g.queue[:n])
	g.queue = slices.Delete(g.queue, 0, n)
	return batch
}

// try runs the saves in one transaction and keeps how each of them went. It reports
// false when one failed in a way that may have spoilt the others, which are undone.
func (g *group) try(tx *transaction, batch []*save) (done bool) {
	g.batches++
	err := guarded(func() error {
		for _, s := range batch {
			if s.err = s.ctx.Err(); s.err != nil {
				continue // nobody waits for it any more
			}
			g.saves++
			s.err = s.do(context.Background(), tx)
			switch {
			case s.err == nil, errors.Is(s.err, sessions.ErrNotFound), errors.Is(s.err, sessions.ErrConflict):
				continue
			case busy(s.err):
				fail(batch, s.err) // a transaction that was not begun as immediate has waited for its lock here
				done = true
			}
			tx.rollback() // its own error says what is wrong
			done = done || len(batch) == 1
			return nil
		}
		done = true
		return tx.commit()
	})
	if errors.Is(err, errPanic) {
		done = true
		g.lost = tx.discard()
	}
	if err != nil {
		fail(batch, err) // also what was not found or in conflict: it may have seen a save that is undone now
	}
	return done
}

// tryEach runs each save in a transaction of its own, so that one which fails, for
// example on a damaged page of the file, takes no other with it.
func (g *group) tryEach(batch []*save) {
	for i := range batch {
		tx, err := g.begin(context.Background())
		if err != nil {
			fail(batch[i:], err)
			return
		}
		g.try(tx, batch[i:i+1])
	}
}

func fail(batch []*save, err error) {
	for _, s := range batch {
		s.err = err
	}
}
