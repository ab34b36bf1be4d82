//go:build unix

package file

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sessionlab/sessions"
)

// TestDirectoryIsForItsOwner is R-120.
func TestDirectoryIsForItsOwner(t *testing.T) {
	for _, c := range []struct {
		mode os.FileMode
		ok   bool
	}{
		{0o700, true}, {0o755, true}, {0o750, true}, {0o711, true},
		{0o777, false}, {0o770, false}, {0o702, false}, {0o777 | os.ModeSticky, false},
	} {
		dir := filepath.Join(t.TempDir(), "s")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, c.mode); err != nil {
			t.Fatal(err)
		}
		e, err := Open(Config{Dir: dir})
		if (err == nil) != c.ok {
			t.Errorf("%v: Open: err = %v, want success = %v", c.mode, err, c.ok)
		}
		if err != nil {
			if !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "others may write") {
				t.Errorf("%v: err = %q, want one that names the directory and the reason", c.mode, err)
			}
			continue
		}
		e.Close()
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v: after Open the mode is %v, %v, want 0700", c.mode, info.Mode(), err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{
		"no directory":               {},
		"a file":                     {Dir: file},
		"a path through a file":      {Dir: filepath.Join(file, "s")},
		"a cookie name with a slash": {Dir: t.TempDir(), CookieName: "a/b"},
	} {
		if e, err := Open(cfg); err == nil {
			e.Close()
			t.Errorf("%s: no error", name)
		}
	}
}

// TestModesFromTheFirstByte is R-120 and B-184: no instant shows a file that others may
// read, whatever the umask.
func TestModesFromTheFirstByte(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	e := open(t, Config{Dir: filepath.Join(t.TempDir(), "a", "b")})
	stop := make(chan struct{})
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			key, err := e.Create(t.Context(), record("0"))
			if err != nil {
				t.Error(err)
				return
			}
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := e.Replace(t.Context(), key, record(fmt.Sprint(n)), record(fmt.Sprint(n+1))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	temporaries := 0
	for deadline := time.Now().Add(5 * time.Second); temporaries < 20 && time.Now().Before(deadline); {
		entries, err := os.ReadDir(e.cfg.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			info, err := entry.Info()
			if err != nil {
				continue // gone meanwhile
			}
			if info.Mode() != 0o600 {
				t.Errorf("mode %v of a file of %d letters, want 0600", info.Mode(), len(entry.Name()))
			}
			if strings.Contains(entry.Name(), temporaryMark) {
				temporaries++
			}
		}
	}
	close(stop)
	work.Wait()
	if temporaries == 0 {
		t.Error("no temporary file was seen")
	}
	for _, dir := range []string{e.cfg.Dir, filepath.Dir(e.cfg.Dir)} {
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("directory: mode %v, %v, want 0700", info.Mode(), err)
		}
	}
}

// TestWhatIsNoRegularFile is R-121, B-175 and B-315: nothing is read, written, followed or waited
// for.
func TestWhatIsNoRegularFile(t *testing.T) {
	e := open(t, Config{})
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("0"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, sibling := create(t, e, "0")
	for name, put := range map[string]func(path string) error{
		"a link to a secret":          func(path string) error { return os.Symlink(secret, path) },
		"a link to another session":   func(path string) error { return os.Symlink(filepath.Base(sibling), path) },
		"a link to nothing":           func(path string) error { return os.Symlink("nothing", path) },
		"a pipe":                      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a directory":                 func(path string) error { return os.Mkdir(path, 0o700) },
		"a device that never ends":    func(path string) error { return os.Symlink("/dev/zero", path) },
		"a file of a gigabyte":        func(path string) error { return sparse(path, 1<<30) },
		"a socket":                    func(path string) error { return socket(t, path) },
		"a file just above the limit": func(path string) error { return sparse(path, 2<<20+1) },
	} {
		t.Run(name, func(t *testing.T) {
			key, path := create(t, e, "0")
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			if rec, err := e.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) || rec.Data != nil {
				t.Errorf("Load = %.20q, %v, want ErrNotFound", rec.Data, err)
			}
			if _, err := e.Replace(t.Context(), key, record("0"), record("1")); !errors.Is(err, sessions.ErrNotFound) {
				t.Errorf("Replace: err = %v, want ErrNotFound", err)
			}
			if _, err := e.Touch(t.Context(), key, record("0")); !errors.Is(err, sessions.ErrNotFound) {
				t.Errorf("Touch: err = %v, want ErrNotFound", err)
			}
			if _, err := e.Clear(t.Context(), nil, nil); err != nil {
				t.Errorf("Clear: %v", err)
			}
			if !before.Mode().IsRegular() {
				if err := e.Delete(t.Context(), key); err != nil {
					t.Errorf("Delete: %v", err)
				}
			}
			if after, err := os.Lstat(path); err != nil || after.Mode() != before.Mode() || !after.ModTime().Equal(before.ModTime()) {
				t.Errorf("%v of %v became %v, %v", before.Mode(), before.ModTime(), after, err)
			}
			os.Remove(path)
		})
	}
	for _, path := range []string{secret, sibling} {
		if content, err := os.ReadFile(path); err != nil || string(content) != "0" {
			t.Errorf("what a link led to: %q, %v, want 0", content, err)
		}
	}
}

func sparse(path string, size int64) error {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return err
	}
	return os.Truncate(path, size)
}

func socket(t *testing.T, path string) error {
	here, err := os.Getwd() // the path of a socket must be short
	if err != nil {
		return err
	}
	t.Chdir(filepath.Dir(path))
	defer t.Chdir(here)
	l, err := net.Listen("unix", filepath.Base(path))
	if err == nil {
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		t.Cleanup(func() { l.Close() })
	}
	return err
}

// TestDamagedContentIsForTheCodec: the engine hands it on, so that the layer can say what
// happened, and such a file can be replaced (B-176, B-177, B-190, R-46).
func TestDamagedContentIsForTheCodec(t *testing.T) {
	e := open(t, Config{})
	for _, content := range []string{"", "\x00\x00", "\xff\xfe", "<html>", strings.Repeat("[", 1<<20)} {
		key, path := create(t, e, "0")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		wantData(t, e, key, content)
		if _, err := e.Replace(t.Context(), key, record(content), record("1")); err != nil {
			t.Errorf("Replace of %.20q: %v", content, err)
		}
		wantData(t, e, key, "1")
	}
}

// TestARemovedDirectoryLogsNobodyOut is R-117.
func TestARemovedDirectoryLogsNobodyOut(t *testing.T) {
	e := open(t, Config{})
	key, _ := create(t, e, "0")
	if err := os.RemoveAll(e.cfg.Dir); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"Load":    second(e.Load(t.Context(), key)),
		"Replace": second(e.Replace(t.Context(), key, record("0"), record("1"))),
		"Touch":   second(e.Touch(t.Context(), key, record("1"))),
		"Delete":  e.Delete(t.Context(), key),
		"Create":  second(e.Create(t.Context(), record("1"))),
	} {
		if err == nil || errors.Is(err, sessions.ErrNotFound) {
			t.Errorf("%s: err = %v, want an error of the store", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
