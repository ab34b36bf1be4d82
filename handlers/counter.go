package handlers

import (
	"net/http"

	"sessionlab/sessions"
	"sessionlab/views"
)

var visitCount = sessions.Key[int]("visit_count")

// counter counts the visits to this page. GET /counter/
func (a *App) counter(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	if isVisit(r) {
		// Update is exact, even when two tabs race.
		visitCount.Update(s, func(n int) int { return n + 1 })
	}
	if err := s.Save(); err != nil {
		return err
	}
	return a.render(w, r, views.Counter{VisitCount: visitCount.Get(s)})
}

// forget starts counting again. POST /counter/forget/
func (a *App) forget(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	visitCount.Delete(s)
	s.AddMessage(sessions.Info, "Forgotten. Your next visit is the first again.")
	return a.redirect(w, r, "/counter/")
}
