package handlers

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/handlers/limit"
)

// The limits of the server, to the second: the program's own server and app in a bubble,
// where nobody waits for time to pass. Connections are pipes in memory, which hold nothing
// back: a byte is written when it is read. What the system's sockets add is tried in
// rows.

// pipes is a listener whose connections are made by dial.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// inBubble runs f with the program's server, in a bubble.
func inBubble(t *testing.T, f func(t *testing.T, p *pipes)) {
	dir := t.TempDir()
	bubble(t, func(t *testing.T) {
		s := &config.Settings{
			Addr: "127.0.0.1:0", Debug: "true", AllowedHosts: []string{"*"}, SecretKey: "T3sts-0nly.aWq9zR7xLm2vKd8sHf4gJp6tYb1nUc5eXo0iQrBz",
			DatabaseURL: "sqlite:" + filepath.Join(dir, "lab.db"), CacheURL: "memory:", SessionEngine: "cache", SessionCookieName: "sessionid",
			SessionCookieAge: 1209600, SessionCookiePath: "/", SessionCookieSecure: "auto", SessionFilePath: filepath.Join(dir, "files"),
		}
		log := slog.New(slog.DiscardHandler)
		app, err := New(t.Context(), s, log)
		if err != nil {
			t.Fatal(err)
		}
		server, p := NewServer(app.Handler(), log), &pipes{make(chan net.Conn), make(chan struct{})}
		ended := make(chan error)
		go func() { ended <- server.Serve(p) }()
		defer func() {
			app.Drain()
			if err := server.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			<-ended
			if err := app.Close(); err != nil {
				t.Error(err)
			}
		}()
		f(t, p)
	})
}

// drip writes a byte a second for as long as somebody reads them.
func drip(c net.Conn) {
	for {
		time.Sleep(time.Second)
		if _, err := c.Write([]byte("x")); err != nil {
			return
		}
	}
}

// sip reads a byte a second until the end.
func sip(c net.Conn) {
	for {
		time.Sleep(time.Second)
		if _, err := c.Read(make([]byte, 1)); err != nil {
			return
		}
	}
}

func TestEveryClientHasItsTime(t *testing.T) {
	inBubble(t, func(t *testing.T, p *pipes) {
		const host = "Host: lab.test\r\n"
		form := "POST /theme/ HTTP/1.1\r\n" + host + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
		swallow := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
		for _, c := range []struct {
			name string
			says string
			then func(net.Conn) // until the end of the connection
			ends time.Duration
		}{
			{"says nothing", "", swallow, 5 * time.Second},
			{"says its headers slowly", "GET /counter/ HTTP/1.1\r\n" + host + "X-Slow: ", func(c net.Conn) { go drip(c); swallow(c) }, 5 * time.Second},
			{"says its form slowly", fmt.Sprintf(form, 100), func(c net.Conn) { go drip(c); swallow(c) }, 15 * time.Second},
			{"says a large form slowly", fmt.Sprintf(form, 60_000) + strings.Repeat("x", 40_000), func(c net.Conn) { go drip(c); swallow(c) }, 15 * time.Second},
			{"takes its answer slowly", "GET /counter/ HTTP/1.1\r\n" + host + "\r\n", sip, 30 * time.Second},
			{"asks no more", "GET /cart/ HTTP/1.1\r\n" + host + "\r\n", swallow, 120 * time.Second},
		} {
			conn, begun := p.dial(), time.Now()
			if _, err := io.WriteString(conn, c.says); err != nil {
				t.Errorf("a client that %s: %v", c.name, err)
			}
			c.then(conn)
			if took := time.Since(begun); took < c.ends || took > c.ends+time.Second {
				t.Errorf("a client that %s is there for %v, want %v", c.name, took, c.ends)
			}
			conn.Close()
		}
	})
}

// ask sends a request and reads the whole answer.
func ask(t *testing.T, conn net.Conn, answers *bufio.Reader, request string) *http.Response {
	t.Helper()
	if _, err := io.WriteString(conn, request+" HTTP/1.1\r\nHost: lab.test\r\nContent-Length: 0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	return res
}

func TestAConnectionIsKeptForTheNextRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, p *pipes) {
		conn := p.dial()
		defer conn.Close()
		answers := bufio.NewReader(conn)
		for range 3 {
			if res := ask(t, conn, answers, "GET /cart/"); res.StatusCode != 200 {
				t.Errorf("status %d, want 200", res.StatusCode)
			}
			time.Sleep(limit.IdleTimeout - time.Second)
		}
	})
}

func TestAStreamIsExceptedFromTheTimeOfAnAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, p *pipes) {
		conn := p.dial()
		defer conn.Close()
		answers := bufio.NewReader(conn)
		key, _, _ := strings.Cut(ask(t, conn, answers, "POST /lab/incr").Header.Get("Set-Cookie"), ";")
		if _, err := io.WriteString(conn, "GET /events/stream HTTP/1.1\r\nHost: lab.test\r\nCookie: "+key+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		for lines := bufio.NewScanner(answers); time.Since(begun) < 10*limit.WriteTimeout; {
			if !lines.Scan() {
				t.Fatalf("the stream ended after %v: %v", time.Since(begun), lines.Err())
			}
		}
	})
}
