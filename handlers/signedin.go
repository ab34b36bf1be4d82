package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"sessionlab/handlers/accounts"
	"sessionlab/sessions"
)

// What one request asks of the accounts is bounded, so that a silent database costs an
// error page after two seconds. Passwords may take longer: hashing them waits for a core.
const (
	accountTimeout  = 2 * time.Second
	passwordTimeout = 5 * time.Second
)

// What a session holds of its user, under Django's names. The backend says whose users
// are meant: a Django site that shares the sessions has others, and takes ours for
// nobody, as this app does with Django's.
var (
	authUser    = sessions.Key[string]("_auth_user_id")
	authBackend = sessions.Key[string]("_auth_user_backend")
	authHash    = sessions.Key[string]("_auth_user_hash")
	authSignIn  = sessions.Key[string]("_auth_sign_in") // its name on the user's list
)

const ourBackend = "sessionlab.accounts"

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
// sign-in was ended elsewhere must show nothing any more. Visitors who were away for too
// long are sent to sign in again, see idle.go.
func (a *App) account(next http.Handler) http.Handler {
	again := a.handle(route{name: "toLogin", handler: a.toLogin})
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

// user is who is signed in, nil for nobody. When the accounts cannot be reached it is
// nobody either, for pages that can do without a name; those that cannot call signedIn.
func (a *App) user(r *http.Request) *accounts.User {
	user, err := a.signedIn(r)
	// Errors of the session are events, and in the log already.
	if err != nil && !isSessionError(err) && r.Context().Err() == nil {
		a.log.ErrorContext(r.Context(), "look up who is signed in",
			"request", traceOf(r.Context()).number(), "err", err)
	}
	return user
}

// signedIn is who is signed in, nil for nobody. It asks session and accounts once a
// request.
func (a *App) signedIn(r *http.Request) (*accounts.User, error) {
	v := personOf(r)
	if !v.asked {
		v.asked = true
		v.user, v.err = a.lookUp(r, v)
	}
	return v.user, v.err
}

// lookUp finds the session's user, and ends a session that is nobody's any more.
func (a *App) lookUp(r *http.Request, v *person) (*accounts.User, error) {
	s := sessions.From(r)
	text, ok := authUser.Lookup(s)
	if !ok || authBackend.Get(s) != ourBackend {
		return nil, s.Err()
	}
	ctx, cancel := context.WithTimeout(r.Context(), accountTimeout)
	defer cancel()
	id, _ := strconv.ParseInt(text, 10, 64) // anything but a number is nobody's id
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
		s.AddMessage(sessions.Warning, "You are signed out here: somewhere else the "+
			"password was changed, or all sessions were ended.")
		return nil, nil
	}
	switch err := a.accounts.SeeSession(ctx, id, authSignIn.Get(s)); {
	case errors.Is(err, accounts.ErrNotFound):
		s.Flush()
		s.AddMessage(sessions.Warning,
			"You are signed out here: this session was ended somewhere else.")
		return nil, nil
	case err != nil: // the time of the last use is no reason to refuse a page
		a.log.WarnContext(r.Context(), "note the last use of a sign-in",
			"request", traceOf(r.Context()).number(), "err", err)
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

// toLogin answers in place of a page that is for signed-in visitors only: it sends them
// to the sign-in page, and back here afterwards.
func (a *App) toLogin(w http.ResponseWriter, r *http.Request) error {
	back := "/account/"
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		back = localPath(r.URL.RequestURI(), back)
	} else if from := cameFrom(r); from != "/" {
		back = from
	}
	return a.redirect(w, r, loginPath(back)+awayParam(personOf(r).away))
}

// leaveList takes a sign-in off the user's list, which ends it wherever a copy of its
// cookie may be. If that fails, what it is part of goes on.
func (a *App) leaveList(r *http.Request, id int64, signIn string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), accountTimeout)
	defer cancel()
	if err := a.accounts.EndSession(ctx, id, signIn); err != nil {
		a.log.ErrorContext(r.Context(), "end a sign-in",
			"request", traceOf(r.Context()).number(), "err", err)
	}
}

// clearSignIns takes sign-ins off the users' lists whose sessions must have expired.
func (a *App) clearSignIns(ctx context.Context) {
	longest := max(a.settings.Age(), a.settings.AbsoluteAge()) + 24*time.Hour
	n, err := a.accounts.PurgeSessions(ctx, time.Now().Add(-longest))
	switch {
	case err != nil && ctx.Err() == nil:
		a.log.ErrorContext(ctx, "clear expired sign-ins", "err", err)
	case n > 0:
		a.log.InfoContext(ctx, "cleared expired sign-ins", "sign-ins", n)
	}
}
