//go:build unix

package file

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sessionlab/sessions"
)

// readFile returns the content and the time of a regular file in the directory. Anything
// else (a symbolic link, a pipe, a file that is too large) is not opened or not read, and
// counts as unknown.
func (e *Engine) readFile(name string) (data []byte, modified time.Time, err error) {
	fd := -1
	if controlErr := e.conn.Control(func(dir uintptr) {
		err = again(func() (err error) {
			// O_NONBLOCK: to open a pipe would wait for a writer.
			fd, err = unix.Openat(int(dir), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
			return err
		})
		if err == unix.ENOENT && removed(int(dir)) {
			err = errRemoved
		}
	}); controlErr != nil {
		return nil, time.Time{}, cause(controlErr)
	}
	switch err {
	case nil:
	case unix.ENOENT, unix.ELOOP, unix.ENXIO: // absent, a link, a socket
		return nil, time.Time{}, sessions.ErrNotFound
	default:
		return nil, time.Time{}, os.NewSyscallError("open", err)
	}
	defer unix.Close(fd)

	var st unix.Stat_t
	if err := again(func() error { return unix.Fstat(fd, &st) }); err != nil {
		return nil, time.Time{}, os.NewSyscallError("stat", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size > int64(e.cfg.MaxSize) {
		return nil, time.Time{}, sessions.ErrNotFound
	}
	data = make([]byte, st.Size)
	read := 0
	for read < len(data) {
		var n int
		if err := again(func() (err error) { n, err = unix.Read(fd, data[read:]); return err }); err != nil {
			return nil, time.Time{}, os.NewSyscallError("read", err)
		}
		if n == 0 {
			break
		}
		read += n
	}
	return data[:read], time.Unix(st.Mtim.Unix()).UTC(), nil
}

// removed reports whether the directory has no name any more.
func removed(dir int) bool {
	var st unix.Stat_t
	return unix.Fstat(dir, &st) == nil && st.Nlink == 0
}

// tryLockDirectory takes the lock, unless another open file has it. The system takes it
// back from a process that has ended.
func (e *Engine) tryLockDirectory() (ok bool, err error) {
	err = e.flock(unix.LOCK_EX | unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return false, nil
	}
	return err == nil, err
}

func (e *Engine) unlockDirectory() { e.flock(unix.LOCK_UN) }

func (e *Engine) flock(how int) (err error) {
	if controlErr := e.conn.Control(func(dir uintptr) {
		err = again(func() error { return unix.Flock(int(dir), how) })
		if err == nil && removed(int(dir)) {
			err = errRemoved
		}
	}); controlErr != nil {
		return cause(controlErr)
	}
	return err
}

// again repeats a call that a signal has interrupted.
func again(call func() error) error {
	for {
		if err := call(); err != syscall.EINTR {
			return err
		}
	}
}
