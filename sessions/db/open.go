package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
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
// Whoever keeps W busy (an open transaction, an unclosed *sql.Rows) keeps all
// writers waiting on SQLite: use it briefly.
type DB struct {
	R, W    *sql.DB
	Dialect Dialect
	Name    string // where it is: a file's absolute path, or host:port/database; never a password

	file os.FileInfo // SQLite: the file that was opened
	side *sql.DB     // SQLite: one more connection that may write, for checkpoints
}

// Open opens the database at url and checks that it answers:
//
//	sqlite:sessions.db                 a file, from the working directory
//	sqlite:///var/lib/lab/sessions.db  a file, by its absolute path (sqlite:/var/… is the same)
//	postgres://user:pw@host:5432/name  PostgreSQL (postgresql:// is the same)
//
// A SQLite file that does not exist is made, with mode 0600, since it holds session
// keys in clear. Its writes are synced to the disk before they are
// acknowledged; ?synchronous=NORMAL gives that up: faster, but a loss of power may
// take the last commits with it. In paths, %, ? and # are percent-encoded.
//
// For PostgreSQL, ?pool_max_conns=N bounds the pool (default 16, at most 1000),
// ?connect_timeout=N is in seconds (default a half), and what else libpq understands may
// be set too. Errors never show the password.
func Open(ctx context.Context, url string) (*DB, error) {
	scheme, rest, found := strings.Cut(url, ":")
	switch {
	case found && scheme == "sqlite":
		return openSQLite(ctx, rest)
	case found && (scheme == "postgres" || scheme == "postgresql") && strings.HasPrefix(rest, "//"):
		return openPostgres(ctx, url)
	}
	// The URL itself is not shown: what is mistyped may still hold a password.
	return nil, errors.New("db: a database URL starts with sqlite: or postgres://, for example " +
		"sqlite:sessions.db or postgres://user@localhost/sessions")
}

// Close closes the readers first and the writer last: the last connection to a
// SQLite file moves what is in the write-ahead log into the file and removes the log.
func (d *DB) Close() error {
	var err error
	if d.R != nil && d.R != d.W {
		err = d.R.Close()
	}
	if d.side != nil {
		err = errors.Join(err, d.side.Close())
	}
	if d.W != nil {
		err = errors.Join(err, d.W.Close())
	}
	if err != nil {
		return fmt.Errorf("db: close: %w", err)
	}
	return nil
}

// stillThere returns an error if another file, or none, has the name of the one that
// was opened. SQLite would go on writing to the old one, and whoever comes next would
// find nothing of it.
func (d *DB) stillThere() error {
	if d.file == nil {
		return nil
	}
	if now, err := os.Stat(d.Name); err != nil || !os.SameFile(now, d.file) {
		return fmt.Errorf("the file %s was removed or replaced while it was in use", d.Name)
	}
	return nil
}

// Q turns a query with ? for its parameters into the dialect's own form: $1, $2, …
// on PostgreSQL, unchanged on SQLite. A ? inside quotes stays as it is. Comments
// and dollar-quoted texts are not looked for.
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
