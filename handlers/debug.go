package handlers

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"sessionlab/handlers/internal/compat"
	"sessionlab/sessions"
	"sessionlab/views"
)

var (
	testKey       = sessions.Key[string]("test_key")
	testKeyBefore = sessions.Key[string]("test_key_before")
)

// debugSession asks the tutorial's four questions of this very request, and shows what the
// visitor's own session holds. GET /debug/
func (a *App) debugSession(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	now, before := testKey.Get(s), testKeyBefore.Get(s)
	return a.show(w, r, http.StatusOK, func(p views.Frame) answer {
		d := views.DebugData{Steps: a.fourQuestions(r), Previous: before, Now: now, Inspector: inspect(s)}
		face := map[string]any{"test_key": now, "previous": before, "questions": checksFace(d.Steps), "session": nil}
		if d.Inspector != nil {
			face["session"] = ownJSON(d.Inspector.JSON)
		}
		return answer{face, views.Debug(p, d)}
	})
}

// setTestKey is the simplest test there is: it sets a value and keeps the one before, for
// the page to show both. POST /debug/
func (a *App) setTestKey(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	before := testKey.Get(s)
	testKeyBefore.Set(s, before)
	testKey.Set(s, "Set at "+time.Now().UTC().Format("2006-01-02 15:04:05.000000+00:00"))
	return a.redirect(w, r, "/debug/")
}

// fourQuestions are the tutorial's debugging steps, answered from what the layer has told
// of this request.
func (a *App) fourQuestions(r *http.Request) []views.Check {
	s := sessions.From(r)
	return []views.Check{a.isMiddlewareThere(), cookieArrives(r, s), valueSurvives(s), whatIsStored(s)}
}

func (a *App) isMiddlewareThere() views.Check {
	stack := append(a.outer(), a.within()...)
	c := views.Check{State: "fail", Title: "Does the session middleware run?", Found: "No: it is not in the stack.", Why: "Without it there is no session at all."}
	for i, l := range stack {
		if !l.session {
			continue
		}
		c.State, c.Found = "pass", fmt.Sprintf("Yes: it is layer %d of %d, counted from the outside.", i+1, len(stack))
		c.Why = "What needs a session must stand further in. The page Middleware order shows them all."
	}
	return c
}

// cookieArrives looks at the request's own cookies, and at what came of them.
func cookieArrives(r *http.Request, s *sessions.Session) views.Check {
	c := views.Check{State: "warn", Title: "Does the cookie arrive?"}
	name := s.Manager().Config().Cookie.Name
	there := len(r.CookiesNamed(name)) > 0
	read := map[sessions.EventKind]sessions.Event{}
	for _, e := range traceOf(r.Context()).all() {
		read[e.Kind] = e
	}
	switch {
	case !there:
		c.Found = "No cookie named " + name + " came with this request."
		c.Why = "That is right for a first visit. If it stays so after a value was set: does the browser refuse cookies, or is the cookie Secure and the page is not?"
	case !read[sessions.CookieRead].Found:
		c.State, c.Found = "fail", "A cookie named "+name+" came, but its value cannot be a session key."
		c.Why = "Something else sets a cookie of this name, or changes it on the way."
	case read[sessions.Loaded].Kind == "":
		c.Found = "A cookie named " + name + " came, but there is no session of this key any more."
		c.Why = "The session has ended or expired, or the store was emptied."
	default:
		c.State, c.Found = "pass", "Yes: "+name+" came, and names a session."
	}
	return c
}

// valueSurvives looks for a value that an earlier request has set.
func valueSurvives(s *sessions.Session) views.Check {
	c := views.Check{State: "warn", Title: "Does a value survive?", Found: "Not tried yet.", Why: "Set a value with the button below, and come back."}
	if v, ok := testKey.Lookup(s); ok {
		c.State, c.Found, c.Why = "pass", "Yes: test_key still says \""+v+"\".", "It was set by an earlier request, and this one has read it."
	}
	return c
}

func whatIsStored(s *sessions.Session) views.Check {
	c := views.Check{State: "warn", Title: "What is really stored?", Found: "Nothing: your session is empty, so it has no record.", Why: "Data that is not there was never set, or the session was not saved: did the request fail?"}
	if rec, ok := compat.Stored(s); ok {
		c.State, c.Found = "pass", fmt.Sprintf("%s in %d bytes, until %s.", views.Count(len(compat.Entries(s)), "entry", "entries"), len(rec.Data), views.When(rec.Expires))
		c.Why = "The inspector below shows them."
	}
	return c
}

// inspect shows a session to its owner: where it lies, half of its key covered, and its data
// decoded; nil if nothing is stored.
func inspect(s *sessions.Session) *views.Inspector {
	rec, ok := compat.Stored(s)
	if !ok {
		return nil
	}
	v := &views.Inspector{JSON: indented(compat.Entries(s))}
	row := func(label, value string, raw bool) {
		if label != "" && value != "" {
			v.Rows = append(v.Rows, views.Row{Label: label, Value: value, Raw: raw})
		}
	}
	at := sessions.Location{Key: "key", Expires: "expires"}
	if l, ok := compat.Locate(s.Manager(), s.Key()); ok {
		at = l
	}
	row("place", at.Place, false)
	row("store", at.Store, true)
	if compat.KeyIsData(s.Manager()) {
		row("value of the cookie", views.Cover(s.Key()), true)
	} else {
		row(at.Key, views.Cover(s.Key()), true)
	}
	row("size", fmt.Sprintf("%d bytes", len(rec.Data)), false)
	row(at.Expires, views.When(rec.Expires), false)
	return v
}

// indented writes entries as one JSON object, a value per line. Text keeps the escapes that
// it is stored with, so that nothing in it can turn a line around.
func indented(entries []sessions.Entry) string {
	text, _ := sessions.InsecureUnsigned{}.Encode(entries) // they were decoded from what it reads
	v := jsontext.Value(text)
	if v.Indent(jsontext.WithIndent("  "), jsontext.PreserveRawStrings(true)) != nil {
		return string(text) // what only Python takes for JSON, NaN for example
	}
	return string(v)
}

// ownJSON is decoded data for the JSON face: itself, or as a text if only Python reads it.
func ownJSON(text string) any {
	if v := jsontext.Value(text); v.IsValid() {
		return v
	}
	return text
}
