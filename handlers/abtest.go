package handlers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"sessionlab/handlers/abtest"
	"sessionlab/handlers/internal/compat"
	"sessionlab/sessions"
	"sessionlab/views"
)

// abGroups says for each test which group this visitor is in.
var abGroups = sessions.Key[map[string]abGroup]("ab_tests")

type abGroup struct {
	Run     int64  `json:"run"` // of the test; when it starts anew, the group is void
	Variant string `json:"variant"`
	Acted   bool   `json:"acted"`
}

// abTests shows the A/B tests, what they have found out, and which groups the visitor is in.
// To look puts nobody into a group. GET /experiments/
func (a *App) abTests(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	if err := compat.Load(s); err != nil {
		return err
	}
	results := map[string]abtest.Results{}
	for _, t := range abCatalog {
		found, err := a.abtests.Results(r.Context(), t.Experiment)
		if err != nil {
			return noExperiments(err)
		}
		results[t.Name] = found
	}
	admin := a.abAdmin(r)
	return a.show(w, r, http.StatusOK, func(p views.Frame) answer {
		groups := abGroups.Get(s)
		d, all := views.ExperimentsData{Admin: admin}, map[string]any{}
		for _, t := range abCatalog {
			group, _ := t.group(groups, results[t.Name].Status)
			d.Tests = append(d.Tests, t.view(results[t.Name], group))
			all[t.Name] = t.json(results[t.Name], group)
		}
		return answer{map[string]any{"experiments": all, "admin": admin}, views.Experiments(p, d)}
	})
}

// actOnTest joins a test, counts a click, or, for an admin, ends a test or starts it anew.
// POST /experiments/
func (a *App) actOnTest(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	t, ok := findTest(r.PostForm.Get("test"))
	if !ok {
		return badRequest("There is no test of this name.")
	}
	action, ok := map[string]func(*http.Request, abTest) (string, error){
		"join": a.joinTest, "convert": a.convert, "end": a.endTest, "reset": a.resetTest,
	}[r.PostForm.Get("action")]
	if !ok {
		return badRequest("A test can be joined, converted, ended or reset, and nothing else.")
	}
	what, err := action(r, t)
	if err != nil {
		return err
	}
	sessions.From(r).AddMessage(sessions.Info, what)
	return a.redirect(w, r, "/experiments/")
}

// joinTest draws a group and keeps it in the session. A visitor who clicks twice at once is
// drawn and counted once: the draw of the click that was saved first stays.
func (a *App) joinTest(r *http.Request, t abTest) (string, error) {
	status, err := a.abtests.Status(r.Context(), t.Experiment)
	if err != nil {
		return "", noExperiments(err)
	}
	if status.Winner != "" {
		return "This test has ended; nobody is drawn any more.", nil
	}
	s := sessions.From(r)
	drawn := abtest.Assign(t.Variants, rand.Float64())
	isNew := false
	abGroups.Update(s, func(groups map[string]abGroup) map[string]abGroup {
		_, in := t.group(groups, status)
		if isNew = !in; isNew {
			groups = with(groups, t.Name, abGroup{Run: status.Run, Variant: drawn})
		}
		return groups
	})
	if err := s.Save(); err != nil {
		return "", err
	}
	if !isNew {
		return "You are in a group already, and you stay there.", nil
	}
	err = count(r, func(ctx context.Context) error { return a.abtests.Expose(ctx, t.Experiment, status.Run, drawn) })
	return "You are in the group “" + drawn + "” now, and you stay there.", err
}

// convert counts, once for each visitor, that the group did what the test hopes for.
func (a *App) convert(r *http.Request, t abTest) (string, error) {
	status, err := a.abtests.Status(r.Context(), t.Experiment)
	if err != nil {
		return "", noExperiments(err)
	}
	if status.Winner != "" {
		return "This test has ended; nothing is counted any more.", nil
	}
	s := sessions.From(r)
	var mine abGroup
	in, isNew := false, false
	abGroups.Update(s, func(groups map[string]abGroup) map[string]abGroup {
		mine, in = t.group(groups, status)
		if isNew = in && !mine.Acted; isNew {
			groups = with(groups, t.Name, abGroup{mine.Run, mine.Variant, true})
		}
		return groups
	})
	if err := s.Save(); err != nil {
		return "", err
	}
	switch {
	case !in:
		return "", badRequest("You are in no group of this test yet. Join it first.")
	case !isNew:
		return "You were counted already. More clicks count no more.", nil
	}
	err = count(r, func(ctx context.Context) error {
		return a.abtests.Convert(ctx, t.Experiment, mine.Run, mine.Variant)
	})
	return "Counted for the group “" + mine.Variant + "”.", err
}

func (a *App) endTest(r *http.Request, t abTest) (string, error) {
	if !a.abAdmin(r) {
		return "", errNoAdmin
	}
	winner := r.PostForm.Get("winner")
	switch err := a.abtests.End(r.Context(), t.Experiment, winner); {
	case errors.Is(err, abtest.ErrVariant):
		return "", badRequest("The winner must be one of the test's variants.")
	case errors.Is(err, abtest.ErrEnded):
		return "Somebody has ended this test before you.", nil
	case err != nil:
		return "", noExperiments(err)
	}
	return "The test has ended. From now on everybody gets “" + winner + "”.", nil
}

func (a *App) resetTest(r *http.Request, t abTest) (string, error) {
	if !a.abAdmin(r) {
		return "", errNoAdmin
	}
	if err := a.abtests.Reset(r.Context(), t.Experiment); err != nil {
		return "", noExperiments(err)
	}
	return "The test starts anew: all figures are gone, and everybody will be drawn again.", nil
}

// abAdmin reports whether a visitor may end tests: whoever is signed in on a learner's own
// computer, and elsewhere nobody.
func (a *App) abAdmin(r *http.Request) bool { return a.debugOn(r) && a.user(r) != nil }

var errNoAdmin = &statusError{status: http.StatusForbidden, public: "Only an admin may do this: with DEBUG on, anybody who is signed in. Nothing was changed."}

func noExperiments(err error) error {
	return &statusError{http.StatusServiceUnavailable, "The figures of the tests cannot be reached right now.", err}
}

// count goes on when the visitor has hung up: the session says already that this was counted.
func count(r *http.Request, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	if err := do(ctx); err != nil {
		return noExperiments(err)
	}
	return nil
}

func with(groups map[string]abGroup, test string, g abGroup) map[string]abGroup {
	if groups == nil {
		groups = map[string]abGroup{}
	}
	groups[test] = g
	return groups
}

// abTest is an experiment with the words that its page needs.
type abTest struct {
	abtest.Experiment
	question string
	texts    map[string]string // what the button says, by variant
}

// abCatalog are the tests of this site.
var abCatalog = []abTest{
	{
		abtest.Experiment{Name: "button_text", Variants: []abtest.Variant{{Name: "plain", Weight: 1}, {Name: "friendly", Weight: 1}}},
		"Which words make people press a button?",
		map[string]string{"plain": "Submit", "friendly": "Yes, show me"},
	},
	{
		abtest.Experiment{Name: "offer", Variants: []abtest.Variant{{Name: "nothing", Weight: 2}, {Name: "free", Weight: 1}, {Name: "hurry", Weight: 1}}},
		"Does a promise help, or does it put people off?",
		map[string]string{"nothing": "Order", "free": "Order, delivery is free", "hurry": "Order, only today"},
	},
}

func findTest(name string) (abTest, bool) {
	for _, t := range abCatalog {
		if t.Name == name {
			return t, true
		}
	}
	return abTest{}, false
}

// group is the visitor's group in the test's present run, if there is one. What a session
// says is checked, since tests change while sessions live on.
func (t abTest) group(groups map[string]abGroup, status abtest.Status) (abGroup, bool) {
	g, ok := groups[t.Name]
	if !ok || g.Run != status.Run || !t.Has(g.Variant) {
		return abGroup{}, false
	}
	return g, true
}

func (t abTest) view(found abtest.Results, mine abGroup) views.ABTest {
	v := views.ABTest{Name: t.Name, Question: t.question, Winner: found.Winner, Yours: mine.Variant, Acted: mine.Acted, Verdict: verdict(found)}
	for _, f := range found.Variants {
		v.Variants = append(v.Variants, views.Variant{
			Name: f.Name, Text: t.texts[f.Name], Weight: f.Weight, Shown: int(f.Exposures), Acted: int(f.Conversions),
			Rate: f.Rate, Low: f.Interval.Low, High: f.Interval.High,
		})
	}
	return v
}

func (t abTest) json(found abtest.Results, mine abGroup) any {
	type variant struct {
		Name        string  `json:"name"`
		Weight      int     `json:"weight"`
		Exposures   int64   `json:"exposures"`
		Conversions int64   `json:"conversions"`
		Rate        float64 `json:"rate"`
		Low         float64 `json:"low"`
		High        float64 `json:"high"`
	}
	var all []variant
	for _, f := range found.Variants {
		all = append(all, variant{f.Name, f.Weight, f.Exposures, f.Conversions, f.Rate, f.Interval.Low, f.Interval.High})
	}
	return map[string]any{"run": found.Run, "winner": found.Winner, "group": mine.Variant, "converted": mine.Acted, "variants": all}
}

// verdict says in words what the figures say, and no more than that.
func verdict(found abtest.Results) string {
	first := found.Variants[0]
	var all []string
	for _, v := range found.Variants[1:] {
		low, high := v.DifferenceInterval.Low*100, v.DifferenceInterval.High*100
		switch {
		case first.Exposures == 0 || v.Exposures == 0:
			all = append(all, fmt.Sprintf("“%s” cannot be compared with “%s” before each was given to somebody.", v.Name, first.Name))
		case !v.Differs():
			all = append(all, fmt.Sprintf("Between “%s” and “%s” all may be chance so far.", v.Name, first.Name))
		case v.Difference > 0:
			all = append(all, fmt.Sprintf("“%s” does better than “%s”, by %.1f to %.1f in a hundred.", v.Name, first.Name, low, high))
		default:
			all = append(all, fmt.Sprintf("“%s” does worse than “%s”, by %.1f to %.1f in a hundred.", v.Name, first.Name, -high, -low))
		}
	}
	return strings.Join(all, " ")
}
