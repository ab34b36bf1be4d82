package db

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// A checkpoint writes each changed page once, however often it was changed, so they
	// are made rarely: but often enough that the sync of the file takes only so long,
	// since the disk makes saves wait meanwhile.
	minCheckpoint  = 1000 // rows changed since the last one
	maxCheckpoint  = 8000
	checkpointSync = 15 * time.Millisecond

	// How long the saves pause for one at most.
	checkpointPause  = 5 * time.Millisecond
	checkpointPauses = 8 // and how often in a row, where a reader is in the way
)

// checkpoints keep the write-ahead log short while no save waits for the disk to take
// thousands of pages. SQLite syncs the file only after a checkpoint that has reached the
// end of the log, and under load more is appended all the time: so the one that gets
// there at last has the sync of all the others to make. If that is a save, all that come
// after it wait (the worst save of 16 clients on 200,000 sessions took 60 to 100 ms, and
// without checkpoints 10). Therefore it is done in three steps:
//
//  1. Most of the log is copied, beside the saves.
//  2. Then the saves pause for a moment, so that another copy, of what came meanwhile,
//     gets to the end. They go on while it syncs the file.
//  3. Then the leader copies the rest itself. It is little, and with all of it in the file the
//     next save begins the log anew.
type checkpoints struct {
	writer     *sql.DB
	side       *sql.DB      // a connection beside it
	every      atomic.Int64 // so many rows
	rows       atomic.Int64 // changed since the last one
	step       atomic.Int32
	pauses     int // for the step under way, whose goroutine owns it
	background sync.WaitGroup
}

const (
	logIsShort int32 = iota
	logIsCopied
	fileIsSynced
	underWay // a step is being made
)

// newCheckpoints returns nil if there is no connection for them; all methods take that.
func newCheckpoints(writer, side *sql.DB) *checkpoints {
	if side == nil {
		return nil
	}
	c := &checkpoints{writer: writer, side: side}
	c.every.Store(minCheckpoint)
	return c
}

// wait returns when nothing goes on in the background.
func (c *checkpoints) wait() {
	if c != nil {
		c.background.Wait()
	}
}

// changed counts rows, and takes the first step when there are enough.
func (c *checkpoints) changed(rows int) {
	if c != nil && c.rows.Add(int64(rows)) >= c.every.Load() && c.step.CompareAndSwap(logIsShort, underWay) {
		c.rows.Store(0)
		c.background.Go(c.copyMost)
	}
}

// goOn takes the next step, if it is time. The leader calls it before its transaction.
func (c *checkpoints) goOn(ctx context.Context) {
	if c == nil {
		return
	}
	switch c.step.Load() {
	case logIsCopied:
		c.step.Store(underWay)
		done := make(chan struct{})
		c.background.Go(func() { c.copyAll(); close(done) })
		select {
		case <-done:
		case <-time.After(checkpointPause):
		}
	case fileIsSynced:
		_, _ = checkpoint(ctx, c.writer)
		c.step.Store(logIsShort)
	}
}

// copyMost ends when a copy took so little time that hardly anything can have come meanwhile.
func (c *checkpoints) copyMost() {
	for range 4 {
		begun := time.Now()
		_, _ = checkpoint(context.Background(), c.side)
		if time.Since(begun) < checkpointPause/3 {
			break
		}
	}
	c.step.Store(logIsCopied)
}

// copyAll tries again while a reader still needs a part of the file as it was, but not for
// ever: a backup may read for minutes, and the saves would pause for each try.
func (c *checkpoints) copyAll() {
	for begun := time.Now(); time.Since(begun) < checkpointPause; {
		last := time.Now()
		all, err := checkpoint(context.Background(), c.side)
		if err != nil {
			break
		}
		if all {
			fits := float64(c.every.Load()) * float64(checkpointSync) / float64(time.Since(last)+1)
			c.every.Store(int64(min(max(fits, minCheckpoint), maxCheckpoint)))
			c.pauses = 0
			c.step.Store(fileIsSynced)
			return
		}
	}
	if c.pauses++; c.pauses < checkpointPauses {
		c.step.Store(logIsCopied) // the next leader tries again
		return
	}
	c.pauses = 0
	c.step.Store(logIsShort) // which it is not, so again after as many rows
}

// checkpoint copies what is in SQLite's write-ahead log into the file, as far as readers
// allow, and reports whether that was all of it. It waits for nobody. If it fails, so
// will the writer's own before long, and its saves say what is wrong.
func checkpoint(ctx context.Context, pool *sql.DB) (all bool, err error) {
	var busy, pages, copied int
	err = guarded(func() error {
		return pool.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &copied)
	})
	return err == nil && busy == 0 && pages == copied, err
}
