// Package second serves a second visitor in the same browser: the same pages below a path of
// its own. The app says with [Is] whose request it answers, and gives the second visitor a
// session cookie of its own; this package takes the path's prefix off requests, and puts it
// on what the answers lead to: redirects, links and forms.
package second

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Prefix is where the second visitor's pages are: /other/cart/ is /cart/ for them.
const Prefix = "/other"

type key struct{}

// Is reports whether the second visitor sent r.
func Is(r *http.Request) bool { return r.Context().Value(key{}) != nil }

// Visitor says what the second visitor is given. It is safe for concurrent use.
type Visitor struct {
	On     func(*http.Request) bool // there is one for this request
	Serves func(path string) bool   // there is a page at this path, given without the prefix
	Cookie func(name string) bool   // this cookie of the browser is theirs too
}

// Middleware serves the second visitor's requests, and passes on all others as they are. It
// stands outside of the router, since it changes the path.
func (v Visitor) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, ok := strings.CutPrefix(r.URL.Path, Prefix)
		if !ok || !strings.HasPrefix(path, "/") || !v.Serves(path) || !v.On(r) {
			next.ServeHTTP(w, r)
			return
		}
		ww := &writer{ResponseWriter: w, v: v}
		next.ServeHTTP(ww, v.request(r))
		ww.finish()
	})
}

// request is r as the app sees it.
func (v Visitor) request(first *http.Request) *http.Request {
	r := first.Clone(context.WithValue(first.Context(), key{}, true))
	r.URL.Path = strings.TrimPrefix(r.URL.Path, Prefix)
	r.URL.RawPath = strings.TrimPrefix(r.URL.RawPath, Prefix)
	if from, err := url.Parse(r.Referer()); err == nil && r.Referer() != "" {
		from.Path = strings.TrimPrefix(from.Path, Prefix)
		r.Header.Set("Referer", from.String())
	}
	r.Header.Del("Cookie")
	for _, c := range first.Cookies() {
		if v.Cookie(c.Name) {
			r.AddCookie(c)
		}
	}
	return r
}

// writer puts the prefix on redirects, and on the links and forms of pages.
type writer struct {
	http.ResponseWriter
	v     Visitor
	begun bool
	page  *bytes.Buffer // nil: the answer is no page, and goes out as it is
}

func (w *writer) WriteHeader(status int) {
	if w.begun || status < http.StatusOK {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.begun = true
	h := w.Header()
	if to := h.Get("Location"); strings.HasPrefix(to, "/") && w.v.Serves(to) {
		h.Set("Location", Prefix+to)
	}
	if strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		w.page = &bytes.Buffer{}
		h.Del("Content-Length")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.page != nil {
		return w.page.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap leads http.ResponseController to what the server's own writer can do.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish sends the page.
func (w *writer) finish() {
	if w.page != nil {
		_ = w.v.prefixLinks(w.ResponseWriter, w.page) // a client that hung up is nobody to tell
	}
}

// prefixLinks copies a page, and has its links and forms lead to the second visitor's
// pages. A link to a page that it has not leaves the frame: it is for the first visitor.
func (v Visitor) prefixLinks(to io.Writer, page io.Reader) error {
	z := html.NewTokenizer(page)
	for {
		if z.Next() == html.ErrorToken {
			if z.Err() == io.EOF {
				return nil
			}
			return z.Err()
		}
		raw := bytes.Clone(z.Raw())
		if t := z.Token(); v.prefixed(&t) {
			raw = []byte(t.String())
		}
		if _, err := to.Write(raw); err != nil {
			return err
		}
	}
}

// prefixed changes where a tag leads, and reports whether it did.
func (v Visitor) prefixed(t *html.Token) (changed bool) {
	if t.Type != html.StartTagToken && t.Type != html.SelfClosingTagToken {
		return false
	}
	for i, attr := range t.Attr {
		leads := slices.Contains([]string{"href", "action", "formaction"}, attr.Key)
		switch {
		case !leads || !strings.HasPrefix(attr.Val, "/"):
		case v.Serves(attr.Val):
			t.Attr[i].Val, changed = Prefix+attr.Val, true
		case t.Data == "a":
			t.Attr, changed = append(t.Attr, html.Attribute{Key: "target", Val: "_top"}), true
		}
	}
	return changed
}
