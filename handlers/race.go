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

// race runs two requests on one session, in the order of the steps in its address. It
// keeps nothing: every view of the page is a run of its own, in stores of its own.
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
		Restart: racePath(preset, nil, ""),
	}
	for _, p := range race.Presets() {
		link := views.RaceLink{
			Title: p.Title, Path: racePath(p, nil, ""), Now: p.Name == preset.Name,
		}
		page.Presets = append(page.Presets, link)
	}
	for _, t := range tracks {
		page.Tracks = append(page.Tracks, trackView(t))
	}
	raceSteps(&page, preset, steps)
	if page.Over {
		page.Learned = preset.Learned
		page.Guess = guessed(preset, race.Outcome(query.Get("guess")), tracks[0])
		return a.render(w, r, page)
	}
	if page.Question, err = predict(preset, steps); err != nil {
		return err
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
				s.Path = racePath(p, append(slices.Clone(steps), who), "")
				page.Next = append(page.Next, s)
			}
			request.Steps = append(request.Steps, s)
		}
		page.Requests[who] = request
	}
	if n := len(steps); n > 0 {
		page.Back = racePath(p, steps[:n-1], "")
	}
	if !steps.Over() {
		page.AtOnce = racePath(p, toTheEnd(p, steps), "")
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

// predict asks what will come of the first track, before the first step and before the
// last. It asks nothing where what will come is none of the answers.
func predict(p race.Preset, steps race.Steps) (*views.RaceQuestion, error) {
	end := toTheEnd(p, steps)
	q := &views.RaceQuestion{Text: p.Question}
	switch len(end) - len(steps) {
	case len(end):
	case 1:
		who := end[len(end)-1]
		q.Text = fmt.Sprintf("%c takes the last step. What will happen?", 'A'+who)
	default:
		return nil, nil
	}
	tracks, err := race.Run(p, end)
	if err != nil {
		return nil, err
	}
	possible := false
	for _, a := range p.Answers {
		possible = possible || a.Outcome == tracks[0].Outcome
		q.Answers = append(q.Answers, views.RaceAnswer{
			Text: a.Text, Path: racePath(p, end, a.Outcome),
		})
	}
	if !possible {
		return nil, nil
	}
	return q, nil
}

// guessed compares a prediction with what came, nil if there is none.
func guessed(p race.Preset, guess race.Outcome, t race.Track) *views.RaceGuess {
	for _, a := range p.Answers {
		if a.Outcome == guess {
			right := guess == t.Outcome
			return &views.RaceGuess{
				Said: a.Text, Right: right, Track: t.Name, Came: t.Verdict,
			}
		}
	}
	return nil
}

func racePath(p race.Preset, steps race.Steps, guess race.Outcome) string {
	q := url.Values{"preset": {p.Name}}
	if len(steps) > 0 {
		q.Set("steps", steps.String())
	}
	if guess != "" {
		q.Set("guess", string(guess))
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
