package handlers

import (
	"net/http"

	"sessionlab/sessions"
	"sessionlab/views"
)

// home says what a session is and lists the chapters. GET /
func (a *App) home(w http.ResponseWriter, r *http.Request) error {
	m := sessions.From(r).Manager()
	page := views.Home{Engine: a.engineOf(r)}
	if at, ok := m.Locate(""); ok {
		page.Place = at.Place
	}
	return a.render(w, r, page)
}
