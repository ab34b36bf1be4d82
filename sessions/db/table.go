package db

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

type dialect int

const (
	sqlite dialect = iota
	postgres
)

// The table as Django's migrate makes it, word for word.
var tables = map[dialect][]string{
	sqlite: {
		`CREATE TABLE IF NOT EXISTS "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, ` +
			`"session_data" text NOT NULL, "expire_date" datetime NOT NULL)`,
		`CREATE INDEX IF NOT EXISTS "django_session_expire_date_a5c62663" ON "django_session" ("expire_date")`,
	},
	postgres: {
		"SELECT pg_advisory_xact_lock(hashtext('django_session'))", // IF NOT EXISTS fails when two do it at once
		`CREATE TABLE IF NOT EXISTS "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, ` +
			`"session_data" text NOT NULL, "expire_date" timestamp with time zone NOT NULL)`,
		`CREATE INDEX IF NOT EXISTS "django_session_session_key_c0390e0f_like" ON "django_session" ` +
			`("session_key" varchar_pattern_ops)`,
		`CREATE INDEX IF NOT EXISTS "django_session_expire_date_a5c62663" ON "django_session" ("expire_date")`,
	},
}

// CreateSQLiteTable makes the table of the sessions in a SQLite database, if it is not
// there, for programs that use this package without migrations of their own.
func CreateSQLiteTable(ctx context.Context, writer *sql.DB) error {
	return createTable(ctx, writer, sqlite)
}

// CreatePostgresTable makes the table of the sessions in a PostgreSQL database, if it is
// not there, for programs that use this package without migrations of their own.
func CreatePostgresTable(ctx context.Context, pool *sql.DB) error {
	return createTable(ctx, pool, postgres)
}

func createTable(ctx context.Context, pool *sql.DB, d dialect) error {
	if pool == nil {
		return fmt.Errorf("db: create table: the pool is nil")
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("db: create table: %w", err)
	}
	defer tx.Rollback()
	for _, statement := range tables[d] {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("db: create table: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("db: create table: %w", err)
	}
	return nil
}

// queries are the statements of the engine, in the dialect's form. A live row is one
// whose expiry is later than the time that is passed in: the clock of this program
// decides, never the server's, which may be another.
type queries struct {
	load        string // now, key → data, expiry, whether it is live
	look        string // key, now → a row if it is live
	insert      string // key, data, expiry
	replace     string // data, expiry, key, old data, now
	replaceData string // data, key, old data, now
	take        string // key, old data, now: delete if unchanged
	touch       string // expiry, key, now, expiry
	remove      string // key
	count       string // now → how many have expired
	clear       string // now, limit, now
	list        string // the last key, now, limit → key, data, expiry
	newest      string // limit → data, expiry, also of what has expired
}

func newQueries(d dialect) queries {
	date, data := "expire_date", "session_data"
	// The condition stands there twice, for a row that is renewed between the look and
	// the delete.
	clear := "DELETE FROM django_session WHERE session_key IN (SELECT session_key FROM django_session" +
		" WHERE expire_date < ? ORDER BY expire_date LIMIT ?) AND expire_date < ?"
	if d == sqlite {
		date = "CAST(expire_date AS TEXT)"  // else the driver would take it for a time and parse it in many forms
		data = "CAST(session_data AS TEXT)" // a BLOB, which other programs may have written, equals no text
	} else { // two that clear at once leave each other's rows alone; else they would meet in a deadlock
		clear = "WITH expired AS (SELECT session_key FROM django_session WHERE expire_date < ?" +
			" ORDER BY expire_date LIMIT ? FOR UPDATE SKIP LOCKED) DELETE FROM django_session AS s USING expired" +
			" WHERE s.session_key = expired.session_key AND s.expire_date < ?"
	}
	const live = " WHERE session_key = ? AND expire_date > ?"
	unchanged := " WHERE session_key = ? AND " + data + " = ? AND expire_date > ?"
	return queries{
		load: d.numbered("SELECT session_data, " + date + ", expire_date > ?" +
			" FROM django_session WHERE session_key = ?"),
		look: d.numbered("SELECT 1 FROM django_session" + live),
		insert: d.numbered("INSERT INTO django_session (session_key, session_data, expire_date) VALUES (?, ?, ?)" +
			" ON CONFLICT (session_key) DO NOTHING"),
		replace:     d.numbered("UPDATE django_session SET session_data = ?, expire_date = ?" + unchanged),
		replaceData: d.numbered("UPDATE django_session SET session_data = ?" + unchanged),
		take:        d.numbered("DELETE FROM django_session" + unchanged),
		touch:       d.numbered("UPDATE django_session SET expire_date = ?" + live + " AND expire_date < ?"),
		remove:      d.numbered("DELETE FROM django_session WHERE session_key = ?"),
		count:       d.numbered("SELECT count(*) FROM django_session WHERE expire_date < ?"),
		clear:       d.numbered(clear),
		list: d.numbered("SELECT session_key, session_data, " + date +
			" FROM django_session WHERE session_key > ? AND expire_date > ? ORDER BY session_key LIMIT ?"),
		newest: d.numbered("SELECT session_data, " + date + " FROM django_session ORDER BY expire_date DESC LIMIT ?"),
	}
}

// writes are the queries that run on SQLite's writer.
func (q queries) writes() []string {
	return []string{q.look, q.insert, q.replace, q.replaceData, q.take, q.touch, q.remove, q.clear}
}

// numbered puts $1, $2, … in place of each ?, which is PostgreSQL's form.
func (d dialect) numbered(query string) string {
	if d == sqlite {
		return query
	}
	var b strings.Builder
	for i, part := range strings.Split(query, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}
