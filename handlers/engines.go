package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/speed"
	"sessionlab/sessions"
	"sessionlab/views"
)

// compareEngines shows the engines side by side, what this visitor has in each, and the
// results of the last runs. GET /engines/
func (a *App) compareEngines(w http.ResponseWriter, r *http.Request) error {
	page := views.Engines{Current: a.engineOf(r)}
	for _, name := range config.EngineNames() {
		page.Engines = append(page.Engines, a.engineCard(r, name))
	}
	if a.debugOn(r) {
		runs := a.runs.State()
		page.Running = (*views.Progress)(runs.Running)
		page.Measure, page.Race = measured(runs.Measure), a.raced(runs.Race)
	}
	return a.render(w, r, page)
}

// chooseEngine has another engine serve this visitor from now on. With carry, it copies
// the data; a sign-in stays in the session that it was made in. POST /engines/
func (a *App) chooseEngine(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Engine string `form:"engine"`
		Carry  bool   `form:"carry"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	here, target := sessions.From(r), a.engines.Manager(form.Engine)
	if target == nil {
		return &statusError{
			status: http.StatusBadRequest,
			public: "There is no engine of this name here. Nothing was changed.",
		}
	}
	chosen := &http.Cookie{
		Name: engineCookie, Value: form.Engine,
		Path: "/", MaxAge: int(a.settings.SessionCookieAge),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.proxies.HTTPS(r),
	}
	if target == here.Manager() || !form.Carry {
		http.SetCookie(w, chosen)
		return a.redirect(w, r, "/engines/")
	}
	// The other engine's middleware gives the rest of this request a session there, saves
	// it, and sends its cookie beside ours.
	carry := func(w http.ResponseWriter, r *http.Request) error {
		if err := carryOver(here, sessions.From(r)); err != nil {
			return err
		}
		http.SetCookie(w, chosen)
		return a.redirect(w, r, "/engines/")
	}
	rest := a.handle(route{name: "chooseEngine", handler: carry})
	target.Middleware(rest).ServeHTTP(w, r)
	return nil
}

// carryOver replaces what one session holds by the data of another, under a new key.
// Entries whose names begin with an underscore are not copied: they belong to the session
// itself, such as its sign-in and its clocks.
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
	to.Update(data)
	return to.Save()
}

// measureEngines measures reads and saves for a few seconds, in the background.
// POST /engines/measure/
func (a *App) measureEngines(w http.ResponseWriter, r *http.Request) error {
	if err := a.mayLoad(r); err != nil {
		return err
	}
	return a.started(w, r, a.runs.Measure(a.lanes()))
}

// raceEngines has each engine count clicks that come all at once. POST /engines/race/
func (a *App) raceEngines(w http.ResponseWriter, r *http.Request) error {
	if err := a.mayLoad(r); err != nil {
		return err
	}
	return a.started(w, r, a.runs.Race(a.lanes()))
}

// mayLoad keeps what loads the whole machine for the teacher of a class.
func (a *App) mayLoad(r *http.Request) error {
	if a.room == nil || isTeacher(r) {
		return nil
	}
	return &statusError{
		status: http.StatusForbidden,
		public: "In a class the teacher starts this, for it loads the computer. " +
			"Nothing was done.",
	}
}

func (a *App) started(w http.ResponseWriter, r *http.Request, ok bool) error {
	if !ok {
		sessions.From(r).AddMessage(sessions.Info,
			"A run is under way already. You will see its result below in a moment.")
	}
	return a.redirect(w, r, "/engines/#runs")
}

// lanes are the opened engines, as a run needs them.
func (a *App) lanes() (all []speed.Lane) {
	for _, name := range config.EngineNames() {
		if m := a.engines.Manager(name); m != nil {
			all = append(all, speed.Lane{Name: name, Config: m.Config()})
		}
	}
	return all
}

// engineCard says where an engine keeps sessions and whether this visitor has one there.
// It asks the engine itself and not the layer: to look must not count as a use.
func (a *App) engineCard(r *http.Request, name string) views.EngineCard {
	card, m := views.EngineCard{Name: name}, a.engines.Manager(name)
	switch {
	case a.engines.Err(name) != nil:
		card.State = views.EngineFailed
		return card
	case m == nil:
		card.State = views.EngineClosed
		return card
	case !a.debugOn(r):
		return card
	}
	if at, ok := m.Locate(""); ok {
		card.Place, card.Store = at.Place, at.Store
	}
	ctx, cancel := context.WithTimeout(r.Context(), 500*time.Millisecond)
	defer cancel()
	if err := m.Ping(ctx); err != nil {
		card.State = views.EngineSilent
		return card
	}
	engine := m.Config().Engine
	valid := sessions.ValidKey
	if checker, ok := engine.(sessions.KeyChecker); ok {
		valid = checker.ValidKey
	}
	if c, err := r.Cookie(m.Config().Cookie.Name); err == nil && valid(c.Value) {
		_, err := engine.Load(ctx, c.Value)
		card.HasSession = err == nil
	}
	return card
}

// measured is the result of a measurement, nil if there is none.
func measured(m *speed.Measure) *views.Measure {
	if m == nil {
		return nil
	}
	shown := &views.Measure{At: m.At, Rounds: speed.Rounds, Most: speed.PerRound}
	for _, row := range m.Rows {
		shown.Rows = append(shown.Rows, views.MeasureRow{
			Engine: row.Engine, State: runState(row.Err),
			Read: views.Micros(row.Read), Save: views.Micros(row.Save),
			Slow: views.Micros(row.Slow),
		})
	}
	return shown
}

// raced is the result of a race, nil if there is none.
func (a *App) raced(race *speed.Race) *views.Race {
	if race == nil {
		return nil
	}
	shown := &views.Race{
		At: race.At, Clicks: speed.Clicks, Plain: race.Plain.Counted,
		PlainTook: views.Micros(race.Plain.Took),
	}
	for _, row := range race.Rows {
		shown.Rows = append(shown.Rows, views.RaceRow{
			Engine: row.Engine, State: runState(row.Err),
			Took:    views.Micros(row.Layer.Took),
			Counted: row.Layer.Counted, Refused: row.Layer.Refused, Retries: row.Retries,
			Django:   row.Django.Counted,
			InCookie: a.engines.Manager(row.Engine).Traits().InCookie,
		})
	}
	return shown
}

func runState(err error) views.RunState {
	switch {
	case err == nil:
		return views.Ran
	case errors.Is(err, speed.ErrNoTime):
		return views.NoTime
	}
	return views.NoAnswer
}
