package handlers

import (
	"net/http"
	"time"

	"sessionlab/sessions"
	"sessionlab/views"
)

var (
	visitCount = sessions.Key[int]("visit_count")
	countSince = sessions.Key[int64]("visit_count_since") // seconds since 1970
)

// counter counts the visits to this page. GET /counter/
func (a *App) counter(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	if isVisit(r) {
		visitCount.Update(s, func(n int) int {
			return n + 1 // exact, even when tabs race
		})
		s.SetDefault(string(countSince), time.Now().Unix())
	}
	return a.show(w, r, http.StatusOK, func(p views.Page) answer {
		n := visitCount.Get(s)
		since := time.Unix(countSince.Get(s), 0).UTC().Format("2 January, 15:04 UTC")
		return answer{
			map[string]int{"visit_count": n},
			views.Counter(p, views.CounterData{Count: n, Since: since}),
		}
	})
}

// isVisit leaves out what no person looks at: HEAD, and pages fetched ahead of a click.
func isVisit(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Purpose") == "" && r.Header.Get("Purpose") != "prefetch"
}

// forget starts counting anew. POST /counter/forget/
func (a *App) forget(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	visitCount.Delete(s)
	countSince.Delete(s)
	s.AddMessage(sessions.Info, "Forgotten. The next visit is the first one again.")
	return a.redirect(w, r, "/counter/", "visit_count was deleted")
}
