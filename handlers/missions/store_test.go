package missions_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/internal/dbtest"
	"sessionlab/handlers/missions"
	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

// begun is a visit that begins a session.
func begun(browser, session string) missions.Fact {
	return missions.Fact{
		At: time.Now(), Browser: browser, Call: "GET /counter/", URI: "/counter/", Status: 200, Engine: "db",
		Events: []sessions.EventKind{sessions.Created}, Session: session,
	}
}

func TestProgressIsKeptByLearnerAndMission(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		ctx, s := t.Context(), missions.New(d)
		for _, who := range []string{"ada", "bo"} {
			if solved, err := s.Note(ctx, who, begun(who+"1", "s"+who)); err != nil || fmt.Sprint(solved) != "[first-cookie]" {
				t.Fatalf("%s: %v, %v", who, solved, err)
			}
		}
		if err := s.OpenHint(ctx, "flush", []string{"ada", "bo"}); err != nil {
			t.Fatal(err)
		}
		for range missions.Hints {
			if err := s.OpenHint(ctx, "flush", []string{"ada"}); err != nil {
				t.Fatal(err)
			}
		}
		all, err := s.Progress(ctx)
		if err != nil {
			t.Fatal(err)
		}
		ada, bo := all["ada"], all["bo"]
		if ada["flush"].Hints != 3 || bo["flush"].Hints != 1 || ada["flush"].Begun.IsZero() || !ada["flush"].Solved.IsZero() {
			t.Errorf("hints: %+v, %+v", ada["flush"], bo["flush"])
		}
		if ada["first-cookie"].Solved.IsZero() || len(ada) != 2 {
			t.Errorf("what Ada has begun: %+v", ada)
		}
		if solved, err := missions.New(d).Solved(ctx, "ada"); err != nil || !solved["first-cookie"] || solved["flush"] {
			t.Errorf("after a restart Ada has solved %v, %v", solved, err)
		}
		reset := func(who, mission string, want string) {
			t.Helper()
			if err := s.Reset(ctx, who, mission); err != nil {
				t.Fatal(err)
			}
			all, err := s.Progress(ctx)
			if got := fmt.Sprint(len(all["ada"]), len(all["bo"])); err != nil || got != want {
				t.Errorf("reset of %q, %q: %s missions are begun, %v; want %s", who, mission, got, err, want)
			}
		}
		reset("ada", "flush", "1 2")
		reset("", "first-cookie", "0 1")
		if solved, err := s.Solved(ctx, "bo"); err != nil || solved["first-cookie"] {
			t.Errorf("a reset mission is still solved: %v, %v", solved, err)
		}
		reset("bo", "", "0 0")
		if err := s.Reset(ctx, "", "nothing"); !errors.Is(err, missions.ErrUnknown) {
			t.Errorf("an unknown mission: %v", err)
		}
	})
}

func TestASessionThatWasCarriedAwayIsStillItsOwners(t *testing.T) {
	s := missions.New(dbtest.SQLite(t))
	if _, err := s.Note(t.Context(), "ada", begun("a", "one")); err != nil {
		t.Fatal(err)
	}
	carried := missions.Fact{
		Call: "GET /counter/", Status: 200, Named: "one", Session: "one",
		Events: []sessions.EventKind{sessions.Loaded},
	}
	for _, who := range []string{"", "eve"} {
		carried.Browser = who
		if solved, err := s.Note(t.Context(), who, carried); err != nil || len(solved) > 0 {
			t.Errorf("by %q: solved %v, %v", who, solved, err)
		}
		if solved, err := s.Solved(t.Context(), "ada"); err != nil || !solved["hijack"] {
			t.Errorf("carried off by %q: its owner has solved %v, %v", who, solved, err)
		}
		if err := s.Reset(t.Context(), "ada", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Note(t.Context(), "ada", begun("a", "one")); err != nil {
			t.Fatal(err)
		}
	}
}

// What is remembered of one learner is bounded, and goes on working where it is full.
func TestMuchThatHappensTakesNoMoreRoom(t *testing.T) {
	s := missions.New(dbtest.SQLite(t))
	for i := range 500 {
		if _, err := s.Note(t.Context(), "ada", begun("a", fmt.Sprint("s", i))); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Note(t.Context(), "", begun("", fmt.Sprint("n", i))); err != nil {
			t.Fatal(err)
		}
	}
	solved, err := s.Note(t.Context(), "ada", begun("b", "other"))
	if err != nil || fmt.Sprint(solved) != "[two-browsers]" {
		t.Errorf("a second browser after much else: %v, %v", solved, err)
	}
}

func TestEveryMissionIsWholeAndNamedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range missions.All() {
		texts := append([]string{m.Title, m.Purpose, m.Learned}, m.Hints[:]...)
		for _, text := range texts {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: a text is missing", m.ID)
			}
		}
		if seen[m.ID] || strings.Count(m.Purpose, ". ") > 0 {
			t.Errorf("%s: a second mission of this id, or a purpose of several sentences", m.ID)
		}
		seen[m.ID] = true
	}
}

// A note is taken on each request of a learner, with a full memory of what came before.
func BenchmarkNote(b *testing.B) {
	s := missions.New(dbtest.SQLite(b))
	for i := range 200 {
		if _, err := s.Note(b.Context(), "ada", begun("a", fmt.Sprint("s", i))); err != nil {
			b.Fatal(err)
		}
	}
	f := begun("a", "now")
	for b.Loop() {
		if _, err := s.Note(b.Context(), "ada", f); err != nil {
			b.Fatal(err)
		}
	}
}
