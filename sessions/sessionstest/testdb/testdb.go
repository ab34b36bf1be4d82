// Package testdb opens databases for the tests and benchmarks of the session layer, with
// the drivers that this module uses. The layer itself imports none.
package testdb

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// DB is an open database, with the pools that package db asks for.
type DB struct {
	Reader, Writer *sql.DB // the same pool on PostgreSQL
	Checkpoints    *sql.DB // SQLite only

	Path string // of SQLite's file; empty on PostgreSQL
}

// Open opens sqlite:/absolute/path, with ?synchronous=NORMAL where no power can be lost,
// or postgres://…
func Open(ctx context.Context, from string) (*DB, error) {
	rest, ok := strings.CutPrefix(from, "sqlite:")
	if !ok {
		config, err := pgx.ParseConfig(from)
		if err != nil {
			return nil, err
		}
		pool := stdlib.OpenDB(*config)
		pool.SetMaxOpenConns(16)
		pool.SetMaxIdleConns(16)
		return ready(ctx, &DB{Reader: pool, Writer: pool})
	}
	path, query, _ := strings.Cut(rest, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	synchronous := "FULL"
	if options.Has("synchronous") {
		synchronous = options.Get("synchronous")
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = f.Close()
	} else if errors.Is(err, os.ErrPermission) {
		err = nil // it may be read
	}
	if err != nil {
		return nil, err
	}
	d := &DB{Path: path}
	for _, pool := range []struct {
		to      **sql.DB
		most    int
		options string
	}{ // the writer first: it switches the file to WAL
		{&d.Writer, 1, "&_journal_mode=WAL&_txlock=immediate&_pragma=wal_autocheckpoint(32000)"},
		{&d.Reader, 4, "&mode=ro"},
		{&d.Checkpoints, 1, ""},
	} {
		query := "_busy_timeout=5000&_foreign_keys=1&_synchronous=" + synchronous + pool.options
		dsn := url.URL{Scheme: "file", Path: path, RawQuery: query}
		if *pool.to, err = sql.Open("sqlite", dsn.String()); err != nil {
			return nil, errors.Join(err, d.Close())
		}
		(*pool.to).SetMaxOpenConns(pool.most)
		(*pool.to).SetMaxIdleConns(pool.most)
	}
	return ready(ctx, d)
}

func ready(ctx context.Context, d *DB) (*DB, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := d.Writer.PingContext(ctx)
	if err == nil {
		err = d.Reader.PingContext(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Close closes the writer last: the last connection to a SQLite file moves the log into it.
func (d *DB) Close() error {
	var err error
	for _, pool := range []*sql.DB{d.Reader, d.Checkpoints, d.Writer} {
		if pool != nil {
			err = errors.Join(err, pool.Close())
		}
	}
	return err
}
