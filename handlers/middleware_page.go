package handlers

import (
	"net/http"

	"sessionlab/views"
)

// listMiddleware shows the layers that this very request has passed, from the list that
// the router is built of. With DEBUG it runs one request through another order, to show
// what breaks. GET /middleware/?swap=account
func (a *App) listMiddleware(w http.ResponseWriter, r *http.Request) error {
	var page views.Middleware
	for _, l := range append(a.outer(), a.within()...) {
		page.Stack = append(page.Stack, views.StackLayer{
			Name: l.name, Django: l.django, Session: l.session,
			Does: l.does, Breaks: l.breaks,
		})
	}
	if !a.debugOn(r) {
		return a.render(w, r, page)
	}
	for _, s := range a.swaps() {
		chosen := r.URL.Query().Get("swap") == s.name
		page.Swaps = append(page.Swaps, views.SwapLink{
			Title: s.title, Path: "/middleware/?swap=" + s.name + "#swap", Now: chosen,
		})
		if !chosen {
			continue
		}
		var err error
		if page.Swapped, err = a.trySwap(r, s); err != nil {
			return err
		}
	}
	return a.render(w, r, page)
}
