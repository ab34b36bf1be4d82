package handlers

import (
	"net/http"
	"slices"
	"strings"

	"sessionlab/handlers/config"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/second"
	"sessionlab/handlers/tryout"
	"sessionlab/sessions"
	"sessionlab/views"
)

// A second visitor is another browser, as far as the server can tell: the same pages
// below a path of its own, with a session cookie of its own. With DEBUG only.

// secondCookie remembers that a visitor has a second one beside.
const secondCookie = "lab_second"

// openSecond makes a manager for the second visitor on each engine that is open.
func (a *App) openSecond() error {
	a.second = map[string]*sessions.Manager{}
	for _, name := range config.EngineNames() {
		first := a.engines.Manager(name)
		if first == nil {
			continue
		}
		cfg := first.Config()
		// Browsers keep cookies with these prefixes for the path / alone.
		for _, prefix := range []string{"__Host-", "__Secure-"} {
			cfg.Cookie.Name = strings.TrimPrefix(cfg.Cookie.Name, prefix)
		}
		cfg.Cookie.Name += "_other"
		cfg.Cookie.Path = second.Prefix + cfg.Cookie.Path
		m, err := sessions.New(cfg)
		if err != nil {
			return err
		}
		a.second[name] = m
	}
	return nil
}

// secondServes reports whether the second visitor has the page at path: the tutorial's,
// and not those that look inside of the lab or change how it works.
func secondServes(path string) bool {
	for i, group := range views.Chapters() {
		for _, c := range group.Chapters {
			if i > 1 && strings.HasPrefix(path, c.Path) {
				return false
			}
		}
	}
	inside := []string{"/static/", "/lab/", "/debug/", "/second/", second.Prefix + "/"}
	below := func(prefix string) bool { return strings.HasPrefix(path, prefix) }
	return !slices.ContainsFunc(inside, below)
}

// secondVisitor serves the second visitor's pages.
func (a *App) secondVisitor(next http.Handler) http.Handler {
	if !a.debug {
		return next
	}
	return second.Visitor{
		On: a.debugOn, Serves: secondServes,
		// The settings that the first visitor tries are for that session alone.
		Cookie: func(name string) bool { return name != tryout.Cookie },
	}.Middleware(next)
}

// setSecond opens the second visitor beside the tutorial's pages, or closes it.
// POST /second/
func (a *App) setSecond(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Open string `form:"open" validate:"oneof=on off"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	c := &http.Cookie{
		Name: secondCookie, Value: form.Open, Path: "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.proxies.HTTPS(r),
	}
	if form.Open == "off" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
	return a.redirect(w, r, cameFrom(r))
}

// visitorsOf says for a page who looks at it: the second visitor, or a first one who may
// have a second one beside.
func (a *App) visitorsOf(r *http.Request) views.Visitors {
	path := r.URL.Path
	tutorial := secondServes(path) && path != "/" && r.Method == http.MethodGet
	switch {
	case second.Is(r):
		return views.Visitors{Second: true}
	case !a.debugOn(r) || !tutorial:
		return views.Visitors{}
	}
	v := views.Visitors{Offered: true}
	if c, err := r.Cookie(secondCookie); err == nil && c.Value == "on" {
		v.Beside = second.Prefix + path
	}
	return v
}
