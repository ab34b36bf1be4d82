package handlers

import (
	"fmt"
	"net/http"
	"strconv"

	"sessionlab/handlers/accept"
	"sessionlab/handlers/events"
	"sessionlab/sessions"
	"sessionlab/views"
)

// eventLog shows what has happened to the visitor's own sessions, the newest first.
// GET /events/
func (a *App) eventLog(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	s.Keys() // loads the session, and with it the visitor's short hash
	if err := s.Err(); err != nil {
		return err
	}
	a.feed.CatchUp(r.Context()) // what happened before this page is on it
	own, err := a.feed.Store.Led(r.Context(), s.ID().String())
	if err != nil {
		return noEventLog(err)
	}
	entries, err := a.feed.Store.Newest(r.Context(), events.Only(own...), 100)
	if err != nil {
		return noEventLog(err)
	}
	page := views.Events{Events: []views.Event{}, Stream: "/events/stream?after=0"}
	if len(entries) > 0 {
		page.Stream = fmt.Sprintf("/events/stream?after=%d", entries[0].ID)
	}
	for _, e := range entries {
		page.Events = append(page.Events, views.Event(e))
	}
	return a.render(w, r, page)
}

func noEventLog(err error) error {
	return &statusError{
		http.StatusServiceUnavailable,
		"The event log cannot be read right now. Your session is as it was.", err,
	}
}

// eventStream sends a visitor the events of their own session as they happen, as server-
// sent events. It holds no lock, and ends with the session. GET /events/stream
func (a *App) eventStream(w http.ResponseWriter, r *http.Request) error {
	if accept.JSON(r) {
		return &statusError{
			status: http.StatusNotAcceptable,
			public: "This address sends server-sent events, text/event-stream. " +
				"For JSON ask /events/.",
		}
	}
	s := sessions.From(r)
	s.Keys() // loads the session
	if err := s.Err(); err != nil {
		return err
	}
	a.feed.CatchUp(r.Context()) // what the browser has missed is in the log
	newest, err := a.feed.Store.LastID(r.Context())
	if err != nil {
		return noEventLog(err)
	}
	stream, err := a.feed.Subscribe(network(r), newest)
	if err != nil {
		return err
	}
	defer a.feed.Leave(stream)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy must not hold the events back
	err = sessions.Commit(s, http.StatusOK)
	if err != nil || r.Method == http.MethodHead {
		return err
	}
	a.feed.Follow(w, r, s, stream, resumeAfter(r, newest))
	return nil
}

// resumeAfter is where the browser stopped: the id of the last event that it got, or that
// is on its page. Anything that is no such id means from now on.
func resumeAfter(r *http.Request, newest int64) int64 {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.URL.Query().Get("after")
	}
	if id, err := strconv.ParseInt(text, 10, 64); err == nil && id >= 0 && id <= newest {
		return id
	}
	return newest
}
