package handlers

import (
	"net/http"
	"time"
)

const (
	maxInFlight = 512             // requests that are worked on at once
	maxQueued   = 2 * time.Second // how long one more waits for its turn
)

// crowd lets a bounded number of requests in at once. One more waits a little, since crowds
// are often over in a moment, and is then asked to come again: a queue without an end would
// serve nobody. Static files and /healthz do not pass here. Event streams pass, but
// are not counted: they last for hours, do next to nothing, and have bounds of their own.
func (a *App) crowd(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/events/stream" {
			next.ServeHTTP(w, r)
			return
		}
		select {
		case a.places <- struct{}{}:
		default:
			wait := time.NewTimer(maxQueued)
			defer wait.Stop()
			select {
			case a.places <- struct{}{}:
			case <-wait.C:
				a.errorPage(w, r, http.StatusServiceUnavailable, "Too many people are here at once. Nothing was done; please try again in a moment.")
				return
			case <-r.Context().Done():
				return // the client has hung up
			}
		}
		defer func() { <-a.places }()
		next.ServeHTTP(w, r)
	})
}
