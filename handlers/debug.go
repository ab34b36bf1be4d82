package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"sessionlab/sessions"
	"sessionlab/views"
)

var (
	testKey       = sessions.Key[string]("test_key")
	testKeyBefore = sessions.Key[string]("test_key_before")
)

// debugSession asks the tutorial's four questions of this very request, and shows what
// the visitor's own session holds. GET /debug/
func (a *App) debugSession(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	page := views.Debug{TestKey: testKey.Get(s), Previous: testKeyBefore.Get(s)}
	page.Questions = []views.Finding{
		a.middlewareRuns(), cookieArrives(r, s), valueSurvives(s), whatIsStored(s),
	}
	if sessions.Peek(s).Stored {
		page.Stored = a.inspect(r, s)
		page.Data = ownJSON(page.Stored.Shown)
	}
	return a.render(w, r, page)
}

// setTestKey is the simplest test there is: it sets a value and keeps the one before, for
// the page to show both. POST /debug/
func (a *App) setTestKey(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	testKeyBefore.Set(s, testKey.Get(s))
	testKey.Set(s, "Set at "+time.Now().UTC().Format("2006-01-02 15:04:05.000000+00:00"))
	return a.redirect(w, r, "/debug/")
}

// middlewareRuns looks for the session middleware in the stack.
func (a *App) middlewareRuns() views.Finding {
	f := views.Finding{
		Level: views.Fail, Title: "Does the session middleware run?",
		Found: "No: it is not in the stack.",
		Why:   "Without it there is no session at all.",
	}
	stack := append(a.outer(), a.within()...)
	for i, l := range stack {
		if l.session {
			f.Level = views.Pass
			f.Found = fmt.Sprintf("Yes: it is layer %d of %d.", i+1, len(stack))
			f.Why = "What needs a session must be further in. " +
				"The page Middleware order shows all layers."
		}
	}
	return f
}

// cookieArrives looks at the request's own cookies, and at what came of them.
func cookieArrives(r *http.Request, s *sessions.Session) views.Finding {
	f := views.Finding{Title: "Does the cookie arrive?"}
	name := s.Manager().Config().Cookie.Name
	told := map[sessions.EventKind]sessions.Event{}
	for _, e := range traceOf(r.Context()).all() {
		told[e.Kind] = e
	}
	_, loaded := told[sessions.Loaded]
	switch {
	case len(r.CookiesNamed(name)) == 0:
		f.Found = "No cookie named " + name + " came with this request."
		f.Why = "That is right for a first visit. " +
			"Does it stay so after you have set a value? " +
			"Then your browser may refuse cookies, " +
			"or the cookie is Secure and the page is not."
	case !told[sessions.CookieRead].Found:
		f.Level = views.Fail
		f.Found = "A cookie named " + name + " came, but its value cannot be a session's."
		f.Why = "Something else sets a cookie of this name, or changes it on the way."
	case !loaded:
		f.Found = "A cookie named " + name + " came, but it names no session any more."
		f.Why = "The session has ended or expired, or the store was emptied."
	default:
		f.Level, f.Found = views.Pass, "Yes: "+name+" came, and names a session."
	}
	return f
}

// valueSurvives looks for a value that an earlier request has set.
func valueSurvives(s *sessions.Session) views.Finding {
	value, ok := testKey.Lookup(s)
	if !ok {
		return views.Finding{
			Title: "Does a value survive?", Found: "Not tried yet.",
			Why: "Set a value with the button below, and come back.",
		}
	}
	return views.Finding{
		Level: views.Pass, Title: "Does a value survive?",
		Found: "Yes: test_key still says \"" + value + "\".",
		Why:   "An earlier request has set it, and this one has read it.",
	}
}

// whatIsStored counts what was stored before this request.
func whatIsStored(s *sessions.Session) views.Finding {
	f := views.Finding{
		Title: "What is really stored?", Found: "Nothing: your session is empty.",
		Why: "Data that is missing was never set, " +
			"or it was not saved: did the request fail?",
	}
	if v := sessions.Peek(s); v.Stored {
		entries := views.Count(len(v.Entries), "entry", "entries")
		f.Level = views.Pass
		size, ends := len(v.Record.Data), views.When(v.Ends)
		f.Found = fmt.Sprintf("%s in %d bytes, until %s.", entries, size, ends)
		f.Why = "The inspector below shows them."
	}
	return f
}

// inspect shows a stored session to its owner: where it is, half of its key, and its data
// decoded.
func (a *App) inspect(r *http.Request, s *sessions.Session) *views.Inspector {
	v, engine := sessions.Peek(s), a.engineOf(r)
	at, ok := s.Manager().Locate(v.Key)
	if !ok {
		at = sessions.Location{Key: "key", Expires: "expires"}
	}
	shown := &views.Inspector{
		Place: at.Place, Store: at.Store, KeyIs: at.Key, Covered: views.Cover(v.Key),
		Bytes: len(v.Record.Data), EndsIs: at.Expires, Ends: v.Ends,
		Shown: indented(v.Entries), Inspect: "go run . inspect -",
	}
	if engine != a.engines.Default {
		shown.Inspect = "go run . inspect --session-engine=" + engine + " -"
	}
	switch {
	case s.Manager().Traits().InCookie:
		shown.Kept = views.KeptInCookie
	case engine == "cache" && a.settings.CacheInMemory():
		shown.Kept = views.KeptInProcess
	}
	return shown
}

// indented writes entries as one JSON object, a value per line. Text keeps the escapes
// that it is stored with, so that nothing in it can turn a line around.
func indented(entries []sessions.Entry) string {
	// They were decoded from what this codec reads, so it can write them.
	text, _ := sessions.InsecureUnsigned{}.Encode(entries)
	v := jsontext.Value(text)
	if v.Indent(jsontext.WithIndent("  "), jsontext.PreserveRawStrings(true)) != nil {
		return string(text) // what only Python takes for JSON, NaN for example
	}
	return string(v)
}

// ownJSON is decoded data for programs: itself, or as a text if only Python reads it.
func ownJSON(text string) json.RawMessage {
	if jsontext.Value(text).IsValid() {
		return json.RawMessage(text)
	}
	quoted, _ := json.Marshal(text) // a string can always be encoded
	return quoted
}
