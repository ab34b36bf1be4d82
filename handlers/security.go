package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"sessionlab/handlers/attack"
	"sessionlab/handlers/config"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/proxy"
	"sessionlab/handlers/tryout"
	"sessionlab/sessions"
	"sessionlab/views"
)

// outcomes is how each attack went that a visitor has tried. A session keeps those that
// were tried on its engine, so that they are its visitor's alone and every copy of the
// app shows them.
type outcomes map[attack.Name]attack.Outcome

var attackOutcomes = sessions.Key[outcomes]("_attacks")

// allAttacks has every attack tried that can be.
const allAttacks attack.Name = "all"

// checkSecurity holds a checklist against this run and this very request, and with DEBUG
// offers safe attacks on the visitor's own session. GET /security/
func (a *App) checkSecurity(w http.ResponseWriter, r *http.Request) error {
	// The layer says the same once the page is drawn, which is too late for the page.
	w.Header().Set("Cache-Control", "private, no-store")
	page := views.Security{Checks: a.requestFindings(w, r)}
	page.Checks = append(page.Checks, a.settingFindings(r)...)
	if a.debugOn(r) {
		page.Engine, page.Attacks = a.engineOf(r), a.attacks(r)
	}
	return a.render(w, r, page)
}

// trySecurity carries out one attack, or all, on the visitor's own session.
// POST /security/try/
func (a *App) trySecurity(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Attack attack.Name `form:"attack"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	s := sessions.From(r)
	attackOutcomes.Has(s) // loads the session
	if err := s.Err(); err != nil {
		return err
	}
	lab := attack.Lab{
		App: a.router(), Like: r, Session: s,
		Choices: []string{engineCookie, tryout.Cookie},
	}
	names := []attack.Name{form.Attack}
	if form.Attack == allAttacks {
		names = slices.DeleteFunc(attack.Names(), func(name attack.Name) bool {
			return attack.CanTry(s, name) != nil
		})
	}
	tried := outcomes{}
	for _, name := range names {
		outcome, err := lab.Try(name)
		if err != nil {
			return err
		}
		tried[name] = outcome
	}
	attackOutcomes.Update(s, func(all outcomes) outcomes {
		kept := outcomes{}
		for _, known := range attack.Names() { // no more: a session is input
			if o, ok := all[known]; ok {
				kept[known] = o
			}
			if o, ok := tried[known]; ok {
				kept[known] = o
			}
		}
		return kept
	})
	return a.redirect(w, r, "/security/#attacks")
}

// attacks are those that the page offers, with the outcomes that the visitor's sessions
// keep, in each engine its own.
func (a *App) attacks(r *http.Request) (all []views.Attack) {
	s := sessions.From(r)
	tried := map[string]outcomes{}
	for _, name := range config.EngineNames() {
		tried[name] = a.outcomesOn(r, name)
	}
	for _, name := range attack.Names() {
		one := views.Attack{Name: string(name)}
		switch err := attack.CanTry(s, name); {
		case errors.Is(err, attack.ErrNoSession):
			one.Obstacle = views.NoSession
		case errors.Is(err, attack.ErrNoRecord):
			one.Obstacle = views.NoRecord
		case errors.Is(err, attack.ErrNoData):
			one.Obstacle = views.NoData
		}
		if o, ok := tried[a.engineOf(r)][name]; ok {
			shown := views.AttackOutcome(o)
			one.Outcome = &shown
		}
		for _, engine := range config.EngineNames() {
			if o, ok := tried[engine][name]; ok {
				verdict := views.AttackVerdict{Engine: engine, Blocked: o.Blocked}
				one.Engines = append(one.Engines, verdict)
			}
		}
		all = append(all, one)
	}
	return all
}

// outcomesOn are those that the visitor's session in this engine keeps. To look into
// another engine's is no use of it; one that does not answer shows none.
func (a *App) outcomesOn(r *http.Request, engine string) outcomes {
	if engine == a.engineOf(r) {
		return attackOutcomes.Get(sessions.From(r))
	}
	m := a.engines.Manager(engine)
	if m == nil {
		return nil
	}
	c, err := r.Cookie(m.Config().Cookie.Name)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	return attackOutcomes.Get(m.Open(ctx, c.Value))
}

// scriptFrame is a page with a script in it that somebody has smuggled in, for the frame
// on /security/: it shows which cookies a script can read. Its policy lets it run the one
// script of its own, and nothing else. GET /security/xss/
func (a *App) scriptFrame(w http.ResponseWriter, r *http.Request) error {
	for name, hidden := range map[string]bool{"lab_hidden": true, "lab_readable": false} {
		http.SetCookie(w, &http.Cookie{
			Name: name, Value: "secret", Path: "/security/xss/", MaxAge: 60,
			HttpOnly: hidden, SameSite: http.SameSiteStrictMode,
			Secure: a.proxies.HTTPS(r),
		})
	}
	w.Header().Set("Content-Security-Policy", "sandbox allow-scripts allow-same-origin; "+
		"default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; "+
		"form-action 'none'; frame-ancestors 'self'")
	w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	s := sessions.From(r)
	page := views.ScriptFrame(s.Manager().Config().Cookie.Name, themePreference.Get(s))
	return writePage(w, r, http.StatusOK, page)
}

// levels are the levels of the command check as the page shows them.
var levels = map[config.Level]views.Level{
	config.OK: views.Pass, config.Note: views.Pass,
	config.Warning: views.Warn, config.Error: views.Fail,
}

// settingFindings are the rules of the command check. Without DEBUG only those are shown
// that anybody could read off a cookie.
func (a *App) settingFindings(r *http.Request) (all []views.Finding) {
	for _, f := range a.settings.Check() {
		public := strings.HasPrefix(f.Title, "SESSION_")
		if f.Title == "SESSION_ENGINE" || !public && (!a.debugOn(r) || a.room != nil) {
			continue // what the engine cannot do is said of the visitor's own one
		}
		all = append(all, views.Finding{
			Level: levels[f.Level], Title: f.Title, Found: f.Found, Why: f.Why,
		})
	}
	return all
}

// requestFindings are what can be told from this request and its response.
func (a *App) requestFindings(w http.ResponseWriter, r *http.Request) []views.Finding {
	m := sessions.From(r).Manager()
	return []views.Finding{
		a.connection(r), a.cookieInForce(r),
		keyStrength(m.Traits()), a.whoReadsKeys(a.engineOf(r), m.Traits()),
		whatEnds(m.Traits()), responseHeaders(w.Header()),
	}
}

// connection says who can read the cookie on its way.
func (a *App) connection(r *http.Request) views.Finding {
	f := views.Finding{Title: "The connection"}
	switch {
	case a.proxies.HTTPS(r):
		f.Level, f.Found = views.Pass, "This page came over HTTPS."
		f.Why = "Nobody on the way can read or change the cookie."
	case proxy.Client(r).IsLoopback():
		f.Found = "This page came over plain HTTP, but it has not left your computer."
		f.Why = "That is fine for learning. Anywhere else, " +
			"anybody on the way could read the cookie."
	default:
		f.Level = views.Fail
		f.Found = "This page came over plain HTTP, from another computer."
		f.Why = "Anybody on the way can read the cookie and be you. " +
			"Put a proxy with HTTPS in front, and name it in TRUSTED_PROXIES."
	}
	return f
}

// cookieInForce lists the attributes that this visitor's session cookie is sent with.
func (a *App) cookieInForce(r *http.Request) views.Finding {
	cookie, https := sessions.From(r).Manager().Config().Cookie, a.proxies.HTTPS(r)
	secure := cookie.Secure == sessions.SecureAlways ||
		cookie.Secure == sessions.SecureAuto && https
	sameSite := map[http.SameSite]string{
		http.SameSiteStrictMode: "Strict",
		http.SameSiteLaxMode:    "Lax",
		http.SameSiteNoneMode:   "None",
	}[cookie.SameSite]
	attrs := []string{"Path=" + cookie.Path}
	if !cookie.ReadableByScripts {
		attrs = append(attrs, "HttpOnly")
	}
	if secure {
		attrs = append(attrs, "Secure")
	}
	if sameSite != "" {
		attrs = append(attrs, "SameSite="+sameSite)
	}
	if cookie.Domain != "" {
		attrs = append(attrs, "Domain="+cookie.Domain)
	}
	list := strings.Join(attrs, "; ")
	f := views.Finding{
		Level: views.Pass, Title: "Your session cookie",
		Found: "It is named " + cookie.Name + " and sent with " + list + ".",
		Why: "HttpOnly hides it from scripts, " +
			"SameSite keeps it out of other sites' forms, " +
			"Secure keeps it off plain HTTP. If its name begins with __Host-, " +
			"browsers let no other host set it.",
	}
	weak := sameSite == "" || sameSite == "None"
	if cookie.ReadableByScripts || weak || cookie.Domain != "" || https && !secure {
		f.Level = views.Warn
	}
	return f
}

// keyStrength says what an attacker would have to guess.
func keyStrength(engine sessions.Traits) views.Finding {
	f := views.Finding{Level: views.Pass, Title: "Guessing a session"}
	if engine.InCookie {
		f.Found = "There is no key to guess: " +
			"the cookie is the session, signed with HMAC-SHA-256."
		f.Why = "Without SECRET_KEY nobody can make or change one."
		return f
	}
	f.Found = "A key is 32 characters out of 36, made at random: about 165 bits."
	f.Why = "From 64 bits on, guessing is hopeless."
	return f
}

// whoReadsKeys says who can take a session over without its cookie: Django's format
// stores keys as they are.
func (a *App) whoReadsKeys(name string, engine sessions.Traits) views.Finding {
	f := views.Finding{Title: "Reading keys from the store"}
	switch {
	case engine.InCookie:
		f.Title = "Reading your cookie"
		if a.settings.SessionEncryptCookies {
			f.Level = views.Pass
			f.Found = "The server stores nothing, and the cookie is encrypted."
			f.Why = "Not even its visitor can read what the session holds."
			return f
		}
		f.Found = "The server stores nothing. " +
			"Your browser, and whatever runs in it, can read what the session holds."
		f.Why = "Keep nothing in it that its visitor must not know."
	case name == "cache" && a.settings.CacheInMemory():
		f.Level, f.Found = views.Pass, "Keys are in the memory of this program alone."
		f.Why = "They are in no file and no backup."
	case engine.Private:
		f.Level, f.Found = views.Pass, "The cache gets a keyed hash of each key."
		f.Why = "Somebody who reads the cache cannot take a session over."
	default:
		f.Found = "The store keeps each key in clear, as Django's format does."
		f.Why = "Whoever can read the database, the files or a backup " +
			"can be any visitor. Files have mode 0600, for this program's user alone. " +
			"Keep backups as safe."
	}
	return f
}

// whatEnds says whether a sign-out is final.
func whatEnds(engine sessions.Traits) views.Finding {
	if engine.InCookie {
		return views.Finding{
			Title: "Ending a session",
			Found: "The session is in the cookie, so a copy of it works " +
				"until it expires, even after a sign-out. " +
				"Of parallel requests, the last response wins " +
				"and the changes of the others are lost.",
			Why: "The server checks the age, and a new password or " +
				"\"sign out everywhere\" ends all copies. " +
				"If a plain sign-out must be final, keep sessions on the server.",
		}
	}
	return views.Finding{
		Level: views.Pass, Title: "Ending a session",
		Found: "A sign-out deletes the record, " +
			"and a request still under way cannot bring it back.",
		Why: "From then on a copy of the cookie is worth nothing.",
	}
}

// responseHeaders looks at what this very response is sent with.
func responseHeaders(h http.Header) views.Finding {
	f := views.Finding{
		Level: views.Pass, Title: "Headers of this response",
		Why: "The first keeps foreign scripts and frames out, " +
			"the second keeps this page out of shared caches.",
	}
	var found []string
	for _, name := range []string{"Content-Security-Policy", "Cache-Control"} {
		value := h.Get(name)
		if value == "" {
			f.Level, value = views.Warn, "none"
		}
		found = append(found, fmt.Sprintf("%s: %s", name, value))
	}
	f.Found = strings.Join(found, ". ") + "."
	return f
}
