//go:build unix

package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
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
	return sessions.Record{Data: []byte(data), Saved: now, Expires: now.Add(time.Hour)}
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

// withLifetime is what the layer is to this engine: it keeps the time to live in the data,
// and looks at it after a load.
type withLifetime struct{ *Engine }

func TestConformance(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessions.Engine {
		return withLifetime{open(t, Config{Dir: memoryDir(t), Age: time.Hour, Expiry: func(data []byte, saved time.Time) time.Time {
			rec, _ := split(sessions.Record{Data: data, Saved: saved})
			return rec.Expires
		}})}
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

func join(rec sessions.Record) sessions.Record {
	rec.Data = append(strconv.AppendInt(nil, int64(rec.Expires.Sub(rec.Saved)), 10), "|"+string(rec.Data)...)
	return rec
}

func split(rec sessions.Record) (sessions.Record, error) {
	number, data, _ := bytes.Cut(rec.Data, []byte("|"))
	lifetime, err := strconv.ParseInt(string(number), 10, 64)
	rec.Data, rec.Expires = data, rec.Saved.Add(time.Duration(lifetime))
	return rec, err
}

func (e withLifetime) Load(ctx context.Context, key string) (sessions.Record, error) {
	rec, err := e.Engine.Load(ctx, key)
	if err == nil {
		rec, err = split(rec)
	}
	if err == nil && rec.Expired(time.Now()) {
		err = sessions.ErrExpired
	}
	if err != nil {
		return sessions.Record{}, err
	}
	return rec, nil
}

func (e withLifetime) Create(ctx context.Context, rec sessions.Record) (string, error) {
	return e.Engine.Create(ctx, join(rec))
}

func (e withLifetime) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	stored, err := e.Load(ctx, key)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(stored.Data, old.Data) {
		return "", sessions.ErrConflict
	}
	return e.Engine.Replace(ctx, key, join(stored), join(rec))
}

// TestFilesAreDjangos is B-170, B-173 and B-181.
func TestFilesAreDjangos(t *testing.T) {
	e := open(t, Config{})
	rec := record("content:without:newline")
	rec.Saved = rec.Saved.Add(-3 * time.Hour)
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
	if err != nil || !info.ModTime().Equal(rec.Saved) {
		t.Errorf("modification time = %v, %v, want %v", info.ModTime(), err, rec.Saved)
	}
	if _, err := e.Load(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.Stat(path); !again.ModTime().Equal(rec.Saved) {
		t.Errorf("modification time after a load = %v, want %v", again.ModTime(), rec.Saved)
	}
	named := open(t, Config{Dir: e.cfg.Dir, CookieName: "other"}) // B-193
	if _, err := named.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
		t.Errorf("under another cookie name: err = %v, want ErrNotFound", err)
	}
}

// TestAge is B-178 and B-179: with no function for the expiry all depends on the file's
// time; with one it decides, both ways.
func TestAge(t *testing.T) {
	hour := func(_ []byte, saved time.Time) time.Time { return saved.Add(time.Hour) }
	week := func(_ []byte, saved time.Time) time.Time { return saved.Add(7 * 24 * time.Hour) }
	const day = 24 * time.Hour
	for _, c := range []struct {
		name           string
		expiry         func([]byte, time.Time) time.Time
		age            time.Duration // how old the file is, where Config.Age is a day
		loads, renewed bool
	}{
		{"younger than Age", nil, day - time.Minute, true, true},
		{"older than Age", nil, day + time.Minute, false, false},
		{"a longer expiry", week, day + time.Minute, true, true},
		{"past the longer expiry", week, 7*day + time.Minute, false, false},
		{"past a shorter expiry, which the layer sees on load", hour, 2 * time.Hour, true, false},
		{"before a shorter expiry", hour, time.Minute, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := open(t, Config{Age: day, Expiry: c.expiry})
			key, path := create(t, e, "x")
			saved := time.Now().Add(-c.age)
			if err := os.Chtimes(path, saved, saved); err != nil {
				t.Fatal(err)
			}
			rec, err := e.Load(t.Context(), key)
			if (err == nil) != c.loads || (err != nil && !errors.Is(err, sessions.ErrExpired)) {
				t.Errorf("Load: err = %v, want success = %v", err, c.loads)
			}
			if err == nil && rec.Expires.IsZero() == (c.expiry == nil) {
				t.Errorf("Load: Expires = %v", rec.Expires)
			}
			if _, err := e.Touch(t.Context(), key, record("")); (err == nil) != c.renewed {
				t.Errorf("Touch: err = %v, want success = %v", err, c.renewed)
			}
			if _, err := e.Replace(t.Context(), key, record("x"), record("y")); (err == nil) != c.renewed {
				t.Errorf("Replace: err = %v, want success = %v", err, c.renewed)
			}
		})
	}
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
