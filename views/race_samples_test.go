package views_test

import (
	"strings"

	"sessionlab/views"
)

// raced is a race before its last step, or after it.
func raced(over bool) views.TwoRequests {
	entries := views.RaceEntries{"user": []byte(`"` + strings.Repeat("ann", 20) + `"`), "visit_count": []byte("6")}
	d := views.TwoRequests{
		Preset: "lost-click", Steps: []string{"A1", "B1", "A2", "B2", "A3", "B3", "A4"}, Over: over, Idea: "Two tabs are clicked.",
		Back: "/race/?steps=A1", AtOnce: "/race/?steps=A1,A2", Restart: "/race/",
		Presets:  []views.RaceLink{{Title: "A lost click", Path: "/race/?preset=lost-click", Now: true}, {Title: "A sign-out", Path: "/race/?preset=sign-out"}},
		Question: views.Question{ID: "race:lost-click", Text: "What then?", Answers: []string{"It counts both.", "It counts one."}, Do: "Now play."},
	}
	for i := range d.Requests {
		d.Requests[i] = views.RaceRequest{Does: "adds 1", Steps: []views.RaceStep{
			{Name: "A1", Does: "loads", Done: true}, {Name: "A2", Does: "reads", Path: "/race/?steps=A1,A2"}, {Name: "A3", Does: "adds 1"},
		}}
	}
	for i, outcome := range []string{"kept", "refused", "lost", "revived", "apart"} {
		t := views.RaceTrack{
			Name: "Track " + outcome, Rule: "A save is a save.", B: views.RaceSight{Loaded: true},
			Records: []views.RaceRecord{{Place: "the key that both came with", There: true, Entries: entries}, {Place: "A's new key"}},
		}
		if i > 0 {
			t.A = views.RaceSight{Loaded: true, Sees: entries, Status: 200 + i*100}
		}
		if over {
			t.Outcome, t.Verdict = outcome, "This is what came of it."
		}
		d.Tracks = append(d.Tracks, t)
	}
	if over {
		d.Question.Right, d.Question.Why, d.AtOnce, d.Learned = 2, "Plain scs: one was counted.", "", "A save looks first."
	}
	return d
}
