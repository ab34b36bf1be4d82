package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"sessionlab/handlers/attack"
	"sessionlab/handlers/config"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/proxy"
	"sessionlab/sessions"
	"sessionlab/views"
)

// outcomes is how each attack went that a visitor has tried.
type outcomes map[attack.Name]attack.Outcome

var attackOutcomes = sessions.Key[outcomes]("_attacks")

// checkSecurity holds a checklist against this run and this very request, and with DEBUG
// offers safe attacks on the visitor's own session. GET /security/
func (a *App) checkSecurity(w http.ResponseWriter, r *http.Request) error {
	page := views.Security{Checks: a.requestFindings(w, r)}
	page.Checks = append(page.Checks, a.settingFindings(r)...)
	if a.debugOn(r) {
		page.Attacks = attacks(sessions.From(r))
	}
	return a.render(w, r, page)
}

// trySecurity carries out one attack on the visitor's own session. POST /security/try/
func (a *App) trySecurity(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Attack string `form:"attack"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	s, name := sessions.From(r), attack.Name(form.Attack)
	attackOutcomes.Has(s) // loads the session
	if err := s.Err(); err != nil {
		return err
	}
	outcome, err := attack.Try(r, s, name, aside)
	if err != nil {
		return err
	}
	attackOutcomes.Update(s, func(all outcomes) outcomes {
		kept := outcomes{}
		for _, known := range attack.Names() { // no more: a session is input
			if o, ok := all[known]; ok {
				kept[known] = o
			}
		}
		kept[name] = outcome
		return kept
	})
	return a.redirect(w, r, "/security/#attacks")
}

// aside is the context of what is done beside a request: what happens to other sessions
// goes to the log and the live feed, but is no part of this page's own story.
func aside(ctx context.Context) (context.Context, func() []sessions.Event) {
	t := &trace{id: traceOf(ctx).number(), beside: true}
	return withTrace(ctx, t), t.all
}

// attacks are those that the page offers, with the outcomes that the session keeps.
func attacks(s *sessions.Session) (all views.ByName[views.Attack]) {
	tried := attackOutcomes.Get(s)
	for _, name := range attack.Names() {
		one := views.Attack{Name: string(name)}
		switch err := attack.CanTry(s, name); {
		case errors.Is(err, attack.ErrNoSession):
			one.Obstacle = views.NoSession
		case errors.Is(err, attack.ErrNoRecord):
			one.Obstacle = views.NoRecord
		}
		if o, ok := tried[name]; ok {
			shown := views.AttackOutcome(o)
			one.Outcome = &shown
		}
		all = append(all, one)
	}
	return all
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
