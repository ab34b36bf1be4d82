package signups_test

import (
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/internal/dbtest"
	"sessionlab/handlers/signups"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

var (
	ada  = signups.StepOne{FullName: "Ada Lovelace", Email: "ada@example.org"}
	both = signups.StepTwo{Track: "both", Seats: 2, Notes: "No stairs, please.\nThank you."}
)

func TestASubmissionIsStoredAsItWasGiven(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		store := signups.New(d)
		before := time.Now().Truncate(time.Microsecond)
		token := signups.NewToken()
		id, err := store.Add(t.Context(), ada, both, token)
		if err != nil {
			t.Fatal(err)
		}
		got, err := store.Get(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if got.StepOne != ada || got.StepTwo != both || got.ID != id {
			t.Errorf("got %+v, want id %d, %+v, %+v", got, id, ada, both)
		}
		if got.Created.Before(before) || got.Created.After(time.Now()) || got.Created.Location() != time.UTC {
			t.Errorf("got created %v, want a time in UTC since %v", got.Created, before)
		}
		if _, err := store.Get(t.Context(), signups.NewToken()); !errors.Is(err, signups.ErrNotFound) {
			t.Errorf("another token: got %v, want ErrNotFound", err)
		}
	})
}

func TestAFormSentManyTimesIsStoredOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		store, token := signups.New(d), signups.NewToken()
		ids := make([]int64, 20)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				var err error
				if ids[i], err = store.Add(t.Context(), ada, both, token); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("got ids %v, want one id", ids)
			}
		}
		changed := both
		changed.Seats = 9
		if id, err := store.Add(t.Context(), ada, changed, token); err != nil || id != ids[0] {
			t.Errorf("other answers under the same token: got %d, %v, want %d", id, err, ids[0])
		}
		if got, err := store.Get(t.Context(), token); err != nil || got.Seats != both.Seats {
			t.Errorf("got %d seats, %v, want those that came first: %d", got.Seats, err, both.Seats)
		}
		if id, err := store.Add(t.Context(), ada, both, signups.NewToken()); err != nil || id == ids[0] {
			t.Errorf("a new token: got %d, %v, want a new id", id, err)
		}
	})
}

func TestWhatAPageWouldRefuseIsNotStored(t *testing.T) {
	d := dbtest.SQLite(t)
	store := signups.New(d)
	for _, c := range []struct {
		name  string
		one   signups.StepOne
		two   signups.StepTwo
		token string
	}{
		{"step one is missing", signups.StepOne{}, both, signups.NewToken()},
		{"step two is missing", ada, signups.StepTwo{}, signups.NewToken()},
		{"no token", ada, both, ""},
		{"a token of somebody's own", ada, both, "x' OR 1=1 --"},
	} {
		if id, err := store.Add(t.Context(), c.one, c.two, c.token); !errors.Is(err, signups.ErrInvalid) {
			t.Errorf("%s: got %d, %v, want ErrInvalid", c.name, id, err)
		}
	}
	var n int
	if err := d.R.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM lab_submissions`).Scan(&n); err != nil || n != 0 {
		t.Errorf("got %d rows, %v, want none", n, err)
	}
}
