package handlers

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"

	"sessionlab/handlers/config"
	"sessionlab/handlers/race"
	"sessionlab/views"
)

// Each view of the page shows what a run of the same steps has stored, in both faces.
func TestTheRacePageSaysWhatWasStored(t *testing.T) {
	app := newTestApp(t)
	people, program := app.visitor(), app.scripted()
	for _, p := range race.Presets() {
		for n := range len(p.Order) + 1 {
			path := fmt.Sprintf("/race/?preset=%s&steps=%s", p.Name, p.Order[:n])
			page := html.UnescapeString(people.wantStatus(people.get(path), http.StatusOK).body)
			got := face[views.TwoRequests](program, path)
			want, err := race.Run(p, p.Order[:n])
			if err != nil || len(got.Tracks) != len(want) {
				t.Fatalf("%s: %v, %d tracks", path, err, len(got.Tracks))
			}
			for i, track := range want {
				shown := between(page, ">"+track.Name+"</h3>", "</section>")
				for j, rec := range track.Records {
					stored := got.Tracks[i].Records[j]
					if rec.There != stored.There || len(rec.Entries) != len(stored.Entries) {
						t.Errorf("%s, %s: %s is %v, want %v", path, track.Name, rec.Place, stored, rec)
					}
					inPage := between(shown, ">"+rec.Place+"</dt>", "</dd>")
					for _, e := range rec.Entries {
						text := e.Name + ": " + e.Value
						if string(stored.Entries[e.Name]) != e.Value || !strings.Contains(inPage, text) {
							t.Errorf("%s, %s: %s does not say %s", path, track.Name, rec.Place, text)
						}
					}
					if !rec.There && !strings.Contains(inPage, "no record") {
						t.Errorf("%s, %s: %s does not say that it is empty", path, track.Name, rec.Place)
					}
				}
				if got.Tracks[i].Outcome != string(track.Outcome) || !strings.Contains(shown, track.Verdict) {
					t.Errorf("%s, %s: the verdict is not shown: %s", path, track.Name, track.Verdict)
				}
			}
		}
	}
}

// Whoever follows the links of the steps comes to the end, and nothing is kept on the way.
func TestARaceIsWalkedByItsLinksAndKeepsNothing(t *testing.T) {
	for _, debug := range []string{"true", "false"} {
		v := newTestApp(t, func(s *config.Settings) { s.Debug = debug }).scripted()
		path, steps := "/race/", 0
		for ; ; steps++ {
			r := v.wantStatus(v.get(path), http.StatusOK)
			if r.header["Set-Cookie"] != nil {
				t.Errorf("%s sets a cookie", path)
			}
			page := face[views.TwoRequests](v, path)
			if len(page.Steps) != steps || page.Over != (len(page.Next) == 0) {
				t.Fatalf("%s: %+v", path, page)
			}
			if asked := page.Question != nil; asked != (steps == 0 || steps == 7) {
				t.Errorf("after %d steps a prediction is asked for: %t", steps, asked)
			}
			if page.Over {
				break
			}
			path = page.Next[len(page.Next)-1-steps%len(page.Next)].Path
		}
		if steps != 2*race.StepsEach {
			t.Errorf("the end came after %d steps", steps)
		}
	}
}

func TestAPredictionIsComparedWithWhatCame(t *testing.T) {
	v := newTestApp(t).scripted()
	start := face[views.TwoRequests](v, "/race/?preset=sign-out")
	right := 0
	for _, a := range start.Question.Answers {
		end := face[views.TwoRequests](v, a.Path)
		if end.Guess == nil || end.Guess.Said != a.Text || end.Guess.Came != end.Tracks[0].Verdict || end.Learned == "" {
			t.Fatalf("%s: %+v", a.Path, end.Guess)
		}
		if end.Guess.Right {
			right++
		}
		if end.Guess.Right != (end.Tracks[0].Outcome == "revived" && strings.Contains(a.Path, "guess=revived")) {
			t.Errorf("%s: right is %t", a.Path, end.Guess.Right)
		}
	}
	if right != 1 {
		t.Errorf("%d of the answers are right", right)
	}
}

func TestAnImpossibleRaceIsRefusedInWords(t *testing.T) {
	v := newTestApp(t).visitor()
	for query, want := range map[string]string{
		"?preset=chess": "There is no such race.", "?steps=A2": "This order is impossible",
		"?steps=A1,B1,A1": "This order is impossible", "?steps=%3Cscript%3E": "This order is impossible",
	} {
		if r := v.wantStatus(v.get("/race/"+query), http.StatusBadRequest); !strings.Contains(r.body, want) {
			t.Errorf("%s does not say %q", query, want)
		}
	}
}

// between is the text that follows from, up to the next to.
func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	part, _, _ := strings.Cut(rest, to)
	return part
}
