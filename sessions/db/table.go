package db

import (
	"context"
	"fmt"
	"time"
)

// The table as Django's migrate makes it, word for word.
var tables = map[Dialect][]string{
	SQLite: {
		`CREATE TABLE IF NOT EXISTS "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL)`,
		`CREATE INDEX IF NOT EXISTS "django_session_expire_date_a5c62663" ON "django_session" ("expire_date")`,
	},
	Postgres: {
		`CREATE TABLE IF NOT EXISTS "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" timestamp with time zone NOT NULL)`,
		`CREATE INDEX IF NOT EXISTS "django_session_session_key_c0390e0f_like" ON "django_session" ("session_key" varchar_pattern_ops)`,
		`CREATE INDEX IF NOT EXISTS "django_session_expire_date_a5c62663" ON "django_session" ("expire_date")`,
	},
}

// CreateTable makes the table of the sessions, if it is not there, for those who use
// this package without migrations of their own.
func (d *DB) CreateTable(ctx context.Context) error {
	tx, err := d.W.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("db: create table: %w", err)
	}
	defer tx.Rollback()
	if d.Dialect == Postgres { // IF NOT EXISTS fails when two do it at once
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtext('django_session'))"); err != nil {
			return fmt.Errorf("db: create table: %w", err)
		}
	}
	for _, statement := range tables[d.Dialect] {
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
// decides, never the server's.
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
}

func (d *DB) queries() queries {
	date, data := "expire_date", "session_data"
	if d.Dialect == SQLite {
		date = "CAST(expire_date AS TEXT)"  // else the driver would take it for a time and parse it in many forms
		data = "CAST(session_data AS TEXT)" // a BLOB, which other programs may have written, equals no text
	}
	const live = " WHERE session_key = ? AND expire_date > ?"
	unchanged := " WHERE session_key = ? AND " + data + " = ? AND expire_date > ?"
	return queries{
		load:        d.Q("SELECT session_data, " + date + ", expire_date > ? FROM django_session WHERE session_key = ?"),
		look:        d.Q("SELECT 1 FROM django_session" + live),
		insert:      d.Q("INSERT INTO django_session (session_key, session_data, expire_date) VALUES (?, ?, ?) ON CONFLICT (session_key) DO NOTHING"),
		replace:     d.Q("UPDATE django_session SET session_data = ?, expire_date = ?" + unchanged),
		replaceData: d.Q("UPDATE django_session SET session_data = ?" + unchanged),
		take:        d.Q("DELETE FROM django_session" + unchanged),
		touch:       d.Q("UPDATE django_session SET expire_date = ?" + live + " AND expire_date < ?"),
		remove:      d.Q("DELETE FROM django_session WHERE session_key = ?"),
		count:       d.Q("SELECT count(*) FROM django_session WHERE expire_date < ?"),
		// The condition stands there twice, for a row that is renewed between the
		// look and the delete on PostgreSQL.
		clear: d.Q("DELETE FROM django_session WHERE session_key IN (SELECT session_key FROM django_session" +
			" WHERE expire_date < ? ORDER BY expire_date LIMIT ?) AND expire_date < ?"),
	}
}

// writes are the queries that run on SQLite's writer.
func (q queries) writes() []string {
	return []string{q.look, q.insert, q.replace, q.replaceData, q.take, q.touch, q.remove, q.clear}
}

// dateForm is Django's text for a date on SQLite: UTC without saying so, a space in the
// middle, microseconds with all six digits, or left out if they are zero. Expiry is
// decided by comparing these texts, so no other form will do.
const dateForm = "2006-01-02 15:04:05.000000"

// lastDate is the latest that Python, and so Django, can read.
var lastDate = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)

// date is t as an argument for the column: cut down to microseconds, in UTC.
func (e *Engine) date(t time.Time) any {
	t = t.UTC().Truncate(time.Microsecond)
	if t.After(lastDate) {
		t = lastDate
	}
	if e.db.Dialect == Postgres {
		return t
	}
	if t.Nanosecond() == 0 {
		return t.Format(dateForm[:len("2006-01-02 15:04:05")])
	}
	return t.Format(dateForm)
}

// readDate reads what the column holds.
func readDate(v any) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v.UTC(), true
	case string:
		for _, form := range []string{time.DateTime, time.RFC3339} { // Parse takes any number of digits after the seconds
			if t, err := time.Parse(form, v); err == nil {
				return t.UTC(), true
			}
		}
	}
	return time.Time{}, false
}
