package handlers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-json-experiment/json"

	"sessionlab/handlers/accept"
	"sessionlab/handlers/eventlog"
	"sessionlab/sessions"
	"sessionlab/views"
)

// eventsRoutes are the pages of exercise 4. They show internals, so they need DEBUG.
func (a *App) eventsRoutes(r chi.Router) {
	if !a.debug {
		return
	}
	r = r.With(a.needsDebug)
	r.Get("/events/", a.handle(a.eventLog))
	r.Get("/events/stream", a.handle(a.eventStream))
}

// eventLog shows what has happened to the visitor's own sessions, the newest first.
// GET /events/
func (a *App) eventLog(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	if err := s.Load(); err != nil {
		return err
	}
	a.events.catchUp(r.Context()) // what happened before this page is on it
	own := a.events.links.of(s.ID().String())
	entries, err := a.events.store.Newest(r.Context(), eventlog.Only(own...), 100)
	if err != nil {
		return noEventLog(err)
	}
	return a.show(w, r, http.StatusOK, func(p views.Page) answer {
		d := views.EventsData{Stream: "/events/stream?after=0"}
		if len(entries) > 0 {
			d.Stream = fmt.Sprintf("/events/stream?after=%d", entries[0].ID)
		}
		for _, e := range entries {
			d.Events = append(d.Events, eventRow(e))
		}
		return answer{map[string]any{"events": append([]eventlog.Entry{}, entries...)}, views.Events(p, d)}
	})
}

func noEventLog(err error) error {
	return &statusError{http.StatusServiceUnavailable, "The event log cannot be read right now. Please try again.", err}
}

// eventStream sends a visitor the events of the own session as they happen, as server-sent
// events. It holds no lock, and ends with the session. GET /events/stream
func (a *App) eventStream(w http.ResponseWriter, r *http.Request) error {
	if accept.JSON(r) {
		return &statusError{status: http.StatusNotAcceptable, public: "This address sends server-sent events, text/event-stream. For JSON ask /events/."}
	}
	s := sessions.From(r)
	if err := s.Load(); err != nil {
		return err
	}
	newest, err := a.events.store.LastID(r.Context())
	if err != nil {
		return noEventLog(err)
	}
	stream, err := a.events.subscribe(network(r), newest)
	if err != nil {
		return err
	}
	defer a.events.leave(stream)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that collects what passes would hold the events back
	if err := s.Commit(http.StatusOK); err != nil || r.Method == http.MethodHead {
		return err
	}
	out := &eventWriter{w: w, control: http.NewResponseController(w), last: resumeAfter(r, newest)}
	out.follow(a, r, s, stream)
	return nil
}

// resumeAfter is where the browser stopped: the id of the last event that it got, or that is
// on its page. Anything that is no such id means from now on.
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

const (
	streamLook  = 3 * time.Second  // how often a stream looks whether its session still lives
	streamBeat  = 15 * time.Second // how often it says that it is still there
	streamWrite = 10 * time.Second // how long a browser may take to take what it is sent
)

// eventWriter writes server-sent events.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	last    int64 // the newest entry that was sent
}

// follow sends what the browser has missed and then what happens, until the browser, the
// session or the server goes.
func (o *eventWriter) follow(a *App, r *http.Request, s *sessions.Session, stream *feedStream) {
	// The id alone is no event, but tells the browser where to go on from if it has to.
	if o.send(fmt.Sprintf("retry: 2000\nid: %d\n\n", o.last)) != nil {
		return
	}
	key, id := s.Key(), s.ID().String()
	own := eventlog.Only(a.events.links.of(id)...)
	for more := id != ""; more; {
		const most = 200
		missed, err := a.events.store.After(r.Context(), own, o.last, most)
		if err != nil || o.events(missed) != nil {
			return
		}
		more = len(missed) == most
	}
	look := time.NewTicker(streamLook)
	defer look.Stop()
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for {
		var news []eventlog.Entry
		doubt := false // whether the session may have ended
		select {
		case <-r.Context().Done():
			return
		case <-a.events.closed:
			return
		case <-beat.C:
			if o.send(":\n\n") != nil {
				return
			}
			continue
		case <-look.C:
			doubt = true
		case batch, ok := <-stream.news:
			if !ok {
				return
			}
			for _, e := range batch {
				if e.ID > o.last && id != "" && (e.Session == id || a.events.links.led(id, e.Session)) {
					news = append(news, e)
					doubt = doubt || e.Session != id || ends(e)
				}
			}
			if len(news) == 0 {
				continue
			}
		}
		// Without a session there is nothing to follow. The browser comes back by itself,
		// with the cookie that it may have got meanwhile.
		alive := !doubt || id != "" && lives(r.Context(), s.Manager(), key)
		if !alive { // its own end is the last thing that a dead key may learn
			news = slices.DeleteFunc(news, func(e eventlog.Entry) bool { return e.Session != id })
		}
		if o.events(news) != nil || !alive {
			return
		}
	}
}

// ends reports whether an entry may be a session's last.
func ends(e eventlog.Entry) bool {
	switch sessions.EventKind(e.Kind) {
	case sessions.Flushed, sessions.Emptied, sessions.Expired, sessions.Interrupted:
		return true
	}
	return false
}

// lives reports whether a session is still there. To look is no use of it: no clock moves,
// and nothing is logged. A store that does not answer has not ended it.
func lives(ctx context.Context, m *sessions.Manager, key string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	look := m.Open(context.WithValue(ctx, traceKey{}, (*trace)(nil)), key)
	return look.Load() != nil || look.Key() != ""
}

func (o *eventWriter) events(entries []eventlog.Entry) error {
	for _, e := range entries {
		data, err := json.Marshal(eventRow(e))
		if err != nil {
			return err
		}
		if err := o.send(fmt.Sprintf("id: %d\ndata: %s\n\n", e.ID, data)); err != nil {
			return err
		}
		o.last = e.ID
	}
	return nil
}

// send has a limit of its own, in place of the server's for a whole answer.
func (o *eventWriter) send(text string) error {
	_ = o.control.SetWriteDeadline(time.Now().Add(streamWrite))
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.control.Flush()
}

// eventRow is an entry as the table shows it.
func eventRow(e eventlog.Entry) views.EventRow {
	row := views.EventRow{
		Time: e.At.Format("15:04:05"), Kind: "error", Name: e.Kind,
		Visitor: e.Session, Engine: e.Engine, Detail: e.Detail, Request: e.Path,
	}
	switch sessions.EventKind(e.Kind) {
	case sessions.Created, sessions.Expired, sessions.Flushed, sessions.Interrupted:
		row.Kind = e.Kind
	case sessions.KeyCycled:
		row.Kind, row.Name = "cycled", "new key"
	case sessions.Emptied:
		row.Kind = "flushed"
	case sessions.Retried:
		row.Kind, row.Name = "conflict", "tried again"
	case sessions.Unknown:
		row.Name = "unknown key"
	case sessions.Corrupt:
		row.Name = "unreadable"
	}
	return row
}
