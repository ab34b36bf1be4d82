package handlers

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"sessionlab/sessions"
	"sessionlab/views"
)

// hood draws what happened to the session of this request, from the events that the layer
// has told. It loads, changes and touches nothing itself: a panel that used the session
// would show a session that only the panel uses.
func (a *App) hood(w http.ResponseWriter, r *http.Request) *views.Hood {
	s := sessions.From(r)
	events := traceOf(r).all()
	inLayer := time.Duration(0)
	for _, e := range events {
		inLayer += e.Duration
	}
	h := &views.Hood{
		Total:    took(inLayer) + " in the session layer",
		Steps:    steps(events, time.Since(traceOf(r).begun)-inLayer),
		Changes:  changes(s),
		Requests: a.trails.lead(s, r),
	}
	h.Record, h.RecordNote = record(s)
	h.CookieName = s.Manager().Config().Cookie.Name
	h.Cookie, h.CookieNote = cookieRows(w.Header(), h.CookieName, events, s)
	for _, e := range events {
		h.Events = append(h.Events, views.Row{Label: string(e.Kind), Value: eventText(e)})
	}
	return h
}

// stepOf says to which of the tutorial's five steps an event belongs.
var stepOf = map[sessions.EventKind]int{
	sessions.CookieRead: 0,
	sessions.Loaded:     1, sessions.Unknown: 1, sessions.Expired: 1, sessions.Corrupt: 1,
	sessions.Created: 3, sessions.Saved: 3, sessions.Touched: 3, sessions.KeyCycled: 3, sessions.Flushed: 3, sessions.Emptied: 3, sessions.Retried: 3,
	sessions.CookieSent: 4, sessions.CookieCleared: 4,
}

func steps(events []sessions.Event, handler time.Duration) [5]views.Step {
	all := [5]views.Step{{Name: "Cookie read"}, {Name: "Data loaded"}, {Name: "Handler"}, {Name: "Data saved"}, {Name: "Cookie sent"}}
	var sum [5]time.Duration
	for _, e := range events {
		i, ok := stepOf[e.Kind]
		if !ok {
			continue
		}
		all[i].Did = true
		sum[i] += e.Duration
		all[i].Ops = append(all[i].Ops, eventText(e))
	}
	for i := range all {
		switch {
		case all[i].Did && sum[i] > 0:
			all[i].Took = took(sum[i])
		case all[i].Did:
			all[i].Took = "done"
		default:
			all[i].Took = "not needed"
		}
	}
	all[2].Did, all[2].Took = true, took(max(handler, 0))
	return all
}

// eventText says an event in plain words.
func eventText(e sessions.Event) string {
	op := ""
	if e.Op != "" {
		op = " (" + e.Op + ")"
	}
	switch e.Kind {
	case sessions.CookieRead:
		if e.Found {
			return "The request carries a cookie with the shape of a session key."
		}
		return "The request carries no session cookie that could name a session."
	case sessions.Loaded:
		return "One record was read from the store" + op + "."
	case sessions.Unknown:
		return "The store knows no session of this key" + op + "."
	case sessions.Expired:
		return "The time of this session was over" + op + "."
	case sessions.Corrupt:
		return "The record could not be read, so the visit starts afresh: " + e.Err.Error()
	case sessions.Created:
		return "A new record was stored under a new key" + op + "."
	case sessions.Saved:
		return "The record was replaced, if nobody else had changed it" + op + "."
	case sessions.Touched:
		return "The record lives longer now; its data was not written" + op + "."
	case sessions.KeyCycled:
		return "The data moved to a new key, and the old key is dead" + op + "."
	case sessions.Flushed:
		return "The record was deleted" + op + "."
	case sessions.Emptied:
		return "Nothing was left in the session, so its record was deleted" + op + "."
	case sessions.Retried:
		return fmt.Sprintf("Another request had saved first; this one was replayed (attempts: %d).", e.Attempts)
	case sessions.Interrupted:
		return "The session was ended while this request was under way."
	case sessions.CookieSent:
		return "The answer sets the session cookie."
	case sessions.CookieCleared:
		return "The answer deletes the session cookie."
	case sessions.Failed:
		return "Something went wrong: " + e.Err.Error()
	}
	return string(e.Kind)
}

// changes lists every entry of the session, the changed ones with what they were.
func changes(s *sessions.Session) []views.Change {
	changed := map[string]sessions.Change{}
	var all []views.Change
	for _, c := range s.Changes() {
		changed[c.Name] = c
		if c.After == nil {
			all = append(all, views.Change{Key: c.Name, Before: string(c.Before), Kind: "delete"})
		}
	}
	for _, e := range s.Snapshot() {
		v := views.Change{Key: e.Name, After: string(e.Value), Kind: "same"}
		if c, ok := changed[e.Name]; ok {
			v.Kind, v.Before = "change", string(c.Before)
			if c.Before == nil {
				v.Kind = "add"
			}
		}
		all = append(all, v)
	}
	return all
}

// record shows the record as it is stored, half of its key covered.
func record(s *sessions.Session) (*views.Record, string) {
	rec, ok := s.Record()
	if !ok {
		return nil, "Nothing is stored for you: your session is empty, so it has no record and needs no cookie."
	}
	l, ok := s.Manager().Config().Engine.(sessions.Locator)
	if !ok {
		return nil, "This engine does not tell where it keeps its records."
	}
	at := l.Locate(s.Key())
	v := &views.Record{Place: at.Place, Store: at.Store}
	data := string(rec.Data)
	if keyIsData(s.Manager()) {
		data = s.Key() // what the visitor holds is all there is
	} else {
		v.Rows = append(v.Rows, views.Row{Label: at.Key, Value: cover(s.Key()), Raw: true})
	}
	v.Rows = append(v.Rows, views.Row{Label: at.Data, Value: data, Raw: true})
	if !rec.Expires.IsZero() {
		v.Rows = append(v.Rows, views.Row{Label: at.Expires, Value: when(rec.Expires)})
	}
	return v, ""
}

// cover hides the second half of a key.
func cover(key string) string {
	half := len(key) / 2
	return key[:half] + strings.Repeat("•", len(key)-half)
}

// when is a moment ahead, for people.
func when(t time.Time) string {
	return t.UTC().Format("2 January 2006, 15:04:05 UTC") + ", in " + span(time.Until(t))
}

// span is a length of time in its two largest units.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	if d < 0 {
		return "the past"
	}
	days, d := d/(24*time.Hour), d%(24*time.Hour)
	hours, d := d/time.Hour, d%time.Hour
	minutes, seconds := d/time.Minute, d%time.Minute/time.Second
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min %d s", minutes, seconds)
	}
	return fmt.Sprintf("%d s", seconds)
}

// cookieRows explains the Set-Cookie header of this answer, attribute by attribute, or says
// why there is none.
func cookieRows(h http.Header, name string, events []sessions.Event, s *sessions.Session) ([]views.Row, string) {
	var sent *http.Cookie
	for _, line := range h["Set-Cookie"] {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == name {
			sent = c
		}
	}
	if sent == nil {
		switch {
		case len(events) == 0:
			return nil, "No cookie was sent: this request did not use its session."
		case s.Key() == "":
			return nil, "No cookie was sent: there is nothing to remember yet, so there is no session to name."
		}
		return nil, "No cookie was sent: the session was only read, and your browser already holds its key."
	}
	if sent.MaxAge < 0 {
		return []views.Row{
			{Label: "value", Value: "empty: the browser is to forget the cookie"},
			{Label: "Max-Age", Value: "0 s: at once"},
			{Label: "Path", Value: sent.Path + ": the same as when it was set, or the browser would keep it"},
		}, "The cookie was deleted, because it names no session any more."
	}
	rows := []views.Row{
		{Label: "HttpOnly", Value: yes(sent.HttpOnly, "scripts on the page cannot read it", "any script on the page can read it")},
		{Label: "SameSite", Value: sameSiteText(sent.SameSite)},
		{Label: "Secure", Value: yes(sent.Secure, "it travels over HTTPS only", "fine on your own computer, wrong anywhere else")},
		{Label: "Path", Value: sent.Path + ": it is sent with every page below this path"},
	}
	if sent.Domain != "" {
		rows = append(rows, views.Row{Label: "Domain", Value: sent.Domain + ": it is sent to all hosts of this domain"})
	}
	if sent.MaxAge > 0 {
		rows = append(rows, views.Row{Label: "Max-Age", Value: fmt.Sprintf("%d s: the browser forgets it after %s", sent.MaxAge, span(time.Duration(sent.MaxAge)*time.Second))})
	} else {
		rows = append(rows, views.Row{Label: "Max-Age", Value: "none: the browser forgets it when it is closed"})
	}
	return rows, ""
}

func yes(is bool, yes, no string) string {
	if is {
		return "yes: " + yes
	}
	return "no: " + no
}

func sameSiteText(s http.SameSite) string {
	switch s {
	case http.SameSiteStrictMode:
		return "Strict: not sent when one comes from another site"
	case http.SameSiteLaxMode:
		return "Lax: not sent with another site's forms"
	case http.SameSiteNoneMode:
		return "None: sent with every request, whoever causes it"
	}
	return "not set: the browser decides"
}

// trails remembers the last changing request of each session, so that the page to which its
// redirect led can show both. It is bounded, and holds short hashes, no keys.
type trails struct{ last *lru.Cache[string, step] }

type step struct {
	request views.Request
	to      string // where its redirect led
	at      time.Time
}

func newTrails() *trails {
	c, _ := lru.New[string, step](1000) // fails for sizes below 1 only
	return &trails{last: c}
}

// remember keeps a POST for the page that it leads to, with DEBUG.
func (a *App) remember(r *http.Request, h http.Header) {
	if !a.debugOn(r) || r.Method != http.MethodPost || h.Get("Location") == "" {
		return
	}
	s, ok := sessions.FromContext(r.Context())
	if !ok || s.Key() == "" { // without a session there is no telling whose step it was
		return
	}
	to, _, _ := strings.Cut(h.Get("Location"), "#")
	t := traceOf(r)
	var what bytes.Buffer
	what.WriteString(t.what)
	for _, e := range t.all() {
		if stepOf[e.Kind] >= 3 {
			fmt.Fprintf(&what, "; %s", e.Kind)
		}
	}
	a.trails.last.Add(s.ID().String(), step{
		views.Request{Method: r.Method, Path: r.URL.Path, Status: http.StatusSeeOther, What: strings.TrimPrefix(what.String(), "; "), Took: took(time.Since(t.begun))},
		to, time.Now(),
	})
}

// lead returns the requests that led to this page: the POST whose redirect this is, and
// this one.
func (t *trails) lead(s *sessions.Session, r *http.Request) []views.Request {
	here := views.Request{Method: r.Method, Path: r.URL.Path, Status: http.StatusOK, What: "this page", Took: took(time.Since(traceOf(r).begun))}
	id := s.ID().String()
	if last, ok := t.last.Get(id); ok && last.to == r.URL.RequestURI() && time.Since(last.at) < 10*time.Second {
		t.last.Remove(id)
		return []views.Request{last.request, here}
	}
	return []views.Request{here}
}
