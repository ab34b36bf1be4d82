package db

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions"
)

// Dates are texts on SQLite and compared as such. The clock of a synctest bubble starts
// with the year 2000.
func TestDatesThatOtherProgramsStumbleOver(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		e := openEngine(t, url, patient)
		for _, c := range []struct {
			name string
			at   time.Time
		}{
			{"leap day", time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC)},
			{"after a leap day", time.Date(2000, 3, 1, 0, 0, 0, 0, time.UTC)},
			{"leap day of 2028", time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)},
			{"31 bits of seconds", time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC)},
			{"32 bits of seconds", time.Date(2106, 2, 7, 6, 28, 16, 0, time.UTC)},
		} {
			if !e.sqlite() && c.at.Year() > 2000 {
				continue // the connections' own deadlines would pass
			}
			t.Run(c.name, func(t *testing.T) {
				if !e.sqlite() {
					key, err := e.Create(t.Context(), sessions.Record{Data: []byte("x"), Expires: c.at.AddDate(100, 0, 0)})
					if rec := load(t, e, key); err != nil || !rec.Expires.Equal(c.at.AddDate(100, 0, 0)) {
						t.Errorf("loaded until %v, %v", rec.Expires, err)
					}
					return
				}
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(time.Until(c.at.Add(-time.Hour)))
					key, err := e.Create(t.Context(), sessions.Record{Data: []byte("x"), Expires: c.at})
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Hour - time.Microsecond)
					wantData(t, e, key, "x")
					next := sessions.Record{Data: []byte("x"), Expires: c.at.Add(24 * time.Hour)}
					if _, err := e.Touch(t.Context(), key, next); err != nil {
						t.Fatal(err)
					}
					time.Sleep(24 * time.Hour)
					if rec := load(t, e, key); !rec.Expires.Equal(next.Expires) {
						t.Errorf("a day later: until %v, want %v", rec.Expires, next.Expires)
					}
					time.Sleep(time.Microsecond)
					if _, err := e.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
						t.Errorf("Load at the expiry: err = %v, want ErrNotFound", err)
					}
				})
			})
		}
	})
}

// Each bubble starts with the same instant, so the second has the clock set back.
func TestClockSetBackByAnHour(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	var key, expired string
	var rec sessions.Record
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		expired = create(t, e, "ended")
		rec = record("x") // until two o'clock
		key = create(t, e, "x")
		time.Sleep(59 * time.Minute)
	})
	synctest.Test(t, func(t *testing.T) { // from 1:59 back to 0:59
		time.Sleep(59 * time.Minute)
		wantData(t, e, key, "x")
		earlier := record("x") // until 1:59
		if _, err := e.Touch(t.Context(), key, earlier); err != nil {
			t.Fatal(err)
		}
		if got := load(t, e, key); !got.Expires.Equal(rec.Expires) {
			t.Errorf("a touch moved the expiry back to %v, want %v", got.Expires, rec.Expires)
		}
		earlier.Data = []byte("y")
		if _, err := e.Replace(t.Context(), key, rec, earlier); err != nil { // a save says what it wants
			t.Fatal(err)
		}
		if got := load(t, e, key); string(got.Data) != "y" || !got.Expires.Equal(earlier.Expires) {
			t.Errorf("after a save: %q until %v, want it until %v", got.Data, got.Expires, earlier.Expires)
		}
		if n, err := e.Clear(t.Context(), nil, nil); n != 0 || err != nil {
			t.Errorf("Clear = %d, %v, want 0: nothing has expired by this clock", n, err)
		}
		time.Sleep(61*time.Minute + time.Microsecond)
		for _, k := range []string{key, expired} {
			if _, err := e.Load(t.Context(), k); !errors.Is(err, sessions.ErrNotFound) {
				t.Errorf("Load at two o'clock: err = %v, want ErrNotFound", err)
			}
		}
	})
}
