package sessionstest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"sessionlab/sessions"
)

func needClear(t testing.TB, e sessions.Engine) sessions.Clearer {
	t.Helper()
	clearer, ok := e.(sessions.Clearer)
	if !ok {
		t.Skip("this engine keeps no expired records")
	}
	return clearer
}

// lasting returns a record that ends after d and says so in its data, for engines that keep
// no Expires.
func lasting(n int, d time.Duration) sessions.Record {
	rec := numbered(n)
	rec.Expires = rec.Saved.Add(d)
	rec.Data = fmt.Appendf(nil, `{"n":%d,"ends":%d}`, n, rec.Expires.UnixMicro())
	return rec
}

// ends is what the layer is to Clear.
func ends(rec sessions.Record) time.Time {
	var n int
	var at int64
	if _, err := fmt.Sscanf(string(rec.Data), `{"n":%d,"ends":%d}`, &n, &at); err != nil {
		return time.Now().Add(time.Hour)
	}
	return time.UnixMicro(at)
}

// createExpired stores n records that expire after a time, and waits until they have.
func createExpired(t testing.TB, e sessions.Engine, n int, after time.Duration) (keys []string) {
	t.Helper()
	keys = make([]string, n)
	together(8, func(worker int) {
		for i := worker; i < n && !t.Failed(); i += 8 {
			rec := lasting(i, after)
			var err error
			if keys[i], err = e.Create(t.Context(), rec); err != nil {
				t.Errorf("Create: %v", err)
			} else if rec.Expired(time.Now()) {
				t.Errorf("Create took more than %v", after)
			}
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	time.Sleep(after + 2*time.Millisecond)
	return keys
}

func clearRemovesExpired(t testing.TB, e sessions.Engine) {
	clearer := needClear(t, e)
	live := create(t, e, numbered(1))
	keys := createExpired(t, e, 5, 500*time.Millisecond)

	reported, all := 0, 0
	n, err := clearer.Clear(t.Context(), ends, func(done, total int) {
		if done < reported || done > total {
			t.Errorf("progress(%d, %d) after progress(%d, %d)", done, total, reported, all)
		}
		reported, all = done, total
	})
	if n != len(keys) || err != nil {
		t.Errorf("Clear = %d, %v, want %d", n, err, len(keys))
	}
	if reported < len(keys) {
		t.Errorf("the last progress was %d of %d, want at least the %d that went", reported, all, len(keys))
	}
	if n, err := clearer.Clear(t.Context(), ends, nil); n != 0 || err != nil {
		t.Errorf("Clear again = %d, %v, want 0", n, err)
	}
	wantData(t, e, live, numbered(1).Data)
	for _, key := range keys {
		wantGone(t, e, key)
	}
}

func clearAsks(t testing.TB, e sessions.Engine) {
	clearer := needClear(t, e)
	if keepsExpiry(t, e) {
		t.Skip("this engine keeps Expires and need not ask")
	}
	old, other := lasting(1, time.Hour), lasting(2, time.Hour)
	old.Used = old.Used.Add(-time.Hour)
	ended, live := create(t, e, old), create(t, e, other)
	if n, err := clearer.Clear(t.Context(), nil, nil); n != 0 || err != nil {
		t.Errorf("Clear without a function that says when records end = %d, %v, want 0", n, err)
	}
	n, err := clearer.Clear(t.Context(), func(rec sessions.Record) time.Time {
		switch want := old; string(rec.Data) {
		case string(other.Data):
			want = other
			fallthrough
		case string(old.Data):
			wantTimes(t, rec, want)
		case "": // to be asked again about its data before it goes
		default:
			t.Errorf("Clear asks about data %q that nobody stored", rec.Data)
		}
		return rec.Used.Add(30 * time.Minute)
	}, nil)
	if n != 1 || err != nil {
		t.Errorf("Clear = %d, %v, want 1", n, err)
	}
	wantGone(t, e, ended)
	wantData(t, e, live, other.Data)
}

func clearInBatches(t testing.TB, e sessions.Engine) {
	clearer := needClear(t, e)
	const records = 1500
	createExpired(t, e, records, time.Second)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	last := 0
	first, err := clearer.Clear(ctx, ends, func(done, _ int) {
		if done-last > 1000 {
			t.Errorf("a batch of %d, want at most 1000", done-last)
		}
		last = done
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Clear with a context that ended after the first batch: err = %v, want %v", err, context.Canceled)
	}
	if first == 0 || first > 1000 {
		t.Errorf("Clear removed %d before it stopped, want one batch", first)
	}
	rest, err := clearer.Clear(t.Context(), ends, nil)
	if first+rest != records || err != nil {
		t.Errorf("Clear = %d, then %d, %v, want %d together", first, rest, err, records)
	}
}

func clearLeavesRenewed(t testing.TB, e sessions.Engine) {
	clearer := needClear(t, e)
	for round := range 50 {
		short := lasting(0, 10*time.Second)
		key := create(t, e, short)
		var renewal error
		together(2, func(i int) {
			if i == 0 {
				if _, err := clearer.Clear(t.Context(), ends, nil); err != nil {
					t.Errorf("Clear: %v", err)
				}
			} else {
				time.Sleep(time.Duration(round%10) * 500 * time.Microsecond) // now before the look, now after it
				_, renewal = e.Replace(t.Context(), key, short, numbered(1))
			}
		})
		if renewal != nil {
			t.Fatalf("Replace before the record has expired: %v", renewal)
		}
		wantData(t, e, key, numbered(1).Data)
	}
}
