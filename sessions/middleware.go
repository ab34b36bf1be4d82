package sessions

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Middleware gives each request its session (see [From]) and saves it before the first
// byte of the answer leaves, whether that is by WriteHeader, Write, ReadFrom, Flush, Hijack
// or the handler's return; 1xx answers pass through. A session that nobody uses costs no
// engine call. An answer of 500 or above saves nothing (Django B-118), and so does a
// handler that panics. When the session cannot be saved, Config.ErrorHandler answers in
// the handler's place.
func (m *Manager) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{} // one allocation for both
		s, rw := &v.session, &v.response
		s.m, s.r, s.head = m, r, w.Header()
		s.base = context.WithValue(r.Context(), contextKey{}, s)
		rw.ResponseWriter, rw.s = w, s
		next.ServeHTTP(rw, r.WithContext(s.base))
		rw.begin(http.StatusOK)
		s.finishLate()
	})
}

type visit struct {
	session  Session
	response response
}

// Commit does now what the middleware does before the first byte: it saves the session and
// sets the answer's headers. A page that shows what happened to its own session calls it
// and then draws what the events tell. Later changes are stored if the client already holds
// the session's key, and are an [ErrLate] otherwise. status is the answer's.
func (s *Session) Commit(status int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.late || s.head == nil {
		return s.save()
	}
	s.late = true
	if !s.accessed {
		if !s.cookieRead {
			s.findCookies()
		}
		if len(s.candidates) == 0 || !s.m.cfg.SaveEveryRequest {
			if s.cookieSeen && len(s.candidates) == 0 && status < 500 {
				s.setHeaders(false) // a cookie that can name no session is taken back (Django B-113)
			}
			return nil
		}
	}
	if status >= 500 || s.err != nil && status >= 400 {
		// The answer is an error already: nothing is saved, no cookie sent (B-118, B-119, R-50).
		s.pending = false
		s.varyByCookie()
		s.noSharedCache()
		return nil
	}
	s.load()
	s.late = false // what is saved now is in time
	pending := s.pending
	err := s.save()
	s.late = true
	if err != nil {
		return err
	}
	if !pending && s.key != "" {
		s.touch()
	}
	s.setHeaders(pending)
	return nil
}

// finishLate stores what was changed after the first byte, as far as that is possible.
func (s *Session) finishLate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending && s.err == nil {
		_ = s.save() // the client has its answer; the event tells of an error
	}
}

// response is the ResponseWriter that handlers see. It has no Unwrap, since that would let
// an http.ResponseController write past the commit.
type response struct {
	http.ResponseWriter
	s     *Session
	begun bool
	err   error // of the commit; the answer is then the ErrorHandler's
}

// begin commits the session once, before the first byte. On failure it has answered.
func (w *response) begin(status int) error {
	if w.begun {
		return w.err
	}
	w.begun = true
	if w.err = w.s.Commit(status); w.err != nil {
		h := w.Header()
		for name := range h {
			if strings.HasPrefix(name, "Content-") {
				delete(h, name)
			}
		}
		for _, name := range []string{"Location", "Etag", "Last-Modified", "Cache-Control", "Accept-Ranges"} {
			delete(h, name)
		}
		w.s.varyByCookie()
		w.s.noSharedCache()
		if w.s.m.cfg.ErrorHandler != nil {
			w.s.m.cfg.ErrorHandler(w.ResponseWriter, w.s.r.WithContext(w.s.base), w.err)
		}
	}
	return w.err
}

func (w *response) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.begin(status) == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *response) Write(p []byte) (int, error) {
	if err := w.begin(http.StatusOK); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(p)
}

func (w *response) WriteString(text string) (int, error) {
	if err := w.begin(http.StatusOK); err != nil {
		return 0, err
	}
	return io.WriteString(w.ResponseWriter, text)
}

// ReadFrom keeps the server's own way of sending files.
func (w *response) ReadFrom(src io.Reader) (int64, error) {
	if err := w.begin(http.StatusOK); err != nil {
		return 0, err
	}
	return io.Copy(w.ResponseWriter, src)
}

// Flush and the methods below serve http.ResponseController and those who ask for the
// interfaces; where the server has not got them they return http.ErrNotSupported.
func (w *response) Flush() { _ = w.FlushError() }

func (w *response) FlushError() error {
	if err := w.begin(http.StatusOK); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := w.begin(http.StatusOK); err != nil {
		return nil, nil, err
	}
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

func (w *response) SetReadDeadline(t time.Time) error {
	return http.NewResponseController(w.ResponseWriter).SetReadDeadline(t)
}

func (w *response) SetWriteDeadline(t time.Time) error {
	return http.NewResponseController(w.ResponseWriter).SetWriteDeadline(t)
}

func (w *response) EnableFullDuplex() error {
	return http.NewResponseController(w.ResponseWriter).EnableFullDuplex()
}
