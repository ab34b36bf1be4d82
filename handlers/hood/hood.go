// Package hood draws "under the hood": what happened to the session of one request, from the
// events that the session layer told of it.
package hood

import (
	"fmt"
	"net/http"
	"time"

	"sessionlab/handlers/events"
	"sessionlab/handlers/internal/compat"
	"sessionlab/sessions"
	"sessionlab/views"
)

// Draw shows what happened to the session of this request. It loads, changes and touches
// nothing itself: a panel that used the session would show a session that only the panel uses.
func (p *Panel) Draw(w http.ResponseWriter, r *http.Request) *views.Hood {
	s := sessions.From(r)
	told := From(r.Context()).Events()
	inLayer := time.Duration(0)
	for _, e := range told {
		inLayer += e.Duration
	}
	h := &views.Hood{
		Total:    views.Took(inLayer) + " in the session layer",
		Steps:    steps(told, time.Since(From(r.Context()).Begun)-inLayer),
		Changes:  changes(s),
		Requests: p.lead(s, r),
	}
	h.Record, h.RecordNote = record(s)
	h.CookieName = s.Manager().Config().Cookie.Name
	h.Cookie, h.CookieNote = cookieRows(w.Header(), h.CookieName, told, s)
	for _, e := range told {
		h.Events = append(h.Events, views.Row{Label: string(e.Kind), Value: events.Text(e)})
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

func steps(told []sessions.Event, handler time.Duration) [5]views.Step {
	all := [5]views.Step{{Name: "Cookie read"}, {Name: "Data loaded"}, {Name: "Handler"}, {Name: "Data saved"}, {Name: "Cookie sent"}}
	var sum [5]time.Duration
	for _, e := range told {
		i, ok := stepOf[e.Kind]
		if !ok {
			continue
		}
		all[i].Did = true
		sum[i] += e.Duration
		all[i].Ops = append(all[i].Ops, events.Text(e))
	}
	for i := range all {
		switch {
		case all[i].Did && sum[i] > 0:
			all[i].Took = views.Took(sum[i])
		case all[i].Did:
			all[i].Took = "done"
		default:
			all[i].Took = "not needed"
		}
	}
	all[2].Did, all[2].Took = true, views.Took(max(handler, 0))
	return all
}

// changes lists every entry of the session, the changed ones with what they were.
func changes(s *sessions.Session) []views.Change {
	changed := map[string]sessions.Change{}
	var all []views.Change
	for _, c := range compat.Changes(s) {
		changed[c.Name] = c
		if c.After == nil {
			all = append(all, views.Change{Key: c.Name, Before: string(c.Before), Kind: "delete"})
		}
	}
	for _, e := range compat.Entries(s) {
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
	rec, ok := compat.Stored(s)
	if !ok {
		return nil, "Nothing is stored for you: your session is empty, so it has no record and needs no cookie."
	}
	at, ok := compat.Locate(s.Manager(), s.Key())
	if !ok {
		return nil, "This engine does not tell where it keeps its records."
	}
	v := &views.Record{Place: at.Place, Store: at.Store}
	data := string(rec.Data)
	if compat.KeyIsData(s.Manager()) {
		data = s.Key() // what the visitor holds is all there is
	} else {
		v.Rows = append(v.Rows, views.Row{Label: at.Key, Value: views.Cover(s.Key()), Raw: true})
	}
	v.Rows = append(v.Rows, views.Row{Label: at.Data, Value: data, Raw: true})
	if !rec.Expires.IsZero() {
		v.Rows = append(v.Rows, views.Row{Label: at.Expires, Value: views.When(rec.Expires)})
	}
	return v, ""
}

// cookieRows explains the Set-Cookie header of this answer, attribute by attribute, or says
// why there is none.
func cookieRows(h http.Header, name string, told []sessions.Event, s *sessions.Session) ([]views.Row, string) {
	var sent *http.Cookie
	for _, line := range h["Set-Cookie"] {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == name {
			sent = c
		}
	}
	if sent == nil {
		switch {
		case len(told) == 0:
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
		{Label: "SameSite", Value: SameSite(sent.SameSite)},
		{Label: "Secure", Value: yes(sent.Secure, "it travels over HTTPS only", "fine on your own computer, wrong anywhere else")},
		{Label: "Path", Value: sent.Path + ": it is sent with every page below this path"},
	}
	if sent.Domain != "" {
		rows = append(rows, views.Row{Label: "Domain", Value: sent.Domain + ": it is sent to all hosts of this domain"})
	}
	if sent.MaxAge > 0 {
		rows = append(rows, views.Row{Label: "Max-Age", Value: fmt.Sprintf("%d s: the browser forgets it after %s", sent.MaxAge, views.Span(time.Duration(sent.MaxAge)*time.Second))})
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

// SameSite says what a cookie's SameSite attribute means.
func SameSite(s http.SameSite) string {
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
