package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"sessionlab/sessions"
)

const (
	batch    = 1000
	together = 32                   // so many are removed in one turn of the lock, which takes about a millisecond
	pause    = 2 * time.Millisecond // between two batches

	temporaryMark   = "_out_" // Django's, as is the number of characters that follow
	temporaryDigits = 8
	temporaryAge    = 24 * time.Hour // a temporary file lives for milliseconds
)

// Clear removes the files of expired records, among them empty ones that Django has left
// behind (B-176), and temporary files of programs that were killed (B-189), which it does
// not count. It leaves all other files alone: those with another name, and what is no
// regular file. progress counts directory entries.
func (e *Engine) Clear(ctx context.Context, _ func(sessions.Record) time.Time, progress func(done, total int)) (int, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	total, err := e.count(ctx)
	cleared, done := 0, 0
	if err == nil {
		err = e.eachBatch(ctx, func(names []string) error {
			removed, err := e.clear(ctx, names)
			cleared += removed
			if err != nil {
				return err
			}
			done += len(names)
			total = max(total, done) // some may have come since they were counted
			progress(done, total)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			return nil
		})
	}
	if err != nil {
		return cleared, fmt.Errorf("file: clear: %w", cause(err))
	}
	return cleared, nil
}

func (e *Engine) count(ctx context.Context) (n int, err error) {
	err = e.eachBatch(ctx, func(names []string) error { n += len(names); return nil })
	return n, err
}

// eachBatch reads the names in the directory, never all at once.
func (e *Engine) eachBatch(ctx context.Context, f func(names []string) error) error {
	d, err := e.root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		names, err := d.Readdirnames(batch)
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := f(names); err != nil {
			return err
		}
	}
}

// clear removes those of the files whose time has passed, and returns how many records
// were among them.
func (e *Engine) clear(ctx context.Context, names []string) (removed int, err error) {
	var keys []string
	for _, name := range names {
		key, temporary, ok := e.parse(name)
		switch {
		case !ok:
			continue
		case temporary:
			err = e.clearTemporary(name)
		default:
			if err = e.past(ctx, key); err == nil { // a look without the lock: most are live
				keys = append(keys, key)
			}
		}
		if err = unlessGone(err); err != nil {
			return 0, err
		}
	}
	for some := range slices.Chunk(keys, together) {
		err := e.locked(ctx, func() error {
			for _, key := range some {
				err := e.past(ctx, key) // looked at again, since it may have been renewed
				if err == nil {
					err = e.root.Remove(e.name(key))
				}
				if err == nil {
					removed++
				} else if unlessGone(err) != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return removed, err
		}
	}
	if removed > 0 {
		err = e.dir.Sync()
	}
	return removed, err
}

// past is nil for a record whose time has passed.
func (e *Engine) past(ctx context.Context, key string) error {
	rec, err := e.read(context.WithoutCancel(ctx), key)
	if err == nil && !e.expired(rec) {
		err = errLive
	}
	return err
}

func (e *Engine) clearTemporary(name string) error {
	info, err := e.root.Lstat(name)
	if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > min(e.cfg.Age, temporaryAge) {
		err = e.root.Remove(name)
	}
	return err
}

var errLive = errors.New("live")

// unlessGone is nil for a file that has been removed meanwhile, or that stays.
func unlessGone(err error) error {
	for _, expected := range []error{errLive, sessions.ErrNotFound, fs.ErrNotExist} {
		if errors.Is(err, expected) {
			return nil
		}
	}
	return err
}

// parse says whose file this is: that of a record, or a temporary one on its way there.
func (e *Engine) parse(name string) (key string, temporary, ok bool) {
	key, ok = strings.CutPrefix(name, e.cfg.CookieName)
	if !ok {
		return "", false, false
	}
	key, digits, temporary := strings.Cut(key, temporaryMark)
	if temporary && len(digits) != temporaryDigits {
		return "", false, false
	}
	return key, temporary, sessions.ValidKey(key)
}
