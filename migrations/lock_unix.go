//go:build unix

package migrations

import (
	"errors"
	"os"
	"syscall"
)

// tryLock locks a directory until it is closed, and reports false if another process has it.
func tryLock(dir *os.File) (bool, error) {
	err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
