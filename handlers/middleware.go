package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"sessionlab/handlers/engines"
	"sessionlab/handlers/limit"
	"sessionlab/sessions"
)

// trace is what a request tells of itself: a number for the log, and what happened to its
// session, which "under the hood" draws.
type trace struct {
	id      string
	handler string // the method that answers, whose source the page shows
	begun   time.Time

	mu     sync.Mutex
	events []sessions.Event
	what   string // what a POST did, for the page that it leads to
}

type traceKey struct{}

func traceOf(r *http.Request) *trace {
	t, _ := r.Context().Value(traceKey{}).(*trace)
	return t
}

func (t *trace) add(e sessions.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, e)
}

func (t *trace) all() []sessions.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]sessions.Event(nil), t.events...)
}

// trace keeps what happens during the request, and writes the access log.
func (a *App) trace(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := middleware.GetReqID(r.Context())
		id = id[strings.LastIndexByte(id, '/')+1:] // before it stands this machine's name, which is nobody's business
		t := &trace{id: id, begun: time.Now()}
		r = r.WithContext(context.WithValue(r.Context(), traceKey{}, t))
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			status := ww.Status()
			if status == 0 {
				status = http.StatusOK
			}
			a.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("request", t.id), slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("route", r.Pattern),
				slog.Int("status", status), slog.Int("bytes", ww.BytesWritten()), slog.Duration("took", time.Since(t.begun)))
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
			a.log.ErrorContext(r.Context(), "panic", "request", traceOf(r).id, "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
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

// secureHeaders tells browsers what no page of this site may do.
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
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if a.proxies.HTTPS(r) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// refuse answers for a limit.
func (a *App) refuse(w http.ResponseWriter, r *http.Request, e *limit.Refused) {
	e.SetHeader(w.Header())
	a.errorPage(w, r, e.Status, e.Text)
}

// limits bounds the body, refuses TRACE, and lets HEAD use the routes of GET.
func (a *App) limits(next http.Handler) http.Handler {
	next = limit.Bodies(a.refuse)(middleware.GetHead(next))
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
	stream := func(r *http.Request) bool { return r.URL.Path == "/events/stream" }
	return limit.Receive(a.refuse)(a.places.Middleware(stream, a.refuse)(next))
}

// hosts refuses requests for hosts that are not ours, see ALLOWED_HOSTS.
func (a *App) hosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.settings.HostAllowed(r) {
			a.log.WarnContext(r.Context(), "host refused", "request", traceOf(r).id, "host", r.Host)
			a.errorPage(w, r, http.StatusBadRequest, "This site does not answer under this host name. "+
				"If it is meant to, add the name to ALLOWED_HOSTS. Nothing was done.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// needsDebug hides routes from requests without DEBUG.
func (a *App) needsDebug(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.debugOn(r) {
			a.errorPage(w, r, http.StatusNotFound, "")
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
			"request", traceOf(r).id, "origin", r.Header.Get("Origin"), "host", r.Host,
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
	wrapped := map[string]http.Handler{}
	for _, name := range engines.Names() {
		if m := a.engines.Manager(name); m != nil {
			wrapped[name] = m.Middleware(next)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wrapped[a.engineOf(r)].ServeHTTP(w, r)
	})
}

// sessionError answers in a handler's place when its session failed; its text is for the
// visitor, the error itself is in the log already, as an event.
func (a *App) sessionError(w http.ResponseWriter, r *http.Request, err error) {
	a.errorPage(w, r, sessions.Status(err), sessionErrorText(err))
}
