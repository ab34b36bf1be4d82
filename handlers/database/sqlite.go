package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"modernc.org/sqlite" // registers the driver "sqlite", and has its error type
	sqlite3 "modernc.org/sqlite/lib"

	"sessionlab/sessions/db"
)

// The engine of the sessions moves the log into the file beside the saves. The writer does
// it by itself only when the log outgrows so many pages (128 MB), for programs that write to
// other tables.
const checkpointPages = 32000

// openSQLite opens what stands behind "sqlite:".
func openSQLite(ctx context.Context, rest string) (_ *DB, err error) {
	path, synchronous, err := parseSQLite(rest)
	if err != nil {
		return nil, err
	}
	if err := makeFile(path); err != nil {
		return nil, err
	}
	if err := Probe(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	dsn := func(options url.Values) string {
		options.Set("_busy_timeout", "5000") // milliseconds that a statement waits for another process's lock
		options.Set("_foreign_keys", "1")
		options.Set("_dqs", "0") // "text" in double quotes is a name and nothing else
		return (&url.URL{Scheme: "file", Path: path, RawQuery: options.Encode()}).String()
	}
	d := &DB{Dialect: SQLite, Name: path}
	defer func() {
		if err != nil {
			err = errors.Join(explain(path, err), d.Close())
		}
	}()

	// Immediate: a transaction that reads first and writes later would fail at once
	// if another process wrote in between; the busy timeout does not help there.
	d.W, err = sql.Open("sqlite", dsn(url.Values{
		"_journal_mode": {"WAL"},
		"_synchronous":  {synchronous},
		"_txlock":       {"immediate"},
		"_pragma":       {fmt.Sprintf("wal_autocheckpoint(%d)", checkpointPages)},
	}))
	if err != nil {
		return nil, err
	}
	d.W.SetMaxOpenConns(1)
	if err = d.W.PingContext(ctx); err != nil { // switches the file to WAL, so before the readers
		return nil, err
	}
	if d.files, err = db.OpenFiles(ctx, d.W); err != nil {
		return nil, err
	}
	if err = d.refuseWhenMoved(ctx); err != nil {
		return nil, err
	}

	// mode=ro counts only because the name is a file: URL.
	d.R, err = sql.Open("sqlite", dsn(url.Values{"mode": {"ro"}, "_query_only": {"1"}}))
	if err != nil {
		return nil, err
	}
	d.checkpoints, err = sql.Open("sqlite", dsn(url.Values{"_synchronous": {synchronous}}))
	if err != nil {
		return nil, err
	}
	d.checkpoints.SetMaxOpenConns(1)

	readers := max(4, runtime.GOMAXPROCS(0))
	d.R.SetMaxOpenConns(readers)
	d.R.SetMaxIdleConns(readers) // the default of 2 would reopen the file all day
	if err = d.R.PingContext(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// parseSQLite splits what stands behind "sqlite:" into an absolute path and the
// value for the pragma synchronous.
func parseSQLite(rest string) (path, synchronous string, err error) {
	path, query, _ := strings.Cut(rest, "?")
	if slashes := strings.HasPrefix(path, "//"); slashes && !strings.HasPrefix(path, "///") {
		return "", "", errors.New("database: sqlite://… needs a third slash and an absolute path; " +
			"for a path from the working directory write sqlite:sessions.db")
	} else if slashes {
		path = path[2:]
	}
	if path, err = url.PathUnescape(path); err != nil {
		return "", "", fmt.Errorf("database: the path of a sqlite: URL: %w", err)
	}
	switch {
	case path == "":
		return "", "", errors.New("database: sqlite: needs the path of a file, as in sqlite:sessions.db")
	case path == ":memory:":
		return "", "", errors.New("database: sqlite: needs a file: each connection to :memory: would have a database of its own")
	case strings.Contains(path, "\x00"):
		return "", "", errors.New("database: the path of a sqlite: URL contains a zero byte")
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", "", fmt.Errorf("database: the path of a sqlite: URL: %w", err)
	}

	options, err := url.ParseQuery(query)
	if err != nil {
		return "", "", fmt.Errorf("database: the options of a sqlite: URL: %w", err)
	}
	synchronous = "FULL"
	for name, values := range options {
		value := strings.ToUpper(values[len(values)-1])
		if name != "synchronous" || (value != "FULL" && value != "NORMAL") {
			return "", "", fmt.Errorf("database: a sqlite: URL has no option %q; there is synchronous=FULL "+
				"(the default) and synchronous=NORMAL", name+"="+values[len(values)-1])
		}
		synchronous = value
	}
	return path, synchronous, nil
}

// makeFile makes an empty file that only its owner may read, if there is none.
// SQLite would make one that others can read; it gives its side files (-wal, -shm)
// the mode that the main file has.
func makeFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return f.Close()
	}
	if info, statErr := os.Stat(path); statErr == nil {
		if info.IsDir() {
			return fmt.Errorf("database: %s is a directory, not a database file", path)
		}
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("database: the directory %s does not exist", filepath.Dir(path))
	}
	return fmt.Errorf("database: the file cannot be made: %w", err) // err names the path
}

// explain says in words what is wrong with the file at path.
func explain(path string, err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_NOTADB:
			return fmt.Errorf("database: %s is not a SQLite database: %w", path, err)
		case sqlite3.SQLITE_CORRUPT:
			return fmt.Errorf("database: %s is damaged: %w", path, err)
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return fmt.Errorf("database: %s or its directory cannot be written: %w", path, err)
		case sqlite3.SQLITE_BUSY:
			return fmt.Errorf("database: %s is locked by another process: %w", path, err)
		}
	}
	return fmt.Errorf("database: open %s: %w", path, err)
}
