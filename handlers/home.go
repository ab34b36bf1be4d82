package handlers

import (
	"net/http"

	"sessionlab/sessions"
	"sessionlab/views"
)

// home says what a session is and lists the chapters. GET /
func (a *App) home(w http.ResponseWriter, r *http.Request) error {
	return a.show(w, r, http.StatusOK, func(p views.Frame) answer {
		engine := a.engineOf(r)
		d := views.HomeData{Engine: promise[engine]}
		if l, ok := sessions.From(r).Manager().Config().Engine.(sessions.Locator); ok {
			at := l.Locate("")
			d.Place = at.Place
			if a.debugOn(r) {
				d.Store = at.Store
			}
		}
		return answer{map[string]any{"engine": engine, "place": d.Place}, views.Home(p, d)}
	})
}

// promise says of each engine in a sentence what a visitor may count on.
var promise = map[string]string{
	"db":             "Sessions are rows of a table. They outlive restarts and crashes, can be ended at once, and cost a query for each page that uses them.",
	"file":           "Each session is a file of its own in a directory. It outlives restarts, and needs no database.",
	"cache":          "Sessions live in memory or in Redis. That is the fastest place on the server, and a full or restarted cache forgets them.",
	"cached_db":      "Sessions are rows of a table, with a copy in a cache in front of it: reads are fast, and nothing is lost when the cache is.",
	"signed_cookies": "The whole session travels in the cookie, signed so that nobody can change it. The server keeps nothing, and so cannot take a copy back.",
}
