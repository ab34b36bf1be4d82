package panel

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"reflect"
	"sync"
)

// maxHead bounds what is kept of a connection, in bytes: the largest headers that the
// server takes, and some room.
const maxHead = 64 << 10

// Listener has the connections of l recorded, so that the panel can show requests and
// responses byte for byte. Without it the panel shows what net/http tells of a request,
// which keeps neither the order nor the case of the header names. Pass [Panel.ConnContext]
// to the server as well. A listener for TLS must not be wrapped: net/http would no longer
// see that it is one.
func (p *Panel) Listener(l net.Listener) net.Listener {
	if p == nil {
		return l
	}
	return listener{l}
}

// ConnContext is for [http.Server.ConnContext].
func (p *Panel) ConnContext(ctx context.Context, c net.Conn) context.Context {
	if rec, ok := c.(*conn); ok {
		return context.WithValue(ctx, connKey{}, rec)
	}
	return ctx
}

type connKey struct{}

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

// conn remembers the head of the request under way, and that of its response. Where one
// request ends and the next begins is followed exactly or not at all: if a head does not
// say the same as net/http, which may be because of a proxy that sends the requests of
// several visitors over one connection, nothing of this connection is shown any more.
type conn struct {
	net.Conn

	mu   sync.Mutex
	in   []byte // received, from the next request's first byte on
	skip int64  // bytes of a body that are still to come before that
	lost bool
	now  *exchange // whose response is being sent
}

// exchange is the head of one response, as it was sent so far.
type exchange struct {
	mu   sync.Mutex
	out  []byte
	done bool
}

// Read keeps what arrives.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost {
		return n, err
	}
	got := b[:n]
	skipped := min(c.skip, int64(len(got)))
	c.skip -= skipped
	c.in = append(c.in, got[skipped:]...)
	if len(c.in) > maxHead {
		c.lose()
	}
	return n, err
}

func (c *conn) lose() { c.lost, c.in = true, nil }

// Write keeps the head of what leaves.
func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	now := c.now
	c.mu.Unlock()
	if now != nil {
		now.add(b)
	}
	return c.Conn.Write(b)
}

// CloseWrite lets net/http end a connection gently, as it does with a bare one.
func (c *conn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

// take returns the head of r as it was received, and where its response will be recorded;
// both are empty if the connection cannot tell.
func (c *conn) take(r *http.Request) (string, *exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = nil
	if c.lost {
		return "", nil
	}
	head, rest, ok := cutHead(c.in)
	if !ok || !says(head, r) || r.ContentLength < 0 || r.ProtoMajor != 1 {
		c.lose() // a body without a length, among others: its end is not looked for
		return "", nil
	}
	text := string(head)
	skipped := min(r.ContentLength, int64(len(rest)))
	c.skip = r.ContentLength - skipped
	c.in = append([]byte(nil), rest[skipped:]...)
	c.now = &exchange{}
	return text, c.now
}

// cutHead parts a message behind the blank line that ends its head.
func cutHead(b []byte) (head, rest []byte, ok bool) {
	for i := 0; i < len(b); {
		line := bytes.IndexByte(b[i:], '\n')
		if line < 0 {
			return nil, b, false
		}
		end := i + line + 1
		if i > 0 && len(bytes.Trim(b[i:end], "\r\n")) == 0 {
			return b[:end], b[end:], true
		}
		i = end
	}
	return nil, b, false
}

// says reports whether head is that of r and of no other request.
func says(head []byte, r *http.Request) bool {
	same, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
	return err == nil && same.Method == r.Method && same.RequestURI == r.RequestURI &&
		same.Proto == r.Proto && same.Host == r.Host && reflect.DeepEqual(same.Header, r.Header)
}

// add keeps b as far as it belongs to the head; interim answers (1xx) are left out.
func (e *exchange) add(b []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done {
		return
	}
	e.out = append(e.out, b[:min(len(b), maxHead-len(e.out))]...)
	for {
		head, rest, ok := cutHead(e.out)
		if !ok {
			e.done = len(e.out) == maxHead
			return
		}
		if bytes.HasPrefix(head, []byte("HTTP/1.1 1")) && !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
			e.out = append([]byte(nil), rest...)
			continue
		}
		e.out, e.done = append([]byte(nil), head...), true
		return
	}
}

// head is the head of the response, "" unless all of it has been sent.
func (e *exchange) head() string {
	if e == nil {
		return ""
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.done || len(e.out) == maxHead {
		return ""
	}
	return string(e.out)
}

// maxForm bounds what is kept of a form, in bytes.
const maxForm = 8 << 10

// form keeps the start of a form's body while its handler reads it.
type form struct {
	io.ReadCloser
	mu   sync.Mutex
	text []byte
	more bool
}

func (f *form) Read(b []byte) (int, error) {
	n, err := f.ReadCloser.Read(b)
	f.mu.Lock()
	defer f.mu.Unlock()
	fits := min(n, maxForm-len(f.text))
	f.text = append(f.text, b[:fits]...)
	f.more = f.more || fits < n
	return n, err
}
