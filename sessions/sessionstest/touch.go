package sessionstest

import (
	"sync/atomic"
	"testing"
	"time"

	"sessionlab/sessions"
)

func needTouch(t testing.TB, e sessions.Engine) sessions.Toucher {
	t.Helper()
	toucher, ok := e.(sessions.Toucher)
	if !ok {
		t.Skip("this engine has no Touch; the layer uses Replace")
	}
	return toucher
}

// moved returns a record with the times of rec moved by d and other data. A touch must
// write neither that nor Saved.
func moved(rec sessions.Record, d time.Duration) sessions.Record {
	return sessions.Record{
		Data:    []byte(`{"n":-1}`),
		Saved:   rec.Saved.Add(d),
		Used:    rec.Used.Add(d),
		Expires: rec.Expires.Add(d),
	}
}

func touchMovesTimes(t testing.TB, e sessions.Engine) {
	toucher := needTouch(t, e)
	rec := numbered(1)
	rec.Saved, rec.Used = rec.Saved.Add(-time.Minute), rec.Used.Add(-time.Minute)
	later := moved(rec, 30*time.Second)
	key, err := toucher.Touch(t.Context(), create(t, e, rec), later)
	if err != nil {
		t.Fatalf("Touch: %v", err)
	}
	later.Saved = rec.Saved
	wantData(t, e, key, rec.Data)
	wantTimes(t, load(t, e, key), later)
	key = replace(t, e, key, rec, numbered(2)) // a request that read before the touch can still save
	wantData(t, e, key, numbered(2).Data)
}

func touchForwardOnly(t testing.TB, e sessions.Engine) {
	toucher := needTouch(t, e)
	rec := numbered(1)
	key := create(t, e, rec)
	want := rec
	onlyUsed, onlyExpires := moved(rec, -time.Minute), moved(rec, -time.Minute)
	onlyUsed.Used, onlyExpires.Expires = rec.Used.Add(time.Minute), rec.Expires.Add(time.Minute)
	for _, c := range []struct {
		name  string
		touch sessions.Record
		want  func()
	}{
		{"earlier times", moved(rec, -time.Minute), func() {}},
		{"an expired record", expired(), func() {}},
		{"a later Used and an earlier Expires", onlyUsed, func() { want.Used = onlyUsed.Used }},
		{"a later Expires and an earlier Used", onlyExpires, func() { want.Expires = onlyExpires.Expires }},
	} {
		c.want()
		newKey, err := toucher.Touch(t.Context(), key, c.touch)
		if err != nil {
			t.Fatalf("Touch with %s: %v", c.name, err)
		}
		key = newKey
		got := load(t, e, key)
		if string(got.Data) != string(rec.Data) {
			t.Errorf("data = %q after Touch with %s, want %q", got.Data, c.name, rec.Data)
		}
		wantTimes(t, got, want)
	}
}

func touchMissing(t testing.TB, e sessions.Engine) {
	toucher := needTouch(t, e)
	deleted := create(t, e, numbered(1))
	if err := e.Delete(t.Context(), deleted); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	for _, key := range append([]string{deleted, sessions.NewKey()}, malformed...) {
		_, err := toucher.Touch(t.Context(), key, numbered(1))
		wantErr(t, "Touch", err, sessions.ErrNotFound)
		wantGone(t, e, key)
	}
}

func touchRacingReplace(t testing.TB, e sessions.Engine) {
	toucher := needTouch(t, e)
	rec := numbered(0)
	key := create(t, e, rec)
	const writers, touchers = 30, 2
	var minutes, writing atomic.Int64 // each touch is later than all before it
	writing.Store(writers)
	together(writers+touchers, func(i int) {
		if i < writers {
			defer writing.Add(-1)
			if err := increment(t, e, key); err != nil {
				t.Error(err)
			}
			return
		}
		for writing.Load() > 0 {
			later := moved(rec, time.Duration(minutes.Add(1))*time.Minute)
			if _, err := toucher.Touch(t.Context(), key, later); err != nil {
				t.Errorf("Touch: %v", err)
				return
			}
		}
	})
	wantData(t, e, key, numbered(writers).Data)
}

func touchRacingDelete(t testing.TB, e sessions.Engine) {
	toucher := needTouch(t, e)
	racingDelete(t, e, func(key string, i int) error {
		_, err := toucher.Touch(t.Context(), key, moved(numbered(0), time.Duration(i)*time.Minute))
		return err
	})
}
