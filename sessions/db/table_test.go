package db

import (
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"sessionlab/sessions"
)

// Django B-150. The texts are what Django 3.2 and 5.2 leave in sqlite_master.
func TestSQLiteTableIsDjangos(t *testing.T) {
	d := openDB(t, stores["SQLite"](t))
	for range 2 { // the second time it is there
		createSessionTable(t, d)
	}
	got := column(t, d.Reader, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC")
	want := []string{
		`CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL)`,
		`CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date")`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("schema:\n%q\nwant\n%q", got, want)
	}
}

func TestPostgresTableIsDjangos(t *testing.T) {
	d := openDB(t, stores["PostgreSQL"](t))
	for range 2 {
		createSessionTable(t, d)
	}
	columns := column(t, d.Reader, `SELECT column_name || ' ' || data_type || ' ' || coalesce(character_maximum_length, 0) || ' ' || is_nullable
		FROM information_schema.columns WHERE table_name = 'django_session' ORDER BY ordinal_position`)
	want := []string{"session_key character varying 40 NO", "session_data text 0 NO", "expire_date timestamp with time zone 0 NO"}
	if !slices.Equal(columns, want) {
		t.Errorf("columns: %q, want %q", columns, want)
	}
	indexes := column(t, d.Reader, "SELECT indexdef FROM pg_indexes WHERE tablename = 'django_session' ORDER BY indexname")
	want = []string{
		"CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date)",
		"CREATE UNIQUE INDEX django_session_pkey ON public.django_session USING btree (session_key)",
		"CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops)",
	}
	if !slices.Equal(indexes, want) {
		t.Errorf("indexes: %q, want %q", indexes, want)
	}
}

// The forms of Django's wire format, section 4.3; cut, never rounded.
func TestDatesAreWrittenAsDjangoWritesThem(t *testing.T) {
	east := time.FixedZone("", 2*60*60)
	cases := []struct {
		at   time.Time
		want string
	}{
		{time.Date(2130, 1, 2, 3, 4, 5, 678901000, time.UTC), "2130-01-02 03:04:05.678901"},
		{time.Date(2130, 1, 2, 3, 4, 5, 0, time.UTC), "2130-01-02 03:04:05"},
		{time.Date(2130, 1, 2, 3, 4, 5, 120000000, time.UTC), "2130-01-02 03:04:05.120000"},
		{time.Date(2130, 1, 2, 5, 4, 5, 500000000, east), "2130-01-02 03:04:05.500000"},
		{time.Date(2130, 1, 2, 3, 4, 5, 999, time.UTC), "2130-01-02 03:04:05"},
		{time.Date(2130, 1, 2, 3, 4, 5, 999999999, time.UTC), "2130-01-02 03:04:05.999999"},
		{time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC), "2038-01-19 03:14:08"},
		{time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), "9999-12-31 23:59:59.999999"}, // the last that Python knows
	}
	onEach(t, func(t *testing.T, url string) {
		e := openEngine(t, url, Options{})
		query := "SELECT typeof(expire_date) || ' ' || expire_date FROM django_session WHERE session_key = ?"
		kind := "text "
		if !e.sqlite() {
			query = "SELECT to_char(expire_date AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') FROM django_session WHERE session_key = $1"
			kind = ""
		}
		for _, c := range cases {
			key, err := e.Create(t.Context(), sessions.Record{Data: []byte("x"), Expires: c.at})
			if err != nil {
				t.Fatal(err)
			}
			got, want := column(t, e.reader, query, key)[0], kind+c.want
			if !e.sqlite() && len(want) == len(time.DateTime) {
				want += ".000000"
			}
			if got != want {
				t.Errorf("%v is stored as %q, want %q", c.at, got, want)
			}
			rec := load(t, e, key)
			if last := lastDate; c.at.Before(last) && !rec.Expires.Equal(c.at.Truncate(time.Microsecond)) {
				t.Errorf("%v is loaded as %v", c.at, rec.Expires)
			}
			if rec.Expires.Location() != time.UTC || !rec.Saved.IsZero() {
				t.Errorf("loaded: Expires %v, Saved %v, want UTC and zero", rec.Expires, rec.Saved)
			}
		}
	})
}

// A BLOB in the column is an exception in Django 3.2, an empty session in 5.2.
func TestDataIsStoredAsText(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	want := func(want string) {
		t.Helper()
		if got := column(t, e.reader, "SELECT typeof(session_data) || ' ' || session_data FROM django_session")[0]; got != want {
			t.Errorf("session_data is %q, want %q", got, want)
		}
	}
	key := create(t, e, "one")
	want("text one")
	replace(t, e, key, "one", "two")
	want("text two")
	two := load(t, e, key)
	if _, err := e.Replace(t.Context(), key, two, sessions.Record{Data: []byte("three"), Expires: two.Expires}); err != nil {
		t.Fatal(err)
	}
	want("text three")
}

// Rows that other programs wrote.
func TestForeignRowsAreRead(t *testing.T) {
	const key = "abcdefghijklmnopqrstuvwxyz012345"
	for _, c := range []struct {
		name, data, date string
		want             error
	}{
		{"data as a BLOB", "x'6f6c64'", "'2130-01-02 03:04:05'", nil},
		{"a date with a T and a zone", "'old'", "'2130-01-02T03:04:05.5+00:00'", nil},
		{"a date as a BLOB", "'old'", "CAST('2130-01-02 03:04:05' AS BLOB)", nil},
		{"a number of seconds, which is expired to Django too", "'old'", "4102444800", sessions.ErrNotFound},
		{"a date that is none", "'old'", "'tomorrow'", sessions.ErrNotFound},
		{"an empty date", "'old'", "''", sessions.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := openEngine(t, stores["SQLite"](t), Options{})
			if _, err := e.writer.Exec("INSERT INTO django_session VALUES ('" + key + "', " + c.data + ", " + c.date + ")"); err != nil {
				t.Fatal(err)
			}
			rec, err := e.Load(t.Context(), key)
			if !errors.Is(err, c.want) {
				t.Fatalf("Load: err = %v, want %v", err, c.want)
			}
			if c.want != nil {
				return
			}
			if string(rec.Data) != "old" || rec.Expires.Year() != 2130 {
				t.Errorf("Load = %q, %v", rec.Data, rec.Expires)
			}
			replace(t, e, key, "old", "new") // and the save mends the row
			if got := column(t, e.reader, "SELECT typeof(session_data) FROM django_session"); got[0] != "text" {
				t.Errorf("after a save the data is of type %s, want text", got[0])
			}
		})
	}
}

// column returns the texts of a query's only column.
func column(t testing.TB, pool *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s.String)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
