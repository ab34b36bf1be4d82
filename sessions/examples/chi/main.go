// Chi counts the visits of each visitor, with the router chi. The middleware stands on the routes
// that have sessions; the others never ask the store.
package main

import (
	"fmt"
	"log"
	"net/http"

	"github.com/go-chi/chi/v5"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

var visits = sessions.Key[int]("visit_count")

func main() {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		log.Fatal(err)
	}
	r := chi.NewRouter()
	r.With(m.Middleware).Get("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "visit", visits.Update(sessions.From(r), func(n int) int { return n + 1 }))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", r))
}
