package race

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// orders are all ways in which the steps of two requests can follow each other.
func orders() (all []Steps) {
	var more func(Steps)
	more = func(s Steps) {
		if s.Over() {
			all = append(all, slices.Clone(s))
			return
		}
		for who, taken := range s.Taken() {
			if taken < StepsEach {
				more(append(slices.Clone(s), who))
			}
		}
	}
	more(nil)
	return all
}

func run(t *testing.T, preset string, steps Steps) []Track {
	t.Helper()
	p, ok := Named(preset)
	if !ok {
		t.Fatalf("there is no preset %s", preset)
	}
	tracks, err := Run(p, steps)
	if err != nil {
		t.Fatal(err)
	}
	return tracks
}

func outcomes(tracks []Track) (all []Outcome) {
	for _, track := range tracks {
		all = append(all, track.Outcome)
	}
	return all
}

func TestWhatEachTrackDoesWhenBothRequestsMeet(t *testing.T) {
	for _, c := range []struct {
		preset, steps string
		want          []Outcome // Plain scs, Django's rule, Set, Update
	}{
		{"lost-click", "A1,B1,A2,B2,A3,B3,A4,B4", []Outcome{Lost, Lost, Refused, Kept}},
		{"lost-click", "A1,A2,A3,A4,B1,B2,B3,B4", []Outcome{Kept, Kept, Kept, Kept}},
		{"sign-out", "A1,A2,B1,B2,B3,B4,A3,A4", []Outcome{Revived, Refused, Refused, Refused}},
		{"sign-out", "A1,A2,A3,A4,B1,B2,B3,B4", []Outcome{Kept, Kept, Kept, Kept}},
		{"sign-out", "B1,B2,B3,B4,A1,A2,A3,A4", []Outcome{Apart, Apart, Apart, Apart}},
		{"two-entries", "A1,B1,A2,B2,A3,B3,A4,B4", []Outcome{Lost, Lost, Kept, Kept}},
		{"key-cycle", "A1,B1,A2,B2,A3,B3,A4,B4", []Outcome{Revived, Refused, Refused, Refused}},
		{"key-cycle", "A1,B1,B2,B3,B4,A2,A3,A4", []Outcome{Lost, Lost, Kept, Kept}},
		{"late-fill", "A1,A2,B1,B2,B3,B4,A3,A4", []Outcome{Revived, Kept}},
		{"late-fill", "A1,A2,A3,A4,B1,B2,B3,B4", []Outcome{Kept, Kept}},
		{"late-fill", "B1,B2,B3,B4,A1,A2,A3,A4", []Outcome{Kept, Kept}},
	} {
		steps, err := Parse(c.steps)
		if err != nil {
			t.Fatal(err)
		}
		tracks := run(t, c.preset, steps)
		if got := outcomes(tracks); !slices.Equal(got, c.want) {
			t.Errorf("%s in the order %s: %q, want %q", c.preset, c.steps, got, c.want)
			for _, track := range tracks {
				t.Logf("%+v", track)
			}
		}
	}
}

// In every order of the steps, the layer counts what it answers with 200; plain scs and
// Django's rule do so only where the requests do not overlap.
func TestThisLayerLosesNoClickInAnyOrder(t *testing.T) {
	lost := map[string]int{}
	for _, steps := range orders() {
		for i, track := range run(t, "lost-click", steps) {
			told := 0
			for who, r := range track.Requests {
				if r.Status == 200 {
					told++
				} else if i < 2 || r.Status != 409 {
					t.Errorf("%s, %s: %c was answered with %d", steps, track.Name, 'A'+who, r.Status)
				}
			}
			counted := number(track.Records[0].value("visit_count")) - 5
			switch {
			case counted < told && i < 2:
				lost[track.Name]++
			case counted != told:
				t.Errorf("%s, %s: %d clicks answered with 200, %d counted", steps, track.Name, told, counted)
			case i == 3 && counted != 2:
				t.Errorf("%s, %s: %d counted, want both", steps, track.Name, counted)
			case i == 2 && counted == 0:
				t.Errorf("%s, %s: both were refused", steps, track.Name)
			}
			if lostOne := counted < told; lostOne != (track.Outcome == Lost) {
				t.Errorf("%s, %s: the verdict is %s, with %d told and %d counted", steps, track.Name, track.Outcome, told, counted)
			}
		}
	}
	if n := len(orders()) - 2; len(orders()) != 70 || lost["Plain scs"] != n || lost["Django's rule"] != n {
		t.Errorf("lost in %v of %d orders, want in all that overlap", lost, len(orders()))
	}
}

// In no order of any preset does the layer lose a change in silence, or bring back what
// has ended. The others do, in some order of each.
func TestThisLayerIsRightInEveryOrderOfEveryPreset(t *testing.T) {
	for _, p := range Presets() {
		seen := map[string]map[Outcome]int{}
		for _, steps := range orders() {
			for _, track := range run(t, p.Name, steps) {
				if seen[track.Name] == nil {
					seen[track.Name] = map[Outcome]int{}
				}
				seen[track.Name][track.Outcome]++
				if bad := track.Outcome == Lost || track.Outcome == Revived; bad && strings.HasPrefix(track.Name, "This layer") {
					t.Errorf("%s, %s, %s: %s", p.Name, steps, track.Name, track.Verdict)
				}
				if track.Outcome == Open || track.Verdict == "" {
					t.Errorf("%s, %s, %s: no verdict", p.Name, steps, track.Name)
				}
			}
		}
		first := seen[p.lanes[0].name]
		if first[Lost]+first[Revived] == 0 {
			t.Errorf("%s: %s is right in every order, so there is nothing to learn", p.Name, p.lanes[0].name)
		}
		// The order that the page plays goes wrong on the first track, and that is one of the answers.
		wrong := run(t, p.Name, p.Order)[0].Outcome
		isAnswer := slices.ContainsFunc(p.Answers, func(a Answer) bool { return a.Outcome == wrong })
		if wrong != Lost && wrong != Revived || !isAnswer {
			t.Errorf("%s in the order %s: %s, which the answers do not have", p.Name, p.Order, wrong)
		}
	}
}

// Django refuses a request whose session has ended, as this layer does, and plain scs does not.
func TestPlainSCSRevivesASessionThatHasEnded(t *testing.T) {
	tracks := run(t, "sign-out", Steps{A, A, B, B, B, B, A, A})
	for i, track := range tracks {
		revived, status := track.Records[0].There, track.Requests[A].Status
		if i == 0 && (!revived || status != 200 || track.Records[0].value("user") != `"ann"`) {
			t.Errorf("%s: there %t, answer %d, %+v", track.Name, revived, status, track.Records)
		}
		if i > 0 && (revived || status != 400) {
			t.Errorf("%s: there %t, answer %d", track.Name, revived, status)
		}
	}
}

func TestEachStepShowsWhatBothSeeAndWhatIsStored(t *testing.T) {
	show := func(track Track) string {
		see := func(r Request) string {
			if !r.Loaded {
				return "-"
			}
			return Record{Entries: r.Sees}.value("visit_count")
		}
		return fmt.Sprintf("%s %s %s %d %d", see(track.Requests[A]), see(track.Requests[B]),
			track.Records[0].value("visit_count"), track.Requests[A].Status, track.Requests[B].Status)
	}
	all := Steps{A, B, A, B, A, B, A, B}
	for n, want := range []string{
		"- - 5 0 0", "5 - 5 0 0", "5 5 5 0 0", "5 5 5 0 0", "5 5 5 0 0", "6 5 5 0 0", "6 6 5 0 0",
		"6 6 6 200 0", "6 6 6 200 200",
	} {
		if got := show(run(t, "lost-click", all[:n])[0]); got != want {
			t.Errorf("plain scs after %d steps: %s, want %s", n, got, want)
		}
	}
	if got := show(run(t, "lost-click", all)[3]); got != "6 7 7 200 200" {
		t.Errorf("with Update at the end: %s", got)
	}
}

func TestStepsAreReadAsTheyAreWritten(t *testing.T) {
	for _, steps := range orders() {
		for n := range len(steps) + 1 {
			got, err := Parse(steps[:n].String())
			if err != nil || !slices.Equal(got, steps[:n]) {
				t.Errorf("Parse(%s) = %v, %v", steps[:n], got, err)
			}
		}
	}
	for _, bad := range []string{
		"A2", "A1,A1", "C1", "A", "A1,", ",", "A1,B1,", "a1", "A1 ,B1", "A5", "A1,A2,A3,A4,A5", "A01", "\u00e41",
		"A1,B1,A2,B2,A3,B3,A4,B4,A5", strings.Repeat("A1,", 100000),
	} {
		if got, err := Parse(bad); !errors.Is(err, ErrSteps) {
			t.Errorf("Parse(%.40q) = %v, %v, want ErrSteps", bad, got, err)
		}
	}
}

func TestARunKeepsNothing(t *testing.T) {
	for range 2 {
		if got := outcomes(run(t, "lost-click", Steps{A, B, A, B, A, B, A, B})); got[0] != Lost || got[3] != Kept {
			t.Errorf("a run saw the one before it: %q", got)
		}
	}
}
