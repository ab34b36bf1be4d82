package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"sessionlab/sessions"
)

// Create writes rec to a file that was not there before.
func (e *Engine) Create(ctx context.Context, rec sessions.Record) (string, error) {
	return sessions.CreateKeyed(func(key string) error { return e.CreateUnder(ctx, key, rec) })
}

// CreateUnder implements [sessions.Keyed].
func (e *Engine) CreateUnder(ctx context.Context, key string, rec sessions.Record) error {
	if rec.Expired(time.Now()) {
		return ctx.Err()
	}
	if !sessions.ValidKey(key) {
		return errors.New("file: create: a key that can be no file name")
	}
	err := e.put(ctx, key, rec, func() error {
		_, err := e.root.Lstat(e.name(key))
		if err == nil {
			return sessions.ErrConflict
		} else if !errors.Is(err, fs.ErrNotExist) {
			return cause(err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("file: create: %w", err)
	}
	return nil
}

// Replace writes rec if the file still holds the data of old. That old has expired meanwhile
// is seen only if the caller says when it does, in old.Expires.
func (e *Engine) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	if err := e.replace(ctx, key, old, rec); err != nil {
		return "", fmt.Errorf("file: replace: %w", err)
	}
	return key, nil
}

func (e *Engine) replace(ctx context.Context, key string, old, rec sessions.Record) error {
	done, err := e.save.wait(ctx, key)
	if err != nil {
		return err
	}
	defer done()
	if !sessions.ValidKey(key) {
		return sessions.ErrNotFound
	}
	seen, _ := e.stat(key) // before the read, which tells of errors: what is read is this file or a later one
	unchanged := func() error {
		stored, err := e.read(ctx, key)
		switch {
		case err != nil:
			return err
		case !bytes.Equal(stored.Data, old.Data):
			return sessions.ErrConflict
		case !old.Expired(time.Now()):
			return nil
		case stored.Used.Equal(old.Used):
			return sessions.ErrExpired
		}
		return sessions.ErrConflict // used since, so the end may have moved: the caller has to look
	}
	if err := unchanged(); err != nil { // a look without the lock, to spare a loser the write
		return err
	}
	check := func() error { // under the lock the file is read again only if it is another one
		if now, err := e.stat(key); err == nil && seen != nil && sameFile(seen, now) && !old.Expired(time.Now()) {
			return nil
		}
		return unchanged()
	}
	if rec.Expired(time.Now()) {
		return e.remove(ctx, key, check)
	}
	return e.put(ctx, key, rec, check)
}

// sameFile reports whether nobody has written, replaced or touched a file between two looks.
func sameFile(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// put brings rec under key, if check, which is called under the lock, allows it. The slow
// part, writing to the disk, is done before the lock is taken; what readers see changes
// in one step, and is on the disk before put returns.
func (e *Engine) put(ctx context.Context, key string, rec sessions.Record, check func() error) error {
	if len(rec.Data) > e.cfg.MaxSize {
		return sessions.TooLarge(len(rec.Data), e.cfg.MaxSize, nil)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	temporary, err := e.writeTemporary(key, rec)
	if err == nil {
		err = e.locked(ctx, func() error {
			if err := check(); err != nil {
				return err
			}
			return e.root.Rename(temporary, e.name(key))
		})
	}
	if err != nil {
		e.root.Remove(temporary)
		return cause(err)
	}
	return cause(e.sync.wait(e.dir.Sync))
}

// writeTemporary writes rec to a file of its own, named as Django names them, with the
// time and the mode that it will have under its key.
func (e *Engine) writeTemporary(key string, rec sessions.Record) (name string, err error) {
	name = e.name(key) + temporaryMark + sessions.NewKey()[:temporaryDigits]
	f, err := e.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return name, err
	}
	_, err = f.Write(rec.Data)
	if err == nil && !rec.Used.IsZero() {
		err = e.setTimes(name, rec)
	}
	if err == nil {
		err = f.Sync()
	}
	return name, errors.Join(err, f.Close())
}

// setTimes gives a file the time of its record's last use, and, where nobody looks, when the
// record ends: for Clear, which need not read it before.
func (e *Engine) setTimes(name string, rec sessions.Record) error {
	ends := rec.Expires
	if ends.IsZero() {
		ends = rec.Used
	}
	return e.root.Chtimes(name, ends, rec.Used)
}

// Touch moves the file's time forward. The move is not synced: at a power loss, the session
// may end as early as if it had not been used.
func (e *Engine) Touch(ctx context.Context, key string, rec sessions.Record) (string, error) {
	if !sessions.ValidKey(key) {
		return "", fmt.Errorf("file: touch: %w", sessions.ErrNotFound)
	}
	err := e.locked(ctx, func() error {
		info, err := e.stat(key)
		if err != nil || !rec.Used.After(info.ModTime()) {
			return err
		}
		return e.setTimes(e.name(key), rec)
	})
	if err != nil {
		return "", fmt.Errorf("file: touch: %w", cause(err))
	}
	return key, nil
}

// stat tells of the file under key. Anything but a file that this engine may have made is
// absent.
func (e *Engine) stat(key string) (fs.FileInfo, error) {
	info, err := e.root.Lstat(e.name(key))
	if errors.Is(err, fs.ErrNotExist) || err == nil && (!info.Mode().IsRegular() || info.Size() > int64(e.cfg.MaxSize)) {
		return nil, sessions.ErrNotFound
	}
	return info, err
}

// Delete removes the file under key.
func (e *Engine) Delete(ctx context.Context, key string) error {
	if !sessions.ValidKey(key) {
		return nil
	}
	err := e.remove(ctx, key, func() error {
		info, err := e.root.Lstat(e.name(key))
		if err == nil && !info.Mode().IsRegular() {
			return sessions.ErrNotFound // nothing that this engine made
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, sessions.ErrNotFound) {
		return fmt.Errorf("file: delete: %w", err)
	}
	return nil
}

// remove takes the file under key away, if check, which is called under the lock, allows
// it, and has that on the disk before it returns.
func (e *Engine) remove(ctx context.Context, key string, check func() error) error {
	err := e.locked(ctx, func() error {
		if err := check(); err != nil {
			return err
		}
		return e.root.Remove(e.name(key))
	})
	if err == nil {
		err = e.sync.wait(e.dir.Sync)
	}
	return cause(err)
}

// locked calls f while nobody else changes anything.
func (e *Engine) locked(ctx context.Context, f func() error) error {
	unlock, err := e.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return f()
}
