package handlers

import (
	"net/http"

	"sessionlab/views"
)

// listMiddleware shows the layers that this very request has passed, from the list that
// the router is built of. GET /middleware/
func (a *App) listMiddleware(w http.ResponseWriter, r *http.Request) error {
	var d views.MiddlewareData
	var face []map[string]any
	for _, l := range append(a.outer(), a.within()...) {
		d.Stack = append(d.Stack, views.StackLayer{Name: l.name, Django: l.django, Does: l.does, Breaks: l.breaks, Session: l.session})
		face = append(face, map[string]any{"name": l.name, "django": l.django, "session": l.session})
	}
	return a.show(w, r, http.StatusOK, func(p views.Frame) answer {
		return answer{map[string]any{"stack": face}, views.Middleware(p, d)}
	})
}
