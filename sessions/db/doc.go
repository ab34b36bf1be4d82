// Package db keeps sessions in Django's table django_session, in SQLite or PostgreSQL,
// so that a Django site and a Go program can share one table and its visitors. The
// program brings the database and the driver; this package imports none.
//
//	pool, err := sql.Open("pgx", "postgres://…") // or any other driver for PostgreSQL
//	err = db.CreatePostgresTable(ctx, pool)      // unless migrations or Django have made it
//	engine, err := db.Postgres(pool, db.Options{})
//
// SQLite has one writer at a time and many readers, so it gets two pools. With the
// driver modernc.org/sqlite:
//
//	writer, err := sql.Open("sqlite", "file:site.db?_pragma=journal_mode(WAL)"+
//		"&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_txlock=immediate")
//	writer.SetMaxOpenConns(1)
//	err = db.CreateSQLiteTable(ctx, writer)
//	reader, err := sql.Open("sqlite", "file:site.db?mode=ro&_pragma=busy_timeout(5000)")
//	engine, err := db.SQLite(reader, writer, db.Options{})
//
// # Promises
//
// A save is acknowledged when it is on the disk (SQLite: with synchronous=FULL, its
// default; what PostgreSQL promises is its server's setting). A record is compared and
// swapped by its data in one statement, so nothing is lost between requests, processes
// or machines, and no save writes back a record that was deleted. A record is loaded
// only while its expiry is strictly later than the clock of this program. A database
// that is locked, full, damaged or out of reach is an error of its own, never
// [sessions.ErrNotFound]. Where PostgreSQL refuses a statement because of another
// transaction that ran beside it (isolation levels above read committed, deadlocks),
// the statement is run again, so its caller hears what became of the record.
//
// A connection to PostgreSQL that breaks, because the server restarts or hands over to its
// standby, costs no more than the saves under way. What was never sent, reads, and what the
// server says that it has undone are run again, for half of Options.Timeout. So is a save
// whose answer was lost: if the record still holds what the save was to replace, it is saved
// now; if it holds something else, the error says that nobody knows whose change that is.
//
// Unlike Django, a save does not revive an expired record, only a row that is gone
// counts as gone (to Django any error of the database does), and a key with odd
// characters is unknown instead of an error.
//
// The engine keeps Expires alone: the table has no columns for Saved and Used.
//
// # Group commit
//
// On SQLite the saves that arrive while another is being synced to the disk share
// the next transaction and its one sync, see [Options]. A save that finds the
// database idle is committed at once; nothing ever waits for company.
package db
