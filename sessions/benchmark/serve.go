package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
)

// counter is what the page asks of a session layer.
type counter interface {
	// wrap gives a handler the layer's middleware.
	wrap(http.Handler) http.Handler
	count(*http.Request) int
	add(*http.Request) int
	set(r *http.Request, name string, v any)
	close() error
}

// serve serves the pages of one engine on a port of its own, which it writes to out, until
// in ends: so it never outlives the process that started it.
func serve(o options, in io.Reader, out io.Writer) (err error) {
	c, err := open(o.serve, o.dir, o.url)
	if err != nil {
		return err
	}
	defer func() {
		if e := c.close(); err == nil {
			err = e
		}
	}()
	if o.profile != "" {
		stop, e := profile(o.profile)
		if e != nil {
			return e
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: routes(c), ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	fmt.Fprintln(out, listener.Addr())
	io.Copy(io.Discard, in)
	server.Close()
	<-done // always an error: that it was closed
	return nil
}

// profile begins to profile this process; stop writes the files, name.cpu and name.mem.
func profile(name string) (stop func() error, err error) {
	cpu, err := os.Create(name + ".cpu")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		mem, err := os.Create(name + ".mem")
		if err != nil {
			return errors.Join(err, cpu.Close())
		}
		return errors.Join(pprof.Lookup("allocs").WriteTo(mem, 0), mem.Close(), cpu.Close())
	}, nil
}

// routes are the ways in which the one page uses, or does not use, its session.
func routes(c counter) http.Handler {
	mux := chi.NewRouter()
	serve := func(path string, wrap func(http.Handler) http.Handler, count func(*http.Request) int) {
		mux.Handle(path, wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { render(w, r, count(r)) })))
	}
	nothing := func(*http.Request) int { return 0 }
	serve("/without", func(h http.Handler) http.Handler { return h }, nothing)
	serve("/untouched", c.wrap, nothing)
	serve("/read", c.wrap, c.count)
	serve("/write", c.wrap, c.add)
	serve("/new", c.wrap, c.add) // the same, for a visitor without a cookie
	for _, size := range []int{small, shop, large} {
		serve(fmt.Sprint("/start/", size), c.wrap, func(r *http.Request) int { fill(c, r, size); return 0 })
	}
	return mux
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// render sends the page in one piece, with its length, so that the load need not put chunks together.
func render(w http.ResponseWriter, r *http.Request, visits int) {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := page(visits).Render(r.Context(), b); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header()["Content-Type"] = []string{"text/html; charset=utf-8"}
	w.Header()["Content-Length"] = []string{strconv.Itoa(b.Len())}
	w.Write(b.Bytes())
}
