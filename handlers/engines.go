package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/handlers/internal/compat"
	"sessionlab/handlers/speed"
	"sessionlab/sessions"
	"sessionlab/views"
)

// compareEngines shows the engines side by side, what this visitor has in each, and what
// the last runs found. GET /engines/
func (a *App) compareEngines(w http.ResponseWriter, r *http.Request) error {
	d := views.EnginesData{Current: a.engineOf(r)}
	for _, name := range config.EngineNames() {
		d.Engines = append(d.Engines, a.engineCard(r, name))
	}
	if a.debugOn(r) {
		d.Running, d.Measure, d.Race = a.runs.State().Words()
	}
	return a.show(w, r, http.StatusOK, func(p views.Frame) answer {
		return answer{enginesFace(d), views.Engines(p, d)}
	})
}

// chooseEngine has another engine serve this visitor from now on. With carry, the data come
// along; the sign-in does not, since it belongs to the session that it was made in.
// POST /engines/
func (a *App) chooseEngine(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
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
		return a.redirect(w, r, "/engines/")
	}
	// The other engine's middleware gives the rest of this request a session there, saves
	// it, and sends its cookie beside ours.
	carry := func(w http.ResponseWriter, r *http.Request) error {
		there := sessions.From(r)
		if err := carryOver(here, there); err != nil {
			return err
		}
		http.SetCookie(w, chosen)
		return a.redirect(w, r, "/engines/")
	}
	target.Middleware(a.handle(route{name: "chooseEngine", handler: carry})).ServeHTTP(w, r)
	return nil
}

// measureEngines has a few seconds of reads and saves measured in the background.
// POST /engines/measure/
func (a *App) measureEngines(w http.ResponseWriter, r *http.Request) error {
	return a.started(w, r, a.runs.Measure(a.lanes()))
}

// raceEngines has each engine count clicks that come all at once. POST /engines/race/
func (a *App) raceEngines(w http.ResponseWriter, r *http.Request) error {
	return a.started(w, r, a.runs.Race(a.lanes()))
}

func (a *App) started(w http.ResponseWriter, r *http.Request, ok bool) error {
	if !ok {
		sessions.From(r).AddMessage(sessions.Info, "A run is under way already. Its result will stand below in a moment.")
		return a.redirect(w, r, "/engines/#runs")
	}
	return a.redirect(w, r, "/engines/#runs")
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
	compat.SetAll(to, data)
	return to.Save()
}

// lanes are the opened engines, as a run needs them.
func (a *App) lanes() []speed.Lane {
	var all []speed.Lane
	for _, name := range config.EngineNames() {
		if m := a.engines.Manager(name); m != nil {
			all = append(all, speed.Lane{Name: name, Config: m.Config()})
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
	if c, err := r.Cookie(m.Config().Cookie.Name); err == nil && compat.HasShape(m, c.Value) {
		_, err := m.Config().Engine.Load(ctx, c.Value)
		card.Has = err == nil
	}
	return card
}

// enginesFace is the page /engines/ as JSON; times are microseconds.
func enginesFace(d views.EnginesData) map[string]any {
	face := map[string]any{"engine": d.Current}
	all := map[string]any{}
	for _, e := range d.Engines {
		all[e.Name] = map[string]any{"ready": e.NotReady == "", "has_session": e.Has}
	}
	face["engines"] = all
	if p := d.Running; p != nil {
		face["running"] = map[string]any{"done": p.Done, "total": p.Total, "text": p.Text}
	}
	if m := d.Measure; m != nil {
		rows := map[string]any{}
		for _, row := range m.Rows {
			rows[row.Engine] = map[string]any{"read_us": row.Read, "save_us": row.Write, "note": row.Note}
		}
		face["measure"] = map[string]any{"engines": rows}
	}
	if race := d.Race; race != nil {
		rows := map[string]any{}
		for _, row := range race.Rows {
			rows[row.Engine] = map[string]any{"counted": row.Counted, "retries": row.Conflicts, "note": row.Note}
		}
		face["race"] = map[string]any{"clicks": race.Clicks, "engines": rows}
	}
	return face
}
