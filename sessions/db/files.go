package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// ErrMoved: the SQLite file, or its -wal or -shm, was removed or replaced while it was in use.
// SQLite would go on writing to the files that it holds open, and the next program would find
// nothing of it, so nothing is saved until the program is started again.
var ErrMoved = errors.New("removed or replaced while it was in use; " +
	"nothing is saved until the program is started again")

// Files are the file of a SQLite database in WAL mode and the two that SQLite keeps beside it,
// as they were when it was opened. Its methods are safe for concurrent use.
type Files struct {
	path string
	info [3]os.FileInfo
}

// sideFiles are what the names of the files end with.
var sideFiles = [...]string{"", "-wal", "-shm"}

// OpenFiles notes which files the connection of writer has open. It returns an error if they
// are no SQLite database in WAL mode. They stay the same as long as a connection is open.
func OpenFiles(ctx context.Context, writer *sql.DB) (f Files, err error) {
	var mode string
	if f.path, err = filePath(ctx, writer); err != nil {
		return f, err
	}
	if err := writer.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return f, err
	}
	if mode != "wal" {
		return f, fmt.Errorf("the journal_mode of %s is %q, in which readers and saves wait for each other; "+
			"it must be wal", f.path, mode)
	}
	for i, side := range sideFiles {
		if f.info[i], err = os.Stat(f.path + side); err != nil {
			return f, err
		}
	}
	return f, nil
}

// Check returns an error that wraps [ErrMoved] if another file, or none, has the name of one
// that was opened. What counts is the inode, not the name: a file that is put back is the same.
func (f *Files) Check() error {
	for i, side := range sideFiles {
		if now, err := os.Stat(f.path + side); err != nil || !os.SameFile(now, f.info[i]) {
			return fmt.Errorf("the file %s was %w", f.path+side, ErrMoved)
		}
	}
	return nil
}

// Rescue moves what was saved before the write-ahead log was removed into the database, where
// the next program finds it. It does nothing where another file has one of the names: then
// another program may have the database open, and SQLite's locks no longer hold between the two.
func (f *Files) Rescue(ctx context.Context, writer *sql.DB) error {
	for i, side := range sideFiles {
		now, err := os.Stat(f.path + side)
		if gone := errors.Is(err, os.ErrNotExist) && side != ""; !gone && (err != nil || !os.SameFile(now, f.info[i])) {
			return fmt.Errorf("the file %s is another one now", f.path+side)
		}
	}
	all, err := checkpoint(ctx, writer)
	if err == nil && !all {
		err = errors.New("a reader is in the way")
	}
	return err
}

// same returns an error if pool is open on another file.
func (f *Files) same(ctx context.Context, pool *sql.DB) error {
	path, err := filePath(ctx, pool)
	if err != nil {
		return err
	}
	if info, err := os.Stat(path); err != nil || !os.SameFile(info, f.info[0]) {
		return fmt.Errorf("the pools are open on two files: %s and %s", f.path, path)
	}
	return nil
}

func filePath(ctx context.Context, pool *sql.DB) (path string, err error) {
	err = pool.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path)
	if err != nil {
		return "", fmt.Errorf("a pool does not answer as SQLite does: %w", err)
	}
	if path == "" {
		return "", errors.New("the database is in memory, where each connection has one of its own; it must be a file")
	}
	return path, nil
}
