package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"sessionlab/handlers/forms"
	"sessionlab/handlers/signups"
	"sessionlab/sessions"
	"sessionlab/views"
)

var (
	stepOneData = sessions.Key[signups.Drafts]("step_one_data")
	signUpToken = sessions.Key[string]("sign_up_token") // of the last sign-up
)

// stepOne shows the first page, filled in if one comes back to it. GET /form/step-one/
func (a *App) stepOne(w http.ResponseWriter, r *http.Request) error {
	page := views.StepOne{Token: r.URL.Query().Get("form")}
	page.Errors = refused(r, &page)
	draft, ok := stepOneData.Get(sessions.From(r)).Find(page.Token)
	if names := views.Names(draft.StepOne); ok && page.Errors == nil {
		page.Names, page.Stored = names, &names
	}
	page.Token = cmp.Or(page.Token, signups.NewToken())
	return a.render(w, r, page)
}

// submitStepOne keeps the first page in the session. POST /form/step-one/
func (a *App) submitStepOne(w http.ResponseWriter, r *http.Request) error {
	var form signups.FormOne
	if err := forms.Read(r, &form); err != nil {
		return err // what is wrong stands beside the fields, see refused.go
	}
	stepOneData.Update(sessions.From(r), func(all signups.Drafts) signups.Drafts {
		return all.StepOne(form)
	})
	return a.redirect(w, r, formPath("/form/step-two/", form.Token))
}

// stepTwo shows the second page to those who have filled in the first. GET
// /form/step-two/
func (a *App) stepTwo(w http.ResponseWriter, r *http.Request) error {
	page := views.StepTwo{Track: "both", Seats: "1", Token: r.URL.Query().Get("form")}
	page.Errors = refused(r, &page)
	draft, ok := stepOneData.Get(sessions.From(r)).Find(page.Token)
	if !ok {
		return a.redirect(w, r, "/form/step-one/")
	}
	if page.Errors == nil {
		forms.Fill(&page, draft.Typed)
	}
	page.Token, page.Names = draft.Token, views.Names(draft.StepOne)
	page.Tracks, page.Most = signups.Tracks(), signups.MaxSeats
	return a.render(w, r, page)
}

// submitStepTwo stores both pages together, once. POST /form/step-two/
func (a *App) submitStepTwo(w http.ResponseWriter, r *http.Request) error {
	var form signups.FormTwo
	wrong := forms.Read(r, &form)
	s := sessions.From(r)
	draft, ok := stepOneData.Get(s).Find(form.Token)
	if !ok {
		return a.withoutStepOne(w, r, form.Token)
	}
	if wrong != nil {
		return wrong
	}
	_, err := a.signups.Add(r.Context(), draft.StepOne, form.StepTwo, draft.Token)
	if err != nil {
		return err
	}
	// Updates and no Delete and Set: the second click of two does the same again.
	stepOneData.Update(s, func(all signups.Drafts) signups.Drafts {
		return all.Drop(draft.Token)
	})
	signUpToken.Update(s, func(string) string { return draft.Token })
	return a.redirect(w, r, "/form/thank-you/")
}

// withoutStepOne answers a second page whose first is not in the session: it is stored
// already, after a double click, or the session has ended, and what was typed is kept.
func (a *App) withoutStepOne(w http.ResponseWriter, r *http.Request, token string) error {
	s := sessions.From(r)
	done, err := a.signups.Get(r.Context(), cmp.Or(token, signUpToken.Get(s)))
	if err == nil {
		signUpToken.Update(s, func(string) string { return done.Token })
		return a.redirect(w, r, "/form/thank-you/")
	}
	typed, broken := forms.Values(r)
	if broken != nil || !errors.Is(err, signups.ErrNotFound) {
		return cmp.Or(broken, err)
	}
	if len(typed) == 0 {
		return a.redirect(w, r, "/form/step-one/")
	}
	stepOneData.Update(s, func(all signups.Drafts) signups.Drafts {
		return all.StepTwo(token, forms.Keepable(typed))
	})
	s.AddMessage(sessions.Warning, "Your session has ended, and step one with it. "+
		"Fill it in again; what you typed in step two is kept.")
	return a.redirect(w, r, formPath("/form/step-one/", token))
}

// thankYou shows the visitor's last sign-up; loading it again stores nothing.
// GET /form/thank-you/
func (a *App) thankYou(w http.ResponseWriter, r *http.Request) error {
	done, err := a.signups.Get(r.Context(), signUpToken.Get(sessions.From(r)))
	if errors.Is(err, signups.ErrNotFound) {
		return a.render(w, r, views.ThankYou{})
	}
	if err != nil {
		return err
	}
	return a.render(w, r, views.ThankYou{
		Submission: &done.ID, When: done.Created,
		Names: views.Names(done.StepOne), Answers: views.Answers(done.StepTwo),
	})
}

// formPath is a page of the form for one filling-in of it.
func formPath(page, token string) string {
	if token == "" {
		return page
	}
	return page + "?form=" + url.QueryEscape(token)
}
