package database

import (
	"os"

	"golang.org/x/sys/unix"
)

// excludes reports whether a lock through the one file keeps out a lock through the other. The
// locks are those of the open file: SQLite's own belong to the process, and would never be in
// the way of themselves.
func excludes(one, other *os.File) bool {
	lock := func(f *os.File) error {
		return unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK, Len: 1})
	}
	return lock(one) == nil && lock(other) != nil
}
