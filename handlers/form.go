package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"sessionlab/handlers/signups"
	"sessionlab/sessions"
	"sessionlab/views"
)

// begun is the first step, as it waits in the session for the second. Token names this one
// filling-in, so that a double click stores it once.
type begun struct {
	signups.StepOne
	Token string `json:"token"`
}

var (
	stepOneData    = sessions.Key[begun]("step_one_data")
	lastSubmission = sessions.Key[int64]("last_submission")
)

// stepOne shows the first page, filled in if one comes back to it. GET /form/step-one/
func (a *App) stepOne(w http.ResponseWriter, r *http.Request) error {
	return a.showStepOne(w, r, http.StatusOK, views.StepOneData{})
}

func (a *App) showStepOne(w http.ResponseWriter, r *http.Request, status int, d views.StepOneData) error {
	s := sessions.From(r)
	return a.show(w, r, status, func(p views.Page) answer {
		one, ok := stepOneData.Lookup(s)
		if ok && d.Errors == nil {
			d.FullName, d.Email, d.Returning = one.FullName, one.Email, true
		}
		return orFaults(d.Errors, answer{map[string]any{"step_one_data": orNull(one.StepOne, ok)}, views.StepOne(p, d)})
	})
}

// submitStepOne checks the first page and keeps it in the session. POST /form/step-one/
func (a *App) submitStepOne(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	one, faults := signups.ParseStepOne(r.PostForm)
	if len(faults) > 0 {
		return a.showStepOne(w, r, http.StatusUnprocessableEntity, views.StepOneData{
			FullName: r.PostForm.Get("full_name"), Email: r.PostForm.Get("email"), Errors: faults,
		})
	}
	stepOneData.Update(sessions.From(r), func(b begun) begun {
		if b.Token == "" {
			b.Token = signups.NewToken()
		}
		b.StepOne = one
		return b
	})
	return a.redirect(w, r, "/form/step-two/", "step_one_data was stored")
}

// stepTwo shows the second page, to those who have filled in the first. GET /form/step-two/
func (a *App) stepTwo(w http.ResponseWriter, r *http.Request) error {
	if !stepOneData.Has(sessions.From(r)) {
		return a.redirect(w, r, "/form/step-one/", "")
	}
	return a.showStepTwo(w, r, http.StatusOK, views.StepTwoData{Track: "both", Seats: "1"})
}

func (a *App) showStepTwo(w http.ResponseWriter, r *http.Request, status int, d views.StepTwoData) error {
	s := sessions.From(r)
	return a.show(w, r, status, func(p views.Page) answer {
		one := stepOneData.Get(s).StepOne
		d.StepOne = rowsOf(one)
		d.Tracks, d.Most = trackOptions(), signups.MaxSeats
		return orFaults(d.Errors, answer{map[string]any{"step_one_data": one}, views.StepTwo(p, d)})
	})
}

// submitStepTwo puts both pages together, stores them in their table, and clears the
// session's part. POST /form/step-two/
func (a *App) submitStepTwo(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	s := sessions.From(r)
	one, ok := stepOneData.Lookup(s)
	if !ok {
		return a.redirect(w, r, "/form/step-one/", "")
	}
	if len(one.Check()) > 0 { // a session is data from outside
		return a.redirect(w, r, "/form/step-one/", "step one needs another look")
	}
	two, faults := signups.ParseStepTwo(r.PostForm)
	if len(faults) > 0 {
		return a.showStepTwo(w, r, http.StatusUnprocessableEntity, views.StepTwoData{
			Track: r.PostForm.Get("track"), Seats: r.PostForm.Get("seats"), Notes: r.PostForm.Get("notes"), Errors: faults,
		})
	}
	id, err := a.signups.Add(r.Context(), one.StepOne, two, one.Token)
	if err != nil {
		return noSubmissions(err)
	}
	stepOneData.Delete(s)
	lastSubmission.Set(s, id)
	return a.redirect(w, r, "/form/thank-you/", "the submission was stored, step_one_data deleted")
}

func noSubmissions(err error) error {
	return &statusError{http.StatusServiceUnavailable, "The sign-ups cannot be reached right now. Your session is as it was.", err}
}

// thankYou shows what was submitted last; loading it again submits nothing.
// GET /form/thank-you/
func (a *App) thankYou(w http.ResponseWriter, r *http.Request) error {
	var done signups.Submission
	id, ok := lastSubmission.Lookup(sessions.From(r))
	if ok {
		var err error
		done, err = a.signups.Get(r.Context(), id)
		if ok = err == nil; err != nil && !errors.Is(err, signups.ErrNotFound) {
			return noSubmissions(err)
		}
	}
	return a.show(w, r, http.StatusOK, func(p views.Page) answer {
		d := views.ThankYouData{}
		if ok {
			d.Reference = fmt.Sprintf("no. %d", done.ID)
			d.When = done.Created.Format("2 January 2006, 15:04 UTC")
			d.Rows = append(rowsOf(done.StepOne),
				views.Row{Label: "Track", Value: trackNames[done.Track]}, views.Row{Label: "Seats", Value: strconv.Itoa(done.Seats)}, views.Row{Label: "Notes", Value: done.Notes})
		}
		return answer{map[string]any{"submission": orNull(done.ID, ok)}, views.ThankYou(p, d)}
	})
}

var trackNames = map[string]string{"go": "Sessions in Go", "django": "Sessions in Django", "both": "Both, side by side"}

func trackOptions() []views.Option {
	var all []views.Option
	for _, t := range signups.Tracks() {
		all = append(all, views.Option{Value: t, Label: trackNames[t]})
	}
	return all
}

func rowsOf(one signups.StepOne) []views.Row {
	return []views.Row{{Label: "Name", Value: one.FullName}, {Label: "E-mail", Value: one.Email}}
}

// orNull is v, or null in JSON.
func orNull[T any](v T, ok bool) any {
	if ok {
		return v
	}
	return nil
}
