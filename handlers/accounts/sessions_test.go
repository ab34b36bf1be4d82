package accounts

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/internal/dbtest"
)

// hashes lists the user's sessions in the order of Sessions.
func hashes(t *testing.T, s *Store, id int64) string {
	t.Helper()
	list, err := s.Sessions(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, one := range list {
		all = append(all, one.Hash)
	}
	return strings.Join(all, " ")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

//
func TestAUserSeesAndEndsTheOwnSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		setup := open(t, d, Options{})
		ada, grace := register(t, setup, "ada").ID, register(t, setup, "grace").ID
		synctest.Test(t, func(t *testing.T) {
			s := open(t, d, Options{})
			start := time.Now().UTC()
			must(t, s.AddSession(t.Context(), ada, "one", "Firefox"))
			must(t, s.AddSession(t.Context(), grace, "one", "curl"))
			time.Sleep(time.Second)
			must(t, s.AddSession(t.Context(), ada, "two", "Chromium"))

			list, err := s.Sessions(t.Context(), ada)
			if err != nil || len(list) != 2 {
				t.Fatalf("got %v, %v, want two sessions", list, err)
			}
			if want := (Session{"one", "Firefox", start, start}); list[1] != want {
				t.Errorf("got %+v, want %+v", list[1], want)
			}

			time.Sleep(2 * time.Minute)
			must(t, s.SeeSession(t.Context(), ada, "one"))
			if got := hashes(t, s, ada); got != "one two" {
				t.Errorf("got %q, want the one seen last first", got)
			}

			must(t, s.EndSession(t.Context(), ada, "one"))
			must(t, s.EndSession(t.Context(), ada, "one"))
			if err := s.SeeSession(t.Context(), ada, "one"); !errors.Is(err, ErrNotFound) {
				t.Errorf("an ended session: got %v, want ErrNotFound", err)
			}
			if err := s.RenameSession(t.Context(), ada, "one", "three"); !errors.Is(err, ErrNotFound) {
				t.Errorf("an ended session under a new key: got %v, want ErrNotFound", err)
			}
			if got := hashes(t, s, ada) + "/" + hashes(t, s, grace); got != "two/one" {
				t.Errorf("got %q, want ada's two and grace's one", got)
			}
			if _, err := s.SignOutEverywhere(t.Context(), ada); err != nil {
				t.Fatal(err)
			}
			if got := hashes(t, s, ada) + "/" + hashes(t, s, grace); got != "/one" {
				t.Errorf("after ada signed out everywhere: got %q, want grace's one", got)
			}
		})
	})
}

func TestASessionIsFollowedToItsNewKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		ada := register(t, s, "ada").ID
		must(t, s.AddSession(t.Context(), ada, "old", "Firefox"))
		before, err := s.Sessions(t.Context(), ada)
		must(t, err)
		must(t, s.RenameSession(t.Context(), ada, "old", "new"))
		after, err := s.Sessions(t.Context(), ada)
		must(t, err)
		if before[0].Hash = "new"; len(after) != 1 || after[0] != before[0] {
			t.Errorf("got %+v, want %+v", after, before)
		}
		must(t, s.AddSession(t.Context(), ada, "new", "Firefox 2"))
		if list, err := s.Sessions(t.Context(), ada); err != nil || len(list) != 1 || list[0].UserAgent != "Firefox 2" {
			t.Errorf("added twice: got %+v, %v, want one", list, err)
		}
		if err := s.AddSession(t.Context(), ada+1, "x", ""); err == nil {
			t.Error("a session of nobody was added")
		}
	})
}

func TestSeeingASessionWritesOnceAMinute(t *testing.T) {
	d := dbtest.SQLite(t)
	ada := register(t, open(t, d, Options{}), "ada").ID
	synctest.Test(t, func(t *testing.T) {
		s := open(t, d, Options{})
		must(t, s.AddSession(t.Context(), ada, "one", ""))
		start := time.Now().UTC()
		for _, c := range []struct{ wait, seen time.Duration }{
			{59 * time.Second, 0}, {time.Second, time.Minute}, {30 * time.Second, time.Minute}, {30 * time.Second, 2 * time.Minute},
		} {
			time.Sleep(c.wait)
			must(t, s.SeeSession(t.Context(), ada, "one"))
			list, err := s.Sessions(t.Context(), ada)
			must(t, err)
			if got := list[0].Seen.Sub(start); got != c.seen {
				t.Errorf("after %v: seen at %v, want %v", time.Since(start), got, c.seen)
			}
		}
	})
}

func TestOldSessionsArePurged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		ada := register(t, s, "ada").ID
		must(t, s.AddSession(t.Context(), ada, "live", ""))
		tx, err := d.W.BeginTx(t.Context(), nil)
		must(t, err)
		for i := range 2100 { // more than two batches
			_, err := tx.ExecContext(t.Context(), d.Q(`
				INSERT INTO lab_user_sessions (user_id, session, user_agent, created_at, seen_at) VALUES (?, ?, '', 1, ?)`),
				ada, fmt.Sprint(i), i)
			must(t, err)
		}
		must(t, tx.Commit())
		gone, err := s.PurgeSessions(t.Context(), time.UnixMicro(2099))
		if err != nil || gone != 2099 {
			t.Errorf("got %d gone, %v, want 2099", gone, err)
		}
		if got := hashes(t, s, ada); got != "live 2099" {
			t.Errorf("got %q left, want the live one, and the one seen at that very time", got)
		}
	})
}

func TestAUserHasABoundedNumberOfSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		ada := register(t, open(t, d, Options{}), "ada").ID
		synctest.Test(t, func(t *testing.T) {
			s := open(t, d, Options{})
			for i := range maxSessions + 5 {
				must(t, s.AddSession(t.Context(), ada, fmt.Sprint(i), ""))
				time.Sleep(time.Second)
			}
			list, err := s.Sessions(t.Context(), ada)
			must(t, err)
			if n := len(list); n != maxSessions || list[0].Hash != "104" || list[n-1].Hash != "5" {
				t.Errorf("got %d sessions from %s to %s, want %d from 104 to 5", n, list[0].Hash, list[n-1].Hash, maxSessions)
			}
		})
	})
}

// a browser may call itself anything.
func TestUserAgentsAreShortened(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := open(t, d, Options{})
		ada := register(t, s, "ada").ID
		for agent, want := range map[string]string{
			"Mozilla/5.0 (X11)":       "Mozilla/5.0 (X11)",
			"a\x00b\r\nc\x1bd":        "abcd",
			"\xff":                    "\uFFFD",
			strings.Repeat("é", 5000): strings.Repeat("é", maxAgent-1) + "…",
		} {
			must(t, s.AddSession(t.Context(), ada, "one", agent))
			list, err := s.Sessions(t.Context(), ada)
			must(t, err)
			if list[0].UserAgent != want {
				t.Errorf("%.20q: got %q, want %q", agent, list[0].UserAgent, want)
			}
		}
	})
}
