package sessionstest

import (
	"errors"
	"testing"
	"time"

	"sessionlab/sessions"
)

// listed puts n records into e and returns them by their keys, with the Lister.
func listed(t testing.TB, e sessions.Engine, n int) (sessions.Lister, map[string]sessions.Record) {
	t.Helper()
	lister, ok := e.(sessions.Lister)
	if !ok {
		t.Skip("this engine has no List")
	}
	err := lister.List(t.Context(), func(string, sessions.Record) bool { return true })
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skipf("this engine cannot list: %v", err)
	}
	keys, records := make([]string, n), map[string]sessions.Record{}
	together(8, func(worker int) {
		for i := worker; i < n; i += 8 {
			var err error
			if keys[i], err = e.Create(t.Context(), numbered(i)); err != nil {
				t.Errorf("Create: %v", err)
			}
		}
	})
	for i, key := range keys {
		records[key] = numbered(i)
	}
	return lister, records
}

// wantOnce checks that each record was given once.
func wantOnce(t testing.TB, given map[string]int, records map[string]sessions.Record) {
	t.Helper()
	for key := range records {
		if given[key] != 1 {
			t.Errorf("List gave a live record %d times, want once", given[key])
			return
		}
	}
}

func listGivesAll(t testing.TB, e sessions.Engine) {
	lister, records := listed(t, e, 1100) // more than fit into one batch
	given := map[string]int{}
	err := lister.List(t.Context(), func(key string, rec sessions.Record) bool {
		given[key]++
		want, ok := records[key]
		if !ok || string(rec.Data) != string(want.Data) {
			t.Errorf("List gave data %q under a key of %d characters, want %q", rec.Data, len(key), want.Data)
		}
		wantTimes(t, rec, want)
		return !t.Failed()
	})
	if err != nil {
		t.Errorf("List: %v", err)
	}
	wantOnce(t, given, records)
}

func listStops(t testing.TB, e sessions.Engine) {
	lister, _ := listed(t, e, 20)
	calls := 0
	err := lister.List(t.Context(), func(string, sessions.Record) bool {
		calls++
		return calls < 7
	})
	if calls != 7 || err != nil {
		t.Errorf("List called %d times a function that has seen enough after 7, and returned %v", calls, err)
	}
}

func listSkipsTheExpired(t testing.TB, e sessions.Engine) {
	if !keepsExpiry(t, e) {
		t.Skip("this engine leaves it to the layer when a record ends")
	}
	lister, records := listed(t, e, 5)
	createExpired(t, e, 5, 500*time.Millisecond)
	given := map[string]int{}
	err := lister.List(t.Context(), func(key string, _ sessions.Record) bool { given[key]++; return true })
	if err != nil {
		t.Errorf("List: %v", err)
	}
	wantOnce(t, given, records)
	if len(given) != len(records) {
		t.Errorf("List gave %d records, want the %d that have not expired", len(given), len(records))
	}
}

func listSurvivesChanges(t testing.TB, e sessions.Engine) {
	lister, untouched := listed(t, e, 1100)
	var others []string
	for n := range 30 {
		others = append(others, create(t, e, numbered(n)))
	}
	given := map[string]int{}
	err := lister.List(t.Context(), func(key string, rec sessions.Record) bool {
		given[key]++
		if len(given)%40 != 1 || len(others) < 2 {
			return true
		}
		create(t, e, numbered(0)) // here, as a caller does that holds no lock
		if err := e.Delete(t.Context(), others[0]); err != nil {
			t.Errorf("Delete: %v", err)
		}
		if n, err := number(load(t, e, others[1])); err == nil {
			replace(t, e, others[1], numbered(n), numbered(n+1000))
		}
		others = others[2:]
		return true
	})
	if err != nil {
		t.Errorf("List: %v", err)
	}
	wantOnce(t, given, untouched)
}
