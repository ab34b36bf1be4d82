//go:build unix

package file

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sessionlab/sessions"
)

// TestClearReadsOnlyWhatMayHaveEnded: of the others it sees that they are live.
func TestClearReadsOnlyWhatMayHaveEnded(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere it reads all")
	}
	e := open(t, Config{})
	now := time.Now()
	make := func(data string, ends time.Duration) (string, sessions.Record) {
		rec := sessions.Record{Data: []byte(data), Used: now.Add(-time.Hour), Expires: now.Add(ends)}
		key, err := e.Create(t.Context(), rec)
		if err != nil {
			t.Fatal(err)
		}
		return key, rec
	}
	_, _ = make("live", time.Hour)
	touched, rec := make("touched", 100*time.Millisecond)
	rec.Used, rec.Expires = now, now.Add(time.Hour)
	if _, err := e.Touch(t.Context(), touched, rec); err != nil {
		t.Fatal(err)
	}
	replaced, rec := make("old", 100*time.Millisecond)
	if _, err := e.Replace(t.Context(), replaced, rec, sessions.Record{Data: []byte("new"), Used: now, Expires: now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	_, _ = make("ended", 100*time.Millisecond)
	_, _ = make("longer than it said", 100*time.Millisecond)
	time.Sleep(time.Until(now.Add(110 * time.Millisecond)))
	var read []string
	n, err := e.Clear(t.Context(), func(rec sessions.Record) time.Time {
		if rec.Data == nil {
			return rec.Expires
		}
		read = append(read, string(rec.Data))
		if string(rec.Data) == "longer than it said" {
			return now.Add(time.Hour)
		}
		return now
	}, nil)
	slices.Sort(read)
	if n != 1 || err != nil || !slices.Equal(read, []string{"ended", "longer than it said"}) {
		t.Errorf("Clear = %d, %v, and it read %q, want 1 and two of the five", n, err, read)
	}
	// A setting that is newer than the files counts.
	read = nil
	if n, err := e.Clear(t.Context(), func(sessions.Record) time.Time { return now }, nil); n != 4 || err != nil {
		t.Errorf("after a change of the settings Clear = %d, %v, want 4", n, err)
	}
}

// TestClearKnowsItsFiles is B-176, B-188, B-189 and R-122.
func TestClearKnowsItsFiles(t *testing.T) {
	const day = 24 * time.Hour
	e := open(t, Config{})
	ends := func(rec sessions.Record) time.Time {
		switch string(rec.Data) {
		case "short":
			return rec.Used.Add(time.Hour)
		case "long":
			return rec.Used.Add(30 * day)
		}
		return rec.Used.Add(7 * day)
	}
	key := sessions.NewKey()
	for _, f := range []struct {
		name, content string
		age           time.Duration
		goes          bool
	}{
		{"a young record", "x", time.Hour, false},
		{"an old record", "x", 8 * day, true},
		{"a young one with a shorter expiry", "short", 2 * time.Hour, true},
		{"an old one with a longer expiry", "long", 8 * day, false},
		{"a young empty file", "", day - time.Minute, false},
		{"an old empty file", "", day + time.Minute, true},
		{"damaged content, young", "\xff\x00", day, false},
		{"damaged content, old", "\xff\x00", 8 * day, true},
		{"sessionid" + key + "_out_abc_1234", "x", time.Hour, false},
		{"sessionid" + key + "_out_abc_5678", "x", 2 * day, true},
		{"sessionid" + key + "_out_short", "x", 8 * day, false},
		{"sessionid" + key + ".bak", "x", 8 * day, false},
		{"sessionid" + strings.ToUpper(key), "x", 8 * day, false},
		{"sessionidshort1234", "x", 8 * day, false},
		{"other" + key, "x", 8 * day, false},
		{"README", "x", 8 * day, false},
	} {
		name := f.name
		if strings.Contains(name, " ") {
			name = "sessionid" + sessions.NewKey()
		}
		path := filepath.Join(e.cfg.Dir, name)
		if err := os.WriteFile(path, []byte(f.content), 0o600); err != nil {
			t.Fatal(err)
		}
		saved := time.Now().Add(-f.age)
		if err := os.Chtimes(path, saved, saved); err != nil {
			t.Fatal(err)
		}
		if f.content != "" && !strings.Contains(name, temporaryMark) {
			if n, err := e.Clear(t.Context(), nil, nil); n != 0 || err != nil {
				t.Errorf("%s: Clear without an end = %d, %v, want nothing cleared", f.name, n, err)
			}
		}
		n, err := e.Clear(t.Context(), ends, nil)
		if _, statErr := os.Stat(path); err != nil || errors.Is(statErr, os.ErrNotExist) != f.goes {
			t.Errorf("%s: after Clear: %v, %v, want it gone = %v", f.name, statErr, err, f.goes)
		}
		if counted := f.goes && !strings.Contains(name, temporaryMark); (n == 1) != counted {
			t.Errorf("%s: Clear = %d", f.name, n)
		}
		os.Remove(path)
	}
	wantFiles(t, e, 0)
}

// TestClearLooksAgainUnderTheLock is R-135: a record renewed between the look and the
// removal stays.
func TestClearLooksAgainUnderTheLock(t *testing.T) {
	e := open(t, Config{})
	afterAnHour := func(rec sessions.Record) time.Time { return rec.Used.Add(time.Hour) }
	key, path := create(t, e, "0")
	saved := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(path, saved, saved); err != nil {
		t.Fatal(err)
	}
	unlock, err := e.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cleared := make(chan int)
	go func() {
		n, err := e.Clear(t.Context(), afterAnHour, nil)
		if err != nil {
			t.Errorf("Clear: %v", err)
		}
		cleared <- n
	}()
	time.Sleep(50 * time.Millisecond) // let it come to the lock; the test holds without
	if err := os.Chtimes(path, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	unlock()
	if n := <-cleared; n != 0 {
		t.Errorf("Clear = %d, want 0", n)
	}
	wantData(t, e, key, "0")
}

// TestClearStopsBetweenBatches is R-134.
func TestClearStopsBetweenBatches(t *testing.T) {
	e := open(t, Config{})
	for range 2*batch + 10 {
		if err := os.WriteFile(filepath.Join(e.cfg.Dir, "sessionid"+sessions.NewKey()), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var steps []int
	_, err := e.Clear(ctx, nil, func(done, total int) {
		steps = append(steps, done)
		if total < 2*batch+10 {
			t.Errorf("progress(%d, %d), want a total of %d at least", done, total, 2*batch+10)
		}
		if done == 2*batch {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(steps) != 2 {
		t.Errorf("Clear: err = %v after steps %v, want it to stop after two", err, steps)
	}
}

// FuzzParse: whatever name lies in the directory, only those of sessions are touched.
func FuzzParse(f *testing.F) {
	key := sessions.NewKey()
	for _, name := range []string{"", "sessionid", "sessionid" + key, "sessionid" + key + "_out_abcd1234", "sessionid" + key + "_out_", "sessionid_out_" + key} {
		f.Add(name)
	}
	e := &Engine{cfg: Config{CookieName: "sessionid"}}
	f.Fuzz(func(t *testing.T, name string) {
		key, temporary, ok := e.parse(name)
		if !ok {
			return
		}
		rest, found := strings.CutPrefix(name, e.name(key))
		if !found || !sessions.ValidKey(key) || (rest != "") != temporary || len(rest) > len(temporaryMark)+temporaryDigits {
			t.Errorf("parse(%q) = %q, %v", name, key, temporary)
		}
	})
}
