package handlers

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"sessionlab/handlers/abtest"
	"sessionlab/handlers/accounts"
	"sessionlab/handlers/forms"
	"sessionlab/sessions"
	"sessionlab/views"
)

// abGroups says for each A/B test which group this visitor is in.
var abGroups = sessions.Key[abtest.Groups]("ab_tests")

// abForm is what every button of the page sends.
type abForm struct {
	Test   string `form:"test"`
	Action string `form:"action"`
	Winner string `form:"winner"`
}

// abTests shows the A/B tests, their figures, and the visitor's groups. Looking puts
// nobody into a group. GET /experiments/
func (a *App) abTests(w http.ResponseWriter, r *http.Request) error {
	groups := abGroups.Get(sessions.From(r))
	page := views.Experiments{Tests: map[string]views.ABTest{}, Admin: a.isAdmin(r)}
	for _, test := range abtest.All() {
		found, err := a.abtests.Results(r.Context(), test)
		if err != nil {
			return err
		}
		mine, _ := groups.In(test, found.Status)
		t := views.ABTest{
			Run: found.Run, Winner: found.Winner, Group: mine.Variant, Acted: mine.Acted,
		}
		for _, v := range found.Variants {
			t.Variants = append(t.Variants, views.Variant{
				Name: v.Name, Weight: v.Weight, Shown: v.Exposures, Acted: v.Conversions,
				Rate: v.Rate, Low: v.Interval.Low, High: v.Interval.High,
				Difference: views.Difference{
					Value: v.Difference, Low: v.DifferenceInterval.Low,
					High: v.DifferenceInterval.High,
				},
			})
		}
		page.Tests[test.Name] = t
	}
	return a.render(w, r, page)
}

// actOnTest joins a test, counts a click, or, for an admin, ends a test or starts it
// anew. POST /experiments/
func (a *App) actOnTest(w http.ResponseWriter, r *http.Request) error {
	var form abForm
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	test, err := abtest.Find(form.Test)
	if err != nil {
		return err
	}
	var done string
	switch form.Action {
	case "join":
		done, err = a.joinTest(r, test)
	case "convert":
		done, err = a.convert(r, test)
	case "end":
		done, err = a.endTest(r, test, form.Winner)
	case "reset":
		done, err = a.resetTest(r, test)
	default:
		err = abtest.ErrUnknown
	}
	if err != nil {
		return err
	}
	sessions.From(r).AddMessage(sessions.Info, done)
	return a.redirect(w, r, "/experiments/")
}

// joinTest draws a group and keeps it in the session. A visitor who clicks twice at once
// is drawn and counted once: the draw that was saved first stays.
func (a *App) joinTest(r *http.Request, test abtest.Experiment) (string, error) {
	status, err := a.abtests.Status(r.Context(), test)
	if err != nil {
		return "", err
	}
	if status.Winner != "" {
		return "This test has ended. Nobody joins it any more.", nil
	}
	s := sessions.From(r)
	drawn, isNew := abtest.Assign(test.Variants, rand.Float64()), false
	abGroups.Update(s, func(groups abtest.Groups) abtest.Groups {
		groups, isNew = groups.Join(test, status, drawn)
		return groups
	})
	if err := s.Save(); err != nil {
		return "", err
	}
	if !isNew {
		return "You are in a group already, and you stay there.", nil
	}
	err = evenIfGone(r, func(ctx context.Context) error {
		return a.abtests.Expose(ctx, test, status.Run, drawn)
	})
	return "You are in the group “" + drawn + "”.", err
}

// convert counts, once for each visitor, that the group did what the test hopes for.
func (a *App) convert(r *http.Request, test abtest.Experiment) (string, error) {
	status, err := a.abtests.Status(r.Context(), test)
	if err != nil {
		return "", err
	}
	if status.Winner != "" {
		return "This test has ended. Nothing is counted any more.", nil
	}
	s := sessions.From(r)
	if _, in := abGroups.Get(s).In(test, status); !in {
		return "", abtest.ErrNotJoined
	}
	isNew := false
	abGroups.Update(s, func(groups abtest.Groups) abtest.Groups {
		groups, isNew = groups.Act(test, status)
		return groups
	})
	if err := s.Save(); err != nil {
		return "", err
	}
	if !isNew {
		return "You were counted before. Further clicks are not counted.", nil
	}
	mine, _ := abGroups.Get(s).In(test, status)
	err = evenIfGone(r, func(ctx context.Context) error {
		return a.abtests.Convert(ctx, test, mine.Run, mine.Variant)
	})
	return "Counted for the group “" + mine.Variant + "”.", err
}

// endTest fixes the variant that everybody gets from then on.
func (a *App) endTest(
	r *http.Request, test abtest.Experiment, winner string,
) (string, error) {
	if !a.isAdmin(r) {
		return "", accounts.ErrNotAdmin
	}
	err := a.abtests.End(r.Context(), test, winner)
	if errors.Is(err, abtest.ErrEnded) {
		return "Somebody ended this test before you.", nil
	}
	return "The test has ended. Everybody gets “" + winner + "” now.", err
}

// resetTest starts the test's next run.
func (a *App) resetTest(r *http.Request, test abtest.Experiment) (string, error) {
	if !a.isAdmin(r) {
		return "", accounts.ErrNotAdmin
	}
	err := a.abtests.Reset(r.Context(), test)
	return "The test starts anew. All figures and groups are gone.", err
}

// isAdmin reports whether the visitor is signed in to an admin's account.
func (a *App) isAdmin(r *http.Request) bool {
	u := a.user(r)
	return u != nil && u.Admin
}

// evenIfGone goes on when the visitor has hung up: the session says already that this was
// counted.
func evenIfGone(r *http.Request, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	return do(ctx)
}
