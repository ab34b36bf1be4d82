// Package panel is "under the hood": it records what one request did to its session, and
// tells it on the page as a story of at most a few requests, with a picture, the wire, the
// change and the record. It draws what the layer's events have said; it never loads,
// changes or touches a session, and the app works the same without it.
//
// # How an app plugs it in
//
// A nil [*Panel] is switched off: its methods do nothing and cost nothing. So an app makes
// one only where its visitors may see the internals of their own sessions:
//
//	var p *panel.Panel
//	if debug {
//		p = panel.New(panel.Options{HTTPS: https})
//	}
//
// The middleware stands outermost, so that it sees every request of a connection and every
// header of the response; the session's observer passes its events on:
//
//	handler = p.Middleware(handler)
//	sessions.Config{Observer: func(ctx context.Context, e sessions.Event) { p.Observe(ctx, "db", e) }}
//
// The adapter that runs a page's handler says so, which parts what happened before the
// handler from what it did. The function that draws a page saves the session first, has set
// every header but the length, and then asks for the view:
//
//	panel.Ran(r.Context(), "addToCart")
//	err := sessions.Commit(s, status)
//	page.Panel = p.View(w, r, s, status)
//
// s may be nil, on an error page for example that has no session. To show requests and
// responses byte for byte, the server's connections are recorded as well:
//
//	server.ConnContext = p.ConnContext
//	server.Serve(p.Listener(listener))
//
// # One click, several requests
//
// A form is posted, the answer is a redirect, and the page that follows has not done what
// its visitor asked for. So the redirect of a browser carries a cookie of the panel's own
// with a random name for what the request did. It lives for seconds and opens the story
// once, on the page to which the redirect led; it knows nothing of the session, so it
// outlives a sign-out and a new key. What it opens is in the memory of this process, and is
// bounded: behind a balancer that sends the page to another process, and after many other
// clicks, only the page itself is shown.
package panel

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"sessionlab/sessions"
	"sessionlab/views"
)

// Options say what the panel cannot know itself. The zero value works.
type Options struct {
	// HTTPS reports whether the visitor's own connection is encrypted: the panel's
	// cookie is then Secure. nil looks at the request's own connection.
	HTTPS func(*http.Request) bool
}

// Panel records requests and draws their stories. It is safe for concurrent use.
type Panel struct {
	https func(*http.Request) bool
	acts  *acts
}

// New makes a panel.
func New(o Options) *Panel {
	if o.HTTPS == nil {
		o.HTTPS = func(r *http.Request) bool { return r.TLS != nil }
	}
	return &Panel{https: o.HTTPS, acts: newActs()}
}

// trace is what is recorded of one request.
type trace struct {
	r     *http.Request
	begun time.Time
	lead  []act // the requests whose redirects led here, oldest first

	received string    // the head as it came in, "" if only net/http knows it
	told     string    // the head as net/http tells it
	length   int64     // of the body; -1 is unknown
	form     *form     // nil: the body is no form
	reply    *exchange // nil: the response is not recorded

	mu      sync.Mutex
	engine  string
	events  []sessions.Event
	ran     int    // how many events there were when the handler began; -1: nobody said
	handler string // its name, "" if nobody said
	session *sessions.Session

	status int    // of the response; 0 before it has begun
	target string // where the response redirects, "" if it does not
	ticket string // what the next page shows to see this request, "" for none
	head   http.Header
}

type traceKey struct{}

func traceOf(ctx context.Context) *trace {
	t, _ := ctx.Value(traceKey{}).(*trace)
	return t
}

// Observe records an event of the session layer, which the engine of this name has caused.
func (p *Panel) Observe(ctx context.Context, engine string, e sessions.Event) {
	if p == nil {
		return
	}
	t := traceOf(ctx)
	if t == nil {
		return // outside of any request
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.events) < maxEvents {
		t.events = append(t.events, e)
	}
	t.engine = engine
	if s, ok := sessions.FromContext(ctx); ok {
		t.session = s // to look at once the handler is through: now it is locked
	}
}

// maxEvents bounds what one request can tell: a stream lives for hours.
const maxEvents = 200

// Ran notes that the handler of this name begins. Without a panel it does nothing.
func Ran(ctx context.Context, handler string) {
	if t := traceOf(ctx); t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.ran, t.handler = len(t.events), handler
	}
}

// Clicked is the handler of the click whose redirect led to this request, "" if none did.
func (p *Panel) Clicked(ctx context.Context) string {
	if t := traceOf(ctx); t != nil && len(t.lead) > 0 {
		return t.lead[0].handler
	}
	return ""
}

// Middleware records every request and its response.
func (p *Panel) Middleware(next http.Handler) http.Handler {
	if p == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &trace{begun: time.Now(), ran: -1, length: r.ContentLength, told: asTold(r), lead: p.acts.take(r)}
		if c, ok := r.Context().Value(connKey{}).(*conn); ok {
			t.received, t.reply = c.take(r)
		}
		r = r.WithContext(context.WithValue(r.Context(), traceKey{}, t))
		if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); r.Body != nil &&
			strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
			t.form = &form{ReadCloser: r.Body}
			r.Body = t.form
		}
		t.r = r
		ww := &writer{ResponseWriter: w, p: p, t: t}
		next.ServeHTTP(ww, r)
		ww.begin(http.StatusOK)
		if t.ticket != "" {
			p.acts.keep(t.ticket, t.target, append(t.lead, t.act(peek(t.session), t.status)))
		}
	})
}

// View draws the story of the request, once its session is saved and the headers of its
// response are set. status is the response's. It sets two headers that net/http would add
// itself if they are not there, Content-Type and Date, so that the page shows them as they
// will be sent. Without a panel it returns nil.
func (p *Panel) View(w http.ResponseWriter, r *http.Request, s *sessions.Session, status int) *views.Panel {
	t := traceOf(r.Context())
	if p == nil || t == nil {
		return nil
	}
	h := w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/html; charset=utf-8")
	}
	if h.Get("Date") == "" {
		h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	t.mu.Lock()
	t.head = h.Clone()
	if s == nil {
		s = t.session
	}
	t.mu.Unlock()
	v := peek(s)
	return drawn(slices.Concat(t.lead, []act{t.act(v, status)}), v, t)
}

// writer looks at the head of the response before it leaves.
type writer struct {
	http.ResponseWriter
	p *Panel
	t *trace
}

// begin notes the status, and gives the redirect of a browser's click its ticket.
func (w *writer) begin(status int) {
	t := w.t
	if t.status != 0 || status < 200 && status != http.StatusSwitchingProtocols {
		return
	}
	t.status = status
	h := w.Header()
	if to := h.Get("Location"); status >= 300 && status < 400 && to != "" {
		t.target, _, _ = strings.Cut(to, "#")
		click := t.r.Method != http.MethodGet && t.r.Method != http.MethodHead || len(t.lead) > 0
		if click && prefersHTML(t.r) && strings.HasPrefix(t.target, "/") && len(t.lead) < maxChain {
			t.ticket = newTicket()
			http.SetCookie(w, ticket(t.ticket, w.p.https(t.r)))
		}
	}
	t.mu.Lock()
	t.head = h.Clone()
	t.mu.Unlock()
}

func (w *writer) WriteHeader(status int) {
	w.begin(status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	w.begin(http.StatusOK)
	return w.ResponseWriter.Write(b)
}

// Flush and FlushError serve http.ResponseController and those who ask for an http.Flusher.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError sends what was written so far.
func (w *writer) FlushError() error {
	w.begin(http.StatusOK)
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap leads http.ResponseController to all else that the server's own writer can do.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
