package db

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // the zones, where the system has none

	"sessionlab/sessions"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// insertRow does what another program does.
func insertRow(t testing.TB, e *Engine, key, data, date string) {
	t.Helper()
	if _, err := e.writer.Exec("INSERT INTO django_session VALUES (?, ?, ?)", key, data, date); err != nil {
		t.Fatal(err)
	}
}

// A Django with USE_TZ=False writes dates in its TIME_ZONE, and does not say which that is.
func TestOneHourSessionMadeInChicagoIsLive(t *testing.T) {
	chicago := zone(t, "America/Chicago")
	expires := time.Now().Add(time.Hour).Truncate(time.Microsecond)
	key := sessions.NewKey()
	e := openEngine(t, stores["SQLite"](t), Options{Location: chicago})
	insertRow(t, e, key, "old", expires.In(chicago).Format(dateForm))

	rec := load(t, e, key)
	if string(rec.Data) != "old" || !rec.Expires.Equal(expires) || rec.Expires.Location() != time.UTC {
		t.Errorf("Load = %q until %v, want it until %v in UTC", rec.Data, rec.Expires, expires.UTC())
	}
	if n, err := e.Clear(t.Context(), nil, nil); n != 0 || err != nil {
		t.Errorf("Clear = %d, %v, want 0", n, err)
	}
	later := sessions.Record{Data: []byte("new"), Expires: expires.Add(time.Hour)}
	if _, err := e.Replace(t.Context(), key, rec, later); err != nil {
		t.Fatal(err)
	}
	want := later.Expires.In(chicago).Format(dateForm)
	if got := column(t, e.reader, "SELECT CAST(expire_date AS TEXT) FROM django_session")[0]; got != want {
		t.Errorf("a save writes %q, want %q, as Django would", got, want)
	}
	sameExpiry := load(t, e, key)
	if _, err := e.Replace(t.Context(), key, sameExpiry, sessions.Record{Data: []byte("x"), Expires: sameExpiry.Expires}); err != nil {
		t.Fatal(err)
	}

	utc, err := SQLite(e.reader, e.writer, Options{}) // the same table, with the setting forgotten
	if err != nil {
		t.Fatal(err)
	}
	defer utc.Close()
	if _, err := utc.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
		t.Errorf("Load as UTC: err = %v, want ErrNotFound: this test has no control", err)
	}
}

func TestZonesWestAndEastKeepTheirOrder(t *testing.T) {
	for _, name := range []string{"America/Chicago", "Asia/Tokyo", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"} {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, stores["SQLite"](t), Options{Location: zone(t, name)})
			synctest.Test(t, func(t *testing.T) {
				rec := record("x")
				key, err := e.Create(t.Context(), rec)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour - time.Microsecond)
				wantData(t, e, key, "x")
				time.Sleep(time.Microsecond)
				if _, err := e.Load(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
					t.Errorf("Load at the expiry: err = %v, want ErrNotFound", err)
				}
				time.Sleep(time.Microsecond)
				if n, err := e.Clear(t.Context(), nil, nil); n != 1 || err != nil {
					t.Errorf("Clear after the expiry = %d, %v, want 1", n, err)
				}
			})
			for _, at := range []time.Time{lastDate, lastDate.Add(time.Hour)} {
				key, err := e.Create(t.Context(), sessions.Record{Data: []byte("x"), Expires: at})
				if err != nil {
					t.Fatal(err)
				}
				rec := load(t, e, key)
				date := column(t, e.reader, "SELECT CAST(expire_date AS TEXT) FROM django_session WHERE session_key = ?", key)[0]
				if rec.Expires.Year() != 9999 || date[:5] != "9999-" || len(date) != len(dateForm) {
					t.Errorf("the last date is stored as %q and loaded as %v", date, rec.Expires)
				}
			}
		})
	}
}

// In autumn the clock shows one hour twice. The texts cannot tell which, so a record may
// end up to an hour early or late, and no more.
func TestHourThatTheClockRepeats(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{Location: zone(t, "America/Chicago")})
	synctest.Test(t, func(t *testing.T) { // it is the year 2000; the clock goes back on October 29 at 7:00 UTC
		turn := time.Date(2000, 10, 29, 7, 0, 0, 0, time.UTC)
		time.Sleep(time.Until(turn.Add(-2 * time.Hour)))
		for from := turn.Add(-90 * time.Minute); from.Before(turn.Add(90 * time.Minute)); from = from.Add(30 * time.Minute) {
			rec := sessions.Record{Data: []byte(from.String()), Expires: from.Add(7 * time.Minute)}
			if _, err := e.Create(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
		}
		rows := column(t, e.reader, "SELECT session_key FROM django_session ORDER BY session_data")
		for i, key := range rows {
			expires := turn.Add(-90 * time.Minute).Add(time.Duration(i) * 30 * time.Minute).Add(7 * time.Minute)
			rec, err := e.Load(t.Context(), key)
			if off := rec.Expires.Sub(expires).Abs(); err != nil || off > time.Hour {
				t.Errorf("the record until %v: loaded until %v, %v", expires, rec.Expires, err)
			}
		}
		time.Sleep(time.Until(turn.Add(3*time.Hour + 8*time.Minute)))
		if n, err := e.Clear(t.Context(), nil, nil); n != len(rows) || err != nil {
			t.Errorf("Clear an hour after the last expiry = %d, %v, want %d", n, err, len(rows))
		}
	})
}

func TestZoneOffsetFindsTheZoneOfTheTable(t *testing.T) {
	const age = time.Hour
	now := time.Now()
	written := func(data []byte) (time.Time, bool) { // what a signature tells: whole seconds
		at, err := time.Parse(time.RFC3339, string(data))
		return at, err == nil
	}
	row := func(ago time.Duration, in *time.Location, lasts time.Duration) [2]string {
		at := now.Add(-ago)
		return [2]string{at.UTC().Format(time.RFC3339), at.Add(lasts).In(in).Format(dateForm)}
	}
	chicago, kathmandu := zone(t, "America/Chicago"), zone(t, "Asia/Kathmandu")
	_, west := now.In(chicago).Zone()
	for name, c := range map[string]struct {
		rows     [][2]string
		location *time.Location
		want     time.Duration
		say      int
	}{
		"an empty table":       {},
		"UTC":                  {rows: [][2]string{row(0, time.UTC, age), row(age, time.UTC, age)}, say: 2},
		"Chicago":              {rows: [][2]string{row(time.Minute, chicago, age), row(3*age, chicago, age)}, want: time.Duration(west) * time.Second, say: 2},
		"Chicago, and set":     {rows: [][2]string{row(time.Minute, chicago, age)}, location: chicago, say: 1},
		"Kathmandu":            {rows: [][2]string{row(time.Minute, kathmandu, age)}, want: 345 * time.Minute, say: 1},
		"touched":              {rows: [][2]string{row(0, time.UTC, age+100*time.Second)}},
		"with an expiry":       {rows: [][2]string{row(0, time.UTC, 30*24*time.Hour)}},
		"in two zones":         {rows: [][2]string{row(0, time.UTC, age), row(0, kathmandu, age)}},
		"no signature, a date": {rows: [][2]string{{"x", "2030-01-01 00:00:00"}, {now.Format(time.RFC3339), "tomorrow"}}},
	} {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, stores["SQLite"](t), Options{Location: c.location})
			for _, r := range c.rows {
				insertRow(t, e, sessions.NewKey(), r[0], r[1])
			}
			got, say, err := e.ZoneOffset(t.Context(), age, written)
			if got != c.want || say != c.say || err != nil {
				t.Errorf("ZoneOffset = %v, %d rows, %v, want %v, %d rows", got, say, err, c.want, c.say)
			}
		})
	}
}
