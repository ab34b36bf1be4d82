package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sessionlab/handlers/accounts"
	"sessionlab/sessions"
	"sessionlab/views"
)

// What one request asks of the accounts is bounded, so that a silent database costs an error
// page after two seconds, and no more. Passwords may take longer: hashing them waits
// for a free core.
const (
	accountTimeout  = 2 * time.Second
	passwordTimeout = 5 * time.Second
)

// person is who sent a request, once somebody has asked.
type person struct {
	w     http.ResponseWriter
	asked bool
	user  *accounts.User
	err   error
	idle  time.Duration // the idle timeout of this sign-in, 0 for none
	away  time.Duration // the idle timeout that has ended it, 0 if none did
}

type personKey struct{}

func personOf(r *http.Request) *person { return r.Context().Value(personKey{}).(*person) }

// account looks up who is signed in before the handler reads anything: a session whose
// sign-in was ended elsewhere must show nothing any more. Visitors who were away for too long
// are sent to sign in again, see idle.go.
func (a *App) account(next http.Handler) http.Handler {
	again := a.handle(route{name: "signInAgain", handler: a.signInAgain})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(context.WithValue(r.Context(), personKey{}, &person{w: w}))
		if a.idledOut(r) {
			again(w, r)
			return
		}
		a.user(r)
		next.ServeHTTP(w, r)
	})
}

// user is who is signed in, nil for nobody. When the accounts cannot be reached it is nobody
// either, for pages that can do without a name; those that cannot call signedIn.
func (a *App) user(r *http.Request) *accounts.User {
	user, err := a.signedIn(r)
	if err != nil && !isSessionError(err) && r.Context().Err() == nil { // those are told elsewhere
		a.log.ErrorContext(r.Context(), "who is signed in", "request", traceOf(r.Context()).id, "err", err)
	}
	return user
}

// signedIn is who is signed in, nil for nobody. Store and session are asked once a request.
func (a *App) signedIn(r *http.Request) (*accounts.User, error) {
	v := personOf(r)
	if !v.asked {
		v.asked = true
		v.user, v.err = a.lookUp(r, v)
	}
	return v.user, v.err
}

// What a session holds of its user, under Django's names (B-331). The backend says whose
// users are meant: a Django site that shares the sessions has others, and takes ours for
// nobody, as this app does with Django's.
var (
	authUser    = sessions.Key[string]("_auth_user_id")
	authBackend = sessions.Key[string]("_auth_user_backend")
	authHash    = sessions.Key[string]("_auth_user_hash")
	authSignIn  = sessions.Key[string]("_auth_sign_in") // its name on the user's list, which outlives a change of key
)

const ourBackend = "sessionlab.accounts"

// lookUp finds the session's user, and ends a session that is nobody's any more (B-334).
func (a *App) lookUp(r *http.Request, v *person) (*accounts.User, error) {
	s := sessions.From(r)
	text, ok := authUser.Lookup(s)
	if !ok || authBackend.Get(s) != ourBackend {
		return nil, s.Err()
	}
	ctx, cancel := context.WithTimeout(r.Context(), accountTimeout)
	defer cancel()
	id, _ := strconv.ParseInt(text, 10, 64) // what is no number is nobody's id
	user, err := a.accounts.ByID(ctx, id)
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return nil, err
	}
	if user.Demo && !a.debugOn(r) { // nobody, as in a run without DEBUG
		return nil, nil
	}
	fits, stale := a.accounts.VerifyAuthHash(user, authHash.Get(s))
	if err != nil || !fits {
		s.Flush()
		s.AddMessage(sessions.Warning, "You are signed out here: the password was changed, or all sessions were ended, somewhere else.")
		return nil, nil
	}
	switch err := a.accounts.SeeSession(ctx, id, authSignIn.Get(s)); {
	case errors.Is(err, accounts.ErrNotFound):
		s.Flush()
		s.AddMessage(sessions.Warning, "You are signed out here: this session was ended somewhere else.")
		return nil, nil
	case err != nil: // the time of the last use could not be written: no reason to refuse a page
		a.log.WarnContext(r.Context(), "see session", "request", traceOf(r.Context()).id, "err", err)
	}
	if a.isAway(r, v) {
		a.leaveList(r, id, authSignIn.Get(s))
		s.Flush()
		return nil, nil
	}
	if stale { // made under a fallback secret, which will be taken away one day
		authHash.Set(s, a.accounts.AuthHash(user))
		s.CycleKey()
	}
	return &user, nil
}

// enter makes user the session's own, as Django's login does: a session of somebody else is
// ended first (B-330), and the key is cycled in any case, also for the same user again.
// expiry, if given, is set along. The former sign-in ends last: if anything fails before, it
// stands as it was.
func (a *App) enter(r *http.Request, user accounts.User, expiry ...sessions.Expiry) error {
	s := sessions.From(r)
	former, err := a.signedIn(r)
	if err != nil {
		return err
	}
	formerSignIn, signIn := authSignIn.Get(s), sessions.NewKey()[:10]
	// Once the password was right, the rest is done even if the visitor has hung up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), accountTimeout)
	defer cancel()
	if err := a.accounts.AddSession(ctx, user.ID, signIn, r.UserAgent()); err != nil {
		return err
	}
	id := strconv.FormatInt(user.ID, 10)
	if other, ok := authUser.Lookup(s); ok && (other != id || authBackend.Get(s) != ourBackend) {
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
		return err
	}
	a.rememberDevice(r, user)
	if former != nil {
		a.leaveList(r, former.ID, formerSignIn)
	}
	return nil
}

// rememberDevice has the browser tell later that this user has signed in with it before.
func (a *App) rememberDevice(r *http.Request, user accounts.User) {
	http.SetCookie(personOf(r).w, &http.Cookie{
		Name: accounts.DeviceCookie, Value: a.accounts.RememberDevice(deviceOf(r), user),
		Path: "/", MaxAge: int(accounts.DeviceAge / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.settings.Cookie(a.proxies.HTTPS).HTTPS(r),
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

// leaveList takes a sign-in off the user's list, which ends it wherever a copy of its cookie
// may be. If that fails, what it is part of goes on.
func (a *App) leaveList(r *http.Request, id int64, signIn string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), accountTimeout)
	defer cancel()
	if err := a.accounts.EndSession(ctx, id, signIn); err != nil {
		a.log.ErrorContext(r.Context(), "end session", "request", traceOf(r.Context()).id, "err", err)
	}
}

// cycledFrom is the short hash of the key before it was cycled, until a page has shown it.
var cycledFrom = sessions.Key[string]("_cycled_from")

// myAccount shows who is signed in, where, and for how long. GET /account/
func (a *App) myAccount(w http.ResponseWriter, r *http.Request) error {
	return a.showAccount(w, r, http.StatusOK, views.AccountData{})
}

func (a *App) showAccount(w http.ResponseWriter, r *http.Request, status int, d views.AccountData) error {
	user, err := a.signedIn(r)
	if user == nil {
		return a.toLogin(w, r, err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), accountTimeout)
	defer cancel()
	list, err := a.accounts.Sessions(ctx, user.ID)
	if err != nil {
		return unreachable(err)
	}
	s := sessions.From(r)
	before, cycled := cycledFrom.Pop(s)
	return a.show(w, r, status, func(p views.Frame) answer {
		if after := s.ID().String(); a.debugOn(r) && cycled && after != before {
			d.Cycled = &views.Cycled{Before: before, After: after}
		}
		d.Username, d.Remembered = user.Name, !s.ExpireAtBrowserClose()
		d.IdleOwn, d.IdleChoices = ownIdle.Get(s).Timeout, idleChoices()
		if idle := personOf(r).idle; idle > 0 {
			d.Idle = "ends after " + views.InWords(idle) + " without a request"
		}
		face := a.accountFace(&d, list, authSignIn.Get(s))
		face["idle_timeout"] = int64(personOf(r).idle / time.Second)
		return orFaults(d.Errors, orFaults(d.EndErrors, orFaults(d.IdleErrors, answer{face, views.Account(p, d)})))
	})
}

// accountFace fills in the list of sessions, and returns the page as JSON.
func (a *App) accountFace(d *views.AccountData, list []accounts.Session, current string) map[string]any {
	face := map[string]any{"username": d.Username, "remembered": d.Remembered}
	var all []map[string]any
	for _, one := range list {
		row := views.SessionRow{Hash: one.Hash, Device: device(one.UserAgent), Started: views.Ago(one.Created), Seen: views.Ago(one.Seen), Current: one.Hash == current}
		d.Sessions = append(d.Sessions, row)
		all = append(all, map[string]any{"session": one.Hash, "device": row.Device, "since": one.Created.Truncate(time.Second), "seen": one.Seen.Truncate(time.Second), "current": row.Current})
		if !row.Current {
			continue
		}
		d.Since, d.Ends = views.Moment(one.Created), "no fixed end"
		face["since"] = one.Created.Truncate(time.Second)
		if age := a.settings.AbsoluteAge(); age > 0 {
			end := one.Created.Add(age).Truncate(time.Second)
			d.Ends, face["ends"] = views.Moment(end)+", "+views.InWords(age)+" after signing in", end
		}
	}
	face["sessions"] = all
	return face
}

// toLogin answers in place of a page that is for signed-in visitors only: it sends them to
// the sign-in page, and back here afterwards.
func (a *App) toLogin(w http.ResponseWriter, r *http.Request, err error) error {
	if err != nil {
		return unreachable(err)
	}
	back := "/account/"
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		back = localPath(r.URL.RequestURI(), back)
	} else if from := cameFrom(r); from != "/" {
		back = from
	}
	return a.redirect(w, r, loginPath(back)+awayParam(personOf(r).away))
}

// changePassword ends all sessions of the user but this one, which gets a new key (Django
// B-333, R-08). POST /account/password/
func (a *App) changePassword(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	user, err := a.signedIn(r)
	if user == nil {
		return a.toLogin(w, r, err)
	}
	old, first, second := r.PostForm.Get("old_password"), r.PostForm.Get("new_password1"), r.PostForm.Get("new_password2")
	if first != second {
		return a.showAccount(w, r, http.StatusUnprocessableEntity, views.AccountData{Errors: views.Errors{"new_password2": notTheSame}})
	}
	ctx, cancel := context.WithTimeout(r.Context(), passwordTimeout)
	defer cancel()
	changed, err := a.accounts.ChangePassword(ctx, user.ID, authSignIn.Get(sessions.From(r)), old, first)
	if err != nil {
		status, faults, err := passwordFaults(w, err, "old_password", "new_password1")
		if err != nil {
			return err
		}
		return a.showAccount(w, r, status, views.AccountData{Errors: faults})
	}
	if err := a.enter(r, changed); err != nil {
		return unreachable(err)
	}
	sessions.From(r).AddMessage(sessions.Success, "Your password is changed. All your other sessions have ended.")
	return a.redirect(w, r, "/account/")
}

// signOutEverywhere ends all sessions of the user but this one, which gets a new key. It asks
// for the password, since whoever found an open session could shut its owner out.
// POST /account/sign-out-everywhere/
func (a *App) signOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	user, err := a.signedIn(r)
	if user == nil {
		return a.toLogin(w, r, err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), passwordTimeout)
	defer cancel()
	if _, err := a.accounts.Confirm(ctx, user.ID, authSignIn.Get(sessions.From(r)), r.PostForm.Get("password")); err != nil {
		status, faults, err := passwordFaults(w, err, "password", "")
		if err != nil {
			return err
		}
		return a.showAccount(w, r, status, views.AccountData{EndErrors: faults})
	}
	changed, err := a.accounts.SignOutEverywhere(ctx, user.ID)
	if err == nil {
		err = a.enter(r, changed)
	}
	if err != nil {
		return unreachable(err)
	}
	sessions.From(r).AddMessage(sessions.Success, "All your other sessions have ended.")
	return a.redirect(w, r, "/account/")
}

// endSignIn ends one session of the user, by its name on the list. POST /account/end/
func (a *App) endSignIn(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	user, err := a.signedIn(r)
	if user == nil {
		return a.toLogin(w, r, err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), accountTimeout)
	defer cancel()
	if err := a.accounts.EndSession(ctx, user.ID, r.PostForm.Get("session")); err != nil {
		return unreachable(err)
	}
	return a.redirect(w, r, "/account/")
}

// clearSignIns takes sign-ins off the users' lists whose sessions must have expired.
func (a *App) clearSignIns(ctx context.Context) {
	longest := max(a.settings.Age(), a.settings.AbsoluteAge()) + 24*time.Hour
	n, err := a.accounts.PurgeSessions(ctx, time.Now().Add(-longest))
	switch {
	case err != nil && ctx.Err() == nil:
		a.log.ErrorContext(ctx, "clearing sign-ins", "err", err)
	case n > 0:
		a.log.InfoContext(ctx, "cleared sign-ins", "sign-ins", n)
	}
}

// device says in a few words what a user agent calls itself.
func device(agent string) string {
	first := func(names ...string) string {
		i := slices.IndexFunc(names, func(name string) bool { return strings.Contains(agent, name) })
		if i < 0 {
			return ""
		}
		return strings.Trim(names[i], "/ ")
	}
	// The order matters: nearly all of them also claim to be those that come after.
	browser := strings.NewReplacer("Edg", "Edge", "OPR", "Opera").Replace(first("Edg/", "OPR/", "Firefox/", "Chrome/", "Safari/"))
	system := first("Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux")
	switch name, _, _ := strings.Cut(agent, " "); {
	case browser != "" && system != "":
		return browser + " on " + system
	case name == "":
		return "unknown"
	default:
		return views.Clip(name, 40)
	}
}
