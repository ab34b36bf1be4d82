// Package db keeps sessions in Django's table django_session, in SQLite or PostgreSQL,
// so that a Django site and a Go program can share one table and its visitors:
//
//	d, err := db.Open(ctx, "sqlite:sessions.db") // or postgres://…
//	err = d.CreateTable(ctx)                     // unless migrations or Django have made it
//	engine, err := db.New(d, db.Options{})
//
// # Promises
//
// A save is acknowledged when it is on the disk (SQLite: synchronous=FULL; what
// PostgreSQL promises is its server's setting). A record is compared and swapped by
// its data in one statement, so nothing is lost between requests, processes or
// machines, and no save writes back a record that was deleted. A record is
// loaded only while its expiry is strictly later than the clock of this program
// (Django B-151). A database that is locked, full, damaged or out of reach is an error
// of its own, never [sessions.ErrNotFound].
//
// Unlike Django, a save does not revive a record whose time has passed (B-153), only a
// row that is gone counts as gone, not any database error (B-134), and a key
// with odd characters is unknown instead of an error (B-164).
//
// # Group commit
//
// On SQLite the saves that arrive while another is being synced to the disk share
// the next transaction and its one sync, see [Options]. A save that finds the
// database idle is committed at once; nothing ever waits for company.
package db

import (
	"bytes"
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
	// MaxBatch is how many saves share one transaction at most, on SQLite. The
	// default is 128; 1 turns group commit off.
	MaxBatch int

	// MaxQueue is how many saves may wait for their transaction, on SQLite. The
	// default is 1024; beyond it a save fails with ErrQueueFull.
	MaxQueue int

	// Timeout bounds each call on PostgreSQL, the wait for a connection included
	// . The default is one second. SQLite has its busy timeout of five
	// seconds instead, for the lock that another process may hold.
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
	return o, nil
}

// Engine keeps sessions in a database. Close it before the DB that it was made with.
type Engine struct {
	db    *DB
	text  queries
	load  *sql.Stmt // SQLite only: prepared on the readers
	group *group    // SQLite only: the writer
	opts  Options
}

var (
	_ sessions.Engine  = (*Engine)(nil)
	_ sessions.Toucher = (*Engine)(nil)
	_ sessions.Clearer = (*Engine)(nil)
	_ sessions.Locator = (*Engine)(nil)
	_ io.Closer        = (*Engine)(nil)
)

// New makes an engine on d, whose table must be there: see [DB.CreateTable].
func New(d *DB, opts Options) (*Engine, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Engine{db: d, text: d.queries(), opts: opts}
	if d.Dialect != SQLite {
		return e, nil // the driver prepares statements itself, once for each connection
	}
	if e.load, err = d.R.Prepare(e.text.load); err == nil {
		e.group, err = newGroup(d, opts, e.text.writes())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("db: %s: the table of the sessions (do migrations wait?): %w", d.Name, err), e.Close())
	}
	return e, nil
}

// Close releases the prepared statements, after the last call. It leaves the DB open.
func (e *Engine) Close() error {
	var err error
	if e.load != nil {
		err = e.load.Close()
	}
	if e.group != nil {
		err = errors.Join(err, e.group.close())
	}
	return err
}

// Load implements [sessions.Engine]. The record's Saved is zero: Django's table has
// no column for it.
func (e *Engine) Load(ctx context.Context, key string) (sessions.Record, error) {
	if !storable(key) {
		return sessions.Record{}, sessions.ErrNotFound
	}
	if err := ctx.Err(); err != nil {
		return sessions.Record{}, fmt.Errorf("db: load: %w", err)
	}
	var data []byte
	var expires any
	var live bool
	var err error
	now := e.date(time.Now())
	if e.db.Dialect == SQLite {
		err = e.load.QueryRowContext(e.unguarded(ctx), now, key).Scan(&data, &expires, &live)
	} else {
		err = e.inTime(ctx, e.opts.Timeout, func(ctx context.Context) error {
			return e.db.R.QueryRowContext(ctx, e.text.load, now, key).Scan(&data, &expires, &live)
		})
	}
	if errors.Is(err, sql.ErrNoRows) {
		return sessions.Record{}, sessions.ErrNotFound
	}
	if err != nil {
		return sessions.Record{}, fmt.Errorf("db: load: %w", err)
	}
	if !live {
		return sessions.Record{}, sessions.ErrExpired
	}
	rec := sessions.Record{Data: data}
	var ok bool
	if rec.Expires, ok = readDate(expires); !ok {
		return sessions.Record{}, sessions.ErrNotFound // a malformed row; it must not lock its visitor out
	}
	return rec, nil
}

// Create implements [sessions.Engine].
func (e *Engine) Create(ctx context.Context, rec sessions.Record) (string, error) {
	return sessions.CreateKeyed(func(key string) error { return e.CreateUnder(ctx, key, rec) })
}

// CreateUnder implements [sessions.Keyed].
func (e *Engine) CreateUnder(ctx context.Context, key string, rec sessions.Record) error {
	if rec.Expires.IsZero() {
		return errNoExpiry("create")
	}
	return e.write(ctx, "create", func(ctx context.Context, x execer) error {
		if rec.Expired(time.Now()) {
			return nil
		}
		n, err := affected(x.ExecContext(ctx, e.text.insert, key, string(rec.Data), e.date(rec.Expires)))
		if err == nil && n == 0 {
			return sessions.ErrConflict // the key is in use
		}
		return err
	})
}

// Replace implements [sessions.Engine]. Where rec has the Expires of old, the column
// is left alone, and with it the index on it: this makes a save a third cheaper on
// SQLite, so an expiry that is rounded up pays for itself.
func (e *Engine) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	switch {
	case !storable(key):
		return "", sessions.ErrNotFound
	case rec.Expires.IsZero():
		return "", errNoExpiry("replace")
	}
	sameExpiry := e.date(old.Expires) == e.date(rec.Expires)
	err := e.write(ctx, "replace", func(ctx context.Context, x execer) (err error) {
		now := time.Now()
		var n int64
		switch {
		case rec.Expired(now):
			n, err = affected(x.ExecContext(ctx, e.text.take, key, string(old.Data), e.date(now)))
		case sameExpiry:
			n, err = affected(x.ExecContext(ctx, e.text.replaceData, string(rec.Data), key, string(old.Data), e.date(now)))
		default:
			n, err = affected(x.ExecContext(ctx, e.text.replace, string(rec.Data), e.date(rec.Expires), key, string(old.Data), e.date(now)))
		}
		if err != nil || n == 1 {
			return err
		}
		if err := e.look(ctx, x, key, now); err != nil {
			return err
		}
		return sessions.ErrConflict
	})
	if err != nil {
		return "", err
	}
	return key, nil
}

// Touch implements [sessions.Toucher].
func (e *Engine) Touch(ctx context.Context, key string, rec sessions.Record) (string, error) {
	switch {
	case !storable(key):
		return "", sessions.ErrNotFound
	case rec.Expires.IsZero():
		return "", errNoExpiry("touch")
	}
	err := e.write(ctx, "touch", func(ctx context.Context, x execer) error {
		now, expires := time.Now(), e.date(rec.Expires)
		n, err := affected(x.ExecContext(ctx, e.text.touch, expires, key, e.date(now), expires))
		if err != nil || n == 1 {
			return err
		}
		return e.look(ctx, x, key, now) // no error if it is there: its expiry is later already
	})
	if err != nil {
		return "", err
	}
	return key, nil
}

// Delete implements [sessions.Engine].
func (e *Engine) Delete(ctx context.Context, key string) error {
	if !storable(key) {
		return nil
	}
	return e.write(ctx, "delete", func(ctx context.Context, x execer) error {
		_, err := x.ExecContext(ctx, e.text.remove, key)
		return err
	})
}

// Locate implements [sessions.Locator].
func (e *Engine) Locate(string) sessions.Location {
	return sessions.Location{
		Place:   "row in django_session",
		Store:   e.db.Name,
		Key:     "session_key",
		Data:    "session_data",
		Expires: "expire_date",
	}
}

// look tells why a statement changed no row: ErrNotFound if there is no live one.
func (e *Engine) look(ctx context.Context, x execer, key string, now time.Time) error {
	var one int
	err := x.QueryRowContext(ctx, e.text.look, key, e.date(now)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return sessions.ErrNotFound
	}
	return err
}

// unguarded spares a read on SQLite the two goroutines that would guard it, for a
// third of its cost: it takes microseconds. A wait for a free reader still ends with ctx.
func (e *Engine) unguarded(ctx context.Context) context.Context {
	if pool := e.db.R.Stats(); pool.InUse < pool.MaxOpenConnections {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// execer runs the statements of one save: on a batch's transaction (SQLite) or on
// the pool (PostgreSQL).
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// write runs one save. do may be called again if what it did was undone.
func (e *Engine) write(ctx context.Context, what string, do func(context.Context, execer) error) error {
	var err error
	if e.db.Dialect == SQLite {
		err = e.group.do(ctx, do)
	} else {
		err = e.inTime(ctx, e.opts.Timeout, func(ctx context.Context) error { return do(ctx, e.db.W) })
	}
	if err != nil && !errors.Is(err, sessions.ErrNotFound) && !errors.Is(err, sessions.ErrConflict) {
		return fmt.Errorf("db: %s: %w", what, err)
	}
	return err
}

// inTime gives do a context that ends after the timeout. When that, or the driver's
// timeout for a new connection, is why do failed, the error does not wrap
// context.DeadlineExceeded, which the caller would take for its own deadline.
func (e *Engine) inTime(ctx context.Context, timeout time.Duration, do func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := do(limited)
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case limited.Err() != nil:
		return fmt.Errorf("no answer from %s within %v", e.db.Name, timeout)
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New(err.Error())
	}
	return err
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func errNoExpiry(what string) error {
	return fmt.Errorf("db: %s: the record has no expiry", what)
}

// storable reports whether key can stand in the column: it holds up to 40 characters,
// and PostgreSQL refuses some bytes with an error (Django B-164).
func storable(key string) bool {
	return key != "" && len(key) <= 40 && bytes.IndexFunc([]byte(key), func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
