package sessions

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// phase is how far the answer of a request has come.
type phase uint8

const (
	open      phase = iota
	answered        // its headers are on their way, and say what they say
	abandoned       // it is an error of the server: nothing is saved any more, for good
)

// visit is what the middleware needs for one request, in one allocation.
type visit struct {
	session  Session
	exchange exchange
	response response
}

// Middleware gives each request its session (see [From]) and saves it before the first
// byte of the answer leaves, whether that is by WriteHeader, Write, ReadFrom, Flush, Hijack
// or the handler's return; 1xx answers pass through. A session that nobody uses costs no
// engine call. An answer of 500 or above saves nothing, and so does a handler that panics.
// When the session cannot be saved, Config.ErrorHandler answers in the handler's place,
// with the headers as they were when the handler began.
func (m *Manager) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{}
		s, rw := &v.session, &v.response
		s.begin(m, r.Context())
		v.exchange.r, v.exchange.head = r, w.Header()
		s.client.exchange = &v.exchange
		rw.ResponseWriter, rw.s = w, s
		rw.keepHeaders()
		next.ServeHTTP(rw, r.WithContext(&s.ctx))
		_ = rw.begin(http.StatusOK)
		s.finish()
		rw.dropHeaders()
	})
}

// begin makes s a session of m whose calls run under ctx.
func (s *Session) begin(m *Manager, ctx context.Context) {
	s.m, s.ctx.Context, s.ctx.s = m, ctx, s
	s.apart.requestContext = &s.ctx
}

// Commit does now what the middleware does before the first byte: it saves the session and
// sets the answer's headers. A page that shows what happened to its own session calls it
// and then draws what the events tell. Later changes are stored if the client already holds
// the session's key, and are an [ErrLate] otherwise. status is the answer's.
func Commit(s *Session, status int) error {
	s.lock()
	defer s.mu.Unlock()
	return s.commit(status)
}

func (s *Session) commit(status int) error {
	if s.client.exchange == nil || s.phase != open && status < http.StatusInternalServerError {
		return s.save()
	}
	if status >= http.StatusInternalServerError || s.err != nil && status >= http.StatusBadRequest {
		s.phase = answered // with an error already: nothing is saved, no cookie is sent
		if status >= http.StatusInternalServerError {
			s.phase = abandoned
		}
		s.plan = plan{}
		if s.accessed {
			s.client.personal()
		}
		return nil
	}
	if !s.accessed && !(s.m.cfg.SaveEveryRequest && s.client.names(s.m)) {
		s.phase = answered
		return nil
	}
	if s.load(); s.err == nil && !s.plan.save && s.base.key != "" {
		if s.m.cfg.SaveEveryRequest {
			s.plan.save, s.plan.renew = true, true
		} else {
			s.touch()
		}
	}
	saved := s.plan.save || s.modified && !s.client.wrote.IsZero() // by the handler, before
	if err := s.save(); err != nil {
		return err
	}
	s.phase = answered
	s.setHeaders(saved)
	return nil
}

// finish stores what was changed after the first byte, as far as that is possible.
func (s *Session) finish() {
	s.lock()
	defer s.mu.Unlock()
	_ = s.save() // the client has its answer; the event tells of an error
}

// response is the ResponseWriter that handlers see. It has no Unwrap, since that would let
// an http.ResponseController write past the commit.
type response struct {
	http.ResponseWriter
	s      *Session
	begun  bool
	err    error        // of the commit; the answer is then the ErrorHandler's
	before *[]headerRow // the headers when the handler began; nil if there were none
}

type headerRow struct {
	name   string
	values []string
}

// headerRows are reused: hardly any request asks for the headers that it began with.
var headerRows = sync.Pool{New: func() any { return new([]headerRow) }}

// keepHeaders notes the headers that stand when the handler begins.
func (w *response) keepHeaders() {
	if len(w.s.client.head) == 0 {
		return
	}
	w.before = headerRows.Get().(*[]headerRow)
	for name, values := range w.s.client.head {
		*w.before = append(*w.before, headerRow{name, values})
	}
}

// restoreHeaders takes back what the handler has said: it speaks of a success.
func (w *response) restoreHeaders() {
	clear(w.s.client.head)
	if w.before != nil {
		for _, row := range *w.before {
			w.s.client.head[row.name] = row.values
		}
	}
}

// dropHeaders gives the rows back, empty.
func (w *response) dropHeaders() {
	if w.before != nil && cap(*w.before) <= 64 { // one odd request must not hold memory for ever
		clear(*w.before)
		*w.before = (*w.before)[:0]
		headerRows.Put(w.before)
	}
	w.before = nil
}

// begin commits the session once, before the first byte. On failure it has answered.
func (w *response) begin(status int) error {
	if w.begun {
		return w.err
	}
	w.begun = true
	if w.err = Commit(w.s, status); w.err != nil {
		w.restoreHeaders()
		w.s.abandon()
		w.s.m.cfg.ErrorHandler(w.ResponseWriter, w.s.client.r.WithContext(&w.s.ctx), w.err)
	}
	return w.err
}

// abandon has nothing saved any more. A key under which the handler has saved before is
// sent all the same, or that save would be lost to the client, and so would the old key.
func (s *Session) abandon() {
	s.lock()
	defer s.mu.Unlock()
	if s.phase == open && s.base.key != "" && s.base.key != s.client.key && !errors.Is(s.err, ErrInterrupted) {
		s.sendCookie()
	}
	s.phase, s.plan = abandoned, plan{}
	s.client.personal()
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
