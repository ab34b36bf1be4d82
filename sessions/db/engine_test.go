package db

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest/testdb"
)

// Django B-151, B-152, B-158, R-132; B-153 is where this engine differs: an expired
// record is not revived. Time is not waited for: the engine asks the program's clock.
func TestRecordEndsAtItsExpiry(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	synctest.Test(t, func(t *testing.T) {
		rec := record("x")
		rec.Expires = time.Now().Add(31 * time.Minute)
		key, err := e.Create(t.Context(), rec)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(31*time.Minute - time.Microsecond)
		wantData(t, e, key, "x")

		time.Sleep(time.Microsecond) // this very instant: neither loaded nor cleared
		if _, err := e.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
			t.Errorf("Load at the expiry: err = %v, want ErrNotFound", err)
		}
		if _, err := e.Replace(t.Context(), key, rec, record("y")); !errors.Is(err, sessions.ErrNotFound) {
			t.Errorf("Replace at the expiry: err = %v, want ErrNotFound", err)
		}
		if _, err := e.Touch(t.Context(), key, record("")); !errors.Is(err, sessions.ErrNotFound) {
			t.Errorf("Touch at the expiry: err = %v, want ErrNotFound", err)
		}
		if n, err := e.Clear(t.Context(), nil, nil); n != 0 || err != nil {
			t.Errorf("Clear at the expiry = %d, %v, want 0", n, err)
		}
		time.Sleep(time.Microsecond)
		if n, err := e.Clear(t.Context(), nil, nil); n != 1 || err != nil {
			t.Errorf("Clear after the expiry = %d, %v, want 1", n, err)
		}
	})
}

func TestReplaceWithEqualExpiryLeavesTheColumnAlone(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		e := openEngine(t, url, Options{})
		old := record("old")
		key, err := e.Create(t.Context(), old)
		if err != nil {
			t.Fatal(err)
		}
		later := old
		later.Expires = old.Expires.Add(time.Minute)
		if _, err := e.Touch(t.Context(), key, later); err != nil { // by another request meanwhile
			t.Fatal(err)
		}
		next := sessions.Record{Data: []byte("new"), Expires: old.Expires}
		if _, err := e.Replace(t.Context(), key, old, next); err != nil {
			t.Fatal(err)
		}
		got := load(t, e, key)
		if string(got.Data) != "new" || !got.Expires.Equal(later.Expires.Truncate(time.Microsecond)) {
			t.Errorf("Load = %q until %v, want %q until %v", got.Data, got.Expires, "new", later.Expires)
		}
	})
}

func TestRecordWithoutExpiryIsRefused(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	rec := sessions.Record{Data: []byte("x")}
	_, err := e.Create(t.Context(), rec)
	wantOwnError(t, "Create", err)
	key := create(t, e, "x")
	_, err = e.Replace(t.Context(), key, rec, rec)
	wantOwnError(t, "Replace", err)
	_, err = e.Touch(t.Context(), key, rec)
	wantOwnError(t, "Touch", err)
}

func TestLocateNamesTableAndColumns(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		e := openEngine(t, url, Options{})
		got := e.Locate("key")
		want := sessions.Location{Place: "row in django_session", Store: e.opts.Name, Key: "session_key", Data: "session_data", Expires: "expire_date"}
		if got != want {
			t.Errorf("Locate = %+v, want %+v", got, want)
		}
	})
}

// Two programs with one file; here two pools in one program.
func TestTwoHandlesOnOneStoreLoseNoIncrement(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		engines := []*Engine{openEngine(t, url, Options{}), openEngine(t, url, Options{})}
		key := create(t, engines[0], "0")
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() { increment(t, engines[i%2], key, 25) })
		}
		wg.Wait()
		wantData(t, engines[0], key, "200")
	})
}

// writes fail with an error, since nobody would find what goes into a file
// that has no name any more.
func TestRemovedFileIsAnError(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"removed": os.Remove,
		"replaced": func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, stores["SQLite"](t), Options{})
			key := create(t, e, "x")
			if err := spoil(e.opts.Name); err != nil {
				t.Fatal(err)
			}
			_, err := e.Create(t.Context(), record("y"))
			wantOwnError(t, "Create", err)
			_, err = e.Replace(t.Context(), key, record("x"), record("y"))
			wantOwnError(t, "Replace", err)
			if !strings.Contains(err.Error(), e.opts.Name) {
				t.Errorf("Replace: err = %v, want one that names the file", err)
			}
		})
	}
}

// a page of the file is overwritten while the program runs.
func TestDamagedFileIsAnErrorAndNoPanic(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	keys := fill(t, e, 2000)
	if _, err := e.writer.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(e.opts.Name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for page := int64(1); page < info.Size()/4096; page++ { // all but the first, so no key is found
		if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 4096)), page*4096); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []interface{ SetMaxIdleConns(int) }{e.reader, e.writer} { // so that no cache hides it
		d.SetMaxIdleConns(-1)
	}
	_, err = e.Load(t.Context(), keys[0])
	wantOwnError(t, "Load", err)
	_, err = e.Replace(t.Context(), keys[0], record("x"), record("y"))
	wantOwnError(t, "Replace", err)
}

// a program does not start with a damaged file.
func TestFileThatIsDamagedAtTheStartIsAnError(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	fill(t, e, 100)
	path := e.opts.Name
	if err := errors.Join(e.Close(), e.reader.Close(), e.opts.Checkpoints.Close(), e.writer.Close()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"cut in its first page":  func(b []byte) []byte { return b[:3000] },
		"overwritten from start": func(b []byte) []byte { return append(bytes.Repeat([]byte("x"), 4096), b[4096:]...) },
	} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		spoilt := filepath.Join(t.TempDir(), "spoilt.db")
		if err := os.WriteFile(spoilt, change(content), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := testdb.Open(t.Context(), "sqlite:"+spoilt)
		if err == nil {
			_, err = newEngine(d, Options{})
			err = errors.Join(err, d.Close())
		}
		if err == nil {
			t.Errorf("a file that was %s: no error", name)
		}
	}
}

// R-113, with SQLite's own error for a full disk.
func TestFullDiskIsAnErrorAndHeals(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	key := create(t, e, "old")
	if _, err := e.writer.Exec("PRAGMA max_page_count = 8"); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 100_000)
	_, err := e.Replace(t.Context(), key, record("old"), record(big))
	wantOwnError(t, "Replace on a full disk", err)
	wantData(t, e, key, "old")
	replace(t, e, key, "old", "small enough")

	if _, err := e.writer.Exec("PRAGMA max_page_count = 100000"); err != nil {
		t.Fatal(err)
	}
	replace(t, e, key, "small enough", big)
	wantData(t, e, key, big)
}

// B-134, R-114: a lock that another process holds is waited for, and then it is an
// error, never a visitor logged out.
func TestLockOfAnotherProcessIsWaitedFor(t *testing.T) {
	url := stores["SQLite"](t)
	e := openEngine(t, url, Options{})
	key := create(t, e, "old")
	other, err := openDB(t, url).Writer.BeginTx(t.Context(), nil) // immediate: it has the lock
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback()

	if _, err := e.writer.Exec("PRAGMA busy_timeout = 300"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	var wg sync.WaitGroup
	for range 10 { // one leads, the others share its error
		wg.Go(func() {
			_, err := e.Replace(t.Context(), key, record("old"), record("new"))
			wantOwnError(t, "Replace while another process holds the lock", err)
			if err != nil && !strings.Contains(err.Error(), "locked") {
				t.Errorf("Replace: err = %v, want one that says so", err)
			}
		})
	}
	wg.Wait()
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("ten saves took %v, want them to wait 300 ms together, not one after the other", took)
	}
	wantData(t, e, key, "old") // readers do not wait

	if _, err := e.writer.Exec("PRAGMA busy_timeout = 5000"); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { other.Rollback() })
	start = time.Now()
	replace(t, e, key, "old", "new")
	if waited := time.Since(start); waited < 200*time.Millisecond {
		t.Errorf("Replace took %v, although the lock was held for 300 ms", waited)
	}
}
