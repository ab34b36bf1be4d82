//go:build unix

package database

import (
	"errors"
	"syscall"
)

// nothingToRead looks at a socket without waiting or taking anything. The end of the
// connection is something to read.
func nothingToRead(socket uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(socket), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return errors.Is(err, syscall.EAGAIN)
}
