package main

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
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

// item is a line of a cart.
type item struct {
	Name     string `json:"name"`
	Price    string `json:"price"`
	Quantity int    `json:"quantity"`
}

var (
	preferences = map[string]string{"language": "en", "per_page": "20"}
	cart        = map[string]item{"1": {"Blank notebook", "4.50", 2}, "7": {"Desk lamp", "39.90", 1}}
	searches    = []string{"lamp", "paper"}
)

// serve serves the pages of one engine on a port of its own, which it writes to out, until
// in ends: so it never outlives the process that started it.
func serve(engine, dir string, in io.Reader, out io.Writer) (err error) {
	c, err := open(engine, dir)
	if err != nil {
		return err
	}
	defer func() {
		if e := c.close(); err == nil {
			err = e
		}
	}()
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

// routes are the ways in which the one page uses, or does not use, its session.
func routes(c counter) http.Handler {
	mux := http.NewServeMux()
	page := func(path string, wrap func(http.Handler) http.Handler, count func(*http.Request) int) {
		mux.Handle(path, wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { render(w, count(r)) })))
	}
	nothing := func(*http.Request) int { return 0 }
	page("/without", func(h http.Handler) http.Handler { return h }, nothing)
	page("/untouched", c.wrap, nothing)
	page("/read", c.wrap, c.count)
	page("/write", c.wrap, c.add)
	page("/new", c.wrap, c.add) // the same, for a visitor without a cookie
	page("/start", c.wrap, func(r *http.Request) int { c.set(r, "visit_count", 0); return 0 })
	page("/shop", c.wrap, func(r *http.Request) int {
		c.set(r, "visit_count", 0)
		c.set(r, "theme_preference", "dark")
		c.set(r, "preferences", preferences)
		c.set(r, "cart", cart)
		c.set(r, "recent_searches", searches)
		return 0
	})
	return mux
}

// The page has two kilobytes, like a small page of a real site, and is put together piece
// by piece in a pooled buffer, as a templ component is.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func render(w http.ResponseWriter, visits int) {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>`)
	b.WriteString(html.EscapeString("Session Lab: a counter"))
	b.WriteString(`</title></head><body><h1>Counter</h1><p>Visits: <strong id="visit-count">`)
	b.WriteString(strconv.Itoa(visits))
	b.WriteString(`</strong></p><ul>`)
	for _, line := range lines {
		b.WriteString(`<li class="line">`)
		b.WriteString(html.EscapeString(line))
		b.WriteString(`</li>`)
	}
	b.WriteString(`</ul></body></html>`)
	w.Header()["Content-Type"] = []string{"text/html; charset=utf-8"}
	w.Header()["Content-Length"] = []string{strconv.Itoa(b.Len())}
	w.Write(b.Bytes())
}

var lines = strings.Split(strings.TrimSuffix(strings.Repeat("A session remembers a visitor & what they did, from one page to the next.\n", 18), "\n"), "\n")
