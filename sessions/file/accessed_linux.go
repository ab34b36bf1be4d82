package file

import (
	"io/fs"
	"syscall"
	"time"
)

// accessed is the time of a file's last access, zero if the system does not tell.
func accessed(info fs.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Atim.Unix())
	}
	return time.Time{}
}
