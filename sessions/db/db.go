package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"sessionlab/sessions"
)

// Options are the settings of an [Engine]. The zero value of each is a good choice.
type Options struct {
	// Name says where the database is, in errors and in Locate; never put a password
	// into it. The default is the path of SQLite's file, and the name of the database
	// on PostgreSQL.
	Name string

	// Location is the zone of the dates in a SQLite table that is shared with a Django
	// whose USE_TZ is False: that Django's TIME_ZONE. Nil is UTC, which is right for all
	// others. PostgreSQL keeps instants, so there it has no effect.
	//
	// Such dates are texts without a zone. In the one hour a year that the clock of
	// Location repeats, they cannot tell the first pass from the second: a record that
	// expires in that hour, or is used in it shortly before it expires, may end up to an
	// hour early or late. To Django it is the same.
	Location *time.Location

	// Checkpoints is a pool for one more connection to the SQLite file, which may write.
	// With it the engine moves the write-ahead log into the file beside the saves, and no
	// save waits for that; give the writer a large wal_autocheckpoint then. Without it the
	// writer does so by itself, as SQLite always does.
	Checkpoints *sql.DB

	// MaxBatch is how many saves share one transaction at most, on SQLite. The
	// default is 128; 1 turns group commit off.
	MaxBatch int

	// MaxQueue is how many saves may wait for their transaction, on SQLite. The
	// default is 1024; beyond it a save fails with ErrQueueFull.
	MaxQueue int

	// Timeout bounds each call on PostgreSQL, the wait for a connection included.
	// The default is one second. SQLite has its busy_timeout instead, for the lock
	// that another process may hold.
	Timeout time.Duration
}

func (o Options) withDefaults() (Options, error) {
	if o.MaxBatch < 0 || o.MaxQueue < 0 || o.Timeout < 0 {
		return o, errors.New("db: MaxBatch, MaxQueue and Timeout cannot be negative")
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = 128
	}
	if o.MaxQueue == 0 {
		o.MaxQueue = 1024
	}
	if o.Timeout == 0 {
		o.Timeout = time.Second
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	return o, nil
}

// Engine keeps sessions in a database; [SQLite] and [Postgres] make one. Its methods are
// safe for concurrent use. Close it before the pools that it was made with. The zero
// value answers every call with an error.
type Engine struct {
	reader, writer *sql.DB // the same pool on PostgreSQL
	text           queries
	opts           Options
	readers        readers   // SQLite only
	load           *sql.Stmt // SQLite only: prepared on the readers
	group          *group    // SQLite only: the writer
}

var (
	_ sessions.Engine  = (*Engine)(nil)
	_ sessions.Keyed   = (*Engine)(nil)
	_ sessions.Toucher = (*Engine)(nil)
	_ sessions.Clearer = (*Engine)(nil)
	_ sessions.Lister  = (*Engine)(nil)
	_ sessions.Locator = (*Engine)(nil)
	_ io.Closer        = (*Engine)(nil)
)

var errNotMade = errors.New("db: this engine was not made by db.SQLite or db.Postgres")

// Close releases the prepared statements and gives the connections back, after the last
// call. It leaves the pools open.
func (e *Engine) Close() error {
	if !e.made() {
		return nil
	}
	err := e.readers.close()
	if e.load != nil {
		err = errors.Join(err, e.load.Close())
	}
	if e.group != nil {
		err = errors.Join(err, e.group.close())
	}
	return err
}

func (e *Engine) made() bool { return e != nil && e.reader != nil && e.writer != nil }

func (e *Engine) sqlite() bool { return e != nil && e.group != nil }

// execer runs the statements of one save: on a batch's transaction (SQLite) or on
// a connection (PostgreSQL).
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// write runs one save. do may be called again if what it did was undone, or may have been,
// see [Engine.inTime].
func (e *Engine) write(ctx context.Context, what string, do func(context.Context, execer) error) error {
	if !e.made() {
		return errNotMade
	}
	var err error
	if e.sqlite() {
		err = e.group.do(ctx, do)
	} else {
		err = e.inTime(ctx, e.writer, e.opts.Timeout, func(ctx context.Context, a *attempt) error { return do(ctx, a) })
	}
	if err != nil && !errors.Is(err, sessions.ErrNotFound) && !errors.Is(err, sessions.ErrConflict) {
		return fmt.Errorf("db: %s: %w", what, err)
	}
	return err
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}
