package attack

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"sessionlab/handlers/events"
	"sessionlab/sessions"
)

// browser is one that the lab drives itself: it sends requests through the whole app, from
// the visitor's address, and has cookies of its own.
type browser struct {
	lab     Lab
	cookies map[string]string
}

// browser opens a new one. It has no session; only what the visitor has chosen, such as the
// engine, is the same.
func (l Lab) browser() *browser {
	b := &browser{l, map[string]string{}}
	for _, name := range l.Choices {
		if c, err := l.Like.Cookie(name); err == nil {
			b.cookies[name] = c.Value
		}
	}
	return b
}

// with opens a browser that has this session cookie.
func (l Lab) with(cookie string) *browser {
	b := l.browser()
	b.cookies[l.cookieName()] = cookie
	return b
}

func (l Lab) cookieName() string { return l.Session.Manager().Config().Cookie.Name }

// session is the session cookie that the browser holds, "" for none.
func (b *browser) session() string { return b.cookies[b.lab.cookieName()] }

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
	told   string // what the session layer told of the cookie
}

// send sends one request. A form makes it a POST; headers are name, value, name, value.
func (b *browser) send(path string, form url.Values, headers ...string) answer {
	listener := &ear{traits: b.lab.Session.Manager().Traits()}
	ctx := alone{b.lab.Like.Context(), listener}
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, path, strings.NewReader(form.Encode()))
	if err != nil { // a path of this package's own
		panic(err)
	}
	r.RequestURI, r.Host, r.RemoteAddr, r.TLS = path, b.lab.Like.Host, b.lab.Like.RemoteAddr, b.lab.Like.TLS
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "another browser of the lab")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := &sheet{header: http.Header{}, status: http.StatusOK}
	b.lab.App.ServeHTTP(w, r)
	for _, c := range (&http.Response{Header: w.header}).Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return answer{w.status, w.header, w.body.String(), listener.said()}
}

// sheet takes an answer down.
type sheet struct {
	header http.Header
	status int
	body   strings.Builder
}

func (s *sheet) Header() http.Header         { return s.header }
func (s *sheet) WriteHeader(status int)      { s.status = status }
func (s *sheet) Write(p []byte) (int, error) { return s.body.Write(p) }

// get asks for one entry of the session.
func (b *browser) get(name string) answer {
	return b.send("/lab/get?k="+url.QueryEscape(name), nil)
}

// set stores one entry in the session, as any form of a page would.
func (b *browser) set(name, value string, headers ...string) answer {
	return b.send("/lab/set", url.Values{"k": {name}, "v": {value}}, headers...)
}

// value is the entry that get has asked for, "" if the answer has none.
func (a answer) value() string {
	var face struct{ Value json.RawMessage }
	if a.status != http.StatusOK || json.Unmarshal([]byte(a.body), &face) != nil ||
		string(face.Value) == "null" {
		return ""
	}
	return string(face.Value)
}

// alone ends with a request and has nothing else of it: what is sent under it is a request
// of its own.
type alone struct {
	context.Context
	ear *ear
}

type earKey struct{}

// Value knows the ear alone.
func (c alone) Value(key any) any {
	if key == (earKey{}) {
		return c.ear
	}
	return nil
}

// ear hears what the session layer tells of the cookie that a request of the lab brought.
type ear struct {
	traits sessions.Traits
	mu     sync.Mutex
	text   string
}

func (e *ear) said() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.text
}

// Observe is to be told of every event: of requests that are part of an attack it keeps
// what became of the cookie. Of all others it costs a look at the context.
func Observe(ctx context.Context, e sessions.Event) {
	listener, ok := ctx.Value(earKey{}).(*ear)
	if !ok {
		return
	}
	switch e.Kind {
	case sessions.Loaded, sessions.Unknown, sessions.Expired, sessions.Corrupt:
		listener.mu.Lock()
		defer listener.mu.Unlock()
		listener.text = events.Text(e, listener.traits)
	}
}
