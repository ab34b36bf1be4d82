//go:build unix

package database

import (
	"os"
	"syscall"
	"testing"

	"sessionlab/sessions/db"
)

// A database may hold session keys in clear.
func TestSQLiteFilesAreForTheirOwnerAlone(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	d := openDB(t, sqliteURL(t))
	if err := db.CreateSQLiteTable(t.Context(), d.W); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(d.Name + suffix)
		if err != nil {
			t.Errorf("beside the database: %v", err)
		} else if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s: mode %o, want 600", info.Name(), got)
		}
	}
}
