package handlers

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/go-json-experiment/json"

	"sessionlab/handlers/accept"
	"sessionlab/sessions"
	"sessionlab/views"
)

// render answers with a page: its JSON to programs, its HTML to people. It saves the
// session first, so that what the page shows of this request has really happened.
func (a *App) render(w http.ResponseWriter, r *http.Request, page views.Page) error {
	return a.renderAs(w, r, http.StatusOK, page)
}

// renderAs is render with a status of its own.
func (a *App) renderAs(
	w http.ResponseWriter, r *http.Request, status int, page views.Page,
) error {
	w.Header().Add("Vary", "Accept")
	s := sessions.From(r)
	if err := s.Err(); err != nil {
		return err
	}
	if accept.JSON(r) {
		if err := sessions.Commit(s, status); err != nil {
			return err
		}
		a.note(r, status, "")
		return writeJSON(w, status, page)
	}
	if isVisit(r) && isSeen(r) && !r.URL.Query().Has("answered") {
		settle(r, views.SettledBy(routeOf(r).name)...)
	}
	frame := a.frame(r) // before the save: a message that is shown leaves the session
	if err := sessions.Commit(s, status); err != nil {
		return err
	}
	a.note(r, status, "")
	a.look(&frame, w, r)
	return writePage(w, r, status, page.HTML(frame))
}

// redirect answers a POST that was accepted: 303 to a path of this site, in both faces.
func (a *App) redirect(w http.ResponseWriter, r *http.Request, path string) error {
	settle(r, views.SettledBy(routeOf(r).name)...)
	return a.seeOther(w, r, path)
}

// seeOther is 303 to a path of this site, whether the POST was accepted or not.
func (a *App) seeOther(w http.ResponseWriter, r *http.Request, path string) error {
	if err := sessions.Commit(sessions.From(r), http.StatusSeeOther); err != nil {
		return err
	}
	a.note(r, http.StatusSeeOther, path)
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// frame is what stands around every page's own content.
func (a *App) frame(r *http.Request) views.Frame {
	f := views.Frame{
		Path: r.URL.Path, Call: r.Method + " " + r.URL.Path, Theme: "system",
		Engine: a.engineOf(r), Place: placeOf(r), Debug: a.debugOn(r), Hide: a.hidden(r),
		Visitors: a.visitorsOf(r),
	}
	f.Class = a.bar(r)
	if a.room != nil && f.Class == nil {
		return views.Frame{Path: f.Path, Hide: allChapters()} // there is but one way: in
	}
	if a.room == nil && a.debugOn(r) && !a.settings.Loopback() {
		f.DebugWarning = "DEBUG IS ON AND OTHER COMPUTERS CAN REACH THIS SERVER. " +
			"Pages show the internals of sessions."
	}
	s, ok := sessions.FromContext(r.Context())
	if !ok {
		return f
	}
	f.Cookie = s.Manager().Config().Cookie.Name
	if t, ok := themePreference.Lookup(s); ok {
		f.Theme = t
	}
	f.Predicted = predictions.Get(s)
	if u := a.user(r); u != nil { // before the messages: it may leave one
		f.User = u.Name
	}
	f.Source = a.code(r)
	if !isSeen(r) {
		return f
	}
	for _, m := range s.Messages() {
		f.Messages = append(f.Messages, views.Message{Level: m.Level.String(), Text: m.Text})
	}
	return f
}

// look adds what can be told of the request once its session is saved.
func (a *App) look(f *views.Frame, w http.ResponseWriter, r *http.Request) {
	f.Idle = a.idle(r)
	if a.debugOn(r) {
		f.Missions = a.missionsHere(r)
		f.Panel = a.panel.View(w, r, sessions.From(r), http.StatusOK)
	}
}

// isSeen reports whether somebody looks at the answer. Nobody does at that of HEAD, of a
// page fetched ahead of a click, and of one that a script fetched.
func isSeen(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return r.Method != http.MethodHead && !isAhead(r) && (mode == "" || mode == "navigate")
}

// isVisit reports whether a page was asked for, and not only its headers, nor ahead of a
// click.
func isVisit(r *http.Request) bool { return r.Method == http.MethodGet && !isAhead(r) }

// isAhead reports whether the browser asks before anybody has clicked.
func isAhead(r *http.Request) bool {
	return r.Header.Get("Sec-Purpose") != "" || r.Header.Get("Purpose") == "prefetch"
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	text, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a client that has hung up is nobody to tell
	return nil
}

// writePage draws the whole page before its first byte, so that one that fails half-way
// is an error page and no half page.
func writePage(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		return fmt.Errorf("draw the page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a client that has hung up is nobody to tell
	return nil
}

// cameFrom is the page of this site whose form was sent, and otherwise the home page.
// Only the path of the Referer is taken, as it was received.
func cameFrom(r *http.Request) string {
	ref, err := url.Parse(r.Referer())
	if err != nil || ref.Host != r.Host || (ref.Scheme != "http" && ref.Scheme != "https") || ref.User != nil {
		return "/"
	}
	path := ref.EscapedPath()
	if ref.RawQuery != "" {
		path += "?" + ref.RawQuery
	}
	return localPath(path, "/")
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
