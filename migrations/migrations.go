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
	var options []goose.ProviderOption
	switch dialect {
	case "sqlite":
		unlock, err := lockDirectory(ctx, db)
		if err != nil {
			return 0, fmt.Errorf("migrations: lock: %w", err)
		}
		defer unlock()
	case "postgres":
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // looks each second, for five minutes
		if err != nil {
			return 0, fmt.Errorf("migrations: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := provider(db, dialect, options...)
	if err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("migrations: %s: %w", dialect, err)
	}
	return len(done), nil
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
func provider(db *sql.DB, dialect string, options ...goose.ProviderOption) (*goose.Provider, error) {
	known := map[string]goose.Dialect{"sqlite": goose.DialectSQLite3, "postgres": goose.DialectPostgres}
	if known[dialect] == "" {
		return nil, fmt.Errorf("migrations: unknown dialect %q, want sqlite or postgres", dialect)
	}
	folder, err := fs.Sub(files, dialect)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	options = append(options, goose.WithDisableGlobalRegistry(true))
	p, err := goose.NewProvider(known[dialect], db, folder, options...)
	if err != nil {
		return nil, fmt.Errorf("migrations: %s: %w", dialect, err)
	}
	return p, nil
}
