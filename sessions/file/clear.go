package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"sessionlab/sessions"
)

const (
	batch    = 1000
	together = 32                    // so many are removed in one turn of the lock, which takes about a millisecond
	pause    = 2 * time.Millisecond  // between two batches
	maxRest  = 50 * time.Millisecond // after some were removed, for as long as that took

	temporaryMark   = "_out_" // Django's, as is the number of characters that follow
	temporaryDigits = 8
	temporaryAge    = 24 * time.Hour // a temporary file lives for milliseconds
)

// Clear removes the files of the records that have ended, as ends says; and, whatever ends
// says, those that were left behind a day ago: empty ones of a Django that was killed while
// it made a session, and temporary ones, which it does not count. It leaves all other files
// alone: those with another name, and anything but a regular file. progress counts
// directory entries.
//
// Since the end of a session may stand in it, it reads a file before it removes it. Of the
// others it reads those that do not say when they end in the time of their last access (see
// setTimes): those that Django wrote, and, on systems other than Linux, all.
func (e *Engine) Clear(
	ctx context.Context, ends func(sessions.Record) time.Time, progress func(done, total int),
) (int, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	total, err := e.count(ctx)
	cleared, done := 0, 0
	if err == nil {
		err = e.eachBatch(ctx, func(names []string) error {
			removed, err := e.clear(ctx, names, ends)
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

// List implements [sessions.Lister].
func (e *Engine) List(ctx context.Context, yield func(key string, rec sessions.Record) bool) error {
	err := e.eachBatch(ctx, func(names []string) error {
		for _, name := range names {
			key, temporary, ok := e.parse(name)
			if !ok || temporary {
				continue
			}
			rec, err := e.read(ctx, key)
			if err == nil && !yield(key, rec) {
				return errStop
			}
			if unlessGone(err) != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && err != errStop {
		return fmt.Errorf("file: list: %w", cause(err))
	}
	return nil
}

// errStop ends a List whose caller has seen enough.
var errStop = errors.New("stop")

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

// clear removes those of the files that have ended, and returns how many records were among
// them.
func (e *Engine) clear(
	ctx context.Context, names []string, ends func(sessions.Record) time.Time,
) (removed int, err error) {
	gone := map[string]fs.FileInfo{} // by key
	for _, name := range names {
		key, temporary, ok := e.parse(name)
		switch {
		case !ok:
			continue
		case temporary:
			err = e.clearTemporary(name)
		default:
			var seen fs.FileInfo // before the read, see replace
			if seen, err = e.stat(key); err == nil && !live(seen, ends) {
				if err = e.ended(ctx, key, ends); err == nil {
					gone[key] = seen
				}
			}
		}
		if err = unlessGone(err); err != nil {
			return 0, err
		}
	}
	for some := range slices.Chunk(slices.Collect(maps.Keys(gone)), together) {
		begun := time.Now()
		n := 0
		err := e.locked(ctx, func() error {
			for _, key := range some {
				now, err := e.stat(key)
				if err == nil && sameFile(gone[key], now) { // or it was renewed, and stays for the next run
					err = e.root.Remove(e.name(key))
					n++
				}
				if unlessGone(err) != nil {
					return err
				}
			}
			return nil
		})
		if err == nil && n > 0 {
			err = e.sync.wait(e.dir.Sync) // few at a time: saves wait for the disk meanwhile
		}
		removed += n
		if err != nil {
			return removed, err
		}
		select {
		case <-time.After(min(time.Since(begun), maxRest)):
		case <-ctx.Done():
			return removed, ctx.Err()
		}
	}
	return removed, nil
}

// live reports whether the record in a file can be seen to be live without reading it.
func live(info fs.FileInfo, ends func(sessions.Record) time.Time) bool {
	now := time.Now()
	rec := sessions.Record{Used: info.ModTime().UTC(), Expires: accessed(info).UTC()}
	if rec.Expired(now) || rec.Expires.IsZero() { // or it was read, and so says nothing
		return false
	}
	if ends != nil { // a setting may be newer than the file
		rec.Expires = ends(rec)
	}
	return !rec.Expired(now)
}

// ended is nil for a record that has ended.
func (e *Engine) ended(ctx context.Context, key string, ends func(sessions.Record) time.Time) error {
	rec, err := e.read(context.WithoutCancel(ctx), key)
	if err != nil {
		return err
	}
	now := time.Now()
	if len(rec.Data) == 0 && now.Sub(rec.Used) > temporaryAge {
		return nil
	}
	if ends != nil {
		rec.Expires = ends(rec)
	}
	if !rec.Expired(now) {
		return errLive
	}
	return nil
}

func (e *Engine) clearTemporary(name string) error {
	info, err := e.root.Lstat(name)
	if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > temporaryAge {
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
