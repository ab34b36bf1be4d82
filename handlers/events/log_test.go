package events_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/events"
	"sessionlab/handlers/internal/dbtest"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

// fill appends n entries, of the sessions "a" and "b" in turn, details "1" to n.
func fill(t *testing.T, s *events.Store, n int) {
	t.Helper()
	var entries []events.Entry
	for i := range n {
		entries = append(entries, events.Entry{
			At: time.Now(), Kind: "created", Session: string("ab"[i%2]), Engine: "db",
			Detail: fmt.Sprint(i + 1), Path: "/counter/",
		})
	}
	if err := s.Append(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
}

func details(entries []events.Entry) string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Detail)
	}
	return strings.Join(all, " ")
}

func TestAnEntryComesBackAsItWas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := events.New(d)
		if id, err := s.LastID(t.Context()); err != nil || id != 0 {
			t.Errorf("LastID of an empty log: got %d, %v, want 0", id, err)
		}
		want := events.Entry{
			At:   time.Date(2026, 11, 22, 20, 55, 51, 123456000, time.UTC),
			Kind: "expired", Session: "a1b2c3", Engine: "cached_db", Detail: "idle for 1800 s", Path: "/form/step-two/?a=ü",
		}
		if err := s.Append(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		got, err := s.Newest(t.Context(), events.Everyone(), 10)
		if err != nil || len(got) != 1 {
			t.Fatalf("got %v, %v, want one entry", got, err)
		}
		if id, err := s.LastID(t.Context()); err != nil || id != got[0].ID || id == 0 {
			t.Errorf("LastID: got %d, %v, want %d", id, err, got[0].ID)
		}
		want.ID = got[0].ID
		if got[0] != want {
			t.Errorf("got %+v, want %+v", got[0], want)
		}
	})
}

func TestNewestAndAfter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := events.New(d)
		fill(t, s, 6)
		last, err := s.LastID(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		first := last - 5
		newest := func(of events.Scope, n int) ([]events.Entry, error) { return s.Newest(t.Context(), of, n) }
		after := func(of events.Scope, id int64, n int) ([]events.Entry, error) {
			return s.After(t.Context(), of, id, n)
		}
		for _, c := range []struct {
			name string
			list func() ([]events.Entry, error)
			want string
		}{
			{"the newest three", func() ([]events.Entry, error) { return newest(events.Everyone(), 3) }, "6 5 4"},
			{"the newest none", func() ([]events.Entry, error) { return newest(events.Everyone(), 0) }, ""},
			{"less than none", func() ([]events.Entry, error) { return newest(events.Everyone(), -1) }, ""},
			{"the newest of one session", func() ([]events.Entry, error) { return newest(events.Only("a"), 2) }, "5 3"},
			{"of two sessions", func() ([]events.Entry, error) { return newest(events.Only("a", "b"), 2) }, "6 5"},
			{"R-105: of a visitor without a session", func() ([]events.Entry, error) { return newest(events.Only(), 9) }, ""},
			{"of nobody in particular", func() ([]events.Entry, error) { return newest(events.Scope{}, 9) }, ""},
			{"SQL for a session", func() ([]events.Entry, error) { return newest(events.Only("' OR 1=1 --"), 9) }, ""},
			{"after the third", func() ([]events.Entry, error) { return after(events.Everyone(), first+2, 9) }, "4 5 6"},
			{"after the third, two", func() ([]events.Entry, error) { return after(events.Everyone(), first+2, 2) }, "4 5"},
			{"after the third, of one session", func() ([]events.Entry, error) { return after(events.Only("b"), first+2, 9) }, "4 6"},
			{"after the last", func() ([]events.Entry, error) { return after(events.Everyone(), last, 9) }, ""},
			{"after one that never was", func() ([]events.Entry, error) { return after(events.Everyone(), 1<<62, 9) }, ""},
		} {
			got, err := c.list()
			if err != nil || details(got) != c.want {
				t.Errorf("%s: got %q, %v, want %q", c.name, details(got), err, c.want)
			}
		}
	})
}

func TestTrimKeepsTheNewest(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := events.New(d)
		fill(t, s, 2505)
		for _, c := range []struct {
			keep int
			gone int64
			want string // the newest two
		}{
			{3000, 0, "2505 2504"},
			{2505, 0, "2505 2504"},
			{5, 2500, "2505 2504"}, // more than two batches
			{1, 4, "2505"},
			{0, 1, ""},
			{0, 0, ""},
		} {
			gone, err := s.Trim(t.Context(), c.keep)
			if err != nil || gone != c.gone {
				t.Errorf("keep %d: got %d gone, %v, want %d", c.keep, gone, err, c.gone)
			}
			if got, err := s.Newest(t.Context(), events.Everyone(), 2); err != nil || details(got) != c.want {
				t.Errorf("keep %d: got %q, %v, want %q", c.keep, details(got), err, c.want)
			}
		}
	})
}

// An id that was used once is not used again, or a browser would miss what it names.
func TestIDsRiseAfterATrim(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := events.New(d)
		fill(t, s, 3)
		last, err := s.LastID(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Trim(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		fill(t, s, 1)
		if got, err := s.After(t.Context(), events.Everyone(), last, 9); err != nil || len(got) != 1 {
			t.Errorf("after id %d: got %v, %v, want the new entry", last, got, err)
		}
	})
}

// Without the lock in Append this loses entries on PostgreSQL.
func TestAReaderWhoFollowsMissesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := events.New(d)
		const writers, rounds = 8, 25
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range rounds {
					e := events.Entry{At: time.Now(), Kind: "saved", Session: "a"}
					if err := s.Append(t.Context(), e, e, e); err != nil {
						t.Error(err)
					}
				}
			})
		}
		written := make(chan struct{})
		go func() { wg.Wait(); close(written) }()
		var seen []int64
		for done := false; !done; {
			select {
			case <-written:
				done = true // one more look
			default:
			}
			id := int64(0)
			if len(seen) > 0 {
				id = seen[len(seen)-1]
			}
			entries, err := s.After(t.Context(), events.Everyone(), id, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				seen = append(seen, e.ID)
			}
		}
		if want := writers * rounds * 3; len(seen) != want || !slices.IsSorted(seen) {
			t.Errorf("the reader saw %d entries, want %d, in order", len(seen), want)
		}
	})
}

func TestAppendIsAllOrNone(t *testing.T) {
	d := dbtest.SQLite(t)
	s := events.New(d)
	if _, err := d.W.ExecContext(t.Context(), `CREATE TRIGGER refuse BEFORE INSERT ON lab_events
		WHEN NEW.kind = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END`); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), events.Entry{Kind: "good"}, events.Entry{Kind: "bad"}); err == nil {
		t.Error("got no error")
	}
	if got, err := s.Newest(t.Context(), events.Everyone(), 9); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v, want nothing", got, err)
	}
	if err := s.Append(t.Context()); err != nil {
		t.Errorf("nothing to append: %v", err)
	}
}

// what a client sends reaches the table as text that every database takes.
func TestTextFromOutsideIsMadeStorable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := events.New(d)
		e := events.Entry{At: time.Now(), Detail: "a\x00b\x1b[31m\xff", Path: "/" + strings.Repeat("é", 5000)}
		if err := s.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		got, err := s.Newest(t.Context(), events.Everyone(), 1)
		if err != nil || len(got) != 1 {
			t.Fatalf("got %v, %v, want one entry", got, err)
		}
		if want := "ab[31m\uFFFD"; got[0].Detail != want {
			t.Errorf("got detail %q, want %q", got[0].Detail, want)
		}
		if n := len([]rune(got[0].Path)); n != 300 || !strings.HasSuffix(got[0].Path, "é…") {
			t.Errorf("got a path of %d characters, want 300, the last an ellipsis", n)
		}
	})
}
