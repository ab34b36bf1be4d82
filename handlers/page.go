package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"
	"github.com/go-json-experiment/json"

	"sessionlab/handlers/accept"
	"sessionlab/handlers/limit"
	"sessionlab/sessions"
	"sessionlab/views"
)

// handlerFunc is a handler that returns what went wrong; handle answers for it.
type handlerFunc func(http.ResponseWriter, *http.Request) error

// statusError is an error with a status and a sentence for the visitor. The error itself is
// for the log.
type statusError struct {
	status int
	public string
	err    error
}

func (e *statusError) Error() string {
	if e.err != nil {
		return e.err.Error()
	}
	return e.public
}

func (e *statusError) Unwrap() error { return e.err }

func badRequest(public string) error {
	return &statusError{status: http.StatusBadRequest, public: public}
}

// handle calls h and answers for its error: the one place where errors become statuses.
func (a *App) handle(h handlerFunc) http.HandlerFunc {
	name := methodName(h)
	return func(w http.ResponseWriter, r *http.Request) {
		t := traceOf(r)
		t.handler = name
		err := h(w, r)
		if err == nil {
			a.remember(r, w.Header())
			return
		}
		status, public := http.StatusInternalServerError, ""
		var own *statusError
		var tooLarge *http.MaxBytesError
		var refused *limit.Refused
		switch {
		case errors.As(err, &refused):
			refused.SetHeader(w.Header())
			status, public = refused.Status, refused.Text
		case errors.As(err, &own):
			status, public = own.status, own.public
		case errors.As(err, &tooLarge):
			status = http.StatusRequestEntityTooLarge
		case isSessionError(err):
			status, public = sessions.Status(err), sessionErrorText(err)
		}
		if status >= 500 {
			level := slog.LevelError
			if errors.Is(err, context.Canceled) { // the client has hung up
				level = slog.LevelInfo
			}
			a.log.Log(r.Context(), level, "request failed", "request", t.id, "route", r.Pattern, "err", err)
		}
		a.errorPage(w, r, status, public)
	}
}

// methodName is the name of the handler's method, whose source the page shows.
func methodName(h handlerFunc) string {
	name := runtime.FuncForPC(reflect.ValueOf(h).Pointer()).Name()
	return strings.TrimSuffix(name[strings.LastIndex(name, ".")+1:], "-fm")
}

func isSessionError(err error) bool {
	for _, e := range []error{sessions.ErrConflict, sessions.ErrInterrupted, sessions.ErrBusy, sessions.ErrStore, sessions.ErrTooLarge, sessions.ErrTooMany, sessions.ErrLate, sessions.ErrValue} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// sessionErrorText is what a visitor reads of a session that could not be loaded or saved.
func sessionErrorText(err error) string {
	switch {
	case errors.Is(err, sessions.ErrInterrupted):
		return "Your session was ended while this request was under way, in another tab perhaps. Nothing was saved."
	case errors.Is(err, sessions.ErrConflict):
		return "This page was changed in another tab meanwhile. Nothing was saved, so that nothing is lost."
	case errors.Is(err, sessions.ErrTooLarge):
		_, detail, _ := strings.Cut(err.Error(), sessions.ErrTooLarge.Error()+": ")
		return "What this session should hold does not fit into it: " + detail + ". Nothing was saved; what it held before is still there."
	case errors.Is(err, sessions.ErrTooMany):
		return "Too many new sessions from your network in the last minute. Nothing was saved. Please try again in a moment."
	case errors.Is(err, sessions.ErrBusy):
		return "Too many requests are changing this session at once. Nothing was saved."
	case errors.Is(err, sessions.ErrStore):
		return "The place where sessions are kept does not answer. You are not signed out, and nothing is lost."
	}
	return ""
}

// answer is what a page says, once its session is saved: as JSON, and as a component.
type answer struct {
	json any
	page templ.Component
}

// orFaults is what a form page says: its state, or as JSON what is wrong with the form.
func orFaults(faults map[string]string, a answer) answer {
	if len(faults) > 0 {
		a.json = faultsJSON(faults)
	}
	return a
}

// show saves the session, and then has draw make the answer: what draw reads of the session
// is what is stored, by all parallel requests together, and what it shows under the hood is
// what really happened.
func (a *App) show(w http.ResponseWriter, r *http.Request, status int, draw func(p views.Page) answer) error {
	s := sessions.From(r)
	asJSON := accept.JSON(r)
	w.Header().Add("Vary", "Accept")
	if err := s.Load(); err != nil {
		return err
	}
	var p views.Page
	if !asJSON {
		p = a.frame(r)
	}
	if err := s.Commit(status); err != nil {
		return err
	}
	if asJSON {
		return writeJSON(w, status, draw(p).json)
	}
	p.Idle = a.idle(r)
	if a.debugOn(r) {
		p.Hood = a.hood(w, r)
		p.Source = a.sources.tabs(traceOf(r).handler)
	}
	return writePage(w, r, status, draw(p).page)
}

// frame is what stands around every page's own content. It comes before the save, since
// showing a message takes it out of the session.
func (a *App) frame(r *http.Request) views.Page {
	p := views.Page{Path: r.URL.Path, Theme: "system", Engine: a.engineOf(r), Debug: a.debugOn(r), Call: r.Method + " " + r.URL.Path}
	if a.debugOn(r) && !a.settings.Loopback() {
		p.DebugWarning = "DEBUG IS ON AND OTHER COMPUTERS CAN REACH THIS SERVER. Pages show the internals of sessions."
	}
	if !a.debugOn(r) {
		p.Hide = debugOnly
	}
	if s, ok := sessions.FromContext(r.Context()); ok {
		if t, ok := themePreference.Lookup(s); ok {
			p.Theme = t
		}
		if u := a.user(r); u != nil { // before the messages: it may leave one
			p.User = u.Name
		}
		for _, m := range s.Messages() {
			p.Messages = append(p.Messages, views.Message{Level: m.Level.String(), Text: m.Text})
		}
	}
	return p
}

// debugOnly are the pages that show internals, and so are not there without DEBUG.
var debugOnly = []string{"/debug/", "/events/"}

// redirect answers a POST: 303 in both faces, to a path of this site. what says for the page
// that follows what was done.
func (a *App) redirect(w http.ResponseWriter, r *http.Request, path, what string) error {
	traceOf(r).what = what
	if err := sessions.From(r).Commit(http.StatusSeeOther); err != nil {
		return err
	}
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// faultsJSON is the JSON face of a form that was refused: one sentence for people, and the
// messages by field for programs.
func faultsJSON(faults map[string]string) map[string]any {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		texts = append(texts, strings.TrimPrefix(name+": "+faults[name], ": ")) // "" is the form as a whole
	}
	return map[string]any{"error": strings.Join(texts, " "), "errors": faults}
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	text, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(append(text, '\n'))
	return ignoreGone(err)
}

// writePage draws the whole page before its first byte, so that one that fails half-way is
// an error page and no half page.
func writePage(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		return fmt.Errorf("draw the page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return ignoreGone(err)
}

// ignoreGone drops the error of a client that has hung up: there is nobody to answer to.
func ignoreGone(error) error { return nil }

// errorPage answers with an error in the app's own look, or as JSON. It works without a
// session, since errors happen outside of it, and because of it.
func (a *App) errorPage(w http.ResponseWriter, r *http.Request, status int, public string) {
	if public == "" {
		public = errorText[status]
	}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		if w.Header().Get("Retry-After") == "" {
			w.Header().Set("Retry-After", "5")
		}
	}
	if accept.JSON(r) {
		_ = writeJSON(w, status, map[string]string{"error": public})
		return
	}
	p := views.Page{Path: r.URL.Path, Engine: a.engineOf(r), Debug: a.debugOn(r)}
	if !a.debugOn(r) {
		p.Hide = debugOnly
	}
	if s, ok := sessions.FromContext(r.Context()); ok && s.Err() == nil {
		p.Theme = "system"
		if t, ok := themePreference.Lookup(s); ok {
			p.Theme = t
		}
		if _, ok := r.Context().Value(personKey{}).(*person); ok && status < 500 { // a store that is ill is not asked again
			if u := a.user(r); u != nil {
				p.User = u.Name
			}
			if s.Commit(status) == nil && a.debugOn(r) { // otherwise the save that fails has a page of its own
				p.Hood = a.hood(w, r)
			}
		}
	}
	d := views.ErrorData{Status: status, What: public}
	if t := traceOf(r); t != nil {
		d.RequestID = t.id
	}
	err := writePage(w, r, status, views.Error(p, d))
	if errors.Is(err, context.Canceled) {
		return // the client has hung up
	}
	if err != nil {
		a.log.ErrorContext(r.Context(), "error page", "err", err)
		http.Error(w, public, status)
	}
}

var errorText = map[int]string{
	http.StatusBadRequest:            "This request could not be understood.",
	http.StatusForbidden:             "This was refused.",
	http.StatusNotFound:              "There is no page at this address.",
	http.StatusMethodNotAllowed:      "This address does not take requests of this kind.",
	http.StatusConflict:              "This was changed in another tab meanwhile. Nothing was saved.",
	http.StatusRequestEntityTooLarge: "What you sent is larger than this site accepts: at most 64 kilobytes. Nothing was saved.",
	http.StatusTooManyRequests:       "That was too often in a short time.",
	http.StatusInternalServerError:   "Something went wrong on our side. Nothing was saved.",
	http.StatusServiceUnavailable:    "This cannot be done right now.",
}

// notFound answers for unknown paths, and sends those who left out the last slash on.
func (a *App) notFound(w http.ResponseWriter, r *http.Request) error {
	path := r.URL.Path
	if r.Method == http.MethodGet && !strings.HasSuffix(path, "/") && chi.RouteContext(r.Context()).Routes.Match(chi.NewRouteContext(), r.Method, path+"/") {
		target := r.URL.EscapedPath() + "/"
		if r.URL.RawQuery != "" {
			target += "?" + r.URL.RawQuery
		}
		w.Header().Set("Location", localPath(target, "/"))
		w.WriteHeader(http.StatusPermanentRedirect)
		return nil
	}
	return &statusError{status: http.StatusNotFound}
}

func (a *App) methodNotAllowed(http.ResponseWriter, *http.Request) error {
	return &statusError{status: http.StatusMethodNotAllowed}
}

// readForm parses the body; what does not parse is the visitor's 400 or 413.
func readForm(r *http.Request) error {
	err := r.ParseMultipartForm(limit.FormBody)
	if errors.Is(err, http.ErrNotMultipart) { // ParseForm has read it
		return nil
	}
	var tooLarge *http.MaxBytesError
	if err == nil || errors.As(err, &tooLarge) {
		return err
	}
	return &statusError{http.StatusBadRequest, "The form could not be read. Nothing was saved.", err}
}

// localPath returns target if it is a path of this site that a browser cannot read as
// anything else, and otherwise fallback.
func localPath(target, fallback string) string {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || len(target) > 2000 {
		return fallback
	}
	for i := range len(target) {
		if c := target[i]; c <= ' ' || c == '\\' || c >= 0x7f {
			return fallback
		}
	}
	lower := strings.ToLower(target)
	path, _, _ := strings.Cut(lower, "?")
	has := func(text string, bad ...string) bool {
		return slices.ContainsFunc(bad, func(b string) bool { return strings.Contains(text, b) })
	}
	if has(lower, "%0", "%1") || has(path, "%5c", "%2f%2f", "/%2f", "/.", "//") {
		return fallback
	}
	return target
}

// took is a duration as the pages show it.
func took(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
