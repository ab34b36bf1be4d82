package handlers

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"sessionlab/handlers/config"
	"sessionlab/sessions"
)

// maxBody is how large the body of a request may be, in bytes.
const maxBody = 1 << 20

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

// trace gives the request its number and writes the access log.
func (a *App) trace(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var id [6]byte
		rand.Read(id[:])
		t := &trace{id: hex.EncodeToString(id[:]), begun: time.Now()}
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

// secureHeaders adds the headers of to every answer.
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
	if a.proxies.https(r) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// limits bounds the body, and lets HEAD use the routes of GET.
func (a *App) limits(next http.Handler) http.Handler {
	next = middleware.GetHead(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > maxBody {
			a.errorPage(w, r, http.StatusRequestEntityTooLarge, "")
			return
		}
		if r.Method == http.MethodTrace {
			w.Header().Set("Allow", "GET, HEAD, POST")
			a.errorPage(w, r, http.StatusMethodNotAllowed, "")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// crossOrigin refuses unsafe requests that another site caused, by what browsers say of
// them; no origin is trusted and no path excepted.
func (a *App) crossOrigin(next http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.errorPage(w, r, http.StatusForbidden, "Your browser says that another site sent this form. Nothing was changed.")
	}))
	return p.Handler(next)
}

// engineCookie remembers which engine a visitor has chosen on /engines/, with DEBUG only.
const engineCookie = "lab_engine"

// engineOf is the name of the engine that serves this request.
func (a *App) engineOf(r *http.Request) string {
	if a.debug {
		if c, err := r.Cookie(engineCookie); err == nil && a.engines.Manager(c.Value) != nil {
			return c.Value
		}
	}
	return a.engines.Default
}

// session gives the request the session of the engine that its visitor uses.
func (a *App) session(next http.Handler) http.Handler {
	wrapped := map[string]http.Handler{}
	for _, name := range config.EngineNames() {
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

// proxies are the addresses whose forwarded headers are believed; from anybody else they
// decide nothing.
type proxies []netip.Prefix

func (p proxies) trusts(r *http.Request) bool {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	return p.contain(addr.Addr().Unmap())
}

func (p proxies) contain(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// https reports whether the visitor's own connection is encrypted.
func (p proxies) https(r *http.Request) bool {
	return r.TLS != nil || len(p) > 0 && p.trusts(r) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// client is the visitor's address: of the connection, or of the last address that a trusted
// proxy has seen.
func (p proxies) client(r *http.Request) string {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	client := addr.Addr().Unmap()
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0 && p.contain(client); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
		if err != nil {
			break
		}
		client = next.Unmap()
	}
	return client.String()
}
