package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"sessionlab/handlers/bench"
	"sessionlab/handlers/engines"
	"sessionlab/sessions"
	"sessionlab/views"
)

// compareEngines shows the engines side by side, what this visitor has in each, and what
// the last runs found. GET /engines/
func (a *inside) compareEngines(w http.ResponseWriter, r *http.Request) error {
	d := views.EnginesData{Current: a.engineOf(r)}
	for _, name := range engines.Names() {
		d.Engines = append(d.Engines, a.engineCard(r, name))
	}
	if a.debugOn(r) {
		d.Running, d.Measure, d.Race = lastRuns(a.bench.State())
	}
	return a.show(w, r, http.StatusOK, func(p views.Page) answer {
		return answer{enginesFace(d), views.Engines(p, d)}
	})
}

// chooseEngine has another engine serve this visitor from now on. With carry, the data come
// along; the sign-in does not, since it belongs to the session that it was made in.
// POST /engines/
func (a *inside) chooseEngine(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	name, here := r.PostForm.Get("engine"), sessions.From(r)
	target := a.engines.Manager(name)
	if target == nil {
		return badRequest("There is no engine of this name.")
	}
	chosen := &http.Cookie{
		Name: engineCookie, Value: name, Path: "/", MaxAge: int(a.settings.SessionCookieAge),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.proxies.HTTPS(r),
	}
	if target == here.Manager() || r.PostForm.Get("carry") == "" {
		http.SetCookie(w, chosen)
		return a.redirect(w, r, "/engines/", "the engine is "+name)
	}
	// The other engine's middleware gives the rest of this request a session there, saves
	// it, and sends its cookie beside ours.
	target.Middleware(a.handle(func(w http.ResponseWriter, r *http.Request) error {
		there := sessions.From(r)
		if err := carryOver(here, there); err != nil {
			return err
		}
		http.SetCookie(w, chosen)
		return a.redirect(w, r, "/engines/", "the engine is "+name+", and the data came along")
	})).ServeHTTP(w, r)
	return nil
}

// measureEngines has a few seconds of reads and saves measured in the background.
// POST /engines/measure/
func (a *inside) measureEngines(w http.ResponseWriter, r *http.Request) error {
	return a.started(w, r, a.bench.Measure(a.lanes()))
}

// raceEngines has each engine count clicks that come all at once. POST /engines/race/
func (a *inside) raceEngines(w http.ResponseWriter, r *http.Request) error {
	return a.started(w, r, a.bench.Race(a.lanes()))
}

func (a *inside) started(w http.ResponseWriter, r *http.Request, ok bool) error {
	if !ok {
		sessions.From(r).AddMessage(sessions.Info, "A run is under way already. Its result will stand below in a moment.")
		return a.redirect(w, r, "/engines/#runs", "a run was under way already")
	}
	return a.redirect(w, r, "/engines/#runs", "a run was started")
}

// carryOver puts the data of one session in the place of what the other holds, under a new key
// there. Entries whose names begin with an underscore stay: they are the session's own, such
// as its sign-in and its clocks.
func carryOver(from, to *sessions.Session) error {
	data := map[string]any{}
	for name, value := range from.Items() {
		if !strings.HasPrefix(name, "_") {
			data[name] = value
		}
	}
	if from.Err() != nil || len(data) == 0 {
		return from.Err()
	}
	to.Flush()
	to.SetAll(data)
	return to.Save()
}

// lanes are the opened engines, as a run needs them.
func (a *App) lanes() []bench.Lane {
	var all []bench.Lane
	for _, name := range engines.Names() {
		if m := a.engines.Manager(name); m != nil {
			all = append(all, bench.Lane{Name: name, Config: m.Config()})
		}
	}
	return all
}

// engineCard says of an engine where it keeps sessions and whether this visitor has one
// there. It asks the engine itself and not the layer: to look must not count as a use.
func (a *App) engineCard(r *http.Request, name string) views.EngineCard {
	card := views.EngineCard{Name: name}
	m := a.engines.Manager(name)
	switch {
	case a.engines.Err(name) != nil:
		card.NotReady = "It could not be opened, see the log. The other engines work."
		return card
	case m == nil:
		card.NotReady = "It is not open in this run: without DEBUG, one engine serves everybody."
		return card
	case !a.debugOn(r):
		return card
	}
	if l, ok := m.Config().Engine.(sessions.Locator); ok {
		at := l.Locate("")
		card.Place, card.Store = at.Place, at.Store
	}
	ctx, cancel := context.WithTimeout(r.Context(), 500*time.Millisecond)
	defer cancel()
	if err := m.Ping(ctx); err != nil {
		card.NotReady = "Its store does not answer at the moment."
		return card
	}
	if c, err := r.Cookie(m.Config().Cookie.Name); err == nil && hasShape(m, c.Value) {
		_, err := m.Config().Engine.Load(ctx, c.Value)
		card.Has = err == nil
	}
	return card
}
