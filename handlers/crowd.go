package handlers

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	maxInFlight = 512             // requests that are worked on at once
	maxQueued   = 2 * time.Second // how long one more waits for its turn
	smallBody   = 16 << 10        // bytes of a body that anybody may take their time for
	maxLarge    = 16              // requests with larger bodies that are there at once
)

// crowd lets a bounded number of requests in at once, each when its body is here. Static files
// and /healthz do not pass here. Event streams pass, but are not counted: they last for
// hours, do next to nothing, and have bounds of their own.
func (a *App) crowd(next http.Handler) http.Handler {
	large := make(chan struct{}, maxLarge)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/events/stream" {
			next.ServeHTTP(w, r)
			return
		}
		if r.ContentLength != 0 {
			leave, ok := a.receive(w, r, large)
			if !ok {
				return
			}
			defer leave()
		}
		leave, ok := a.place(w, r, a.places)
		if !ok {
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}

// place takes one of a bounded number of places. If all are taken it waits a little, since
// crowds are often over in a moment, and then asks the client to come again: a queue without
// an end would serve nobody. It has answered if it returns false.
func (a *App) place(w http.ResponseWriter, r *http.Request, places chan struct{}) (leave func(), ok bool) {
	leave = func() { <-places }
	select {
	case places <- struct{}{}:
		return leave, true
	default:
	}
	wait := time.NewTimer(maxQueued)
	defer wait.Stop()
	select {
	case places <- struct{}{}:
		return leave, true
	case <-wait.C:
		a.errorPage(w, r, http.StatusServiceUnavailable, "Too many people are here at once. Nothing was done; please try again in a moment.")
	case <-r.Context().Done(): // the client has hung up
	}
	return nil, false
}

// receive reads the body before the request takes a place, or clients that send theirs a byte
// a second would soon have all of them. Forms fit into what is read of everybody's body.
// Who sends more needs a place among the large ones, so that memory is bounded too. It has
// answered if it returns false.
func (a *App) receive(w http.ResponseWriter, r *http.Request, large chan struct{}) (leave func(), ok bool) {
	var body bytes.Buffer
	leave = func() {}
	_, err := io.CopyN(&body, r.Body, smallBody)
	if err == nil { // and perhaps there is more
		if leave, ok = a.place(w, r, large); !ok {
			return nil, false
		}
		body.Grow(maxBody) // at once: to grow by and by takes four times as much
		_, err = body.ReadFrom(r.Body)
	}
	if err == nil || err == io.EOF {
		r.Body = io.NopCloser(&body)
		return leave, true
	}
	leave()
	if errors.As(err, new(*http.MaxBytesError)) {
		a.errorPage(w, r, http.StatusRequestEntityTooLarge, "")
	} else {
		a.errorPage(w, r, http.StatusBadRequest, "What you sent did not arrive as a whole. Nothing was saved.")
	}
	return nil, false
}
