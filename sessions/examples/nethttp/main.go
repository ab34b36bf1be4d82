// Nethttp counts the visits of each visitor, with net/http alone.
package main

import (
	"fmt"
	"log"
	"net/http"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

var visits = sessions.Key[int]("visit_count")

func main() {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "visit", visits.Update(sessions.From(r), func(n int) int { return n + 1 }))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", m.Middleware(http.DefaultServeMux)))
}
