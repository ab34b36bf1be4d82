package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"sessionlab/handlers/attack"
	"sessionlab/handlers/config"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/internal/compat"
	"sessionlab/handlers/proxy"
	"sessionlab/sessions"
	"sessionlab/views"
)

// checkSecurity holds a checklist against this run and this very request, and with DEBUG
// offers safe attacks on one's own session. GET /security/
func (a *App) checkSecurity(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	_ = compat.Load(s) // what can be tried depends on whether there is one; show answers for an error
	return a.show(w, r, http.StatusOK, func(p views.Frame) answer {
		d := views.SecurityData{Checks: append(a.requestFacts(w, r), a.settingFacts(r)...), Action: "/security/try/"}
		if a.debugOn(r) {
			d.Tries = a.attacks(s)
		}
		return answer{map[string]any{"checks": checksFace(d.Checks), "experiments": triesFace(d.Tries)}, views.Security(p, d)}
	})
}

// stateNames are the states of the command check as the pages name them.
var stateNames = map[config.Level]string{config.OK: "pass", config.Note: "pass", config.Warning: "warn", config.Error: "fail"}

// settingFacts are the rules of the command check. Without DEBUG only those are shown that
// anybody could read off a cookie.
func (a *App) settingFacts(r *http.Request) []views.Check {
	var all []views.Check
	for _, f := range a.settings.Check() {
		about := strings.HasPrefix(f.Title, "SESSION_")
		if f.Title == "SESSION_ENGINE" || !a.debugOn(r) && !about {
			continue // what the engine cannot do is said of the visitor's own one
		}
		all = append(all, views.Check{State: stateNames[f.Level], Title: f.Title, Found: f.Found, Why: f.Why})
	}
	return all
}

// requestFacts are what can be told from this request and its answer.
func (a *App) requestFacts(w http.ResponseWriter, r *http.Request) []views.Check {
	name := a.engineOf(r)
	return []views.Check{
		a.connection(r), a.cookieInForce(r), keyStrength(name), a.whoReadsKeys(name), whatEnds(name), answerHeaders(w.Header()),
	}
}

// connection: over plain HTTP everybody on the way can read the cookie.
func (a *App) connection(r *http.Request) views.Check {
	c := views.Check{State: "pass", Title: "The connection", Found: "This page came over HTTPS.", Why: "Nobody on the way can read or change the cookie."}
	if a.proxies.HTTPS(r) {
		return c
	}
	c.State, c.Found = "fail", "This page came over plain HTTP, from another computer."
	c.Why = "Everybody on the way can read the cookie and be you. Put a proxy with HTTPS in front, and name it in TRUSTED_PROXIES."
	if proxy.Client(r).IsLoopback() {
		c.State, c.Found, c.Why = "warn", "This page came over plain HTTP, but has not left your computer.", "Right for learning. Anywhere else, everybody on the way could read the cookie."
	}
	return c
}

// cookieInForce lists the attributes that this visitor's session cookie is sent with.
func (a *App) cookieInForce(r *http.Request) views.Check {
	cookie := sessions.From(r).Manager().Config().Cookie
	https := a.proxies.HTTPS(r)
	secure := cookie.Secure == sessions.SecureAlways || cookie.Secure == sessions.SecureAuto && https
	attrs := []string{"Path=" + cookie.Path}
	if !cookie.ReadableByScripts {
		attrs = append(attrs, "HttpOnly")
	}
	if secure {
		attrs = append(attrs, "Secure")
	}
	if text := sameSite(cookie.SameSite); text != "" {
		attrs = append(attrs, "SameSite="+text)
	}
	if cookie.Domain != "" {
		attrs = append(attrs, "Domain="+cookie.Domain)
	}
	c := views.Check{
		State: "pass", Title: "Your session cookie", Found: "It is named " + cookie.Name + " and sent with " + strings.Join(attrs, "; ") + ".",
		Why: "HttpOnly hides it from scripts, SameSite from other sites' forms, Secure from the network. A name that begins with __Host- has browsers see to it that no other host sets it.",
	}
	if cookie.ReadableByScripts || cookie.SameSite == http.SameSiteNoneMode || cookie.SameSite == http.SameSiteDefaultMode || cookie.Domain != "" || https && !secure {
		c.State = "warn"
	}
	return c
}

// keyStrength: what would have to be guessed.
func keyStrength(engine string) views.Check {
	c := views.Check{State: "pass", Title: "Guessing a session", Found: "A key is 32 characters out of 36, made at random: about 165 bits.", Why: "From 64 bits on, guessing is hopeless."}
	if engine == "signed_cookies" {
		c.Found, c.Why = "There is no key to guess: the cookie is the session, signed with HMAC-SHA-256.", "Without SECRET_KEY nobody can make or change one."
	}
	return c
}

// whoReadsKeys: Django's format keeps keys in clear (Django B-317, R-107).
func (a *App) whoReadsKeys(engine string) views.Check {
	c := views.Check{State: "warn", Title: "Reading keys from the store"}
	switch {
	case engine == "signed_cookies":
		c.Found = "Nothing is stored here. Your browser, and whatever runs in it, can read what the session holds."
		c.Why = "Keep nothing in it that its visitor must not know."
		if a.settings.SessionEncryptCookies {
			c.State, c.Found = "pass", "Nothing is stored here, and the cookie is encrypted: not even its visitor can read it."
		}
	case engine == "cache" && strings.HasPrefix(a.settings.CacheURL, "memory:"):
		c.State, c.Found, c.Why = "pass", "Keys are in the memory of this program alone.", "They are in no file and no backup."
	case engine == "cache":
		c.State, c.Found, c.Why = "pass", "The cache is given a keyed hash of each key.", "Whoever reads the cache cannot take a session over."
	default:
		c.Found = "The store keeps each key in clear, as Django's format has it."
		c.Why = "Whoever can read the database, the files or a backup can be any visitor. Files are made with mode 0600, for this program's user alone; keep backups as safe."
	}
	return c
}

// whatEnds: a cookie that is the session cannot be taken back (R-13, Django B-321).
func whatEnds(engine string) views.Check {
	if engine == "signed_cookies" {
		return views.Check{
			State: "warn", Title: "Ending a session",
			Found: "With signed_cookies, a copy of your cookie works until it expires, after a sign-out too. Of requests that come at once, the last answer wins and the others' changes are lost.",
			Why:   "The server enforces the age, and a new password or \"sign out everywhere\" does end all copies. If a plain sign-out has to be final, keep sessions on the server.",
		}
	}
	return views.Check{
		State: "pass", Title: "Ending a session", Found: "A sign-out deletes the record, and a request that is still under way cannot bring it back.",
		Why: "A copy of the cookie is worth nothing from then on.",
	}
}

// answerHeaders looks at what this very answer is sent with.
func answerHeaders(h http.Header) views.Check {
	c := views.Check{State: "pass", Title: "Headers of this answer", Why: "The first keeps foreign scripts and frames out, the second keeps this page out of caches that others share."}
	var found []string
	for _, name := range []string{"Content-Security-Policy", "Cache-Control"} {
		if h.Get(name) == "" {
			c.State = "warn"
		}
		found = append(found, fmt.Sprintf("%s: %s", name, orNone(h.Get(name))))
	}
	c.Found = strings.Join(found, ". ") + "."
	return c
}

func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

func checksFace(all []views.Check) []map[string]string {
	face := []map[string]string{}
	for _, c := range all {
		face = append(face, map[string]string{"state": c.State, "title": c.Title, "found": c.Found})
	}
	return face
}

// trySecurity carries out one attack on the visitor's own session. POST /security/try/
func (a *App) trySecurity(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Attack string `form:"experiment"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	s := sessions.From(r)
	if err := compat.Load(s); err != nil {
		return err
	}
	outcome, err := attack.Try(r, s, attack.Name(form.Attack), aside)
	if err != nil {
		return err
	}
	if err := a.redirect(w, r, "/security/#attacks"); err != nil {
		return err
	}
	a.outcomes.Add(s.ID().String(), outcome)
	return nil
}

// aside is the context of what is done beside a request: what happens to other sessions goes
// to the log and the live feed, but is no part of this page's own story.
func aside(ctx context.Context) (context.Context, func() []sessions.Event) {
	t := &trace{id: traceOf(ctx).id}
	return withTrace(ctx, t), t.all
}

// attacks are those that the page offers, with the outcome of the one tried last.
func (a *App) attacks(s *sessions.Session) []views.Attack {
	last, _ := a.outcomes.Get(s.ID().String())
	var all []views.Attack
	for _, name := range attack.Names() {
		v := views.Attack{Name: string(name)}
		if err := attack.CanTry(s, name); err != nil {
			_, v.NotHere = explain(err)
		}
		if last.Attack == name {
			v.Outcome, v.Level = last.Text, sessions.Warning.String()
			if last.Warded {
				v.Level = sessions.Success.String()
			}
		}
		all = append(all, v)
	}
	return all
}

func triesFace(all []views.Attack) map[string]any {
	face := map[string]any{}
	for _, v := range all {
		face[v.Name] = map[string]any{"ready": v.NotHere == "", "level": v.Level, "outcome": v.Outcome}
	}
	return face
}

// sameSite is the attribute's value, "" if it is not sent.
func sameSite(s http.SameSite) string {
	return map[http.SameSite]string{
		http.SameSiteStrictMode: "Strict", http.SameSiteLaxMode: "Lax", http.SameSiteNoneMode: "None",
	}[s]
}
