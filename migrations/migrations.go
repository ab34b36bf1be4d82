// Package migrations makes and changes the tables of the app: numbered SQL files, one
// folder for each dialect, embedded in the program and applied in their order by goose.
// A step that has been released is never changed; the next one mends it.
//
// The sessions library does not import this package: programs that use it alone make its
// one table with db.CreateSQLiteTable or db.CreatePostgresTable, or let Django make it.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// Up applies the steps that the database does not have yet, each in a transaction of
// its own, and returns how many there were. The dialect is "sqlite" or "postgres".
// Several processes may call it at once: one applies the steps, the others wait.
//
// On SQLite, db must be the pool with the one writing connection, free to be used.
func Up(ctx context.Context, db *sql.DB, dialect string) (int, error) {
	hold := lockDirectory
	if dialect == "postgres" {
		hold = lockPostgres
	}
	p, err := provider(db, dialect)
	if err != nil {
		return 0, err
	}
	unlock, err := hold(ctx, db)
	if err != nil {
		return 0, fmt.Errorf("migrations: lock: %w", err)
	}
	defer unlock()
	done, err := p.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("migrations: %s: %w", dialect, err)
	}
	return len(done), nil
}

// lockPostgres waits for other processes that migrate the same database. The lock is that of
// goose, but held by a transaction: one held by a connection would stay behind in a pooler,
// which gives each transaction another connection to the server.
func lockPostgres(ctx context.Context, db *sql.DB) (unlock func(), err error) {
	if most := db.Stats().MaxOpenConnections; most == 1 { // the steps need another one
		db.SetMaxOpenConns(2)
		defer func() {
			tidy := unlock
			unlock = func() { tidy(); db.SetMaxOpenConns(most) }
		}()
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	unlock = func() { _ = tx.Rollback() } // it has changed nothing
	limited, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if _, err := tx.ExecContext(limited, "SELECT pg_advisory_xact_lock($1)", lock.DefaultLockID); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// lockDirectory keeps other processes from migrating SQLite files in the same
// directory, since goose has no lock for SQLite. The file itself is not touched:
// closing it would let go of the locks that SQLite has on it. A lock on a directory
// leaves nothing behind, and ends with the process.
func lockDirectory(ctx context.Context, db *sql.DB) (unlock func(), err error) {
	var path string
	if err := db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path); err != nil {
		return nil, err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	for {
		ok, err := tryLock(dir)
		if ok {
			return func() { dir.Close() }, nil
		}
		if err == nil {
			select {
			case <-time.After(20 * time.Millisecond):
				continue
			case <-ctx.Done():
				err = ctx.Err()
			}
		}
		return nil, errors.Join(err, dir.Close())
	}
}

// Version returns the number of the newest step that the database has, 0 for none, and
// of the newest that there is. Where they differ, [Up] has something to do.
func Version(ctx context.Context, db *sql.DB, dialect string) (current, newest int64, err error) {
	p, err := provider(db, dialect)
	if err != nil {
		return 0, 0, err
	}
	if current, newest, err = p.GetVersions(ctx); err != nil {
		return 0, 0, fmt.Errorf("migrations: %s: %w", dialect, err)
	}
	return current, newest, nil
}

// provider is goose, set up without anything global. It is never closed: that would
// close db, which is not ours.
func provider(db *sql.DB, dialect string) (*goose.Provider, error) {
	known := map[string]goose.Dialect{"sqlite": goose.DialectSQLite3, "postgres": goose.DialectPostgres}
	if known[dialect] == "" {
		return nil, fmt.Errorf("migrations: unknown dialect %q, want sqlite or postgres", dialect)
	}
	folder, err := fs.Sub(files, dialect)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(known[dialect], db, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("migrations: %s: %w", dialect, err)
	}
	return p, nil
}
