package abtest

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The figures are Newcombe's own (Statistics in Medicine 17, 1998, pages 857 to 890),
// given there to four digits.
func TestWilsonAgreesWithThePaper(t *testing.T) {
	for _, c := range []struct {
		successes, trials int64
		want              Interval
	}{
		{81, 263, Interval{0.2553, 0.3662}},
		{15, 148, Interval{0.0624, 0.1605}},
		{0, 20, Interval{0, 0.1611}},
		{1, 29, Interval{0.0061, 0.1718}},
		{20, 20, Interval{0.8389, 1}}, // the mirror of 0 in 20
		{0, 0, Interval{0, 1}},
	} {
		got := Wilson(c.successes, c.trials)
		if !close4(got, c.want) {
			t.Errorf("Wilson(%d, %d): got %.4f, want %.4f", c.successes, c.trials, got, c.want)
		}
	}
}

func TestNewcombeAgreesWithThePaper(t *testing.T) {
	for _, c := range []struct {
		s1, n1, s2, n2 int64
		want           Interval
	}{
		{56, 70, 48, 80, Interval{0.0524, 0.3339}},
		{9, 10, 3, 10, Interval{0.1705, 0.8090}},
		{10, 10, 0, 20, Interval{0.6791, 1}},
		{10, 10, 0, 10, Interval{0.6075, 1}},
		{0, 0, 5, 10, Interval{-1, 1}},
		{5, 10, 0, 0, Interval{-1, 1}},
	} {
		got := Newcombe(c.s1, c.n1, c.s2, c.n2)
		if !close4(got, c.want) {
			t.Errorf("Newcombe(%d/%d, %d/%d): got %.4f, want %.4f", c.s1, c.n1, c.s2, c.n2, got, c.want)
		}
	}
}

func close4(got, want Interval) bool {
	return math.Abs(got.Low-want.Low) < 0.00006 && math.Abs(got.High-want.High) < 0.00006
}

func TestIntervalsHoldWhatWasSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n1, n2 := rapid.Int64Range(0, 1e9).Draw(t, "n1"), rapid.Int64Range(0, 1e9).Draw(t, "n2")
		s1, s2 := rapid.Int64Range(0, n1).Draw(t, "s1"), rapid.Int64Range(0, n2).Draw(t, "s2")
		w := Wilson(s1, n1)
		if p := rate(s1, n1); !(0 <= w.Low && w.Low <= p && p <= w.High && w.High <= 1) {
			t.Fatalf("Wilson(%d, %d) = %v: does not hold %v within 0 and 1", s1, n1, w, p)
		}
		d := Newcombe(s1, n1, s2, n2)
		if p := rate(s1, n1) - rate(s2, n2); !(-1 <= d.Low && d.Low <= p && p <= d.High && d.High <= 1) {
			t.Fatalf("Newcombe(%d, %d, %d, %d) = %v: does not hold %v within -1 and 1", s1, n1, s2, n2, d, p)
		}
		if back := Newcombe(s2, n2, s1, n1); math.Abs(back.Low+d.High) > 1e-12 || math.Abs(back.High+d.Low) > 1e-12 {
			t.Fatalf("the other way round: got %v, want the mirror of %v", back, d)
		}
	})
}

func TestAssignGivesEachVariantItsShare(t *testing.T) {
	variants := []Variant{{"none", 0}, {"three", 3}, {"one", 1}, {"nothing", 0}}
	counts := map[string]int{}
	for i := range 4000 {
		counts[Assign(variants, float64(i)/4000)]++
	}
	if counts["three"] != 3000 || counts["one"] != 1000 || len(counts) != 2 {
		t.Errorf("got %v, want 3000 of three and 1000 of one", counts)
	}
}

func TestAssignAtItsLimits(t *testing.T) {
	variants := []Variant{{"a", 1}, {"b", 1}, {"c", 0}}
	for _, c := range []struct {
		r    float64
		want string
	}{
		{0, "a"}, {math.Nextafter(0.5, 0), "a"}, {0.5, "b"}, {math.Nextafter(1, 0), "b"}, {1, "b"},
	} {
		if got := Assign(variants, c.r); got != c.want {
			t.Errorf("r = %v: got %q, want %q", c.r, got, c.want)
		}
	}
	if got := Assign([]Variant{{"a", 0}}, 0.5); got != "" {
		t.Errorf("no weight: got %q, want none", got)
	}
}
