package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"sessionlab/handlers/accounts"
	"sessionlab/handlers/forms"
	"sessionlab/sessions"
	"sessionlab/views"
)

// cycledFrom is the short hash of the key before it was cycled, until a page has shown
// it.
var cycledFrom = sessions.Key[string]("_cycled_from")

// myAccount shows who is signed in, where, and for how long. GET /account/
func (a *App) myAccount(w http.ResponseWriter, r *http.Request) error {
	user, err := a.signedIn(r)
	switch justNow := r.URL.Query().Has("signed_in"); {
	case err != nil:
		return err
	case user == nil && justNow:
		return a.redirect(w, r, loginPath("/account/")+"&no_cookie=1")
	case user == nil:
		return a.toLogin(w, r)
	case justNow:
		return a.redirect(w, r, "/account/") // the browser kept the cookie
	}
	ctx, cancel := context.WithTimeout(r.Context(), accountTimeout)
	defer cancel()
	list, err := a.accounts.Sessions(ctx, user.ID)
	if err != nil {
		return err
	}
	s := sessions.From(r)
	page := views.Account{
		Username: user.Name, Remembered: !s.ExpireAtBrowserClose(),
		IdleTimeout: int64(personOf(r).idle / time.Second),
		Longest:     a.settings.AbsoluteAge(),
		Seconds:     strconv.FormatInt(ownIdle.Get(s).Timeout, 10),
	}
	for _, one := range list {
		page.Add(views.SignIn{
			Session: one.Hash, Device: one.Device(),
			Since:   one.Created.Truncate(time.Second),
			Seen:    one.Seen.Truncate(time.Second),
			Current: one.Hash == authSignIn.Get(s),
		})
	}
	if isSeen(r) && a.debugOn(r) {
		before, ok := cycledFrom.Pop(s)
		if after := s.ID().String(); ok && after != before {
			page.Cycled = &views.Cycled{Before: before, After: after}
		}
	}
	page.Errors = refused(r, &page)
	return a.render(w, r, page)
}

// changePassword ends all sessions of the user but this one, which gets a new key.
// POST /account/password/
func (a *App) changePassword(w http.ResponseWriter, r *http.Request) error {
	user, err := a.signedIn(r)
	if err != nil {
		return err
	}
	if user == nil {
		return a.toLogin(w, r)
	}
	var form struct {
		Old   string `form:"old_password" validate:"required"`
		New   string `form:"new_password1" validate:"required"`
		Again string `form:"new_password2" validate:"required"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	if form.New != form.Again {
		return views.Errors{"new_password2": notTheSame}
	}
	ctx, cancel := context.WithTimeout(r.Context(), passwordTimeout)
	defer cancel()
	signIn := authSignIn.Get(sessions.From(r))
	changed, err := a.accounts.ChangePassword(ctx, user.ID, signIn, form.Old, form.New)
	if err != nil {
		return atField(err, "old_password", "new_password1")
	}
	if err := a.enter(w, r, changed); err != nil {
		return butFirst(err, "Your password is changed, and all your sessions have "+
			"ended, this one too. Sign in again with the new password.")
	}
	sessions.From(r).AddMessage(sessions.Success,
		"Your password is changed. All your other sessions have ended.")
	return a.redirect(w, r, "/account/")
}

// signOutEverywhere ends all sessions of the user but this one, which gets a new key. It
// asks for the password: whoever finds an open session could shut its owner out
// otherwise. POST /account/sign-out-everywhere/
func (a *App) signOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	user, err := a.signedIn(r)
	if err != nil {
		return err
	}
	if user == nil {
		return a.toLogin(w, r)
	}
	var form struct {
		Password string `form:"password" validate:"required"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), passwordTimeout)
	defer cancel()
	signIn := authSignIn.Get(sessions.From(r))
	if _, err := a.accounts.Confirm(ctx, user.ID, signIn, form.Password); err != nil {
		return atField(err, "password", "")
	}
	changed, err := a.accounts.SignOutEverywhere(ctx, user.ID)
	if err != nil {
		return err
	}
	if err := a.enter(w, r, changed); err != nil {
		return butFirst(err, "All your sessions have ended, this one too. Sign in again.")
	}
	sessions.From(r).AddMessage(sessions.Success, "All your other sessions have ended.")
	return a.redirect(w, r, "/account/")
}

// endSignIn ends one session of the user, by its name on the list. POST /account/end/
func (a *App) endSignIn(w http.ResponseWriter, r *http.Request) error {
	user, err := a.signedIn(r)
	if err != nil {
		return err
	}
	if user == nil {
		return a.toLogin(w, r)
	}
	var form struct {
		Session string `form:"session" validate:"required,max=40,line"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), accountTimeout)
	defer cancel()
	if err := a.accounts.EndSession(ctx, user.ID, form.Session); err != nil {
		return err
	}
	return a.redirect(w, r, "/account/")
}

const notTheSame = "These two are not the same."

// atField puts what is wrong with a password beside its field: present is the field of
// the password that has to be right, fresh that of a new one.
func atField(err error, present, fresh string) error {
	if weak, ok := errors.AsType[*accounts.WeakPasswordError](err); ok {
		return views.Errors{fresh: weak.Reason}
	}
	if errors.Is(err, accounts.ErrCredentials) {
		return views.Errors{present: "This is not your password."}
	}
	return err
}
