// Package inprocess has a handler answer a request inside of this program, and keeps the
// answer as a client would have got it.
package inprocess

import (
	"bytes"
	"net/http"
)

// Answer is what came back.
type Answer struct {
	Status int         // 0 if the handler dropped the connection before its answer began
	Header http.Header // as it stood when the answer began: what is set later is not sent
	Body   []byte
	Panic  any // what the handler panicked with, nil if it did not: net/http drops the connection
}

// Serve has h answer r.
func Serve(h http.Handler, r *http.Request) (a Answer) {
	w := &writer{header: http.Header{}}
	defer func() {
		if a.Panic = recover(); a.Panic == nil {
			w.WriteHeader(http.StatusOK)
		}
		a.Status, a.Header, a.Body = w.status, w.sent, w.body.Bytes()
	}()
	h.ServeHTTP(w, r)
	return a
}

// writer takes an answer down.
type writer struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush is part of an answer that is kept whole.
func (w *writer) Flush() { w.WriteHeader(http.StatusOK) }
