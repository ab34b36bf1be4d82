package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sessionlab/handlers/internal/compat"
	"sessionlab/sessions"
	"sessionlab/views"
)

// Two clocks can end a sign-in that nobody uses. SESSION_IDLE_TIMEOUT is the session layer's:
// it moves the expiry of the record, and the record is gone when the time is over. And on
// /account/ a visitor can set one for the own session, kept as an entry of it, to see what
// happens without a restart. Whichever is over first counts.

// idleClock is a visitor's own idle timeout. Both numbers are seconds, Seen since 1970.
type idleClock struct {
	Timeout int64 `json:"timeout"`
	Seen    int64 `json:"seen"`
}

var ownIdle = sessions.Key[idleClock]("idle_clock")

// The shortest and longest timeouts that visitors may set, in seconds.
const (
	minIdle = 10
	maxIdle = 24 * 60 * 60
)

// runs reports whether there is a clock that makes sense: a session is data from outside.
func (c idleClock) runs() bool { return c.Timeout >= minIdle && c.Timeout <= maxIdle }

// used is the clock with a new last use. It never goes back.
func (c idleClock) used(now int64) idleClock {
	c.Seen = max(c.Seen, now)
	return c
}

// isAway reports whether the visitor's own clock has run out. If not, it moves the clock, at
// most once in a tenth of the timeout.
func (a *App) isAway(r *http.Request, v *person) bool {
	s, now := sessions.From(r), time.Now().Unix()
	v.idle = a.settings.IdleTimeout()
	if c := ownIdle.Get(s); c.runs() {
		timeout := time.Duration(c.Timeout) * time.Second
		if v.idle == 0 || timeout < v.idle {
			v.idle = timeout
		}
		switch rest := now - c.Seen; {
		case rest >= c.Timeout:
			v.away = timeout
			return true
		case rest*10 >= c.Timeout:
			ownIdle.Update(s, func(c idleClock) idleClock { return c.used(now) })
		}
	}
	life := a.settings.Age()
	if s.ExpireAtBrowserClose() {
		life = 0
	}
	keepClock(v, r, life)
	return false
}

// seenCookie tells that this browser has a sign-in with an idle clock, when it was last used
// and how long it may rest. It is needed when the session is gone: nothing on the server
// remembers then that there was one. It is no secret and is not believed in anything but
// the reason that its owner reads.
const seenCookie = "lab_seen"

// readClock returns the time of the last use and the timeout.
func readClock(r *http.Request) (seen time.Time, timeout time.Duration, ok bool) {
	c, err := r.Cookie(seenCookie)
	if err != nil {
		return
	}
	at, rest, _ := strings.Cut(c.Value, ".")
	from, err1 := strconv.ParseInt(at, 10, 64)
	seconds, err2 := strconv.ParseInt(rest, 10, 32)
	return time.Unix(from, 0), time.Duration(seconds) * time.Second, err1 == nil && err2 == nil && seconds > 0
}

// keepClock writes the cookie when it is a tenth of the timeout behind. It lasts as long as
// the session's own: for life, or until the browser is closed if that is 0.
func keepClock(v *person, r *http.Request, life time.Duration) {
	seen, timeout, ok := readClock(r)
	switch {
	case v.idle == 0:
		stopClock(v, r)
	case !ok || timeout != v.idle || time.Since(seen) >= v.idle/10:
		sendClock(v, r, fmt.Sprintf("%d.%d", time.Now().Unix(), v.idle/time.Second), int(life/time.Second))
	}
}

// stopClock takes the cookie back, if the browser has one or is about to be sent one.
func stopClock(v *person, r *http.Request) {
	if _, err := r.Cookie(seenCookie); err == nil || v.idle > 0 {
		sendClock(v, r, "", -1)
	}
}

// sendClock sets the cookie, in place of one that this answer has set already.
func sendClock(v *person, r *http.Request, value string, maxAge int) {
	h, c := v.w.Header(), sessions.From(r).Manager().Config().Cookie
	h["Set-Cookie"] = slices.DeleteFunc(h["Set-Cookie"], func(line string) bool { return strings.HasPrefix(line, seenCookie+"=") })
	http.SetCookie(v.w, &http.Cookie{
		Name: seenCookie, Value: value, MaxAge: maxAge, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: c.Secure == sessions.SecureAlways || c.Secure == sessions.SecureAuto && c.HTTPS(r),
	})
}

// idledOut reports whether the visitor was signed in and has been away for too long, and now
// asks for a page. What such a visitor posts is let through: it is stored for somebody who is
// not signed in, stays in the session when they sign in again, and so is not lost.
func (a *App) idledOut(r *http.Request) bool {
	seen, timeout, ok := readClock(r)
	if !ok {
		return false
	}
	v := personOf(r)
	if user, err := a.signedIn(r); user != nil || err != nil || !isNavigation(r) {
		return false
	}
	// The clocks are written once in a tenth of the timeout, so either may be that far behind.
	if v.away == 0 && time.Since(seen) >= timeout*8/10 {
		v.away = timeout
	}
	stopClock(v, r)
	return v.away > 0 && r.URL.Path != "/login/" && r.URL.Path != "/signup/"
}

// isNavigation leaves out what scripts fetch: it must not use up the one redirect that tells
// a person what happened. Browsers say so, and everything else counts as a person.
func isNavigation(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && (mode == "" || mode == "navigate")
}

// signInAgain sends a visitor who was away for too long to sign in, with the reason, and back
// to where they were. It answers in place of any page.
func (a *App) signInAgain(w http.ResponseWriter, r *http.Request) error { return a.toLogin(w, r, nil) }

func awayParam(away time.Duration) string {
	if away == 0 {
		return ""
	}
	return fmt.Sprintf("&away=%d", away/time.Second)
}

// awayReason is the sentence for the sign-in page, "" for those who were not away.
func awayReason(r *http.Request) string {
	away := personOf(r).away
	if n, err := strconv.ParseInt(r.URL.Query().Get("away"), 10, 32); away == 0 && err == nil && n > 0 {
		away = time.Duration(n) * time.Second
	}
	if away == 0 {
		return ""
	}
	return "You were away for " + views.InWords(away) + ", so you were signed out."
}

// idle is how long the sign-in lasts if nothing more happens, for the warning one minute
// ahead; nil without an idle clock. It is exact once the session is saved.
func (a *App) idle(r *http.Request) *views.Idle {
	v, s := personOf(r), sessions.From(r)
	if v.user == nil || v.idle == 0 {
		return nil
	}
	left := v.idle
	if rec, ok := compat.Stored(s); ok && !rec.Expires.IsZero() {
		left = min(left, time.Until(rec.Expires))
	}
	if c := ownIdle.Get(s); c.runs() {
		left = min(left, time.Until(time.Unix(c.Seen+c.Timeout, 0)))
	}
	left = max(left, 0)
	next := r.URL.RequestURI()
	if r.Method == http.MethodPost { // a form that was refused: its page is where it came from
		next = cameFrom(r)
	}
	return &views.Idle{
		Left: left, Full: v.idle, After: views.InWords(v.idle),
		Ends: time.Now().Add(left).UTC().Format("15:04:05 UTC"), Next: localPath(next, "/"),
	}
}

// setIdle sets or stops a timeout for this one session. POST /account/idle/
func (a *App) setIdle(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	user, err := a.signedIn(r)
	if user == nil {
		return a.toLogin(w, r, err)
	}
	s := sessions.From(r)
	n, err := strconv.ParseInt(r.PostForm.Get("seconds"), 10, 64)
	switch {
	case err != nil || n != 0 && (n < minIdle || n > maxIdle):
		return a.showAccount(w, r, http.StatusUnprocessableEntity, views.AccountData{IdleErrors: views.Errors{
			"seconds": fmt.Sprintf("Choose 0 for none, or %d to %d seconds.", minIdle, maxIdle),
		}})
	case n == 0:
		ownIdle.Delete(s)
		s.AddMessage(sessions.Info, "The timeout is off.")
	default:
		// Update and not Set: the clock may have moved in another tab, and that is no conflict.
		ownIdle.Update(s, func(idleClock) idleClock { return idleClock{Timeout: n, Seen: time.Now().Unix()} })
		s.AddMessage(sessions.Info, "From now on you are signed out after "+views.InWords(time.Duration(n)*time.Second)+" without a request. Leave this page alone and see.")
	}
	return a.redirect(w, r, "/account/")
}

// stay starts the idle clock anew, for those who read the warning. POST /account/stay/
func (a *App) stay(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	user, err := a.signedIn(r)
	if user == nil {
		return a.toLogin(w, r, err)
	}
	s, now := sessions.From(r), time.Now().Unix()
	s.MarkModified() // a save, and so a record that lives for the whole timeout again
	if ownIdle.Has(s) {
		ownIdle.Update(s, func(c idleClock) idleClock { return c.used(now) })
	}
	return a.redirect(w, r, localPath(r.PostForm.Get("next"), cameFrom(r)))
}

func idleChoices() []views.Option {
	all := []views.Option{{Value: "0", Label: "Off"}}
	for _, d := range []time.Duration{90 * time.Second, 5 * time.Minute, 15 * time.Minute} {
		all = append(all, views.Option{Value: strconv.Itoa(int(d / time.Second)), Label: views.InWords(d)})
	}
	return all
}
