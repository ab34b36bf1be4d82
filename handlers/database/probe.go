package database

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// probeSize is what SQLite needs at once for the files that it keeps beside the database.
const probeSize = 128 << 10

// errNoLocks: what keeps two programs from writing at once does not work here.
var errNoLocks = errors.New("locks do not work on this file system, as on some network file systems; " +
	"put the database on a local disk, or use PostgreSQL")

// Probe says in words what would keep SQLite from working in a directory: it cannot be written,
// the disk is full, or the file system has no locks. It makes a file there and removes it again.
func Probe(dir string) error {
	f, err := os.CreateTemp(dir, ".sessionlab-probe-*")
	if err != nil {
		return fmt.Errorf("the directory %s cannot be written, and SQLite keeps two files beside the database: %w",
			dir, err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	_, err = f.Write(make([]byte, probeSize))
	if err = errors.Join(err, f.Sync()); err != nil {
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			return fmt.Errorf("the disk of %s is full; make room, then start the program again: %w", dir, err)
		}
		return fmt.Errorf("the directory %s cannot be written: %w", dir, err)
	}
	second, err := os.OpenFile(f.Name(), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("the directory %s cannot be read: %w", dir, err)
	}
	defer second.Close()
	if !excludes(f, second) {
		return fmt.Errorf("%s: %w", dir, errNoLocks)
	}
	return nil
}
