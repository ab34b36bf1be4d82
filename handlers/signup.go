package handlers

import (
	"context"
	"errors"
	"net/http"

	"sessionlab/handlers/accounts"
	"sessionlab/handlers/forms"
	"sessionlab/sessions"
	"sessionlab/views"
)

// signup shows the form that makes an account. GET /signup/
func (a *App) signup(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.URL.Query().Get("next"), "")
	return a.render(w, r, views.Signup{Next: next})
}

// signUpForm is what somebody types to make an account.
type signUpForm struct {
	Username string `form:"username" validate:"required"`
	Password string `form:"password1" validate:"required"`
	Again    string `form:"password2" validate:"required"`
	Next     string `form:"next"`
}

// register makes an account and signs its owner in until the browser is closed. It has to
// say that a name is taken, so a network may only try a bounded number. POST /signup/
func (a *App) register(w http.ResponseWriter, r *http.Request) error {
	if err := a.newAccounts.Take(network(r)); err != nil {
		return err
	}
	var form signUpForm
	err := forms.Read(r, &form)
	var user accounts.User
	if err == nil {
		user, err = a.makeAccount(r, form)
	}
	if err != nil {
		return a.refuseHere(w, r, err, views.Signup{
			Username: form.Username, Next: localPath(form.Next, ""), Errors: wrongIn(err),
		})
	}
	if err := a.enter(w, r, user, sessions.AtBrowserClose); err != nil {
		return butFirst(err, "Your account is made, but you could not be signed in. "+
			"Sign in with your new password in a moment.")
	}
	sessions.From(r).AddMessage(sessions.Success,
		"Welcome, "+user.Name+". Your account is made, and you are signed in.")
	return a.redirect(w, r, afterSignIn(form.Next))
}

// makeAccount makes the account that the form asks for.
func (a *App) makeAccount(r *http.Request, form signUpForm) (accounts.User, error) {
	if form.Password != form.Again {
		return accounts.User{}, views.Errors{"password2": notTheSame}
	}
	if err := a.ensureDemo(r.Context()); err != nil { // their names are taken
		return accounts.User{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), passwordTimeout)
	defer cancel()
	user, err := a.accounts.Register(ctx, form.Username, form.Password)
	if errors.Is(err, accounts.ErrName) {
		err = views.Errors{"username": "Use 3 to 30 of the letters a to z, digits, " +
			"dots, hyphens and underscores. Begin with a letter or a digit."}
	}
	if errors.Is(err, accounts.ErrNameTaken) {
		err = views.Errors{"username": "This name is taken."}
	}
	return user, atField(err, "", "password1")
}
