package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"sessionlab/handlers/config"
	"sessionlab/handlers/events"
	"sessionlab/handlers/learners"
	"sessionlab/handlers/limit"
	"sessionlab/handlers/second"
	"sessionlab/sessions"
)

// layer is one middleware with what the page /middleware/ says of it.
type layer struct {
	name    string
	django  string // Django's name for it, "" if there is none
	does    string
	breaks  string // what goes wrong in another place
	session bool   // it gives the request its session
	wrap    func(http.Handler) http.Handler
}

// outer is what every request passes, in this order; Django's name stands beside each. The
// page /middleware/ shows this very list.
func (a *App) outer() []layer {
	return []layer{
		{
			name: "proxies", wrap: a.proxies.Middleware,
			does:   "Finds out the visitor's address, and the host asked for, behind trusted proxies.",
			breaks: "Further in, limits and logs would count the proxy.",
		},
		{
			name: "requestID", wrap: middleware.RequestID,
			does:   "Gives the request a number.",
			breaks: "Without it, nobody could find the lines of one request in the log.",
		},
		{
			name: "trace", wrap: a.trace,
			does:   "Writes one line to the log when the request is answered.",
			breaks: "Further in, what happens outside of it would be in no log.",
		},
		{
			name: "recoverer", wrap: a.recoverer,
			does:   "Turns a panic into one clean error page, and keeps the server alive.",
			breaks: "Inside of the session, a failure while the session is saved would drop the connection.",
		},
		{
			name: "secureHeaders", wrap: a.secureHeaders, django: "SecurityMiddleware, XFrameOptionsMiddleware",
			does:   "Adds the headers that tell browsers what this page may never do.",
			breaks: "Further in, error pages made before it would go out without them.",
		},
		{
			name: "limits", wrap: a.limits, django: "CommonMiddleware",
			does:   "Refuses bodies that are too large.",
			breaks: "After a form was read it would be too late to refuse it.",
		},
		{
			name: "crossOrigin", wrap: a.crossOrigin, django: "CsrfViewMiddleware",
			does:   "Refuses changes that another site has asked the browser for.",
			breaks: "Inside of the session, a forged request would cost a load, and could end the session before it is refused.",
		},
	}
}

// within is what stands further in: the session and what needs it. It is not there for
// /healthz and static files, which must touch no session.
func (a *App) within() []layer {
	layers := []layer{
		{
			name: "hosts", wrap: a.hosts, django: "CommonMiddleware",
			does:   "Refuses requests for hosts that are not this site's.",
			breaks: "Inside of the session, another site that points its name here could begin sessions.",
		},
		{
			name: "crowd", wrap: a.crowd,
			does:   "Works on a bounded number of requests at once. One more waits a little, and is then asked to come again.",
			breaks: "Inside of the session, a crowd could pile up at the store, which is what is scarce.",
		},
		{
			name: "sessions", wrap: a.session, django: "SessionMiddleware", session: true,
			does:   "Reads the cookie, gives the handler its session, saves it before the first byte, sends the cookie.",
			breaks: "Whatever stands before it has no session: accounts, messages and themes would find nobody.",
		},
		{
			name: "account", wrap: a.account, django: "AuthenticationMiddleware",
			does:   "Looks up who is signed in, only when somebody asks.",
			breaks: "Before the session it has nothing to look in: its code fails, and no page works.",
		},
		{
			name: "recently", wrap: a.recently,
			does:   "Counts the visits to each page, for those who have switched that on at /recent/.",
			breaks: "Before the session it has nowhere to count.",
		},
	}
	if a.room == nil {
		return layers
	}
	layers = slices.Insert(layers, 1, layer{
		name: "members", wrap: a.members,
		does:   "In a class: finds out who asks, and shows those who have not joined the way in.",
		breaks: "Inside of the session, strangers could begin sessions.",
	})
	return append(layers, layer{
		name: "seats", wrap: a.seats,
		does:   "In a class: notes which chapter everybody is in.",
		breaks: "Before the session it could not tell who has one.",
	})
}

func wraps(layers []layer) []func(http.Handler) http.Handler {
	var all []func(http.Handler) http.Handler
	for _, l := range layers {
		all = append(all, l.wrap)
	}
	return all
}

// trace is what a request tells of itself: a number for the log, and what happened to its
// session. It is safe for concurrent use.
type trace struct {
	id    string
	begun time.Time
	noted bool              // the missions know of it
	me    *learners.Learner // who sent it, once that was asked; nil before

	mu     sync.Mutex
	events []sessions.Event
}

type traceKey struct{}

// traceOf is the trace of the request that ctx belongs to, nil outside of its middleware.
func traceOf(ctx context.Context) *trace {
	t, _ := ctx.Value(traceKey{}).(*trace)
	return t
}

func withTrace(ctx context.Context, t *trace) context.Context {
	return events.WithHistory(context.WithValue(ctx, traceKey{}, t), t.all)
}

// number is the request's, "" outside of the middleware.
func (t *trace) number() string {
	if t == nil {
		return ""
	}
	return t.id
}

func (t *trace) add(e sessions.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, e)
}

func (t *trace) all() []sessions.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.events)
}

// trace gives the request its number and writes the access log.
func (a *App) trace(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := middleware.GetReqID(r.Context())
		id = id[strings.LastIndexByte(id, '/')+1:] // before it stands this machine's name
		t := &trace{id: id, begun: time.Now()}
		r = r.WithContext(withTrace(r.Context(), t))
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			status := ww.Status()
			if status == 0 {
				status = http.StatusOK
			}
			a.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("request", t.id), slog.String("method", r.Method),
				slog.String("path", r.URL.Path), slog.String("route", r.Pattern),
				slog.Int("status", status), slog.Int("bytes", ww.BytesWritten()),
				slog.Duration("took", time.Since(t.begun)))
		}()
		next.ServeHTTP(ww, r)
	})
}

// recoverer answers for a handler that panics. The trace stays in the log, with DEBUG too.
func (a *App) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			switch {
			case p == nil:
				return
			case p == http.ErrAbortHandler:
				panic(p) // the server's own way to drop a connection
			}
			a.log.ErrorContext(r.Context(), "panic", "request", traceOf(r.Context()).number(),
				"path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			if ww, ok := w.(middleware.WrapResponseWriter); ok && ww.Status() != 0 {
				panic(http.ErrAbortHandler) // the answer has begun: cut it off, so that nobody takes it for whole
			}
			clear(w.Header())
			a.setSecureHeaders(w.Header(), r)
			a.errorPage(w, r, http.StatusInternalServerError, "")
		}()
		next.ServeHTTP(w, r)
	})
}

// secureHeaders adds the security headers to every answer.
func (a *App) secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.setSecureHeaders(w.Header(), r)
		next.ServeHTTP(w, r)
	})
}

func (a *App) setSecureHeaders(h http.Header, r *http.Request) {
	h.Set("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	if second.Is(r) { // it stands in a frame beside the first visitor's page
		allowFraming(h)
	}
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if a.proxies.HTTPS(r) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// turnAway answers for a limit.
func (a *App) turnAway(w http.ResponseWriter, r *http.Request, e *limit.Refused) { a.fail(w, r, e) }

// limits bounds the body, refuses TRACE, and lets HEAD use the routes of GET.
func (a *App) limits(next http.Handler) http.Handler {
	next = limit.Bodies(a.turnAway)(middleware.GetHead(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodTrace {
			w.Header().Set("Allow", "GET, HEAD, POST")
			a.errorPage(w, r, http.StatusMethodNotAllowed, "")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// crowd works on a bounded number of requests at once, each when its body is here. Event
// streams are not counted: they last for hours, and have limits of their own.
func (a *App) crowd(next http.Handler) http.Handler {
	return limit.Receive(a.turnAway)(a.places.Middleware(isStream, a.turnAway)(next))
}

// hosts refuses requests for hosts that are not ours, see ALLOWED_HOSTS.
func (a *App) hosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.settings.HostAllowed(r) {
			a.log.WarnContext(r.Context(), "host refused", "request", traceOf(r.Context()).number(), "host", r.Host)
			a.errorPage(w, r, http.StatusBadRequest, "This site does not answer under this host name. "+
				"If it is meant to, add the name to ALLOWED_HOSTS. Nothing was done.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// crossOrigin refuses unsafe requests that another site caused, by what browsers say of
// them; no origin is trusted and no path excepted.
func (a *App) crossOrigin(next http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.log.WarnContext(r.Context(), "another site's request refused; if Origin is this site's own, "+
			"a proxy changes Host: name it in TRUSTED_PROXIES and have it send X-Forwarded-Host",
			"request", traceOf(r.Context()).number(), "origin", r.Header.Get("Origin"), "host", r.Host,
			"fetch_site", r.Header.Get("Sec-Fetch-Site"))
		a.errorPage(w, r, http.StatusForbidden, "Your browser says that another site sent this form. Nothing was changed.")
	}))
	return p.Handler(next)
}

// engineCookie remembers which engine a visitor has chosen on /engines/, with DEBUG only.
const engineCookie = "lab_engine"

// engineOf is the name of the engine that serves this request.
func (a *App) engineOf(r *http.Request) string {
	if a.debugOn(r) {
		if c, err := r.Cookie(engineCookie); err == nil && a.engines.Manager(c.Value) != nil {
			return c.Value
		}
	}
	return a.engines.Default
}

// session gives the request the session of the engine that its visitor uses.
func (a *App) session(next http.Handler) http.Handler {
	if a.debug {
		next = a.trying(next)
	}
	first, other := map[string]http.Handler{}, map[string]http.Handler{}
	for _, name := range config.EngineNames() {
		if m := a.engines.Manager(name); m != nil {
			first[name] = m.Middleware(next)
		}
		if m := a.second[name]; m != nil {
			other[name] = m.Middleware(next)
		}
	}
	silent := a.silentSessions(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := a.engineOf(r)
		switch {
		case second.Is(r):
			other[name].ServeHTTP(w, r)
		case silent[name] != nil && a.isSilent(r):
			silent[name].ServeHTTP(w, r)
		default:
			first[name].ServeHTTP(w, r)
		}
	})
}
