// Package browser plays visitors of a pattern's program, over HTTP and with cookie jars.
package browser

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Site is a program that runs for a test.
type Site struct {
	t   testing.TB
	URL string
	// Transport reaches the site, for clients that need more than a Visitor.
	Transport *http.Transport
}

// Serve runs h until the test ends, with the timeouts of the programs. Connections are pipes in memory, so that a test may run in
// a bubble of testing/synctest, where clocks jump.
func Serve(t testing.TB, h http.Handler) *Site {
	t.Helper()
	l := &pipes{calls: make(chan net.Conn), closed: make(chan struct{})}
	server := httptest.NewUnstartedServer(h)
	server.Listener.Close()
	server.Listener = l
	server.Config.ReadTimeout, server.Config.WriteTimeout = 10*time.Second, 10*time.Second
	server.Start()
	transport := &http.Transport{DialContext: l.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.CloseClientConnections()
		server.Close()
	})
	return &Site{t, "http://site.example", transport}
}

// pipes is a listener to which one connects in memory.
type pipes struct {
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once // the server and httptest both close it
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.calls <- addressed{there}:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// addressed is a connection from an address on the network, as a pipe has none.
type addressed struct{ net.Conn }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 999} }

// Visitor is one browser. Its methods fail the test if the site does not answer, and return
// an empty page.
type Visitor struct {
	site *Site
	jar  *cookiejar.Jar
	// Header goes with every request.
	Header http.Header
	// Stay has the visitor follow no redirect.
	Stay bool
}

// Visitor returns a browser without cookies.
func (s *Site) Visitor() *Visitor {
	jar, _ := cookiejar.New(nil) // never an error
	return &Visitor{site: s, jar: jar, Header: http.Header{}}
}

// Page is an answer, after any redirects.
type Page struct {
	Status int
	Path   string // with the query, of the page that was reached
	Body   string
	Header http.Header
}

// Has reports whether the page holds text.
func (p Page) Has(text string) bool { return strings.Contains(p.Body, text) }

// Get opens a page.
func (v *Visitor) Get(path string) Page {
	v.site.t.Helper()
	return v.do("GET", path, nil)
}

// Post sends a form of names and values as a browser does from the site's own page.
func (v *Visitor) Post(path string, pairs ...string) Page {
	v.site.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.do("POST", path, strings.NewReader(form.Encode()))
}

func (v *Visitor) do(method, path string, body io.Reader) Page {
	v.site.t.Helper()
	r, err := http.NewRequest(method, v.site.URL+path, body)
	if err != nil {
		v.site.t.Error(err)
		return Page{}
	}
	for name, values := range v.Header {
		r.Header[name] = values
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	a, err := v.Client().Do(r)
	if err != nil {
		v.site.t.Error(err)
		return Page{}
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		v.site.t.Error(err)
		return Page{}
	}
	return Page{a.StatusCode, a.Request.URL.RequestURI(), string(text), a.Header}
}

// Client is an HTTP client with the visitor's cookies.
func (v *Visitor) Client() *http.Client {
	c := &http.Client{Transport: v.site.Transport, Jar: v.jar}
	if v.Stay {
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return c
}

// Cookie returns the value of a cookie, "" if the visitor has none of the name.
func (v *Visitor) Cookie(name string) string {
	for _, c := range v.jar.Cookies(v.url()) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// SetCookie gives the visitor a cookie; an empty value takes it away.
func (v *Visitor) SetCookie(name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/"}
	if value == "" {
		c.MaxAge = -1
	}
	v.jar.SetCookies(v.url(), []*http.Cookie{c})
}

// Copy is a visitor who has got hold of the cookies that v has now.
func (v *Visitor) Copy() *Visitor {
	twin := v.site.Visitor()
	for _, c := range v.jar.Cookies(v.url()) {
		twin.SetCookie(c.Name, c.Value)
	}
	return twin
}

func (v *Visitor) url() *url.URL {
	u, _ := url.Parse(v.site.URL + "/")
	return u
}
