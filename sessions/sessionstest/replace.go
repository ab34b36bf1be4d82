package sessionstest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"sessionlab/sessions"
)

func replaceStores(t testing.TB, e sessions.Engine) {
	one, two := numbered(1), numbered(2)
	key := create(t, e, one)
	key = replace(t, e, key, one, two)
	wantData(t, e, key, two.Data)
	key = replace(t, e, key, load(t, e, key), numbered(3)) // what Load returned is a valid old
	wantData(t, e, key, numbered(3).Data)
}

func replaceMovesTimes(t testing.TB, e sessions.Engine) {
	rec := numbered(1)
	rec = moved(rec, -20*time.Second)
	rec.Data = numbered(1).Data
	later := numbered(1)
	key := create(t, e, rec)
	key = replace(t, e, key, rec, later)
	wantTimes(t, load(t, e, key), later)
}

func replaceChanged(t testing.TB, e sessions.Engine) {
	one, two, three := numbered(1), numbered(2), numbered(3)
	key := create(t, e, one)
	replace(t, e, key, one, two)
	_, err := e.Replace(t.Context(), key, one, three)
	wantErr(t, "Replace", err, sessions.ErrConflict)
	wantData(t, e, key, two.Data)
}

func replaceUnknown(t testing.TB, e sessions.Engine) {
	for _, key := range append([]string{sessions.NewKey()}, malformed...) {
		for _, old := range []sessions.Record{{}, numbered(1)} {
			_, err := e.Replace(t.Context(), key, old, numbered(2))
			wantErr(t, "Replace", err, sessions.ErrNotFound)
			wantGone(t, e, key)
		}
	}
}

func replaceAfterDelete(t testing.TB, e sessions.Engine) {
	rec := numbered(1)
	key := create(t, e, rec)
	if err := e.Delete(t.Context(), key); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	_, err := e.Replace(t.Context(), key, rec, numbered(2))
	wantErr(t, "Replace", err, sessions.ErrNotFound)
	wantGone(t, e, key)
}

func replaceWithExpired(t testing.TB, e sessions.Engine) {
	rec := numbered(1)
	key := create(t, e, rec)
	_, err := e.Replace(t.Context(), key, numbered(2), expired())
	wantErr(t, "Replace of another record", err, sessions.ErrConflict)
	wantData(t, e, key, rec.Data)

	if _, err := e.Replace(t.Context(), key, rec, expired()); err != nil {
		t.Errorf("Replace: %v", err)
	}
	wantGone(t, e, key)
	_, err = e.Replace(t.Context(), key, rec, expired())
	wantErr(t, "Replace of what is gone", err, sessions.ErrNotFound)
}

func oneReplacerWins(t testing.TB, e sessions.Engine) {
	rec := numbered(0)
	key := create(t, e, rec)
	const writers = 50
	var errs [writers + 1]error
	together(writers, func(i int) {
		_, errs[i+1] = e.Replace(t.Context(), key, rec, numbered(i+1))
	})
	winner := 0
	for i, err := range errs[1:] {
		switch {
		case err == nil && winner == 0:
			winner = i + 1
		case err == nil:
			t.Errorf("writers %d and %d both succeeded", winner, i+1)
		case !errors.Is(err, sessions.ErrConflict):
			t.Errorf("Replace: err = %v, want ErrConflict", err)
		}
	}
	if winner == 0 {
		t.Fatal("none of the writers succeeded")
	}
	wantData(t, e, key, numbered(winner).Data)
}

func incrementsAreCounted(t testing.TB, e sessions.Engine) {
	key := create(t, e, numbered(0))
	const requests = 200
	together(requests, func(int) {
		if err := increment(t, e, key); err != nil {
			t.Error(err)
		}
	})
	wantData(t, e, key, numbered(requests).Data)
}

func replaceRacingDelete(t testing.TB, e sessions.Engine) {
	racingDelete(t, e, func(key string, i int) error {
		if _, err := e.Replace(t.Context(), key, numbered(0), numbered(i)); errors.Is(err, sessions.ErrConflict) {
			return nil
		} else {
			return err
		}
	})
}

// racingDelete lets write and Delete race for one record, in many rounds.
func racingDelete(t testing.TB, e sessions.Engine, write func(key string, i int) error) {
	t.Helper()
	for round := range 100 {
		key := create(t, e, numbered(0))
		together(12, func(i int) {
			if i == round%12 { // at another place among the others each time
				if err := e.Delete(t.Context(), key); err != nil {
					t.Errorf("Delete: %v", err)
				}
			} else if err := write(key, i); err != nil && !errors.Is(err, sessions.ErrNotFound) {
				t.Error(err)
			}
		})
		wantGone(t, e, key)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
}

// increment adds one to the number under key as the layer would: load, swap, and
// after a conflict again, with jitter.
func increment(t testing.TB, e sessions.Engine, key string) error {
	start := time.Now()
	for try := 1; time.Since(start) < time.Minute; try++ {
		old, err := e.Load(t.Context(), key)
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		n, err := number(old)
		if err != nil {
			return fmt.Errorf("load: data = %q: %w", old.Data, err)
		}
		_, err = e.Replace(t.Context(), key, old, numbered(n+1))
		if err == nil {
			return nil
		}
		if !errors.Is(err, sessions.ErrConflict) {
			return fmt.Errorf("replace: %w", err)
		}
		time.Sleep(rand.N(time.Duration(min(try, 20)) * time.Millisecond))
	}
	return errors.New("no success in a minute of tries")
}

// together calls f n times at once, with 0 to n-1, and waits for all.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}
