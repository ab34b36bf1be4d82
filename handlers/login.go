package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sessionlab/handlers/accounts"
	"sessionlab/handlers/forms"
	"sessionlab/sessions"
	"sessionlab/views"
)

// login shows the sign-in form, and says why somebody has to sign in again. GET /login/
func (a *App) login(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.URL.Query().Get("next"), "")
	page := a.loginPage(r, signInForm{Next: next})
	page.Reason = signInReason(r)
	return a.render(w, r, page)
}

// signInForm is what somebody types to sign in.
type signInForm struct {
	Username string `form:"username" validate:"required"`
	Password string `form:"password" validate:"required"`
	Remember bool   `form:"remember"`
	Next     string `form:"next"`
}

func (a *App) loginPage(r *http.Request, form signInForm) views.Login {
	page := views.Login{
		Username: form.Username, Remember: form.Remember, RememberFor: a.settings.Age(),
		Next: localPath(form.Next, ""),
	}
	if a.demoOn(r) {
		for _, demo := range accounts.DemoAccounts() {
			page.Demo = append(page.Demo, views.DemoAccount(demo))
		}
	}
	return page
}

// signIn checks the password and makes the session the user's, under a new key. The box
// decides how long the session lasts. POST /login/
func (a *App) signIn(w http.ResponseWriter, r *http.Request) error {
	var form signInForm
	err := forms.Read(r, &form)
	var user accounts.User
	if err == nil {
		user, err = a.authenticate(r, form.Username, form.Password)
	}
	if err != nil {
		page := a.loginPage(r, form)
		page.Errors = wrongIn(err)
		return a.refuseHere(w, r, err, page) // no session for those who only guess
	}
	expiry := sessions.AtBrowserClose
	if form.Remember {
		expiry = sessions.After(a.settings.Age()) // two weeks by default
	}
	if err := a.enter(w, r, user, expiry); err != nil {
		return err
	}
	return a.redirect(w, r, afterSignIn(form.Next))
}

// authenticate checks a name and a password. A device that is signed in as this very user
// is known: what strangers got wrong does not keep it out.
func (a *App) authenticate(
	r *http.Request, name, password string,
) (accounts.User, error) {
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
		signIn := authSignIn.Get(sessions.From(r))
		return a.accounts.Confirm(ctx, now.ID, signIn, password)
	}
	return a.accounts.Authenticate(ctx, accounts.Attempt{
		Name: name, Password: password, Client: clientAddr(r),
		Device: deviceOf(r), Demo: a.demoOn(r),
	})
}

// enter makes user the session's own, as Django's login does: a session of somebody else
// is ended first. Unlike in Django, the key is also cycled for the same user. The former
// sign-in ends last: if anything fails before, it stands as it was.
func (a *App) enter(
	w http.ResponseWriter, r *http.Request, user accounts.User, expiry ...sessions.Expiry,
) error {
	s := sessions.From(r)
	former, err := a.signedIn(r)
	if err != nil {
		return err
	}
	formerSignIn, signIn := authSignIn.Get(s), sessions.NewKey()[:10]
	// The password was right: the rest is done even if the visitor has hung up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), accountTimeout)
	defer cancel()
	if err := a.accounts.AddSession(ctx, user.ID, signIn, r.UserAgent()); err != nil {
		return err
	}
	id := strconv.FormatInt(user.ID, 10)
	other, ok := authUser.Lookup(s)
	if ok && (other != id || authBackend.Get(s) != ourBackend) {
		s.Flush()
	}
	if before := s.ID().String(); a.debugOn(r) && before != "" {
		cycledFrom.Set(s, before)
	}
	s.CycleKey()
	authUser.Set(s, id)
	authBackend.Set(s, ourBackend)
	authHash.Set(s, a.accounts.AuthHash(user))
	authSignIn.Set(s, signIn)
	s.StartAbsoluteAge()
	for _, e := range expiry {
		s.SetExpiry(e)
	}
	if err := s.Save(); err != nil {
		a.leaveList(r, user.ID, signIn)
		return err
	}
	a.rememberDevice(w, r, user)
	if former != nil {
		a.leaveList(r, former.ID, formerSignIn)
	}
	return nil
}

// rememberDevice has the browser tell later that this user has signed in with it before.
func (a *App) rememberDevice(w http.ResponseWriter, r *http.Request, user accounts.User) {
	http.SetCookie(w, &http.Cookie{
		Name: accounts.DeviceCookie, Value: a.accounts.RememberDevice(deviceOf(r), user),
		Path: "/", MaxAge: int(accounts.DeviceAge / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: a.settings.Cookie(a.proxies.HTTPS).HTTPS(r),
	})
}

// deviceOf is what the browser sent as its device cookie, "" for none.
func deviceOf(r *http.Request) string {
	c, err := r.Cookie(accounts.DeviceCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// signOut ends the session: its record is deleted, and the cookie with it. POST /logout/
func (a *App) signOut(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	user, signIn := a.user(r), authSignIn.Get(s)
	s.Flush()
	err := s.Save()
	if errors.Is(err, sessions.ErrStore) {
		return butFirst(err, "The session store does not answer, so your session could "+
			"not be ended: you may still be signed in. Try again in a moment.")
	}
	if err != nil {
		return err
	}
	if user != nil {
		a.leaveList(r, user.ID, signIn)
	}
	stopClock(personOf(r), r)
	return a.redirect(w, r, "/")
}

// loginPath is the sign-in page with the way back.
func loginPath(next string) string {
	return "/login/?next=" + strings.ReplaceAll(url.QueryEscape(next), "%2F", "/")
}

// afterSignIn is where a sign-in leads: to the page that asked for it, or to the account.
// The account is told, because without a cookie it would only ask to sign in again.
func afterSignIn(next string) string {
	next = localPath(next, "/account/")
	if next == "/account/" {
		return next + "?signed_in=1"
	}
	return next
}

// signInReason says why somebody was sent to sign in, "" if there is nothing to say.
func signInReason(r *http.Request) string {
	if r.URL.Query().Has("no_cookie") {
		return "Your browser did not keep the cookie, so you are not signed in. " +
			"Your password was right, but without its cookie the server does not " +
			"recognize your browser at the next request. Allow cookies for this site, " +
			"then sign in again."
	}
	if away := awayFor(r); away > 0 {
		return "You were away for " + views.InWords(away) + ", so you were signed out. " +
			"Sign in again, and you are taken back to where you were."
	}
	return ""
}
