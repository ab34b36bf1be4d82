package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/tryout"
	"sessionlab/sessions"
	"sessionlab/views"
)

// listSettings shows the settings in force and where each came from. With DEBUG, visitors
// can try some on their own session; without, only those are shown that every visitor may
// know. GET /settings/
func (a *App) listSettings(w http.ResponseWriter, r *http.Request) error {
	var page views.Settings
	notes := a.settingNotes(r)
	for _, s := range a.settings.All() {
		if s.Public || a.debugOn(r) && a.room == nil {
			page.Settings = append(page.Settings, views.Setting{
				Name: s.Name, Group: s.Group, Value: s.Value, From: s.From,
				Means: s.Help, Note: notes[s.Name],
			})
		}
	}
	if a.debugOn(r) {
		var err error
		if page.Trial, err = a.trialView(r); err != nil {
			return err
		}
	}
	return a.render(w, r, page)
}

// trySettings puts the visitor's own session under the settings that were chosen, and
// renews it, so that the answer sends its cookie as they say. Without any it takes them
// all back. POST /settings/
func (a *App) trySettings(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Age      bool   `form:"age"`
		Close    bool   `form:"close"`
		Every    bool   `form:"every"`
		SameSite string `form:"samesite"`
		Readable bool   `form:"readable"`
		Idle     bool   `form:"idle"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	if !tryout.KnownSameSite(form.SameSite) {
		return &statusError{
			status: http.StatusBadRequest,
			public: "SameSite is strict, lax or out, or empty. Nothing was changed.",
		}
	}
	s, tried := sessions.From(r), tryout.Trial(form)
	m, err := a.trials.Under(a.engines.Manager(a.engineOf(r)), tried)
	if err != nil {
		return err
	}
	s.MarkModified() // under the old clocks: it is there when the new ones begin to run
	if err := sessions.Under(s, m); err != nil {
		return err
	}
	chosen := &http.Cookie{
		Name: tryout.Cookie, Value: tried.String(),
		Path: "/", MaxAge: int(trialAge / time.Second), HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: a.proxies.HTTPS(r),
	}
	if chosen.Value == "" {
		chosen.MaxAge = -1
	}
	http.SetCookie(w, chosen)
	return a.redirect(w, r, "/settings/#trial")
}

// trialAge is how long a trial lasts that nobody ends: who has forgotten it is not to
// wonder for long.
const trialAge = time.Hour

// trialOf is what the visitor tries, with DEBUG only.
func (a *App) trialOf(r *http.Request) tryout.Trial {
	if t := tryout.Of(r); a.debugOn(r) {
		return t
	}
	return tryout.Trial{}
}

// trying puts the session of a visitor who tries settings under those.
func (a *App) trying(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t := a.trialOf(r); t != (tryout.Trial{}) {
			s := sessions.From(r)
			m, err := a.trials.Under(s.Manager(), t)
			if err == nil {
				err = sessions.Under(s, m)
			}
			if err != nil {
				a.fail(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// trialView is what the visitor tries, and how the cookie is sent with and without it.
func (a *App) trialView(r *http.Request) (*views.Trial, error) {
	s, t := sessions.From(r), a.trialOf(r)
	v := &views.Trial{
		Age: t.Age, Close: t.Close, Every: t.Every, SameSite: t.SameSite,
		Readable: t.Readable, Idle: t.Idle, On: t != (tryout.Trial{}), Times: passTimes(),
	}
	if at := sessions.Peek(s); at.Stored {
		v.Ends = at.Ends
	}
	var expiry any
	for name, value := range s.Items() {
		if name == "_session_expiry" {
			expiry = json.RawMessage(value)
		}
	}
	var err error
	usual := a.engines.Manager(a.engineOf(r))
	if v.Usual, err = tryout.SetCookie(usual, r, expiry, "••••"); err != nil {
		return nil, err
	}
	v.SetCookie, err = tryout.SetCookie(s.Manager(), r, expiry, "••••")
	return v, err
}

// passTimes are how much time can be let pass: enough for each clock to run out.
func passTimes() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{20 * time.Second, 20 * time.Minute, day, 15 * day, 31 * day}
}

// letTimePass moves the times of the visitor's own session back, on the server and in the
// browser, as if nobody had sent a request for so long. POST /settings/pass/
func (a *App) letTimePass(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Seconds int64  `form:"seconds"`
		Next    string `form:"next"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	d := time.Duration(form.Seconds) * time.Second
	if !slices.Contains(passTimes(), d) {
		return &statusError{
			status: http.StatusBadRequest,
			public: "Choose one of the times. Nothing was changed.",
		}
	}
	s := sessions.From(r)
	if ownIdle.Has(s) {
		ownIdle.Update(s, func(c idleClock) idleClock {
			c.Seen -= form.Seconds
			return c
		})
	}
	ageClock(personOf(r), r, d)
	if err := sessions.LetPass(s, d); errors.Is(err, sessions.ErrNotFound) {
		return &statusError{
			status: http.StatusBadRequest, err: err,
			public: "You have no session whose time could pass. Visit the counter first.",
		}
	} else if err != nil {
		return err
	}
	return a.redirect(w, r, localPath(form.Next, "/settings/#time"))
}

// settingNotes are remarks on values, by the setting's name: the warnings of the command
// check, and what a value means for this very request.
func (a *App) settingNotes(r *http.Request) map[string]string {
	notes := map[string]string{}
	for _, f := range a.settings.Check() {
		if f.Level >= config.Warning {
			notes[f.Title] = f.Why
		}
	}
	cookie := sessions.From(r).Manager().Config().Cookie
	if cookie.Secure == sessions.SecureAuto && !a.proxies.HTTPS(r) {
		notes["SESSION_COOKIE_SECURE"] = "This page came over plain HTTP, " +
			"so your cookie travels unencrypted."
	}
	if name := a.engineOf(r); name != a.engines.Default {
		notes["SESSION_ENGINE"] = "You have chosen " + name + " for yourself."
		notes["SESSION_COOKIE_NAME"] = "With the engine that you have chosen, " +
			"your cookie is named " + cookie.Name + "."
	}
	return notes
}
