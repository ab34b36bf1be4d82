package accounts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/internal/dbtest"
)

// wantThrottled checks for a *ThrottledError that says how long.
func wantThrottled(t *testing.T, err error, want time.Duration) {
	t.Helper()
	throttled, ok := errors.AsType[*ThrottledError](err)
	if !ok || !errors.Is(err, ErrThrottled) {
		t.Fatalf("got %v, want a ThrottledError", err)
	}
	if throttled.RetryAfter != want {
		t.Errorf("got RetryAfter %v, want %v", throttled.RetryAfter, want)
	}
}

// fail makes n wrong guesses, each from its own address unless addr is given.
func fail(t *testing.T, s *Store, name, addr string, n int) {
	t.Helper()
	for i := range n {
		from := addr
		if from == "" {
			from = fmt.Sprintf("198.51.100.%d", i)
		}
		if _, err := s.Authenticate(t.Context(), name, "wrong password", from); !errors.Is(err, ErrCredentials) {
			t.Fatalf("guess %d at %s: got %v, want ErrCredentials", i+1, name, err)
		}
	}
}

// a name that nobody has is throttled in the same way.
func TestTenFailuresAtOneAccount(t *testing.T) {
	d := dbtest.SQLite(t)
	register(t, open(t, d, Options{}), "ada")
	for _, name := range []string{"ada", "nobody"} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, d, Options{})
			fail(t, s, name, "", 9)
			time.Sleep(time.Minute)
			fail(t, s, name, "203.0.113.1", 1)
			_, err := s.Authenticate(t.Context(), name, goodPassword, "203.0.113.2")
			wantThrottled(t, err, 9*time.Minute)

			restarted := open(t, d, Options{}) // the counters survive
			time.Sleep(9*time.Minute - time.Nanosecond)
			_, err = restarted.Authenticate(t.Context(), name, goodPassword, "203.0.113.2")
			wantThrottled(t, err, time.Second)
			time.Sleep(time.Nanosecond)
			want := ErrCredentials
			if name == "ada" {
				want = nil
			}
			signIn(t, restarted, name, goodPassword, want)
		})
	}
}

// the address is what counts, not the names tried from it; in IPv6 its /64.
func TestTenFailuresFromOneAddress(t *testing.T) {
	d := dbtest.SQLite(t)
	register(t, open(t, d, Options{}), "ada")
	for _, c := range []struct{ name, addr, same, other string }{
		{"IPv4", "192.0.2.7", "192.0.2.7", "192.0.2.8"},
		{"IPv4 written as IPv6", "192.0.2.9", "::ffff:192.0.2.9", "::ffff:192.0.2.10"},
		{"IPv6", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"},
		{"no address at all", "@", "@", "?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, d, Options{})
				for i := range 10 {
					fail(t, s, fmt.Sprintf("%s-%d", t.Name(), i), c.addr, 1)
				}
				_, err := s.Authenticate(t.Context(), "ada", goodPassword, c.same)
				wantThrottled(t, err, 10*time.Minute)
				if _, err := s.Authenticate(t.Context(), "ada", goodPassword, c.other); err != nil {
					t.Errorf("from %s: %v", c.other, err)
				}
			})
		})
	}
}

// strangers do not keep the owner's signed-in device out, which has a limit
// of its own, and all together get a hundred guesses an hour.
func TestADeviceThatIsSignedInStillWorks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		u := register(t, open(t, d, Options{}), "ada")
		synctest.Test(t, func(t *testing.T) {
			s := open(t, d, Options{})
			confirm := func(password string) error {
				_, err := s.Confirm(t.Context(), u.ID, password)
				return err
			}
			// Both fail as often as they can: 20 times in each ten minutes, until the
			// hundred of the hour are used up.
			for _, wait := range []time.Duration{10, 10, 10, 10, 20} {
				fail(t, s, "ada", "", 10)
				if err := confirm(goodPassword); err != nil {
					t.Fatalf("while strangers are throttled: %v", err)
				}
				for range 10 {
					if err := confirm("wrong password"); !errors.Is(err, ErrCredentials) {
						t.Fatalf("got %v, want ErrCredentials", err)
					}
				}
				wantThrottled(t, confirm(goodPassword), wait*time.Minute)
				_, err := s.Authenticate(t.Context(), "ada", goodPassword, home)
				wantThrottled(t, err, wait*time.Minute)
				time.Sleep(10 * time.Minute)
			}
			wantThrottled(t, confirm(goodPassword), 10*time.Minute)
			time.Sleep(10 * time.Minute)
			if err := confirm(goodPassword); err != nil {
				t.Errorf("an hour after the first: %v", err)
			}
		})
	})
}

// guesses at once get no more tries than one after the other.
func TestParallelGuessesAreCountedExactly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		register(t, s, "ada")
		var wrong, throttled atomic.Int32
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				_, err := s.Authenticate(t.Context(), "ada", "wrong password", fmt.Sprintf("198.51.100.%d", i))
				switch {
				case errors.Is(err, ErrCredentials):
					wrong.Add(1)
				case errors.Is(err, ErrThrottled):
					throttled.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if wrong.Load() != 10 || throttled.Load() != 30 {
			t.Errorf("got %d guesses checked and %d refused, want 10 and 30", wrong.Load(), throttled.Load())
		}
	})
}

func TestRightPasswordsAreNeverThrottled(t *testing.T) {
	d := dbtest.SQLite(t)
	s := open(t, d, Options{})
	register(t, s, "ada")
	for range 50 { // a class that shares a demo account behind one address
		signIn(t, s, "ada", goodPassword, nil)
	}
	if n := countFailures(t, d); n != 0 {
		t.Errorf("got %d rows, want none", n)
	}
}

// a client that hangs up does not get its guess for nothing.
func TestAGuessCountsWhenTheClientHangsUp(t *testing.T) {
	d := dbtest.SQLite(t)
	s := open(t, d, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	rules := s.throttle.forSignIn("ada", home)
	cancel()
	if err := s.throttle.record(ctx, rules); err != nil {
		t.Fatal(err)
	}
	if n := countFailures(t, d); n != len(rules) {
		t.Errorf("got %d rows, want %d", n, len(rules))
	}
}

// the table holds no name and no address, and does not grow for ever.
func TestTheTableOfFailuresIsBounded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, d, Options{})
			fail(t, s, "hunter2-typed-into-the-name", home, 1)
			var plain int
			if err := d.R.QueryRowContext(t.Context(),
				`SELECT COUNT(*) FROM lab_signin_failures WHERE subject LIKE '%hunter2%' OR subject LIKE '%192.0.2%'`).Scan(&plain); err != nil || plain != 0 {
				t.Errorf("got %d rows that show what was typed, %v, want none", plain, err)
			}
			for i := range 59 {
				fail(t, s, fmt.Sprintf("name%d", i), fmt.Sprintf("10.0.0.%d", i), 1)
			}
			if n := countFailures(t, d); n != 180 {
				t.Fatalf("got %d rows, want 180", n)
			}
			time.Sleep(time.Hour)
			fail(t, s, "later", "203.0.113.1", 1)
			fail(t, s, "later", "203.0.113.1", 1)
			if n := countFailures(t, d); n != 6 {
				t.Errorf("an hour later: got %d rows, want the 6 of now", n)
			}
		})
	})
}

func TestTheOldestFailuresGoWhenThereAreTooMany(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		fail(t, s, "ada", home, 1)
		var id int64
		if err := d.R.QueryRowContext(t.Context(), `SELECT MAX(id) FROM lab_signin_failures`).Scan(&id); err != nil {
			t.Fatal(err)
		}
		overriding := "" // an identity column wants to be asked twice
		if d.Dialect == database.Postgres {
			overriding = "OVERRIDING SYSTEM VALUE"
		}
		if _, err := d.W.ExecContext(t.Context(), d.Q(`
			INSERT INTO lab_signin_failures (id, subject, at) `+overriding+` VALUES (?, 'x', ?)`),
			id+maxFailures, time.Now().UnixMicro()); err != nil {
			t.Fatal(err)
		}
		if err := s.throttle.record(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if n := countFailures(t, d); n != 1 {
			t.Errorf("got %d rows, want the newest alone", n)
		}
	})
}

func countFailures(t *testing.T, d *database.DB) (n int) {
	t.Helper()
	if err := d.R.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM lab_signin_failures`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
