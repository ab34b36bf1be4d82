package hood

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"sessionlab/sessions"
	"sessionlab/views"
)

// Trace is what a request tells of itself: a number for the log, and what happened to its
// session. It is safe for concurrent use.
type Trace struct {
	ID    string
	Begun time.Time

	mu     sync.Mutex
	events []sessions.Event
}

type traceKey struct{}

// NewTrace returns the trace of a request that begins now.
func NewTrace(id string) *Trace { return &Trace{ID: id, Begun: time.Now()} }

// With returns a context that carries t.
func With(ctx context.Context, t *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// From returns the trace that ctx carries, nil for none.
func From(ctx context.Context) *Trace {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	return t
}

// Add notes what happened to the request's session.
func (t *Trace) Add(e sessions.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, e)
}

// Events returns what has happened to the request's session so far.
func (t *Trace) Events() []sessions.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]sessions.Event(nil), t.events...)
}

// Panel remembers the last changing request of each session, so that the page to which its
// redirect led can show both. It is bounded, and holds short hashes, no keys.
type Panel struct{ last *lru.Cache[string, step] }

type step struct {
	request views.Request
	to      string // where its redirect led
	at      time.Time
}

// New returns a panel that remembers nothing yet.
func New() *Panel {
	c, _ := lru.New[string, step](1000) // fails for sizes below 1 only
	return &Panel{last: c}
}

// Remember keeps a POST for the page that its redirect leads to.
func (p *Panel) Remember(r *http.Request, h http.Header) {
	if r.Method != http.MethodPost || h.Get("Location") == "" {
		return
	}
	s, ok := sessions.FromContext(r.Context())
	if !ok || s.Key() == "" { // without a session there is no telling whose step it was
		return
	}
	to, _, _ := strings.Cut(h.Get("Location"), "#")
	t := From(r.Context())
	var what strings.Builder
	for _, e := range t.Events() {
		if stepOf[e.Kind] >= 3 {
			fmt.Fprintf(&what, "; %s", e.Kind)
		}
	}
	p.last.Add(s.ID().String(), step{
		views.Request{Method: r.Method, Path: r.URL.Path, Status: http.StatusSeeOther, What: strings.TrimPrefix(what.String(), "; "), Took: views.Took(time.Since(t.Begun))},
		to, time.Now(),
	})
}

// lead returns the requests that led to this page: the POST whose redirect this is, and
// this one.
func (p *Panel) lead(s *sessions.Session, r *http.Request) []views.Request {
	here := views.Request{Method: r.Method, Path: r.URL.Path, Status: http.StatusOK, What: "this page", Took: views.Took(time.Since(From(r.Context()).Begun))}
	id := s.ID().String()
	if last, ok := p.last.Get(id); ok && last.to == r.URL.RequestURI() && time.Since(last.at) < 10*time.Second {
		p.last.Remove(id)
		return []views.Request{last.request, here}
	}
	return []views.Request{here}
}
