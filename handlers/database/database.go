// Package database opens the app's database by its URL, a SQLite file or PostgreSQL.
//
//	d, err := database.Open(ctx, "sqlite:sessions.db") // or postgres://…
//	row := d.R.QueryRowContext(ctx, d.Q("SELECT name FROM lab_users WHERE id = ?"), id)
//	engine, err := d.Sessions(db.Options{}) // the table django_session in it
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"sessionlab/sessions/db"
)

// Dialect names the kind of SQL that a database speaks.
type Dialect string

// The dialects that [Open] knows.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// DB is an open database. On SQLite, W is a pool of exactly one connection, because
// SQLite has one writer at a time, and R is a pool of read-only connections that
// never wait for it. On PostgreSQL both fields hold the same pool.
//
// An open transaction or an unclosed *sql.Rows on W makes every other writer wait on
// SQLite, the sessions included: keep it short.
type DB struct {
	R, W    *sql.DB
	Dialect Dialect
	Name    string // where it is: a file's absolute path, or host:port/database; never a password

	checkpoints *sql.DB     // SQLite: one more connection that may write, see db.Options
	files       db.Files    // SQLite: as they were opened
	moved       atomic.Bool // SQLite: the files are others now, see Watch
}

// Open opens the database at url and checks that it answers:
//
//	sqlite:sessions.db                 a file, from the working directory
//	sqlite:///var/lib/lab/sessions.db  a file, by its absolute path (sqlite:/var/… is the same)
//	postgres://user:pw@host:5432/name  PostgreSQL (postgresql:// is the same)
//
// A SQLite file that does not exist is made, with mode 0600, since it may hold session
// keys in clear. Its writes are synced to the disk before they are acknowledged;
// ?synchronous=NORMAL gives that up: faster, but a loss of power may take the last
// commits with it. In paths, %, ? and # are percent-encoded.
//
// A URL of PostgreSQL may name several hosts, as in postgres://user@one,two:5433/name: the one
// that takes writes is used, and after a failover the other, unless ?target_session_attrs=any
// says that a standby will do. ?pool_max_conns=N bounds the pool (default 16, at most 1000),
// ?pool_max_conn_lifetime=T the age of its connections (default 5m), and ?connect_timeout=N is
// in seconds for each host (default a half). Behind a pooler in transaction mode, such as
// PgBouncer, ?pooler=transaction does without prepared statements. Whatever else libpq
// understands may be set too. Errors never show the password.
func Open(ctx context.Context, url string) (*DB, error) {
	scheme, rest, found := strings.Cut(url, ":")
	switch {
	case found && scheme == "sqlite":
		return openSQLite(ctx, rest)
	case found && (scheme == "postgres" || scheme == "postgresql") && strings.HasPrefix(rest, "//"):
		return openPostgres(ctx, url)
	}
	// The URL itself is not shown: what is mistyped may still hold a password.
	return nil, errors.New("database: a URL starts with sqlite: or postgres://, for example " +
		"sqlite:sessions.db or postgres://user@localhost/sessions")
}

// Sessions makes an engine on the table of the sessions, which must be there. Close it
// before d. Of the options, d sets Name and Checkpoints.
func (d *DB) Sessions(o db.Options) (*db.Engine, error) {
	o.Name = d.Name
	if d.Dialect == Postgres {
		return db.Postgres(d.W, o)
	}
	o.Checkpoints = d.checkpoints
	return db.SQLite(d.R, d.W, o)
}

// Close closes the readers first and the writer last: the last connection to a
// SQLite file moves what is in the write-ahead log into the file and removes the log.
func (d *DB) Close() error {
	var err error
	if d.R != nil && d.R != d.W {
		err = d.R.Close()
	}
	if d.checkpoints != nil {
		err = errors.Join(err, d.checkpoints.Close())
	}
	if d.W != nil {
		err = errors.Join(err, d.W.Close())
	}
	if err != nil {
		return fmt.Errorf("database: close: %w", err)
	}
	return nil
}

// Q turns a query with ? for its parameters into the dialect's own form: $1, $2, …
// on PostgreSQL, unchanged on SQLite. A ? inside quotes stays as it is. Q does not
// look for comments and dollar-quoted texts.
func (d *DB) Q(query string) string {
	if d.Dialect != Postgres {
		return query
	}
	var b strings.Builder
	n := 0
	quote := byte(0)
	for i := range len(query) {
		c := query[i]
		switch {
		case quote != 0:
			if c == quote { // a doubled quote closes and opens again, which comes to the same
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '?':
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
