package handlers

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"sessionlab/handlers/race"
	"sessionlab/views"
)

// race runs two requests on one session, in the order of the steps in its address. Every
// view of the page is a run of its own, in stores of its own.
// GET /race/?preset=lost-click&steps=A1,B1,A2
func (a *App) race(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	preset, ok := race.Named(cmp.Or(query.Get("preset"), race.Presets()[0].Name))
	if !ok {
		return &statusError{
			status: http.StatusBadRequest, public: "There is no such race.",
		}
	}
	steps, err := race.Parse(query.Get("steps"))
	if err != nil {
		return &statusError{
			status: http.StatusBadRequest, err: err,
			public: "This order is impossible: each request takes its steps 1 to 4.",
		}
	}
	tracks, err := race.Run(preset, steps)
	if err != nil {
		return err
	}
	page := views.TwoRequests{
		Preset: preset.Name, Idea: preset.Idea, Steps: steps.Names(), Over: steps.Over(),
		Restart: racePath(preset, nil),
	}
	for _, p := range race.Presets() {
		link := views.RaceLink{
			Title: p.Title, Path: racePath(p, nil), Now: p.Name == preset.Name,
		}
		page.Presets = append(page.Presets, link)
	}
	for _, t := range tracks {
		page.Tracks = append(page.Tracks, trackView(t))
	}
	raceSteps(&page, preset, steps)
	page.Question = raceQuestion(preset, tracks[0])
	if page.Over {
		page.Learned = preset.Learned
		settle(r, page.Question.ID)
	}
	return a.render(w, r, page)
}

// raceSteps fills in which steps there are, and where they lead.
func raceSteps(page *views.TwoRequests, p race.Preset, steps race.Steps) {
	taken := steps.Taken()
	for who, does := range []string{race.A: p.DoesA, race.B: p.DoesB} {
		request := views.RaceRequest{Does: does}
		for i, name := range p.Steps[who] {
			s := views.RaceStep{
				Name: fmt.Sprintf("%c%d", 'A'+who, i+1), Does: name, Done: i < taken[who],
			}
			if i == taken[who] {
				s.Path = racePath(p, append(slices.Clone(steps), who))
				page.Next = append(page.Next, s)
			}
			request.Steps = append(request.Steps, s)
		}
		page.Requests[who] = request
	}
	if n := len(steps); n > 0 {
		page.Back = racePath(p, steps[:n-1])
	}
	if !steps.Over() {
		page.AtOnce = racePath(p, toTheEnd(p, steps))
	}
}

// toTheEnd adds the steps that are missing: those of the preset's order at the start, and
// later those of both in turn.
func toTheEnd(p race.Preset, steps race.Steps) race.Steps {
	if len(steps) == 0 {
		return p.Order
	}
	all := slices.Clone(steps)
	for who := race.A; !all.Over(); who = race.B - who {
		if all.Taken()[who] < race.StepsEach {
			all = append(all, who)
		}
	}
	return all
}

// raceQuestion asks what the first track makes of the race. Once the race is over, what
// did come of it says which answer is right.
func raceQuestion(p race.Preset, first race.Track) views.Question {
	q := views.Question{
		ID: racePrefix + p.Name, Text: p.Question,
		Do: "Now play the two requests to the end.",
	}
	for i, a := range p.Answers {
		q.Answers = append(q.Answers, a.Text)
		if a.Outcome == first.Outcome {
			q.Right = i + 1
		}
	}
	if first.Outcome != race.Open {
		q.Why = first.Name + ": " + first.Verdict
	}
	return q
}

func racePath(p race.Preset, steps race.Steps) string {
	q := url.Values{"preset": {p.Name}}
	if len(steps) > 0 {
		q.Set("steps", steps.String())
	}
	return "/race/?" + q.Encode() + "#steps"
}

func trackView(t race.Track) views.RaceTrack {
	v := views.RaceTrack{
		Name: t.Name, Rule: t.Rule, Outcome: string(t.Outcome), Verdict: t.Verdict,
		A: sightView(t.Requests[race.A]), B: sightView(t.Requests[race.B]),
	}
	for _, rec := range t.Records {
		v.Records = append(v.Records, views.RaceRecord{
			Place: rec.Place, There: rec.There, Entries: entriesView(rec.Entries),
		})
	}
	return v
}

func sightView(r race.Request) views.RaceSight {
	return views.RaceSight{Loaded: r.Loaded, Sees: entriesView(r.Sees), Status: r.Status}
}

func entriesView(entries []race.Entry) views.RaceEntries {
	all := views.RaceEntries{}
	for _, e := range entries {
		all[e.Name] = json.RawMessage(e.Value)
	}
	return all
}
