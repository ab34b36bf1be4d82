package handlers

import (
	"net/http"

	"sessionlab/views"
)

// listMiddleware shows the layers that this very request has passed, from the list that
// the router is built of. GET /middleware/
func (a *App) listMiddleware(w http.ResponseWriter, r *http.Request) error {
	var page views.Middleware
	for _, l := range append(a.outer(), a.within()...) {
		page.Stack = append(page.Stack, views.StackLayer{
			Name: l.name, Django: l.django, Session: l.session,
			Does: l.does, Breaks: l.breaks,
		})
	}
	return a.render(w, r, page)
}
