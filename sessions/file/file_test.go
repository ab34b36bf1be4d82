//go:build unix

package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest"
)

func TestMain(m *testing.M) {
	if role := os.Getenv("FILE_TEST_ROLE"); role != "" {
		os.Exit(child(role)) // this is another process of a test, see process_test.go
	}
	goleak.VerifyTestMain(m)
}

// open returns an engine in a directory of its own, unless cfg names one.
func open(t testing.TB, cfg Config) *Engine {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = filepath.Join(t.TempDir(), "sessions")
	}
	e, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return e
}

func record(data string) sessions.Record {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return sessions.Record{Data: []byte(data), Saved: now, Used: now, Expires: now.Add(time.Hour)}
}

func create(t testing.TB, e *Engine, data string) (key, path string) {
	t.Helper()
	key, err := e.Create(t.Context(), record(data))
	if err != nil {
		t.Fatal(err)
	}
	return key, filepath.Join(e.cfg.Dir, "sessionid"+key)
}

func wantData(t testing.TB, e *Engine, key, want string) {
	t.Helper()
	if rec, err := e.Load(t.Context(), key); err != nil || string(rec.Data) != want {
		t.Errorf("Load = %.60q, %v, want %.60q", rec.Data, err, want)
	}
}

func TestConformance(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessions.Engine {
		return open(t, Config{Dir: memoryDir(t), CookieName: "__Host-other.name"})
	})
}

// memoryDir is a directory in memory where there is one: the suite writes thousands of
// files and expects them within seconds. The other tests of this package are for the disk.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "sessions-test-")
	if err != nil {
		return ""
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestFilesAreDjangos is B-170, B-173 and B-181.
func TestFilesAreDjangos(t *testing.T) {
	e := open(t, Config{})
	rec := record("content:without:newline")
	rec.Used = rec.Used.Add(-3 * time.Hour)
	key, err := e.Create(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(e.cfg.Dir, "sessionid"+key)
	content, err := os.ReadFile(path)
	if err != nil || string(content) != "content:without:newline" {
		t.Errorf("content = %q, %v", content, err)
	}
	info, err := os.Stat(path)
	if err != nil || !info.ModTime().Equal(rec.Used) {
		t.Errorf("modification time = %v, %v, want %v", info.ModTime(), err, rec.Used)
	}
	if _, err := e.Load(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.Stat(path); !again.ModTime().Equal(rec.Used) {
		t.Errorf("modification time after a load = %v, want %v", again.ModTime(), rec.Used)
	}
	named := open(t, Config{Dir: e.cfg.Dir, CookieName: "other"}) // B-193
	if _, err := named.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
		t.Errorf("under another cookie name: err = %v, want ErrNotFound", err)
	}
}

// TestTheEndIsNotThisEnginesMatter: however old a file is, it is loaded, touched and replaced;
// the layer decides when the session ended (B-178, B-179).
func TestTheEndIsNotThisEnginesMatter(t *testing.T) {
	e := open(t, Config{})
	for _, used := range []time.Time{
		time.Unix(0, 0),
		time.Now().AddDate(-50, 0, 0),
		time.Now().Add(time.Hour), // the clock was set back
		time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC),
		time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
	} {
		key, path := create(t, e, "x")
		if err := os.Chtimes(path, used, used); err != nil {
			t.Fatal(err)
		}
		rec, err := e.Load(t.Context(), key)
		if err != nil || !rec.Used.Equal(used) || !rec.Saved.IsZero() || !rec.Expires.IsZero() {
			t.Errorf("Load = %+v, %v, want Used %v and no other time", rec, err, used)
		}
		if _, err := e.Touch(t.Context(), key, record("")); err != nil {
			t.Errorf("used at %v: Touch: %v", used, err)
		}
		if rec, err := e.Load(t.Context(), key); err != nil || rec.Used.Before(used) {
			t.Errorf("used at %v: a touch moved that back to %v, %v", used, rec.Used, err)
		}
		if _, err := e.Replace(t.Context(), key, record("x"), record("y")); err != nil {
			t.Errorf("used at %v: Replace: %v", used, err)
		}
	}
}

// A slow request does not revive a session that has ended while it ran.
func TestASaveAfterTheEndIsRefused(t *testing.T) {
	e := open(t, Config{})
	key, _ := create(t, e, "x")
	old, err := e.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	old.Expires = time.Now().Add(-time.Millisecond)
	if _, err := e.Replace(t.Context(), key, old, record("y")); !errors.Is(err, sessions.ErrExpired) {
		t.Errorf("Replace: %v, want ErrExpired", err)
	}
	used := record("")
	used.Used = used.Used.Add(time.Second)
	if _, err := e.Touch(t.Context(), key, used); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Replace(t.Context(), key, old, record("y")); !errors.Is(err, sessions.ErrConflict) {
		t.Errorf("Replace of a record that was used since: %v, want ErrConflict, so that its new end is looked at", err)
	}
	wantData(t, e, key, "x")
}

// TestSavesThatArriveTogetherShareASync: a save never returns on a sync that began before it.
func TestSavesThatArriveTogetherShareASync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := syncs{turn: make(chan struct{}, 1)}
		var begun, done atomic.Int64
		release := make(chan struct{})
		call := func() error { // none ends before all saves are there
			n := begun.Add(1)
			<-release
			done.Store(n)
			return nil
		}
		var saves sync.WaitGroup
		save := func() {
			saves.Go(func() {
				before := begun.Load()
				if err := s.wait(call); err != nil || done.Load() <= before {
					t.Errorf("returned after sync %d, %v; had to wait for one that began after %d", done.Load(), err, before)
				}
			})
		}
		save()
		synctest.Wait()
		for range 20 {
			save()
		}
		synctest.Wait()
		close(release)
		saves.Wait()
		if n := begun.Load(); n != 2 {
			t.Errorf("%d syncs for a save and 20 that came during its sync, want 2", n)
		}
	})
}

// TestSizeIsLimited: what could not be read is not written.
func TestSizeIsLimited(t *testing.T) {
	e := open(t, Config{MaxSize: 100})
	key, _ := create(t, e, strings.Repeat("x", 100))
	wantData(t, e, key, strings.Repeat("x", 100))
	_, err := e.Replace(t.Context(), key, record(strings.Repeat("x", 100)), record(strings.Repeat("y", 101)))
	if !errors.Is(err, sessions.ErrTooLarge) {
		t.Errorf("Replace: err = %v, want ErrTooLarge", err)
	}
	if _, err := e.Create(t.Context(), record(strings.Repeat("y", 101))); !errors.Is(err, sessions.ErrTooLarge) {
		t.Errorf("Create: err = %v, want ErrTooLarge", err)
	}
	wantData(t, e, key, strings.Repeat("x", 100))
	wantFiles(t, e, 1)
}

// wantFiles counts what is in the directory.
func wantFiles(t testing.TB, e *Engine, want int) {
	t.Helper()
	entries, err := os.ReadDir(e.cfg.Dir)
	if err != nil || len(entries) != want {
		t.Errorf("%d files in the directory, %v, want %d", len(entries), err, want)
	}
}

// TestReadersSeeWholeFiles is R-122 and B-183.
func TestReadersSeeWholeFiles(t *testing.T) {
	e := open(t, Config{})
	content := func(n int) string { return strings.Repeat(strconv.Itoa(n%10), 5000+n%7*1000) }
	key, _ := create(t, e, content(0))
	done := make(chan error, 1)
	go func() {
		var err error
		for n := 0; n < 200 && err == nil; n++ {
			_, err = e.Replace(t.Context(), key, record(content(n)), record(content(n+1)))
		}
		done <- err
	}()
	for {
		rec, err := e.Load(t.Context(), key)
		if err != nil || len(rec.Data) < 5000 || strings.Trim(string(rec.Data), string(rec.Data[:1])) != "" {
			t.Fatalf("Load = %d bytes %.20q, %v", len(rec.Data), rec.Data, err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Replace: %v", err)
			}
			return
		default:
		}
	}
}

// TestErrorsShowNoKey is R-107: the key is in the file's name, and so in errors of the
// system.
func TestErrorsShowNoKey(t *testing.T) {
	e := open(t, Config{})
	key, path := create(t, e, "x")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil { // nothing can be renamed over it
		t.Fatal(err)
	}
	e.dir.Close() // so that nothing can be read or synced either
	calls := map[string]func() error{
		"Load":    func() error { _, err := e.Load(t.Context(), key); return err },
		"Create":  func() error { _, err := e.Create(t.Context(), record("x")); return err },
		"Replace": func() error { _, err := e.Replace(t.Context(), key, record("x"), record("y")); return err },
		"Touch":   func() error { _, err := e.Touch(t.Context(), key, record("x")); return err },
		"put":     func() error { return e.put(t.Context(), key, record("x"), func() error { return nil }) },
		"remove":  func() error { return e.remove(t.Context(), key, func() error { return nil }) },
	}
	for name, call := range calls {
		err := call()
		if err == nil || errors.Is(err, sessions.ErrNotFound) {
			t.Errorf("%s: err = %v, want one of the system", name, err)
		} else if text := err.Error(); strings.Contains(text, key) || strings.Contains(text, "sessionid") {
			t.Errorf("%s: the error names the file: %v", name, err)
		}
	}
	e.dir, _ = os.Open(e.cfg.Dir) // for Close
}

func TestLocate(t *testing.T) {
	e := open(t, Config{})
	key, _ := create(t, e, "x")
	if l := e.Locate(key); l.Place != "file" || l.Store != e.cfg.Dir || strings.Contains(fmt.Sprint(l), key) {
		t.Errorf("Locate = %+v", l)
	}
}

func BenchmarkEngine(b *testing.B) {
	sessionstest.Benchmark(b, func(b *testing.B) sessions.Engine { return open(b, Config{}) })
}
