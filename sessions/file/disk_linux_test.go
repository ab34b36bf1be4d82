package file

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestAFullDiskIsAnErrorAndHeals is R-113 and B-185.
func TestAFullDiskIsAnErrorAndHeals(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=128k,mode=0700"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("a small disk cannot be mounted: %v", err)
		}
		t.Skipf("a small disk cannot be mounted (needs root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	e, err := Open(Config{Dir: filepath.Join(mount, "s")})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	key, _ := create(t, e, "0")
	filler := filepath.Join(mount, "filler")
	if err := os.WriteFile(filler, bytes.Repeat([]byte("x"), 256<<10), 0o600); err == nil {
		t.Fatal("the small disk is not small")
	}
	for range 5 {
		_, err := e.Replace(t.Context(), key, record("0"), record(strings.Repeat("y", 8000)))
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Replace on a full disk: err = %v, want ENOSPC", err)
		}
	}
	if _, err := e.Create(t.Context(), record(strings.Repeat("y", 8000))); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Create on a full disk: err = %v, want ENOSPC", err)
	}
	wantData(t, e, key, "0")
	wantFiles(t, e, 1)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Replace(t.Context(), key, record("0"), record(strings.Repeat("y", 8000))); err != nil {
		t.Errorf("Replace when there is room again: %v", err)
	}
}
