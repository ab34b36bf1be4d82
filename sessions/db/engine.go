package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"sessionlab/sessions"
)

// Load implements [sessions.Engine]. The record's Saved and Used are zero: Django's table
// has no columns for them.
func (e *Engine) Load(ctx context.Context, key string) (sessions.Record, error) {
	if !e.made() {
		return sessions.Record{}, errNotMade
	}
	if !storable(key) {
		return sessions.Record{}, sessions.ErrNotFound
	}
	if err := ctx.Err(); err != nil {
		return sessions.Record{}, fmt.Errorf("db: load: %w", err)
	}
	var (
		data    []byte
		expires any
		live    bool
		err     error
	)
	now := e.date(time.Now())
	if e.sqlite() {
		data, expires, live, err = e.readers.load(now, key)
		if errors.Is(err, errOtherWay) {
			err = e.load.QueryRowContext(e.unguarded(ctx), now, key).Scan(&data, &expires, &live)
		}
	} else {
		err = e.inTime(ctx, e.reader, e.opts.Timeout, func(ctx context.Context, x *attempt) error {
			return x.QueryRowContext(ctx, e.text.load, now, key).Scan(&data, &expires, &live)
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
	if rec.Expires, ok = e.readDate(expires); !ok {
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
		if err != nil || n == 1 {
			return err
		}
		if before(x) != nil && e.holds(ctx, x, key, rec) {
			return nil // the key is in use by this very record
		}
		return sessions.ErrConflict // the key is in use
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
			n, err = affected(x.ExecContext(ctx, e.text.replace,
				string(rec.Data), e.date(rec.Expires), key, string(old.Data), e.date(now)))
		}
		if err != nil || n == 1 {
			return err
		}
		if err := e.look(ctx, x, key, now); err != nil {
			return err
		}
		if broke := before(x); broke != nil {
			return fmt.Errorf("the record was changed, by this save or another, when a connection broke: %v", broke)
		}
		return sessions.ErrConflict
	})
	if err != nil {
		return "", err
	}
	return key, nil
}

// Touch implements [sessions.Toucher]: it moves Expires, which is all that the table keeps.
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
	if !e.made() {
		return sessions.Location{}
	}
	return sessions.Location{
		Place:   "row in django_session",
		Store:   e.opts.Name,
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

// holds reports whether the record under key is rec.
func (e *Engine) holds(ctx context.Context, x execer, key string, rec sessions.Record) bool {
	var (
		data    []byte
		expires any
		live    bool
	)
	err := x.QueryRowContext(ctx, e.text.load, e.date(time.Now()), key).Scan(&data, &expires, &live)
	return err == nil && string(data) == string(rec.Data)
}

// unguarded spares a read on SQLite the two goroutines that would guard it, for a
// third of its cost: it takes microseconds. A wait for a free reader still ends with ctx.
func (e *Engine) unguarded(ctx context.Context) context.Context {
	if pool := e.reader.Stats(); pool.MaxOpenConnections == 0 || pool.InUse < pool.MaxOpenConnections {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func errNoExpiry(what string) error {
	return fmt.Errorf("db: %s: the record has no expiry", what)
}

// storable reports whether key can stand in the column: it holds up to 40 characters,
// and PostgreSQL refuses some bytes with an error.
func storable(key string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	return key != "" && len(key) <= 40 && strings.IndexFunc(key, odd) < 0
}
