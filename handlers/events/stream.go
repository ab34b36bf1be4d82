package events

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"sessionlab/sessions"
	"sessionlab/views"
)

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

// Follow sends the events of session s after the entry with the id after: what the browser
// has missed, and then what happens, until the browser, the session or the server goes.
// The session must be saved already.
func (f *Feed) Follow(w http.ResponseWriter, r *http.Request, s *sessions.Session, stream *Stream, after int64) {
	o := &eventWriter{w: w, control: http.NewResponseController(w), last: after}
	// The id alone is no event, but tells the browser where to go on from if it has to.
	if o.send(fmt.Sprintf("retry: 2000\nid: %d\n\n", o.last)) != nil {
		return
	}
	key, id := s.Key(), s.ID().String()
	led, err := f.Store.Led(r.Context(), id)
	if err != nil {
		return
	}
	own := Only(led...)
	for more := id != ""; more; {
		const most = 200
		missed, err := f.Store.After(r.Context(), own, o.last, most)
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
		var news []Entry
		doubt := false // whether the session may have ended
		select {
		case <-r.Context().Done():
			return
		case <-f.closed:
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
			for _, e := range batch.entries {
				if e.ID > o.last && id != "" && slices.Contains(batch.led[e.Session], id) {
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
			news = slices.DeleteFunc(news, func(e Entry) bool { return e.Session != id })
		}
		if o.events(news) != nil || !alive {
			return
		}
	}
}

// ends reports whether an entry may be a session's last.
func ends(e Entry) bool {
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
	look := m.Open(Quiet(ctx), key)
	look.Has("") // loads it
	return look.Err() != nil || look.Key() != ""
}

func (o *eventWriter) events(entries []Entry) error {
	for _, e := range entries {
		data, err := json.Marshal(views.Event(e).Row())
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
