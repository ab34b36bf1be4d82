package handlers

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"sessionlab/handlers/config"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/tryout"
	"sessionlab/sessions"
	"sessionlab/views"
)

// A second visitor is another browser, as far as the server can tell: the same pages below
// a path of its own, with a session cookie of its own. Links, forms and redirects of its
// pages lead to that path, and what it does is no part of the first visitor's session. With
// DEBUG only.

// secondPrefix is where the second visitor's pages are.
const secondPrefix = "/other"

// secondCookie remembers that a visitor has a second one beside.
const secondCookie = "lab_second"

type secondKey struct{}

// isSecond reports whether the second visitor sent r.
func isSecond(r *http.Request) bool { return r.Context().Value(secondKey{}) != nil }

// openSecond makes a manager for the second visitor on each engine that is open.
func (a *App) openSecond() error {
	a.second = map[string]*sessions.Manager{}
	for _, name := range config.EngineNames() {
		first := a.engines.Manager(name)
		if first == nil {
			continue
		}
		cfg := first.Config()
		for _, prefix := range []string{"__Host-", "__Secure-"} { // they ask for the path /
			cfg.Cookie.Name = strings.TrimPrefix(cfg.Cookie.Name, prefix)
		}
		cfg.Cookie.Name += "_other"
		cfg.Cookie.Path = secondPrefix + cfg.Cookie.Path
		m, err := sessions.New(cfg)
		if err != nil {
			return err
		}
		a.second[name] = m
	}
	return nil
}

// secondServes reports whether the second visitor has the page at path: the tutorial's, and
// not those that look inside of the lab or change how it works.
func secondServes(path string) bool {
	for i, group := range views.Chapters() {
		for _, c := range group.Chapters {
			if i > 1 && strings.HasPrefix(path, c.Path) {
				return false
			}
		}
	}
	inside := []string{"/static/", "/lab/", "/debug/", "/second/", secondPrefix + "/"}
	below := func(prefix string) bool { return strings.HasPrefix(path, prefix) }
	return !slices.ContainsFunc(inside, below)
}

// secondVisitor serves the second visitor's pages: it takes the prefix off the request, and
// puts it on what the answer leads to.
func (a *App) secondVisitor(next http.Handler) http.Handler {
	if !a.debug {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, ok := strings.CutPrefix(r.URL.Path, secondPrefix)
		if !ok || !strings.HasPrefix(path, "/") || !secondServes(path) || !a.debugOn(r) {
			next.ServeHTTP(w, r)
			return
		}
		ww := &secondWriter{ResponseWriter: w}
		next.ServeHTTP(ww, asSecond(r))
		ww.finish()
	})
}

// asSecond is r as the app sees it.
func asSecond(r *http.Request) *http.Request {
	first := r
	r = r.Clone(context.WithValue(r.Context(), secondKey{}, true))
	r.URL.Path = strings.TrimPrefix(r.URL.Path, secondPrefix)
	r.URL.RawPath = strings.TrimPrefix(r.URL.RawPath, secondPrefix)
	if from, err := url.Parse(r.Referer()); err == nil {
		from.Path = strings.TrimPrefix(from.Path, secondPrefix)
		r.Header.Set("Referer", from.String())
	}
	r.Header.Del("Cookie")
	for _, c := range first.Cookies() {
		if c.Name != tryout.Cookie { // settings that the first visitor tries
			r.AddCookie(c)
		}
	}
	return r
}

// secondWriter puts the prefix on redirects, and on the links and forms of pages.
type secondWriter struct {
	http.ResponseWriter
	begun bool
	page  *bytes.Buffer // nil: the answer is no page, and goes out as it is
}

func (w *secondWriter) WriteHeader(status int) {
	if w.begun || status < http.StatusOK {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.begun = true
	h := w.Header()
	if to := h.Get("Location"); strings.HasPrefix(to, "/") && secondServes(to) {
		h.Set("Location", secondPrefix+to)
	}
	if strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		w.page = &bytes.Buffer{}
		h.Del("Content-Length")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *secondWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.page != nil {
		return w.page.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap leads http.ResponseController to what the server's own writer can do.
func (w *secondWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish sends the page.
func (w *secondWriter) finish() {
	if w.page != nil {
		_ = prefixLinks(w.ResponseWriter, w.page) // a client that has hung up is nobody to tell
	}
}

// prefixLinks copies a page, and has its links and forms lead to the second visitor's
// pages. A link to a page that it has not leaves the frame: it is for the first visitor.
func prefixLinks(to io.Writer, page io.Reader) error {
	z := html.NewTokenizer(page)
	for {
		if z.Next() == html.ErrorToken {
			if z.Err() == io.EOF {
				return nil
			}
			return z.Err()
		}
		raw := bytes.Clone(z.Raw())
		if t := z.Token(); prefixed(&t) {
			raw = []byte(t.String())
		}
		if _, err := to.Write(raw); err != nil {
			return err
		}
	}
}

// prefixed changes where a tag leads, and reports whether it did.
func prefixed(t *html.Token) (changed bool) {
	if t.Type != html.StartTagToken && t.Type != html.SelfClosingTagToken {
		return false
	}
	for i, attr := range t.Attr {
		leads := slices.Contains([]string{"href", "action", "formaction"}, attr.Key)
		switch {
		case !leads || !strings.HasPrefix(attr.Val, "/"):
		case secondServes(attr.Val):
			t.Attr[i].Val, changed = secondPrefix+attr.Val, true
		case t.Data == "a":
			t.Attr, changed = append(t.Attr, html.Attribute{Key: "target", Val: "_top"}), true
		}
	}
	return changed
}

// setSecond opens the second visitor beside the tutorial's pages, or closes it.
// POST /second/
func (a *App) setSecond(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Open string `form:"open" validate:"oneof=on off"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	c := &http.Cookie{
		Name: secondCookie, Value: form.Open, Path: "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.proxies.HTTPS(r),
	}
	if form.Open == "off" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
	return a.redirect(w, r, cameFrom(r))
}

// visitorsOf says for a page who looks at it: the second visitor, or a first one who may
// have a second one beside.
func (a *App) visitorsOf(r *http.Request) views.Visitors {
	tutorial := secondServes(r.URL.Path) && r.URL.Path != "/" && r.Method == http.MethodGet
	switch {
	case isSecond(r):
		return views.Visitors{Second: true}
	case !a.debugOn(r) || !tutorial:
		return views.Visitors{}
	}
	v := views.Visitors{Offered: true}
	if c, err := r.Cookie(secondCookie); err == nil && c.Value == "on" {
		v.Beside = secondPrefix + r.URL.Path
	}
	return v
}
