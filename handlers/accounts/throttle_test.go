package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/internal/dbtest"
	"sessionlab/handlers/limit"
)

// wantThrottled checks for a refusal that says how long.
func wantThrottled(t *testing.T, err error, want time.Duration) {
	t.Helper()
	refused, ok := errors.AsType[*limit.Refused](err)
	if !ok || refused.Status != 429 {
		t.Fatalf("got %v, want a refusal with 429", err)
	}
	if refused.RetryAfter.Round(time.Millisecond) != want {
		t.Errorf("got RetryAfter %v, want %v", refused.RetryAfter, want)
	}
}

// try signs in as name from an address, with a device cookie or without.
func try(t *testing.T, s *Store, name, password, addr, device string) error {
	t.Helper()
	_, err := s.Authenticate(t.Context(), Attempt{Name: name, Password: password, Client: netip.MustParseAddr(addr), Device: device})
	return err
}

// fail makes n wrong guesses from one address.
func fail(t *testing.T, s *Store, name, addr string, n int) {
	t.Helper()
	for i := range n {
		if err := try(t, s, name, "wrong password", addr, ""); !errors.Is(err, ErrCredentials) {
			t.Fatalf("guess %d at %s: got %v, want ErrCredentials", i+1, name, err)
		}
	}
}

// a name that nobody has is throttled in the same way.
func TestTenFailuresAtOneNameFromOneNetwork(t *testing.T) {
	d := dbtest.SQLite(t)
	register(t, open(t, d, Options{}), "ada")
	for _, name := range []string{"ada", "nobody"} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, d, Options{})
			start := time.Now()
			fail(t, s, name, "203.0.113.1", 10)
			pauses := time.Since(start)
			if want := 250*time.Millisecond + 500*time.Millisecond + time.Second + 2*limit.MaxDelay; pauses != want {
				t.Errorf("the pauses before the refusal are %v in all, want %v", pauses, want)
			}
			wantThrottled(t, try(t, s, name, goodPassword, "203.0.113.1", ""), 10*time.Minute-pauses)

			restarted := open(t, d, Options{}) // the counters survive
			time.Sleep(10*time.Minute - pauses - time.Second)
			wantThrottled(t, try(t, restarted, name, goodPassword, "203.0.113.1", ""), time.Second)
			time.Sleep(time.Second)
			want := ErrCredentials
			if name == "ada" {
				want = nil
			}
			if err := try(t, restarted, name, goodPassword, "203.0.113.1", ""); !errors.Is(err, want) {
				t.Errorf("after ten minutes: got %v, want %v", err, want)
			}
		})
	}
}

// One wrong guess a minute, for ever.
func TestAStrangerWhoNeverStopsKeepsNobodyOut(t *testing.T) {
	d := dbtest.SQLite(t)
	register(t, open(t, d, Options{}), "ada")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, d, Options{})
		for minute := range 180 {
			err := try(t, s, "ada", "wrong password", "198.51.100.1", "")
			if _, refused := errors.AsType[*limit.Refused](err); !refused && !errors.Is(err, ErrCredentials) {
				t.Fatal(err)
			}
			if minute%20 == 19 {
				if err := try(t, s, "ada", goodPassword, "203.0.113.1", ""); err != nil {
					t.Fatalf("the owner, after %d minutes: %v", minute, err)
				}
			}
			time.Sleep(time.Minute)
		}
	})
}

// A class behind one address, or a home with an IPv6 network.
func TestANetworkIsCountedAsAWhole(t *testing.T) {
	d := dbtest.SQLite(t)
	register(t, open(t, d, Options{}), "ada")
	for _, c := range []struct{ name, addr, same, other string }{
		{"IPv4", "192.0.2.7", "192.0.2.7", "192.0.2.8"},
		{"IPv4 written as IPv6", "192.0.2.9", "::ffff:192.0.2.9", "::ffff:192.0.2.10"},
		{"IPv6", "2001:db8:1:200::1", "2001:db8:1:2ff:ffff::9", "2001:db8:1:300::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, d, Options{PerNetwork: 30})
				for i := range 15 { // two typing errors of everybody
					fail(t, s, fmt.Sprintf("%s-%d", t.Name(), i), c.addr, 2)
				}
				wantThrottled(t, try(t, s, "ada", goodPassword, c.same, ""), 10*time.Minute)
				if err := try(t, s, "ada", goodPassword, c.other, ""); err != nil {
					t.Errorf("from %s: %v", c.other, err)
				}
			})
		})
	}
}

// at most a hundred guesses an hour at one account, from all networks together; and
// the owner's own browser works all the while.
func TestADeviceThatHasSignedInBeforeIsNeverLockedOutByOthers(t *testing.T) {
	d := dbtest.SQLite(t)
	setUp := open(t, d, Options{})
	u, other := register(t, setUp, "ada"), register(t, setUp, "grace")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, d, Options{})
		const owner = "203.0.113.1"
		device := s.RememberDevice("", u)
		for i := range 25 {
			fail(t, s, "ada", fmt.Sprintf("198.51.100.%d", i), 4)
		}
		wantThrottled(t, try(t, s, "ada", goodPassword, owner, ""), time.Hour)
		wantThrottled(t, try(t, s, "ada", goodPassword, owner, s.RememberDevice("", other)), time.Hour)
		wantThrottled(t, try(t, s, "ada", goodPassword, owner, device+"x"), time.Hour)
		wantThrottled(t, try(t, s, "ada", goodPassword, owner, open(t, d, Options{Secret: "another"}).RememberDevice("", u)), time.Hour)
		if err := try(t, s, "ada", goodPassword, owner, device); err != nil {
			t.Errorf("the browser that has signed in before: %v", err)
		}
		if _, err := s.Confirm(t.Context(), u.ID, "session", goodPassword); err != nil {
			t.Errorf("the session that is signed in: %v", err)
		}
		// Its own wrong passwords count, and for itself alone.
		for range 10 {
			if err := try(t, s, "ada", "wrong password", owner, device); err != ErrCredentials {
				t.Fatal(err)
			}
			if _, err := s.Confirm(t.Context(), u.ID, "stolen session", "wrong password"); err != ErrCredentials {
				t.Fatal(err)
			}
		}
		if err := try(t, s, "ada", goodPassword, owner, device); err == nil {
			t.Error("a stolen device cookie may guess without an end")
		}
		if _, err := s.Confirm(t.Context(), u.ID, "stolen session", goodPassword); err == nil {
			t.Error("a stolen session may guess without an end")
		}
		if err := try(t, s, "ada", goodPassword, owner, s.RememberDevice("", u)); err != nil {
			t.Errorf("the owner's second browser: %v", err)
		}
		if _, err := s.Confirm(t.Context(), u.ID, "session", goodPassword); err != nil {
			t.Errorf("the owner's session: %v", err)
		}
		if err := try(t, s, "grace", goodPassword, owner, ""); err != nil {
			t.Errorf("another account: %v", err)
		}
	})
}

func TestADeviceIsRememberedForSeveralAccounts(t *testing.T) {
	d := dbtest.SQLite(t)
	s, later := open(t, d, Options{}), open(t, d, Options{Secret: "new", Fallbacks: []string{"the first secret"}})
	cookie := s.RememberDevice("", User{ID: 1})
	first := s.readDevice(cookie)
	for id := range int64(maxAccounts) {
		cookie = s.RememberDevice(cookie, User{ID: id + 2})
	}
	got := later.readDevice(cookie)
	if got.name != first.name || got.knows(1) || !got.knows(2) || !got.knows(maxAccounts+1) || got.knows(0) {
		t.Errorf("got %+v, want the last %d accounts under the name %s", got, maxAccounts, first.name)
	}
	synctest.Test(t, func(t *testing.T) {
		s := open(t, d, Options{})
		cookie := s.RememberDevice("", User{ID: 1})
		time.Sleep(DeviceAge)
		if !s.readDevice(cookie).knows(1) {
			t.Error("forgotten too early")
		}
		time.Sleep(2 * time.Second)
		if s.readDevice(cookie).knows(1) {
			t.Error("remembered for longer than its age")
		}
	})
}

// guesses at once get no more tries than one after the other.
func TestParallelGuessesAreCountedExactly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{PerAccount: 10})
		register(t, s, "ada")
		var wrong, throttled atomic.Int32
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				err := try(t, s, "ada", "wrong password", fmt.Sprintf("198.51.100.%d", i), "")
				_, refused := errors.AsType[*limit.Refused](err)
				switch {
				case errors.Is(err, ErrCredentials):
					wrong.Add(1)
				case refused:
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
	rules := s.throttle.forStranger("ada", home)
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
			fail(t, s, "hunter2-typed-into-the-name", "192.0.2.1", 1)
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
		fail(t, s, "ada", "192.0.2.1", 1)
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
