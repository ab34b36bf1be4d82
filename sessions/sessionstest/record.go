package sessionstest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"sessionlab/sessions"
)

// numbered returns a record that holds n and is valid for an hour.
func numbered(n int) sessions.Record {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return sessions.Record{
		Data:    fmt.Appendf(nil, `{"n":%d}`, n),
		Saved:   now,
		Used:    now,
		Expires: now.Add(time.Hour),
	}
}

// number reads what numbered wrote.
func number(rec sessions.Record) (n int, err error) {
	_, err = fmt.Sscanf(string(rec.Data), `{"n":%d}`, &n)
	return n, err
}

// expired returns a record that expired a second ago.
func expired() sessions.Record {
	rec := numbered(0)
	rec.Expires = rec.Saved.Add(-time.Second)
	return rec
}

func create(t testing.TB, e sessions.Engine, rec sessions.Record) string {
	t.Helper()
	key, err := e.Create(t.Context(), rec)
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return key
}

func replace(t testing.TB, e sessions.Engine, key string, old, rec sessions.Record) string {
	t.Helper()
	newKey, err := e.Replace(t.Context(), key, old, rec)
	if err != nil {
		t.Fatalf("Replace: %v", err)
	}
	return newKey
}

func load(t testing.TB, e sessions.Engine, key string) sessions.Record {
	t.Helper()
	rec, err := e.Load(t.Context(), key)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return rec
}

func wantData(t testing.TB, e sessions.Engine, key string, want []byte) {
	t.Helper()
	if got := load(t, e, key).Data; string(got) != string(want) {
		t.Errorf("Load: data = %.60q (%d bytes), want %.60q (%d bytes)", got, len(got), want, len(want))
	}
}

func wantGone(t testing.TB, e sessions.Engine, key string) {
	t.Helper()
	rec, err := e.Load(t.Context(), key)
	wantErr(t, "Load", err, sessions.ErrNotFound)
	if rec.Data != nil {
		t.Errorf("Load: data = %.60q beside the error, want none", rec.Data)
	}
}

func wantErr(t testing.TB, call string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: err = %v, want %v", call, got, want)
	}
}

// wantTimes compares the times that the engine keeps; it leaves the others zero.
func wantTimes(t testing.TB, got, want sessions.Record) {
	t.Helper()
	for _, c := range []struct {
		name      string
		got, want time.Time
	}{
		{"Saved", got.Saved, want.Saved},
		{"Used", got.Used, want.Used},
		{"Expires", got.Expires, want.Expires},
	} {
		if !c.got.IsZero() && c.got.Sub(c.want).Abs() > time.Second {
			t.Errorf("Load: %s = %v, want %v within a second", c.name, c.got, c.want)
		}
	}
}

// keepsExpiry reports whether an engine keeps Expires. Where it does not, only the layer
// can say when a record ends.
func keepsExpiry(t testing.TB, e sessions.Engine) bool {
	t.Helper()
	key := create(t, e, numbered(0))
	keeps := !load(t, e, key).Expires.IsZero()
	if err := e.Delete(t.Context(), key); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	return keeps
}

// passed waits until rec has expired.
func passed(rec sessions.Record) {
	time.Sleep(time.Until(rec.Expires.Add(2 * time.Millisecond)))
}
