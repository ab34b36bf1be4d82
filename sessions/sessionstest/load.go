package sessionstest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sessionlab/sessions"
)

func createdRecordLoadsBack(t testing.TB, e sessions.Engine) {
	rec := numbered(1)
	key := create(t, e, rec)
	wantData(t, e, key, rec.Data)
	wantData(t, e, key, rec.Data) // reading takes nothing away
}

func timesLoadBack(t testing.TB, e sessions.Engine) {
	rec := numbered(1)
	got := load(t, e, create(t, e, rec))
	if got.Saved.IsZero() && got.Used.IsZero() && got.Expires.IsZero() {
		t.Error("Load: all times are zero, so nobody can tell when the record ends")
	}
	wantTimes(t, got, rec)
	for name, at := range map[string]time.Time{"Saved": got.Saved, "Used": got.Used, "Expires": got.Expires} {
		if at.Location() != time.UTC {
			t.Errorf("Load: %s is in %v, want UTC", name, at.Location())
		}
	}
}

func createMakesAValidKey(t testing.TB, e sessions.Engine) {
	valid := sessions.ValidKey
	if c, ok := e.(sessions.KeyChecker); ok {
		valid = c.ValidKey
	}
	for n := range 10 {
		if key := create(t, e, numbered(n)); !valid(key) {
			t.Errorf("Create: key of %d characters is not valid", len(key))
		}
	}
}

func createMakesADifferentKey(t testing.TB, e sessions.Engine) {
	var keys []string
	for n := range 50 {
		keys = append(keys, create(t, e, numbered(n)))
	}
	for n, key := range keys {
		if slices.Contains(keys[:n], key) {
			t.Fatalf("Create: key number %d was there before", n)
		}
		wantData(t, e, key, numbered(n).Data)
	}
}

func loadUnknown(t testing.TB, e sessions.Engine) {
	key := sessions.NewKey()
	wantGone(t, e, key)
	wantGone(t, e, key)
	_, err := e.Replace(t.Context(), key, sessions.Record{}, numbered(1)) // an empty record would match
	wantErr(t, "Replace after Load", err, sessions.ErrNotFound)
	wantGone(t, e, key)
}

// malformed are keys that no engine issued.
var malformed = []string{
	"", ".", "..", "a", "../../x", `..\..\x`, "a/b", "%00", "*", "' or 1=1 --", "🍪",
	"\x00", strings.Repeat("a", 31) + "\x00", strings.Repeat("a", 31) + "\xff",
	strings.Repeat("a", 7), strings.Repeat("a", 33), strings.Repeat("a", 300), strings.Repeat("A", 32),
}

func malformedKey(t testing.TB, e sessions.Engine) {
	for _, key := range malformed {
		if _, err := e.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
			t.Errorf("Load(%q): err = %v, want ErrNotFound", key, err)
		}
		if err := e.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete(%q): err = %v, want none", key, err)
		}
	}
}

func textIsKept(t testing.TB, e sessions.Engine) {
	for _, text := range []string{
		"x", " x ", "x\r\n", "\t", `"`, `\`, `'; --`, "%s%d", "eyJhIjoxfQ:1wZ4aB:4v-_", "\x01\x7f", `{"name":"Zoë 🍪"}`,
	} {
		rec := numbered(0)
		rec.Data = []byte(text)
		key := create(t, e, rec)
		wantData(t, e, key, rec.Data)
		key = replace(t, e, key, rec, numbered(1))
		key = replace(t, e, key, numbered(1), rec)
		wantData(t, e, key, rec.Data)
	}
}

func largeDataIsKept(t testing.TB, e sessions.Engine) {
	for _, size := range []int{200_000, 900_000} {
		rec := numbered(0)
		rec.Data = bytes.Repeat([]byte("0123456789"), size/10)
		key := create(t, e, rec)
		wantData(t, e, key, rec.Data)

		changed := rec
		changed.Data = append(bytes.Clone(rec.Data[:size-1]), 'x') // differs in its last byte alone
		_, err := e.Replace(t.Context(), key, changed, numbered(1))
		wantErr(t, "Replace with other old data", err, sessions.ErrConflict)
		key = replace(t, e, key, rec, changed)
		wantData(t, e, key, changed.Data)
	}
}

func slicesAreNotShared(t testing.TB, e sessions.Engine) {
	scribble := func(b []byte) {
		for i := range b {
			b[i] = '!'
		}
	}
	one, two := numbered(1), numbered(2)
	rec := one
	rec.Data = bytes.Clone(one.Data)
	key := create(t, e, rec)
	scribble(rec.Data)
	wantData(t, e, key, one.Data)

	scribble(load(t, e, key).Data)
	wantData(t, e, key, one.Data)

	rec = two
	rec.Data = bytes.Clone(two.Data)
	old := load(t, e, key)
	key = replace(t, e, key, old, rec)
	scribble(rec.Data)
	scribble(old.Data)
	wantData(t, e, key, two.Data)
}

func endedContext(t testing.TB, e sessions.Engine) {
	rec := numbered(1)
	key := create(t, e, rec)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	later := numbered(2)
	later.Expires = later.Expires.Add(time.Hour)
	calls := map[string]func() error{
		"Load":    func() error { _, err := e.Load(ctx, key); return err },
		"Create":  func() error { _, err := e.Create(ctx, later); return err },
		"Replace": func() error { _, err := e.Replace(ctx, key, rec, later); return err },
		"Delete":  func() error { return e.Delete(ctx, key) },
	}
	if e, ok := e.(sessions.Toucher); ok {
		calls["Touch"] = func() error { _, err := e.Touch(ctx, key, later); return err }
	}
	if e, ok := e.(sessions.Clearer); ok {
		calls["Clear"] = func() error { _, err := e.Clear(ctx, nil, nil); return err }
	}
	if e, ok := e.(sessions.Lister); ok {
		calls["List"] = func() error { return e.List(ctx, func(string, sessions.Record) bool { return true }) }
	}
	for name, call := range calls {
		if err := call(); err == nil || errors.Is(err, sessions.ErrNotFound) || errors.Is(err, sessions.ErrConflict) {
			t.Errorf("%s with an ended context: err = %v, want an error of its own", name, err)
		}
	}
	got := load(t, e, key)
	if string(got.Data) != string(rec.Data) {
		t.Errorf("data = %q after calls with an ended context, want %q", got.Data, rec.Data)
	}
	wantTimes(t, got, rec)
}

func deletedIsGone(t testing.TB, e sessions.Engine) {
	key, other := create(t, e, numbered(1)), create(t, e, numbered(2))
	if err := e.Delete(t.Context(), key); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	wantGone(t, e, key)
	wantData(t, e, other, numbered(2).Data)
}

func deleteMissing(t testing.TB, e sessions.Engine) {
	key := create(t, e, numbered(1))
	for range 2 {
		if err := e.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete: %v", err)
		}
	}
	if err := e.Delete(t.Context(), sessions.NewKey()); err != nil {
		t.Errorf("Delete of a key that never was: %v", err)
	}
}

func traitsTellTheBrowser(t testing.TB, e sessions.Engine) {
	var traits sessions.Traits
	if d, ok := e.(sessions.Describer); ok {
		traits = d.Traits()
	}
	key := create(t, e, numbered(1))
	if err := e.Delete(t.Context(), key); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	_, err := e.Load(t.Context(), key)
	if survives := err == nil; survives != traits.InCookie {
		t.Errorf("Traits: InCookie = %v, and a key is good after Delete: %v", traits.InCookie, survives)
	}
}

func locateSaysWhere(t testing.TB, e sessions.Engine) {
	l, ok := e.(sessions.Locator)
	if !ok {
		t.Skip("this engine has no Locate")
	}
	if got := l.Locate(create(t, e, numbered(1))); got.Place == "" {
		t.Errorf("Locate: Place is empty in %+v", got)
	}
}
