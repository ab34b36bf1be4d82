package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"sessionlab/handlers/accounts"
	"sessionlab/handlers/limit"
	"sessionlab/handlers/proxy"
	"sessionlab/sessions"
	"sessionlab/views"
)

// login shows the sign-in form, and why one has to sign in again. GET /login/
func (a *App) login(w http.ResponseWriter, r *http.Request) error {
	return a.showLogin(w, r, http.StatusOK, views.LoginData{
		Next: localPath(r.URL.Query().Get("next"), ""), Reason: awayReason(r),
	})
}

func (a *App) showLogin(w http.ResponseWriter, r *http.Request, status int, d views.LoginData) error {
	d.RememberFor = views.InWords(a.settings.Age())
	if a.debugOn(r) {
		for _, demo := range accounts.DemoAccounts() {
			d.Demo = append(d.Demo, views.DemoAccount{Username: demo.Name, Password: demo.Password})
		}
	}
	return a.show(w, r, status, func(p views.Frame) answer {
		return orFaults(d.Errors, answer{map[string]string{"next": d.Next, "reason": d.Reason}, views.Login(p, d)})
	})
}

// signIn checks the password, makes the session the user's under a new key, and lets the box
// decide how long it lasts. POST /login/
func (a *App) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	next, password := localPath(r.PostForm.Get("next"), ""), r.PostForm.Get("password")
	d := views.LoginData{Username: strings.TrimSpace(r.PostForm.Get("username")), Remember: r.PostForm.Get("remember") != "", Next: next}
	if d.Username == "" || password == "" {
		d.Errors = views.Errors{"": "Type your user name and your password."}
		return a.showLogin(w, r, http.StatusUnprocessableEntity, d)
	}
	user, err := a.authenticate(r, d.Username, password)
	if err != nil {
		var status int
		if status, d.Errors, err = passwordFaults(w, err, "", ""); err != nil {
			return err
		}
		return a.showLogin(w, r, status, d)
	}
	expiry := sessions.AtBrowserClose
	if d.Remember {
		expiry = sessions.After(a.settings.Age()) // two weeks, unless the settings say otherwise
	}
	if err := a.enter(r, user, expiry); err != nil {
		return unreachable(err)
	}
	return a.redirect(w, r, localPath(next, "/account/"))
}

// authenticate checks a name and a password. A device that is signed in as this very user is
// known, so what strangers got wrong does not keep it out.
func (a *App) authenticate(r *http.Request, name, password string) (accounts.User, error) {
	if err := a.ensureDemo(r.Context()); err != nil {
		return accounts.User{}, err
	}
	now, err := a.signedIn(r)
	if err != nil {
		return accounts.User{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), passwordTimeout)
	defer cancel()
	if now != nil && strings.EqualFold(now.Name, name) {
		return a.accounts.Confirm(ctx, now.ID, authSignIn.Get(sessions.From(r)), password)
	}
	return a.accounts.Authenticate(ctx, accounts.Attempt{
		Name: name, Password: password, Client: proxy.Client(r), Device: deviceOf(r), Demo: a.debugOn(r),
	})
}

// signOut ends the session: its record is deleted, and the cookie with it. POST /logout/
func (a *App) signOut(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	user, signIn := a.user(r), authSignIn.Get(s)
	s.Flush()
	if err := s.Save(); err != nil {
		return &statusError{sessions.Status(err), "The session store does not answer, so your session could not be " +
			"ended: you may still be signed in. Try again in a moment.", err}
	}
	if user != nil {
		a.leaveList(r, user.ID, signIn)
	}
	stopClock(personOf(r), r)
	return a.redirect(w, r, "/")
}

// signup shows the form that makes an account. GET /signup/
func (a *App) signup(w http.ResponseWriter, r *http.Request) error {
	return a.showSignup(w, r, http.StatusOK, views.SignupData{Next: localPath(r.URL.Query().Get("next"), "")})
}

func (a *App) showSignup(w http.ResponseWriter, r *http.Request, status int, d views.SignupData) error {
	return a.show(w, r, status, func(p views.Frame) answer {
		return orFaults(d.Errors, answer{map[string]string{"next": d.Next}, views.Signup(p, d)})
	})
}

// register makes an account and signs its owner in, until the browser is closed. It has to
// tell that a name is taken, so an address can ask for a bounded number only. POST /signup/
func (a *App) register(w http.ResponseWriter, r *http.Request) error {
	if err := a.newAccounts.Take(network(r)); err != nil {
		return err
	}
	if err := a.ensureDemo(r.Context()); err != nil {
		return unreachable(err)
	}
	if err := parseForm(r); err != nil {
		return err
	}
	d := views.SignupData{Username: strings.TrimSpace(r.PostForm.Get("username")), Next: localPath(r.PostForm.Get("next"), "")}
	password := r.PostForm.Get("password1")
	if password != r.PostForm.Get("password2") {
		d.Errors = views.Errors{"password2": notTheSame}
		return a.showSignup(w, r, http.StatusUnprocessableEntity, d)
	}
	ctx, cancel := context.WithTimeout(r.Context(), passwordTimeout)
	defer cancel()
	user, err := a.accounts.Register(ctx, d.Username, password)
	switch {
	case errors.Is(err, accounts.ErrName):
		d.Errors = views.Errors{"username": "3 to 30 of the letters a to z, digits, dots, hyphens and underscores, the first a letter or a digit."}
	case errors.Is(err, accounts.ErrNameTaken):
		d.Errors = views.Errors{"username": "This name is taken."}
	case err != nil:
		var status int
		if status, d.Errors, err = passwordFaults(w, err, "", "password1"); err != nil {
			return err
		}
		return a.showSignup(w, r, status, d)
	}
	if d.Errors != nil {
		return a.showSignup(w, r, http.StatusUnprocessableEntity, d)
	}
	if err := a.enter(r, user, sessions.AtBrowserClose); err != nil {
		return unreachable(err)
	}
	sessions.From(r).AddMessage(sessions.Success, "Welcome, "+user.Name+". Your account is made, and you are signed in.")
	return a.redirect(w, r, localPath(d.Next, "/account/"))
}

const notTheSame = "These two are not the same."

// passwordFaults says what an error of the accounts means for a form: the status, and what
// is wrong with which field. present is the field of the password that has to be right,
// fresh that of a new one. What is no fault of the form is returned as an error. All names
// are answered alike, whether somebody has them or not.
func passwordFaults(w http.ResponseWriter, err error, present, fresh string) (status int, _ views.Errors, _ error) {
	var refused *limit.Refused
	var weak *accounts.WeakPasswordError
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusTooManyRequests:
		refused.SetHeader(w.Header())
		return refused.Status, views.Errors{present: refused.Text}, nil
	case errors.As(err, &weak):
		return http.StatusUnprocessableEntity, views.Errors{fresh: weak.Reason}, nil
	case !errors.Is(err, accounts.ErrCredentials) && !errors.Is(err, accounts.ErrNotFound):
		return 0, nil, unreachable(err)
	case present == "":
		return http.StatusUnprocessableEntity, views.Errors{present: "Wrong user name or password."}, nil
	}
	return http.StatusUnprocessableEntity, views.Errors{present: "This is not your password."}, nil
}

// unreachable answers for accounts that cannot be asked: nobody is signed out by that.
func unreachable(err error) error {
	if isSessionError(err) || errors.As(err, new(*limit.Refused)) {
		return err
	}
	return &statusError{http.StatusServiceUnavailable, "The accounts cannot be reached right now. You are not signed out, and nothing was changed.", err}
}

// loginPath is the sign-in page with the way back.
func loginPath(next string) string {
	return "/login/?next=" + strings.ReplaceAll(url.QueryEscape(next), "%2F", "/")
}
