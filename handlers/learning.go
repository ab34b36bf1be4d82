package handlers

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/handlers/learners"
	"sessionlab/handlers/missions"
	"sessionlab/handlers/second"
	"sessionlab/sessions"
	"sessionlab/views"
)

// learner is who sent the request. Whoever is alone becomes a learner here, when the missions
// are first opened, and is credited with what happened to the session before. In a class one
// has to join: the error is learners.ErrNotFound.
func (a *App) learner(w http.ResponseWriter, r *http.Request) (learners.Learner, error) {
	t := traceOf(r.Context())
	if me := a.who(r); me.ID != "" {
		return me, nil
	}
	me, err := a.learners.Solo(w, r)
	if err != nil {
		return me, err
	}
	t.me = &me
	before := a.factOf(r, sessions.From(r), t.all()).Named
	return me, a.missions.Adopt(r.Context(), me.ID, me.Browser, before)
}

// who is who sent the request, the zero learner if nobody knows.
func (a *App) who(r *http.Request) learners.Learner {
	t := traceOf(r.Context())
	if t.me == nil {
		me, _ := a.learners.From(r)
		t.me = &me
	}
	return *t.me
}

// note takes down for the missions what a request did to its session: once, when the
// session is saved and nothing of the answer is sent.
func (a *App) note(r *http.Request, status int, location string) {
	if !a.debugOn(r) {
		return
	}
	t := traceOf(r.Context())
	s, ok := sessions.FromContext(r.Context())
	if t == nil || !ok || t.noted {
		return
	}
	t.noted = true
	f := a.factOf(r, s, t.all())
	f.Status, f.Location = status, location
	me := a.who(r)
	f.Browser = me.Browser
	if second.Is(r) {
		f.Browser += ", the second visitor"
	}
	if _, err := a.missions.Note(r.Context(), me.ID, f); err != nil {
		a.log.ErrorContext(r.Context(), "note what a learner did", "request", t.id, "err", err)
	}
}

// factOf is what there is to tell of a request but for its answer. It only peeks at the
// session: what nobody used stays unused.
func (a *App) factOf(r *http.Request, s *sessions.Session, events []sessions.Event) missions.Fact {
	f := missions.Fact{
		At: time.Now(), URI: r.URL.RequestURI(),
		Call:   r.Method + " " + cmp.Or(routeOf(r).path, r.URL.Path),
		Engine: a.engineOf(r), InCookie: s.Manager().Traits().InCookie,
		Entries: map[string]json.RawMessage{},
	}
	if routeOf(r).name == "answerMission" {
		f.Mission, f.Answer = r.PathValue("mission"), r.Form.Get("answer")
	}
	for _, e := range events {
		f.Events = append(f.Events, e.Kind)
		switch e.Kind {
		case sessions.Loaded, sessions.Unknown, sessions.Expired, sessions.Corrupt:
			if f.Named == "" || e.Kind == sessions.Loaded {
				f.Named = e.Session.String()
			}
		case sessions.Flushed, sessions.Emptied:
			f.Ended = e.Session.String()
		}
	}
	now := sessions.Peek(s)
	if now.Stored {
		f.Session = s.Manager().ID(now.Key).String()
	}
	for _, e := range now.Entries {
		if slices.Contains(missions.Watched(), e.Name) {
			f.Entries[e.Name] = json.RawMessage(slices.Clone(e.Value))
		}
	}
	return f
}

// missionsHere are the missions for the line on a chapter's page.
func (a *App) missionsHere(r *http.Request) (all []views.MissionMark) {
	if !a.debugOn(r) {
		return nil
	}
	var solved map[string]bool
	if me := a.who(r); me.ID != "" {
		solved, _ = a.missions.Solved(r.Context(), me.ID) // without it nothing is marked
	}
	for _, m := range missions.All() {
		all = append(all, views.MissionMark{
			ID: m.ID, Title: m.Title, Path: m.Path, Done: solved[m.ID],
		})
	}
	return all
}

// silentSessions are the sessions of each engine as they are while its store is silent to a
// learner, see the mission about an outage.
func (a *App) silentSessions(next http.Handler) map[string]http.Handler {
	all := map[string]http.Handler{}
	for _, name := range config.EngineNames() {
		m := a.engines.Manager(name)
		if !a.debug || m == nil {
			continue
		}
		silent, err := missions.Silenced(m)
		if err != nil {
			a.log.Error("an outage cannot be tried", "engine", name, "err", err)
		}
		if silent != nil {
			all[name] = silent.Middleware(next)
		}
	}
	return all
}

// isSilent reports whether the store is silent to the learner who sent r.
func (a *App) isSilent(r *http.Request) bool {
	if !a.missions.AnySilent() || !a.debugOn(r) {
		return false
	}
	me := a.who(r)
	return me.ID != "" && a.missions.Silent(me.ID) > 0
}
