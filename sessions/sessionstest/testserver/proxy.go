package testserver

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy stands between a client and a server and spoils what they say to each other.
type Proxy struct {
	Addr string // host:port, in place of the server's

	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu    sync.Mutex
	fault Fault
	conns map[net.Conn]bool
}

// Fault is what a [Proxy] does. The zero value passes everything on.
type Fault struct {
	Reset  bool          // closes all connections, and new ones at once
	Silent bool          // swallows every byte
	Lose   bool          // closes the next connection that gets an answer, in place of that answer, and heals
	Delay  time.Duration // keeps each piece of an answer back so long
}

// NewProxy starts a proxy for the server at target (host:port) and stops it at the
// end of the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("testserver: %v", err)
	}
	p := &Proxy{Addr: l.Addr().String(), listener: l, target: target, conns: map[net.Conn]bool{}}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.Set(Fault{Reset: true})
		p.running.Wait()
	})
	return p
}

// Set changes what the proxy does, for the connections that are open too.
func (p *Proxy) Set(fault Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
	if fault.Reset {
		for conn := range p.conns {
			conn.Close()
		}
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // the test is over
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = true, true
		reset := p.fault.Reset
		p.mu.Unlock()
		if reset {
			client.Close()
			server.Close()
		}
		p.running.Go(func() { p.pass(server, client, false) })
		p.running.Go(func() { p.pass(client, server, true) })
	}
}

// pass passes on what comes from one side until either is closed.
func (p *Proxy) pass(to, from net.Conn, answer bool) {
	defer func() {
		to.Close()
		from.Close()
		p.mu.Lock()
		delete(p.conns, to)
		delete(p.conns, from)
		p.mu.Unlock()
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		fault := p.fault
		if answer && fault.Lose {
			p.fault = Fault{}
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		if answer && fault.Delay > 0 {
			time.Sleep(fault.Delay)
		}
		if n > 0 && !fault.Silent {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
