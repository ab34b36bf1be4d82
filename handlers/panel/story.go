package panel

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"sessionlab/sessions"
	"sessionlab/views"
)

// act draws the request, from what was recorded of it and from a look at its session.
func (t *trace) act(v view, status int) act {
	t.mu.Lock()
	f := facts{trace: t, view: v, kind: kindOf(t.engine, v.place), status: status, ran: t.ran, head: t.head}
	f.events = append(f.events, t.events...)
	t.mu.Unlock()
	f.came = cameWith(t.r, v.cookie)
	f.diffs()

	a := act{handler: f.handler, reply: t.reply, own: v.cookie, soon: willSend(t.r, status, f.head)}
	a.view.Sent, f.secrets = t.sent(v.cookie)
	a.view.Answered, f.secrets = answered(a.soon, soonNote, v.cookie, f.secrets)
	a.secrets = f.secrets

	a.view.Method, a.view.Path = t.r.Method, clip(f.cleaned(t.r.URL.RequestURI()), 60)
	a.view.Status, a.view.To = status, clip(f.cleaned(t.target), 60)
	a.view.Story, a.view.Diffs, a.view.Layer = f.story(), f.own, f.layer
	a.view.Cookie, a.view.Timings = cookieRows(f.head, v.cookie), f.timings()
	a.view.Lanes = f.lanes()
	return a
}

// facts are all that story and picture are derived from.
type facts struct {
	*trace
	view
	kind    storeKind
	status  int
	ran     int
	events  []sessions.Event
	head    http.Header
	secrets []string // which no address may show
	came    string   // the value of the session cookie that the browser sent, "" for none

	own, layer []views.Diff
}

// cameWith is the value of the session cookie in a request.
func cameWith(r *http.Request, name string) string {
	if name == "" {
		return ""
	}
	if c, err := r.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}

// cleaned is an address of the request without its secrets.
func (f *facts) cleaned(address string) string {
	c := cover{secrets: slices.Clone(f.secrets)}
	c.lines = []views.WireLine{{Parts: c.address(address)}}
	var b strings.Builder
	for _, part := range c.seal()[0].Parts {
		b.WriteString(part.Text)
	}
	return shown([]byte(b.String()))
}

// diffs parts what the request changed: entries of the app, and those of the layer.
func (f *facts) diffs() {
	for _, c := range f.changes {
		all := &f.own
		if meaning(c.name) != "" {
			all = &f.layer
		}
		if n := len(*all); n < maxDiffs {
			d := diffOf(c)
			d.Says = messageTexts(c)
			*all = append(*all, d)
		} else {
			(*all)[n-1].Others++
		}
	}
}

// did reports whether an event of this kind was told.
func (f *facts) did(kind sessions.EventKind) bool {
	for _, e := range f.events {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

// story says in plain sentences what happened, in the order in which it did.
func (f *facts) story() string {
	if len(f.events) == 0 {
		return "This request did not use the session: no record was loaded, and none was saved."
	}
	var said []string
	last, changed := "", f.changedText()
	for i, e := range f.events {
		text := f.sentence(e)
		if f.again(i) {
			text = "Another request had changed the record meanwhile, so it was loaded again."
		}
		if stepOf[e.Kind] == stepSave || e.Kind == sessions.Failed || e.Kind == sessions.Interrupted || f.again(i) {
			if changed != "" {
				said, changed = append(said, changed), ""
			}
		}
		if e.Kind == sessions.Retried {
			for i, have := range said { // what the attempts said is summed up by this
				if have == savedText || have == savedCookieText {
					said = append(said[:i], said[i+1:]...)
					break
				}
			}
		}
		if text != "" && text != last {
			said, last = append(said, text), text
		}
	}
	if !f.saved() && f.status >= 500 && len(f.changes) > 0 && !f.failed() {
		said = append(said, "The response is an error, so nothing was saved.")
	}
	if !f.saved() && f.status < 400 {
		said = append(said, "Nothing was saved, because nothing had changed.")
	}
	if note := f.cookieNote(); note != "" {
		said = append(said, note)
	}
	return strings.Join(said, " ")
}

// again reports whether event i is the second look at a record that another request had
// changed: one that is followed by another attempt, or by its failure.
func (f *facts) again(i int) bool {
	if f.events[i].Kind != sessions.Loaded {
		return false
	}
	before, after := false, false
	for _, e := range f.events[:i] {
		before = before || e.Kind == sessions.Loaded
	}
	for _, e := range f.events[i:] {
		lost := errors.Is(e.Err, sessions.ErrConflict) || errors.Is(e.Err, sessions.ErrBusy)
		after = after || e.Kind == sessions.Retried || e.Kind == sessions.Failed && lost
	}
	return before && after
}

// changedText names what the handler changed of the app's own entries.
func (f *facts) changedText() string {
	var names []string
	for _, d := range f.own {
		names = append(names, d.Name)
	}
	switch n := len(names); {
	case n == 0:
		return ""
	case n == 1:
		return "The handler changed " + names[0] + "."
	case n > 4:
		return fmt.Sprintf("The handler changed %d entries.", n)
	default:
		return "The handler changed " + strings.Join(names[:n-1], ", ") + " and " + names[n-1] + "."
	}
}

const (
	savedText       = "Saved. Nobody had changed it in between."
	savedCookieText = "The changed record was signed again, and goes back to your browser in the cookie."
)

// sentence says one event.
func (f *facts) sentence(e sessions.Event) string {
	inCookie := f.kind == inCookie
	switch e.Kind {
	case sessions.CookieRead:
		if e.Found {
			return "Your browser sent its session cookie."
		}
		return "Your browser sent no session cookie."
	case sessions.Loaded:
		if inCookie {
			return "The cookie is the record: its signature was checked, and it was read."
		}
		return "Your record was loaded."
	case sessions.Unknown:
		return "The server has no record for this cookie: it has expired, was deleted, or never was."
	case sessions.Expired:
		return "The session had expired, so it counts for nothing."
	case sessions.Corrupt:
		return "What is stored could not be read, so the visit starts afresh."
	case sessions.Created:
		if inCookie {
			return "A new record was signed, and goes to your browser in the cookie."
		}
		return "A new record was stored under a new key."
	case sessions.Saved:
		if inCookie {
			return savedCookieText
		}
		return savedText
	case sessions.Touched:
		return "The record now lasts longer. Its data was not written."
	case sessions.KeyCycled:
		if inCookie {
			return "The record was signed again. The old cookie stays valid until it expires: nobody can revoke it."
		}
		return "The data moved to a new key, and the old key is worth nothing now."
	case sessions.Flushed:
		if inCookie {
			return "The session was ended: your browser is told to forget it."
		}
		return "The session was ended: its record was deleted."
	case sessions.Emptied:
		return "Nothing was left in the session, so its record was deleted."
	case sessions.Retried:
		return "Another request had saved first. The change was made again on top of that, and saved."
	case sessions.Interrupted:
		return "The session was ended meanwhile, in another tab perhaps. Nothing was saved."
	case sessions.Failed:
		if e.Op != "" { // a touch: the response does not depend on it
			return "The expiry of the record could not be moved: the store did not answer."
		}
		return failure(e.Err)
	}
	return ""
}

// failure says why nothing was saved. The error's own text is for the log.
func failure(err error) string {
	switch {
	case errors.Is(err, sessions.ErrInterrupted):
		return "The session was ended meanwhile, in another tab perhaps. Nothing was saved."
	case errors.Is(err, sessions.ErrConflict):
		return "Another request had changed the same entry meanwhile. Nothing was saved, so nothing is lost."
	case errors.Is(err, sessions.ErrTooLarge):
		return "The session would have become too large. Nothing was saved."
	case errors.Is(err, sessions.ErrTooMany):
		return "Too many new sessions from your network. Nothing was saved."
	case errors.Is(err, sessions.ErrBusy):
		return "Too many requests were changing this session at once. Nothing was saved."
	case errors.Is(err, sessions.ErrLate):
		return "The response had already begun, so the change could not be saved."
	case errors.Is(err, sessions.ErrValue):
		return "A value cannot be stored in a session. Nothing was saved."
	}
	return noAnswer
}

const noAnswer = "The store did not answer. Nothing was saved."

// failed reports whether the session itself was what went wrong.
func (f *facts) failed() bool { return f.did(sessions.Failed) || f.did(sessions.Interrupted) }

// saved reports whether the request wrote anything.
func (f *facts) saved() bool {
	for _, e := range f.events {
		if stepOf[e.Kind] == stepSave {
			return true
		}
	}
	return false
}

// cookieNote says what the response did about the cookie.
func (f *facts) cookieNote() string {
	switch {
	case f.did(sessions.CookieSent):
		if f.came != "" && f.came == f.key {
			return "The server set the cookie again, with the same key."
		}
		return "The server set the session cookie."
	case f.did(sessions.CookieCleared):
		return "The server told your browser to delete the cookie."
	case f.status >= 400 || len(f.events) == 0:
		return ""
	case f.came != "":
		return "The server set no session cookie this time: your browser already has it, and sent it with the request."
	}
	return "The server set no cookie: there is nothing to remember yet."
}

// The five steps of the tutorial.
const (
	stepRead = iota + 1
	stepLoad
	stepHandler
	stepSave
	stepSend
)

// stepOf says to which step an event belongs.
var stepOf = map[sessions.EventKind]int{
	sessions.CookieRead: stepRead,
	sessions.Loaded:     stepLoad, sessions.Unknown: stepLoad, sessions.Expired: stepLoad, sessions.Corrupt: stepLoad,
	sessions.Created: stepSave, sessions.Saved: stepSave, sessions.Touched: stepSave, sessions.KeyCycled: stepSave,
	sessions.Flushed: stepSave, sessions.Emptied: stepSave, sessions.Retried: stepSave,
	sessions.CookieSent: stepSend, sessions.CookieCleared: stepSend,
}

// timings say how long each step took, as far as the events tell.
func (f *facts) timings() []views.Row {
	names := []string{
		stepRead: "Cookie read", stepLoad: "Data loaded", stepHandler: "Handler, and all else",
		stepSave: "Data saved", stepSend: "Cookie sent",
	}
	var sum [stepSend + 1]time.Duration
	var did [stepSend + 1]bool
	rest := time.Since(f.begun)
	for _, e := range f.events {
		if i := stepOf[e.Kind]; i > 0 && e.Kind != sessions.Retried { // which counts its attempts again
			sum[i] += e.Duration
			did[i] = true
			rest -= e.Duration
		}
	}
	sum[stepHandler], did[stepHandler] = max(rest, 0), true
	var rows []views.Row
	for i := stepRead; i <= stepSend; i++ {
		row := views.Row{Label: names[i], Value: "not needed"}
		if did[i] {
			row.Value = took(sum[i])
		}
		rows = append(rows, row)
	}
	return rows
}
