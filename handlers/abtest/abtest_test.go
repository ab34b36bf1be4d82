package abtest

import (
	"errors"
	"os"
	"sync"
	"testing"

	"sessionlab/handlers/database"
	"sessionlab/handlers/internal/dbtest"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

var button = Experiment{Name: "button", Variants: []Variant{{"green", 1}, {"orange", 1}}}

// see counts visitors of the run, of whom some convert.
func see(t *testing.T, s *Store, run int64, variant string, exposed, converted int) {
	t.Helper()
	for range exposed {
		if err := s.Expose(t.Context(), button, run, variant); err != nil {
			t.Fatal(err)
		}
	}
	for range converted {
		if err := s.Convert(t.Context(), button, run, variant); err != nil {
			t.Fatal(err)
		}
	}
}

// check compares the counts: exposures and conversions of green, then of orange.
func check(t *testing.T, s *Store, status Status, want [4]int64) Results {
	t.Helper()
	r, err := s.Results(t.Context(), button)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != status {
		t.Errorf("got %+v, want %+v", r.Status, status)
	}
	if len(r.Variants) != 2 || r.Variants[0].Name != "green" || r.Variants[1].Name != "orange" {
		t.Fatalf("got variants %+v, want green and orange", r.Variants)
	}
	got := [4]int64{r.Variants[0].Exposures, r.Variants[0].Conversions, r.Variants[1].Exposures, r.Variants[1].Conversions}
	if got != want {
		t.Errorf("got counts %v, want %v", got, want)
	}
	return r
}

func TestResultsCountAndCompare(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := New(d)
		check(t, s, Status{Run: 1}, [4]int64{})
		see(t, s, 1, "green", 20, 4)
		see(t, s, 1, "orange", 20, 16)
		r := check(t, s, Status{Run: 1}, [4]int64{20, 4, 20, 16})
		green, orange := r.Variants[0], r.Variants[1]
		if green.Rate != 0.2 || orange.Rate != 0.8 || green.Interval != Wilson(4, 20) || orange.Interval != Wilson(16, 20) {
			t.Errorf("got rates %v in %v and %v in %v", green.Rate, green.Interval, orange.Rate, orange.Interval)
		}
		if want := orange.Rate - green.Rate; orange.Difference != want || orange.DifferenceInterval != Newcombe(16, 20, 4, 20) || !orange.Differs() {
			t.Errorf("got difference %v in %v, want %v, and more than chance", orange.Difference, orange.DifferenceInterval, want)
		}
		if green.Difference != 0 || green.DifferenceInterval != (Interval{}) || green.Differs() {
			t.Errorf("the first variant is compared with itself: %+v", green)
		}
	})
}

func TestResultsOfOneVisitorSayNothing(t *testing.T) {
	s := New(dbtest.SQLite(t))
	see(t, s, 1, "orange", 1, 1)
	if r := check(t, s, Status{Run: 1}, [4]int64{0, 0, 1, 1}); r.Variants[1].Differs() {
		t.Errorf("one visitor made a difference: %+v", r.Variants[1])
	}
}

func TestNeverMoreConversionsThanExposures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := New(d)
		see(t, s, 1, "green", 0, 1)
		see(t, s, 1, "orange", 2, 5)
		check(t, s, Status{Run: 1}, [4]int64{0, 0, 2, 2})
	})
}

func TestParallelCountsAreExact(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := New(d)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				for range 10 {
					if err := errors.Join(s.Expose(t.Context(), button, 1, "green"), s.Convert(t.Context(), button, 1, "green")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		check(t, s, Status{Run: 1}, [4]int64{100, 100, 0, 0})
	})
}

func TestEndFixesOneWinner(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := New(d)
		see(t, s, 1, "orange", 3, 1)
		if err := s.End(t.Context(), button, "orange"); err != nil {
			t.Fatal(err)
		}
		if err := s.End(t.Context(), button, "green"); !errors.Is(err, ErrEnded) {
			t.Errorf("a second end: got %v, want ErrEnded", err)
		}
		check(t, s, Status{Run: 1, Winner: "orange"}, [4]int64{0, 0, 3, 1})
		other, err := s.Status(t.Context(), Experiment{Name: "another"})
		if want := (Status{Run: 1}); err != nil || other != want {
			t.Errorf("another experiment: got %+v, %v, want %+v", other, err, want)
		}
	})
}

func TestResetStartsTheNextRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *database.DB) {
		s := New(d)
		see(t, s, 1, "green", 2, 1)
		if err := s.End(t.Context(), button, "green"); err != nil {
			t.Fatal(err)
		}
		for run := int64(2); run <= 3; run++ {
			if err := s.Reset(t.Context(), button); err != nil {
				t.Fatal(err)
			}
			check(t, s, Status{Run: run}, [4]int64{})
		}
		see(t, s, 1, "green", 1, 1) // a visitor who was assigned before
		check(t, s, Status{Run: 3}, [4]int64{})
		see(t, s, 3, "green", 1, 0)
		check(t, s, Status{Run: 3}, [4]int64{1, 0, 0, 0})
		if err := s.End(t.Context(), button, "orange"); err != nil {
			t.Fatal(err)
		}
		check(t, s, Status{Run: 3, Winner: "orange"}, [4]int64{1, 0, 0, 0})
	})
}

func TestAnUnknownVariantIsRefused(t *testing.T) {
	s := New(dbtest.SQLite(t))
	for name, err := range map[string]error{
		"Expose":  s.Expose(t.Context(), button, 1, "purple"),
		"Convert": s.Convert(t.Context(), button, 1, ""),
		"End":     s.End(t.Context(), button, "purple"),
	} {
		if !errors.Is(err, ErrVariant) {
			t.Errorf("%s: got %v, want ErrVariant", name, err)
		}
	}
	check(t, s, Status{Run: 1}, [4]int64{})
}

func TestCheckOfADefinition(t *testing.T) {
	for _, c := range []struct {
		name string
		e    Experiment
		ok   bool
	}{
		{"two variants", button, true},
		{"one of them unused", Experiment{"x", []Variant{{"a", 0}, {"b", 1}}}, true},
		{"no name", Experiment{"", button.Variants}, false},
		{"one variant", Experiment{"x", button.Variants[:1]}, false},
		{"one name twice", Experiment{"x", []Variant{{"a", 1}, {"a", 1}}}, false},
		{"a variant without a name", Experiment{"x", []Variant{{"a", 1}, {"", 1}}}, false},
		{"a weight below zero", Experiment{"x", []Variant{{"a", 2}, {"b", -1}}}, false},
		{"no weight at all", Experiment{"x", []Variant{{"a", 0}, {"b", 0}}}, false},
	} {
		if err := c.e.Check(); (err == nil) != c.ok {
			t.Errorf("%s: got %v, want ok: %v", c.name, err, c.ok)
		}
	}
}
