package handlers

import (
	"github.com/go-chi/chi/v5"
	lru "github.com/hashicorp/golang-lru/v2"

	"sessionlab/handlers/bench"
	"sessionlab/sessions"
	"sessionlab/sessions/signedcookies"
)

// inside are the pages that look inside: engines, settings, middleware, security and
// debugging. They keep what only they need: the runs of the engines, and how the last
// experiment of each session went.
type inside struct {
	*App
	bench    bench.Runner
	outcomes *lru.Cache[string, outcome] // by the short hash of a session's key
}

// insideRoutes adds these pages to r. What shows or tries internals is there with DEBUG only.
func (a *App) insideRoutes(r chi.Router) {
	in := &inside{App: a, bench: bench.Runner{Stop: a.draining.Load}}
	in.outcomes, _ = lru.New[string, outcome](1000) // fails for sizes below 1 only

	r.Get("/engines/", a.handle(in.compareEngines))
	r.Get("/settings/", a.handle(in.listSettings))
	r.Get("/middleware/", a.handle(in.listMiddleware))
	r.Get("/security/", a.handle(in.checkSecurity))
	if a.debug {
		r := r.With(a.needsDebug)
		r.Post("/engines/", a.handle(in.chooseEngine))
		r.Post("/engines/measure/", a.handle(in.measureEngines))
		r.Post("/engines/race/", a.handle(in.raceEngines))
		r.Post("/security/try/", a.handle(in.trySecurity))
		r.Get("/debug/", a.handle(in.debugSession))
		r.Post("/debug/", a.handle(in.setTestKey))
	}
}

// keyIsData reports whether the engine keeps nothing on the server: its keys are the sessions
// themselves.
func keyIsData(m *sessions.Manager) bool {
	_, ok := m.Config().Engine.(*signedcookies.Engine)
	return ok
}

// hasShape reports whether the engine can have issued the key, without asking its store.
func hasShape(m *sessions.Manager, key string) bool {
	if c, ok := m.Config().Engine.(sessions.KeyChecker); ok {
		return c.ValidKey(key)
	}
	return sessions.ValidKey(key)
}
