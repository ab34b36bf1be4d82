package interop

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/db"
	"sessionlab/sessions/sessionstest/testdb"
	"sessionlab/sessions/sessionstest/testserver"
)

// TestInterop starts Django once for each store, and goes through all that two programs
// do with one session.
func TestInterop(t *testing.T) {
	for _, c := range stores {
		t.Run(c.name, func(t *testing.T) {
			s := c.open(t)
			for _, check := range []struct {
				name string
				f    func(*testing.T, store)
			}{
				{"DjangoWritesAndGoReads", djangoWritesAndGoReads},
				{"GoWritesAndDjangoReads", goWritesAndDjangoReads},
				{"BothWriteInTurn", bothWriteInTurn},
				{"ASignOutHoldsOnBothSides", aSignOutHoldsOnBothSides},
				{"KeysCycleOnBothSides", keysCycleOnBothSides},
				{"ExpiryMeansTheSame", expiryMeansTheSame},
				{"DjangoClearsWhatGoHasStored", djangoClearsWhatGoHasStored},
			} {
				t.Run(check.name, func(t *testing.T) { check.f(t, s) })
			}
		})
	}
}

// samples are the sessions of the vectors that strict JSON can hold, without those that
// say when they end, by their names.
func samples(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../signing/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Vectors []struct {
			ID      string          `json:"id"`
			Session json.RawMessage `json:"session"`
			JSON    string          `json:"json"`
		} `json:"vectors"`
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, v := range v.Vectors {
		if string(v.Session) != "null" && !strings.Contains(v.JSON, "_session_expiry") && v.JSON != "{}" {
			texts[v.ID] = v.JSON
		}
	}
	if len(texts) < 60 {
		t.Fatalf("only %d samples", len(texts))
	}
	return texts
}

func djangoWritesAndGoReads(t *testing.T, s store) {
	for name, text := range samples(t) {
		key := s.djangoPut(t, text)
		if s.cookie && len("sessionid")+len(key) > 4096 {
			continue // Django has no limit, a browser would drop it (B-256)
		}
		s.both(t, name, key, text)
	}
}

func goWritesAndDjangoReads(t *testing.T, s store) {
	for name, text := range samples(t) {
		key, err := s.goPut(t, text)
		if s.cookie && errors.Is(err, sessions.ErrTooLarge) {
			continue
		}
		if err != nil {
			t.Fatalf("%s: Save: %v", name, err)
		}
		s.both(t, name, key, text)
	}
}

// bothWriteInTurn: one visitor, whose requests are answered by the two in turn.
func bothWriteInTurn(t *testing.T, s store) {
	count := sessions.Key[int]("n")
	key := s.djangoPut(t, `{"price":1.0,"n":0,"name":"Zo\u00eb"}`)
	for round := range 10 {
		session := s.layer.Open(t.Context(), key)
		count.Update(session, func(n int) int { return n + 1 })
		session.Set(fmt.Sprint("go", round), []any{round, float64(round), "é"})
		if err := session.Save(); err != nil {
			t.Fatalf("round %d: Save: %v", round, err)
		}
		if !s.cookie && session.Key() != key {
			t.Fatalf("round %d: the key has changed", round)
		}
		key = session.Key()
		text := s.djangoGet(t, key)
		s.both(t, "after Go", key, text)

		want := fmt.Sprintf(`"n":%d,`, 2*round+1)
		if !strings.Contains(text, want) || !strings.HasPrefix(text, `{"price":1.0,"n":`) {
			t.Errorf("round %d: Django reads %s, want %s in it, in the order of writing", round, text, want)
		}
		text = strings.Replace(text, want, fmt.Sprintf(`"n":%d,`, 2*round+2), 1)
		if s.cookie {
			key = s.djangoPut(t, text)
		} else {
			args := append(append([]string{s.put[0], "--merge"}, s.put[1:]...), key, text)
			s.django.run(t, args...)
		}
		s.both(t, "after Django", key, text)
	}
	if got := count.Get(s.layer.Open(t.Context(), key)); got != 20 {
		t.Errorf("n = %d after 10 rounds, want 20", got)
	}
}

// aSignOutHoldsOnBothSides is B-086 and R-10 across the two.
func aSignOutHoldsOnBothSides(t *testing.T, s store) {
	if s.cookie {
		t.Skip("a cookie cannot be revoked (B-251)")
	}
	key := s.djangoPut(t, `{"user":"alice"}`)
	session := s.layer.Open(t.Context(), key)
	session.Flush()
	if err := session.Save(); err != nil {
		t.Fatal(err)
	}
	s.both(t, "after Go has flushed", key, "null")

	key, err := s.goPut(t, `{"user":"alice"}`)
	if err != nil {
		t.Fatal(err)
	}
	session = s.layer.Open(t.Context(), key) // a request under way
	session.Set("late", true)
	s.django.run(t, append(s.remove[:len(s.remove):len(s.remove)], key)...)
	s.both(t, "after Django has deleted", key, "null")
	if err := session.Save(); !errors.Is(err, sessions.ErrInterrupted) {
		t.Errorf("Save after Django has deleted: err = %v, want ErrInterrupted", err)
	}
	s.both(t, "after the late save", key, "null")
}

func keysCycleOnBothSides(t *testing.T, s store) { // B-082
	if s.cookie {
		t.Skip("the key of a cookie is its data (B-252)")
	}
	old := s.djangoPut(t, `{"user":"alice"}`)
	session := s.layer.Open(t.Context(), old)
	session.CycleKey()
	if err := session.Save(); err != nil {
		t.Fatal(err)
	}
	s.both(t, "the old key after Go has cycled", old, "null")
	s.both(t, "the new key after Go has cycled", session.Key(), `{"user":"alice"}`)

	key := s.django.run(t, append(s.cycle[:len(s.cycle):len(s.cycle)], session.Key())...)
	s.both(t, "the old key after Django has cycled", session.Key(), "null")
	s.both(t, "the new key after Django has cycled", key, `{"user":"alice"}`)
}

// expiryMeansTheSame is B-040 to B-045: what one side has set the other counts with.
func expiryMeansTheSame(t *testing.T, s store) {
	const week2 = 14 * 24 * time.Hour
	date := time.Now().Add(3 * time.Hour).Truncate(time.Microsecond)
	for _, c := range []struct {
		name, text string
		expiry     sessions.Expiry
		want       time.Duration
	}{
		{"none", `{"a":1}`, sessions.DefaultExpiry, week2},
		{"browser close", `{"a":1,"_session_expiry":0}`, sessions.AtBrowserClose, week2},
		{"seconds", `{"a":1,"_session_expiry":7200}`, sessions.After(2 * time.Hour), 2 * time.Hour},
		{"a date", `{"a":1,"_session_expiry":"` + date.UTC().Format("2006-01-02T15:04:05.000000") + `+00:00"}`, sessions.At(date), 3 * time.Hour},
	} {
		session := s.layer.Open(t.Context(), "")
		session.Set("a", 1)
		session.SetExpiry(c.expiry)
		if err := session.Save(); err != nil {
			t.Fatal(err)
		}
		near(t, c.name+", set by Go", s.expiresIn(t, session.Key()), c.want)
		if c.name == "a date" && !s.django.knowsDates(t) {
			session.Flush() // an old Django cannot store one, and fails over one in a file (B-192)
			if err := session.Save(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		s.both(t, c.name+", set by Go", session.Key(), c.text)
		near(t, c.name+", set by Django", s.expiresIn(t, s.djangoPut(t, c.text)), c.want)
	}
	if key := s.djangoPut(t, `{"a":1,"_session_expiry":-10}`); s.goGet(t, key) != "null" {
		t.Error("a session that Django has stored as expired is there")
	}
}

func near(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if got > want || got < want-time.Minute {
		t.Errorf("%s: it ends in %v, want %v", what, got, want)
	}
}

// djangoClearsWhatGoHasStored, and nothing that is live (B-158, B-188).
func djangoClearsWhatGoHasStored(t *testing.T, s store) {
	if s.cookie {
		t.Skip("nothing to clear (B-254)")
	}
	live, err := s.goPut(t, `{"a":1}`)
	if err != nil {
		t.Fatal(err)
	}
	engine := s.layer.Config().Engine
	data, err := s.layer.Config().Codec.Encode([]sessions.Entry{{Name: "a", Value: []byte("1")}})
	if err != nil {
		t.Fatal(err)
	}
	soon := time.Now().UTC().Add(100 * time.Millisecond)
	expired, err := engine.Create(t.Context(), sessions.Record{Data: data, Used: soon.Add(-14 * 24 * time.Hour), Expires: soon})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(soon) + 10*time.Millisecond)
	s.django.run(t, s.clear...)
	s.both(t, "the live one", live, `{"a":1}`)
	if n, err := engine.(sessions.Clearer).Clear(t.Context(), nil, nil); n != 0 || err != nil {
		t.Errorf("Clear after Django's = %d, %v, want nothing left to do", n, err)
	}
	s.both(t, "the expired one", expired, "null")
}

// A Django with USE_TZ=False keeps local dates in SQLite and does not say in which zone; on
// PostgreSQL the column says it.
func TestDjangoWithoutTimeZoneSupport(t *testing.T) {
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TZ", chicago.String()) // Django sets it by itself, but not where its settings are made by configure
	const age = time.Hour
	for name, open := range map[string]func() string{
		"SQLite":     func() string { return filepath.Join(t.TempDir(), "django.sqlite3") },
		"PostgreSQL": func() string { return testserver.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			url := open()
			d := startDjango(t, url, t.TempDir(), "--no-use-tz", "--time-zone", chicago.String(), "--cookie-age", "3600")
			if _, failed := d.try(t, "migrate"); failed != "" {
				absent(t, "Django cannot reach its database, is python3-psycopg2 installed? "+failed)
			}
			if name == "SQLite" {
				url = "sqlite:" + url
			}
			s := openTable(t, d, url, chicago)
			key := s.djangoPut(t, `{"a":1}`)
			s.both(t, "written by Django", key, `{"a":1}`)
			near(t, "what Django wrote", s.expiresIn(t, key), age)
			session := s.layer.Open(t.Context(), key)
			session.Set("a", 2)
			session.SetExpiry(sessions.After(30 * time.Minute))
			if err := session.Save(); err != nil {
				t.Fatal(err)
			}
			if got := s.djangoGet(t, key); !strings.Contains(got, `"a":2`) {
				t.Errorf("Django reads %s, want what Go has saved for half an hour", got)
			}
			near(t, "what Go wrote", s.expiresIn(t, key), 30*time.Minute)
		})
	}
}

// TestDjangoUsesATableThatGoHasMade: names and types agree (wire format 4.1).
func TestDjangoUsesATableThatGoHasMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "go.sqlite3")
	base, err := testdb.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.CreateSQLiteTable(t.Context(), base.Writer), base.Close()); err != nil {
		t.Fatal(err)
	}
	s := openTable(t, startDjango(t, path, t.TempDir()), "sqlite:"+path, nil)
	s.both(t, "written by Django", s.djangoPut(t, `{"a":1}`), `{"a":1}`)
	key, err := s.goPut(t, `{"a":1}`)
	if err != nil {
		t.Fatal(err)
	}
	s.both(t, "written by Go", key, `{"a":1}`)
	var row struct {
		Expires time.Time      `json:"expire_date"`
		Decoded map[string]int `json:"decoded"`
	}
	if err := json.Unmarshal([]byte(s.django.run(t, "row", key)), &row); err != nil {
		t.Fatal(err)
	}
	if near(t, "the row in Django's eyes", time.Until(row.Expires), 14*24*time.Hour); row.Decoded["a"] != 1 {
		t.Errorf("Django decodes the row as %v", row.Decoded)
	}
}
