package sessionstest

import (
	"context"
	"errors"
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
	needExpiry(t, e)
	return clearer
}

// createExpired stores n records and waits until their time has passed.
func createExpired(t testing.TB, e sessions.Engine, n int) (keys []string) {
	t.Helper()
	keys = make([]string, n)
	together(8, func(worker int) {
		for i := worker; i < n && !t.Failed(); i += 8 {
			rec := numbered(i)
			rec.Expires = rec.Saved.Add(time.Second)
			var err error
			if keys[i], err = e.Create(t.Context(), rec); err != nil {
				t.Errorf("Create: %v", err)
			} else if rec.Expired(time.Now()) {
				t.Error("Create took more than a second")
			}
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	time.Sleep(time.Second + 2*time.Millisecond)
	return keys
}

func clearRemovesExpired(t testing.TB, e sessions.Engine) {
	clearer := needClear(t, e)
	live := create(t, e, numbered(1))
	keys := createExpired(t, e, 5)

	reported, all := 0, 0
	n, err := clearer.Clear(t.Context(), nil, func(done, total int) {
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
	if n, err := clearer.Clear(t.Context(), nil, nil); n != 0 || err != nil {
		t.Errorf("Clear again = %d, %v, want 0", n, err)
	}
	wantData(t, e, live, numbered(1).Data)
	for _, key := range keys {
		wantGone(t, e, key)
	}
}

func clearInBatches(t testing.TB, e sessions.Engine) {
	clearer := needClear(t, e)
	const records = 1500
	createExpired(t, e, records)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	last := 0
	first, err := clearer.Clear(ctx, nil, func(done, _ int) {
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
	rest, err := clearer.Clear(t.Context(), nil, nil)
	if first+rest != records || err != nil {
		t.Errorf("Clear = %d, then %d, %v, want %d together", first, rest, err, records)
	}
}

func clearLeavesRenewed(t testing.TB, e sessions.Engine) {
	clearer := needClear(t, e)
	for round := range 50 {
		short := numbered(0)
		short.Expires = short.Saved.Add(10 * time.Second)
		key := create(t, e, short)
		var renewal error
		together(2, func(i int) {
			if i == 0 {
				if _, err := clearer.Clear(t.Context(), nil, nil); err != nil {
					t.Errorf("Clear: %v", err)
				}
			} else {
				time.Sleep(time.Duration(round%10) * 500 * time.Microsecond) // now before the look, now after it
				_, renewal = e.Replace(t.Context(), key, short, numbered(1))
			}
		})
		if renewal != nil {
			t.Fatalf("Replace before the time has passed: %v", renewal)
		}
		wantData(t, e, key, numbered(1).Data)
	}
}
