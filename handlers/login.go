package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"sessionlab/handlers/accounts"
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
	if a.debug {
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
		return a.accounts.Confirm(ctx, now.ID, password)
	}
	return a.accounts.Authenticate(ctx, name, password, a.proxies.client(r))
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
	var wait *accounts.ThrottledError
	var weak *accounts.WeakPasswordError
	switch {
	case errors.As(err, &wait):
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.RetryAfter/time.Second)))
		return http.StatusTooManyRequests, views.Errors{present: "Too many attempts have failed. Try again in " + views.Span(wait.RetryAfter) + "."}, nil
	case errors.As(err, &weak):
		return http.StatusUnprocessableEntity, views.Errors{fresh: weak.Reason}, nil
	case !errors.Is(err, accounts.ErrCredentials) && !errors.Is(err, accounts.ErrNotFound):
		return 0, nil, unreachable(err)
	case present == "":
		return http.StatusUnprocessableEntity, views.Errors{present: "This name and this password do not go together."}, nil
	}
	return http.StatusUnprocessableEntity, views.Errors{present: "This is not your password."}, nil
}

// unreachable answers for accounts that cannot be asked: nobody is signed out by that.
func unreachable(err error) error {
	switch {
	case isSessionError(err):
		return err
	case errors.Is(err, accounts.ErrBusy):
		return &statusError{http.StatusServiceUnavailable, "Too many passwords are being checked at once. Please try again in a moment.", err}
	}
	return &statusError{http.StatusServiceUnavailable, "The accounts cannot be reached right now. You are not signed out, and nothing was changed.", err}
}

// loginPath is the sign-in page with the way back.
func loginPath(next string) string {
	return "/login/?next=" + strings.ReplaceAll(url.QueryEscape(next), "%2F", "/")
}

// signupsAnHour is how many times an hour one address may try to make an account: enough
// for a class room behind one address, and too little to fill the table or to ask for names.
const signupsAnHour = 100

// hourly lets a network through n times an hour, and answers 429 from then on. Of IPv6 a
// whole /64 counts as one address, since one customer has all of it.
func (a *App) hourly(n int, next handlerFunc) handlerFunc {
	type count struct {
		since time.Time
		n     int
	}
	var mu sync.Mutex
	counts, _ := lru.New[string, count](10_000) // fails for sizes below 1 only
	return func(w http.ResponseWriter, r *http.Request) error {
		mu.Lock()
		address, now := network(a.proxies.client(r)), time.Now()
		c, _ := counts.Get(address)
		if now.Sub(c.since) >= time.Hour {
			c = count{since: now}
		}
		c.n++
		counts.Add(address, c)
		mu.Unlock()
		if c.n > n {
			wait := c.since.Add(time.Hour).Sub(now).Truncate(time.Second) + time.Second
			w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
			return &statusError{status: http.StatusTooManyRequests, public: "Too many new accounts from your network. Try again in " + views.Span(wait) + "."}
		}
		return next(w, r)
	}
}

func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Is4() {
		return address
	}
	prefix, _ := ip.WithZone("").Prefix(64) // fails for more bits than an address has only
	return prefix.String()
}
