// Package file keeps each session in a file of its own, as Django's file engine does: same
// names, same content, so that a Django site can share the directory (wire format 5).
//
//	DIRECTORY/sessionidabcdefghijklmnopqrstuvwxyz012345    cookie name and key, mode 0600
//
// What is different from Django, and why:
//
//   - A save is synced to disk before it is acknowledged, file and directory, and write
//     errors are reported. Saves that arrive together share the sync of the directory.
//   - Replace, Touch, Delete and Clear look and write under a lock on the directory that
//     holds between processes too. It needs no file, and the system releases the lock of a
//     process that was killed. Django takes no lock: if it writes to the same session in the
//     same instant, the last one wins.
//   - A file appears with its content, never empty first. An empty one, made by
//     Django, is a record that no codec can read.
//   - A file that cannot be read for another reason than its absence is an error, not an
//     unknown session.
//   - The time of last access says when the record ends, so that Clear need not read what is
//     live. Django does not look at it.
//   - Clear also removes empty files and forgotten temporary files, a day old.
//
// A file's modification time is the record's Used; no other time is kept. When a session
// ends is decided by the layer, from that time and from what stands in the session.
//
// The file names are the session keys: whoever can list the directory can take over
// sessions. So the directory is for its owner alone.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"sessionlab/sessions"
)

// Config says where the files are.
type Config struct {
	// Dir is the directory [SESSION_FILE_PATH]. It is made with mode 0700 if it is not
	// there. One that others may list is set to 0700, one that others may write to is
	// refused: whoever can put files there can put sessions there.
	Dir string
	// CookieName begins each file's name; "" is "sessionid" [SESSION_COOKIE_NAME].
	CookieName string
	// MaxSize is the largest file in bytes, for reading and for writing; 0 is 2 MiB,
	// which holds any session of 1 MiB in base64.
	MaxSize int
}

// Engine is a [sessions.Engine]. Its errors never hold a key, and so no file name.
type Engine struct {
	cfg  Config
	root *os.Root
	dir  *os.File // the same directory, to open files in it, to lock and to sync it
	conn syscall.RawConn
	turn chan struct{} // holds an element while some goroutine has the lock
	save queues
	sync syncs
}

var (
	_ sessions.Keyed   = (*Engine)(nil)
	_ sessions.Toucher = (*Engine)(nil)
	_ sessions.Clearer = (*Engine)(nil)
	_ sessions.Lister  = (*Engine)(nil)
	_ sessions.Locator = (*Engine)(nil)
)

// Open returns the engine for a directory, after making sure that nobody else can write
// there and that files can be locked.
func Open(cfg Config) (*Engine, error) {
	if cfg.CookieName == "" {
		cfg.CookieName = "sessionid"
	}
	if cfg.MaxSize == 0 {
		cfg.MaxSize = 2 << 20
	}
	switch {
	case cfg.Dir == "":
		return nil, errors.New("file: no directory")
	case strings.ContainsAny(cfg.CookieName, "/\\\x00") || len(cfg.CookieName) > 100:
		return nil, fmt.Errorf("file: cookie name %.100q cannot begin a file name", cfg.CookieName)
	}
	e := &Engine{cfg: cfg, turn: make(chan struct{}, 1), sync: syncs{turn: make(chan struct{}, 1)}}
	if dir, err := filepath.Abs(cfg.Dir); err == nil {
		e.cfg.Dir = dir // the working directory may change
	}
	if err := e.open(); err != nil {
		e.Close()
		return nil, fmt.Errorf("file: %s: %w", cfg.Dir, err)
	}
	return e, nil
}

func (e *Engine) open() (err error) {
	if err := os.MkdirAll(e.cfg.Dir, 0o700); err != nil {
		return err
	}
	if e.root, err = os.OpenRoot(e.cfg.Dir); err != nil {
		return err
	}
	if e.dir, err = e.root.Open("."); err != nil {
		return err
	}
	if e.conn, err = e.dir.SyscallConn(); err != nil {
		return err
	}
	info, err := e.dir.Stat()
	if err != nil {
		return err
	}
	const writeByOthers, anyByOthers = 0o022, 0o077
	if mode := info.Mode(); mode.Perm()&writeByOthers != 0 {
		return fmt.Errorf("others may write to this directory (%v); make it 0700 or choose another", mode)
	} else if mode.Perm()&anyByOthers != 0 {
		if err := e.dir.Chmod(0o700); err != nil {
			return fmt.Errorf("others may list this directory (%v), and that cannot be changed: %w", mode, err)
		}
	}
	unlock, err := e.lock(context.Background())
	if err != nil {
		return err
	}
	unlock()
	return nil
}

// Close gives the directory back. No other method may be called then.
func (e *Engine) Close() error {
	var errs []error
	if e.dir != nil {
		errs = append(errs, e.dir.Close())
	}
	if e.root != nil {
		errs = append(errs, e.root.Close())
	}
	return errors.Join(errs...)
}

// Load returns the record in the file under key, with Used.
func (e *Engine) Load(ctx context.Context, key string) (sessions.Record, error) {
	rec, err := e.read(ctx, key)
	if err != nil {
		return sessions.Record{}, fmt.Errorf("file: load: %w", err)
	}
	return rec, nil
}

func (e *Engine) read(ctx context.Context, key string) (sessions.Record, error) {
	if err := ctx.Err(); err != nil {
		return sessions.Record{}, err
	}
	if !sessions.ValidKey(key) { // before it can be part of a path
		return sessions.Record{}, sessions.ErrNotFound
	}
	data, used, err := e.readFile(e.name(key))
	if err != nil {
		return sessions.Record{}, err
	}
	return sessions.Record{Data: data, Used: used}, nil
}

func (e *Engine) name(key string) string { return e.cfg.CookieName + key }

// Locate names the directory; the file is the cookie's name and the key in it.
func (e *Engine) Locate(string) sessions.Location {
	return sessions.Location{
		Place:   "file",
		Store:   e.cfg.Dir,
		Key:     "file name, after " + e.cfg.CookieName,
		Data:    "content",
		Expires: "modification time, and what stands in the session",
	}
}

// errRemoved: a store out of reach, not a thousand visitors without a session.
var errRemoved = errors.New("the directory was removed")

// cause takes the file's name, and so the key, out of an error of package os.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}
