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

// The answer is kept, and once the race is over it is held against what came of it.
func TestAPredictionOfARaceIsComparedWithWhatCame(t *testing.T) {
	app := newTestApp(t)
	preset, _ := race.Named("sign-out")
	over := "/race/?preset=sign-out&steps=" + preset.Order.String()
	for i, a := range preset.Answers {
		v := app.visitor()
		answer := fmt.Sprint(i + 1)
		start := v.predict("/race/?preset=sign-out", "race:sign-out", answer)
		if !strings.Contains(start, "You said: “"+a.Text+"”") || strings.Contains(start, "Plain scs: ") {
			t.Errorf("after the answer %q the page does not keep it, or explains too early", a.Text)
		}
		end := html.UnescapeString(v.get(over).body)
		verdict := map[bool]string{true: "Yes.", false: "Not quite."}[a.Outcome == race.Revived]
		if !strings.Contains(between(end, `id="predict"`, "</section>"), verdict) || !strings.Contains(end, "It is back") {
			t.Errorf("%q: the end does not say %q", a.Text, verdict)
		}
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
