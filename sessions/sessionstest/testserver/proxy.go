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
	running  sync.WaitGroup

	mu     sync.Mutex
	target string
	fault  Fault
	links  map[*link]bool
}

// link is one connection of a client, and the one to the server that belongs to it.
type link struct{ client, server net.Conn }

func (l *link) close() {
	l.client.Close()
	l.server.Close()
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
	p := &Proxy{Addr: l.Addr().String(), listener: l, target: target, links: map[*link]bool{}}
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
		for l := range p.links {
			l.close()
		}
	}
}

// Move lets new connections lead to another server; those that are open stay.
func (p *Proxy) Move(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// HandOver is a Move whose open connections lead to the other server as well, without their
// clients noticing. Nothing may be under way.
func (p *Proxy) HandOver(t testing.TB, target string) {
	t.Helper()
	p.Move(target)
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		server, err := net.Dial("tcp", target)
		if err != nil {
			t.Fatalf("testserver: %v", err)
		}
		before := l.server
		l.server = server
		before.Close()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // the test is over
		}
		p.mu.Lock()
		target := p.target
		p.mu.Unlock()
		server, err := net.Dial("tcp", target)
		if err != nil {
			client.Close()
			continue
		}
		l := &link{client, server}
		p.mu.Lock()
		p.links[l] = true
		reset := p.fault.Reset
		p.mu.Unlock()
		if reset {
			l.close()
		}
		p.running.Go(func() { p.pass(l, false) })
		p.running.Go(func() { p.pass(l, true) })
	}
}

// pass passes on what comes from one side until either is closed.
func (p *Proxy) pass(l *link, answer bool) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		l.close()
		delete(p.links, l)
	}()
	buf := make([]byte, 64<<10)
	for {
		p.mu.Lock()
		from, to := l.client, l.server
		p.mu.Unlock()
		if answer {
			from, to = to, from
		}
		n, err := from.Read(buf)
		p.mu.Lock()
		fault, server := p.fault, l.server
		if answer && fault.Lose {
			p.fault = Fault{}
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		switch { // handed over meanwhile
		case answer && from != server:
			continue
		case !answer:
			to = server
		}
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
