package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sessionlab/handlers/forms"
	"sessionlab/sessions"
	"sessionlab/views"
)

// Two clocks can end a sign-in that nobody uses. SESSION_IDLE_TIMEOUT is the session
// layer's: it moves the expiry of the record, and an expired record is gone. On /account/
// visitors can set one for their own session, kept as an entry of it, to see what happens
// without a restart. Whichever runs out first counts.

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

// isAway reports whether the visitor's own clock has run out. If not, it moves the clock,
// but at most once in a tenth of the timeout: reading pages should write little.
func (a *App) isAway(r *http.Request, v *person) bool {
	s, now := sessions.From(r), time.Now().Unix()
	v.idle = s.Manager().Config().IdleTimeout
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

// seenCookie says that this browser has a sign-in with an idle clock, when it was last
// used and how long it may stay unused. It is needed when the session is gone: nothing on
// the server remembers then that there was one. It is no secret, and the app trusts it
// for nothing but the reason that its owner reads.
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
	ok = err1 == nil && err2 == nil && seconds > 0
	return time.Unix(from, 0), time.Duration(seconds) * time.Second, ok
}

// keepClock writes the cookie when it is a tenth of the timeout behind. It lasts as long
// as the session's own: for life, or until the browser is closed if that is 0.
func keepClock(v *person, r *http.Request, life time.Duration) {
	seen, timeout, ok := readClock(r)
	switch {
	case v.idle == 0:
		stopClock(v, r)
	case !ok || timeout != v.idle || time.Since(seen) >= v.idle/10:
		value := fmt.Sprintf("%d.%d", time.Now().Unix(), v.idle/time.Second)
		sendClock(v, r, value, int(life/time.Second))
	}
}

// ageClock moves the clock in the browser back.
func ageClock(v *person, r *http.Request, by time.Duration) {
	if v.user == nil || v.idle == 0 {
		return
	}
	seen := time.Now().Add(-by).Unix()
	sendClock(v, r, fmt.Sprintf("%d.%d", seen, v.idle/time.Second), 0)
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
	h["Set-Cookie"] = slices.DeleteFunc(h["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, seenCookie+"=")
	})
	http.SetCookie(v.w, &http.Cookie{
		Name: seenCookie, Value: value, MaxAge: maxAge, Path: "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: c.Secure == sessions.SecureAlways ||
			c.Secure == sessions.SecureAuto && c.HTTPS(r),
	})
}

// idledOut reports whether the visitor was signed in, has been away for too long, and now
// asks for a page. What such a visitor posts is let through: it is stored for somebody
// who is not signed in, and is still in the session when they sign in again.
func (a *App) idledOut(r *http.Request) bool {
	seen, timeout, ok := readClock(r)
	if !ok {
		return false
	}
	v := personOf(r)
	if user, err := a.signedIn(r); user != nil || err != nil || !isNavigation(r) {
		return false
	}
	// Each clock is written once in a tenth of the timeout: either may be that far
	// behind.
	if v.away == 0 && time.Since(seen) >= timeout*8/10 {
		v.away = timeout
	}
	stopClock(v, r)
	return v.away > 0 && r.URL.Path != "/login/" && r.URL.Path != "/signup/"
}

// isNavigation leaves out what scripts fetch: it must not use up the one redirect that
// tells a person what happened. Browsers say so, and everything else counts as a person.
func isNavigation(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		(mode == "" || mode == "navigate")
}

// awayParam hands the reason on to the sign-in page.
func awayParam(away time.Duration) string {
	if away == 0 {
		return ""
	}
	return fmt.Sprintf("&away=%d", away/time.Second)
}

// awayFor is how long somebody was away who was signed out for that, 0 for all others.
func awayFor(r *http.Request) time.Duration {
	if away := personOf(r).away; away > 0 {
		return away
	}
	seconds, err := strconv.ParseInt(r.URL.Query().Get("away"), 10, 32)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// idle is how long the sign-in lasts if nothing more happens, for the warning one minute
// ahead; nil without an idle clock. It is exact once the session is saved.
func (a *App) idle(r *http.Request) *views.Idle {
	v, s := personOf(r), sessions.From(r)
	if v.user == nil || v.idle == 0 {
		return nil
	}
	left := v.idle
	if stored := sessions.Peek(s); stored.Stored && !stored.Ends.IsZero() {
		left = min(left, time.Until(stored.Ends))
	}
	if c := ownIdle.Get(s); c.runs() {
		left = min(left, time.Until(time.Unix(c.Seen+c.Timeout, 0)))
	}
	left = max(left, 0)
	next := r.URL.RequestURI()
	if r.Method == http.MethodPost { // a form that was refused on its own page
		next = cameFrom(r)
	}
	return &views.Idle{
		Left: left, Full: v.idle, After: views.InWords(v.idle),
		Ends: time.Now().Add(left).UTC().Format("15:04:05 UTC"),
		Next: localPath(next, "/"),
	}
}

// setIdle sets or stops a timeout for this one session. POST /account/idle/
func (a *App) setIdle(w http.ResponseWriter, r *http.Request) error {
	user, err := a.signedIn(r)
	if err != nil {
		return err
	}
	if user == nil {
		return a.toLogin(w, r)
	}
	var form struct {
		Seconds string `form:"seconds" validate:"required"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(form.Seconds, 10, 64)
	clock := idleClock{Timeout: seconds, Seen: time.Now().Unix()}
	s := sessions.From(r)
	switch {
	case err == nil && seconds == 0:
		ownIdle.Delete(s)
		s.AddMessage(sessions.Info, "The timeout is off.")
	case err == nil && clock.runs():
		// Update, not Set: the clock may have moved in another tab, which is no conflict.
		ownIdle.Update(s, func(idleClock) idleClock { return clock })
		after := views.InWords(time.Duration(seconds) * time.Second)
		s.AddMessage(sessions.Info, "From now on you are signed out after "+after+
			" without a request. Leave this page alone and see.")
	default:
		text := fmt.Sprintf("Choose 0 for none, or %d to %d seconds.", minIdle, maxIdle)
		return views.Errors{"seconds": text}
	}
	return a.redirect(w, r, "/account/")
}

// stay starts the idle clock anew, for those who read the warning. POST /account/stay/
func (a *App) stay(w http.ResponseWriter, r *http.Request) error {
	user, err := a.signedIn(r)
	if err != nil {
		return err
	}
	if user == nil {
		return a.toLogin(w, r)
	}
	var form struct {
		Next string `form:"next"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	s, now := sessions.From(r), time.Now().Unix()
	s.MarkModified() // a save, so that the record lives for the whole timeout again
	if ownIdle.Has(s) {
		ownIdle.Update(s, func(c idleClock) idleClock { return c.used(now) })
	}
	return a.redirect(w, r, localPath(form.Next, cameFrom(r)))
}
