package redis

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
	"golang.org/x/sync/singleflight"
)

// settle is how long connections are not left again: the address may go on leading to the same
// server for a while.
const settle = 250 * time.Millisecond

// connections are those to all servers, and the client that uses them.
type connections struct {
	option rueidis.ClientOption
	client atomic.Pointer[rueidis.Client] // nil while no server has answered yet
	flight singleflight.Group

	dials atomic.Int64 // connections made so far
	left  atomic.Int64 // when connections were last left, in nanoseconds since 1970

	mu     sync.Mutex
	live   map[*conn]bool
	closed bool
}

// connect returns the client. For one server there is always one; for a cluster, or behind
// sentinels, somebody has to answer first.
func (c *connections) connect(ctx context.Context) (rueidis.Client, error) {
	if client := c.client.Load(); client != nil {
		return *client, nil
	}
	made := c.flight.DoChan("", func() (any, error) {
		if client := c.client.Load(); client != nil {
			return *client, nil
		}
		client, err := rueidis.NewClient(c.option)
		if client == nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.closed {
			client.Close()
			return nil, rueidis.ErrClosing
		}
		c.client.Store(&client)
		return client, nil // err tells of a server that does not answer yet
	})
	select {
	case m := <-made:
		if m.Err != nil {
			return nil, m.Err
		}
		return m.Val.(rueidis.Client), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("no server answers: %w", ctx.Err())
	}
}

// close waits for the calls under way and closes the connections.
func (c *connections) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	if client := c.client.Load(); client != nil {
		(*client).Close()
	}
}

// leave closes all connections, so that new ones are made at the address: it may lead to
// another server by now. It reports whether a command that began then may be sent again.
func (c *connections) leave(began time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now().UnixNano(); now-c.left.Load() > int64(settle) {
		c.left.Store(now)
		for conn := range c.live {
			delete(c.live, conn)
			_ = conn.Conn.Close() // the client notices
		}
	}
	return c.left.Load() >= began.UnixNano()
}

// conn is a connection that can be left.
type conn struct {
	net.Conn
	of *connections
}

// dial makes a connection and counts it, see [Redis.Get].
func (c *connections) dial(
	ctx context.Context, addr string, dialer *net.Dialer, config *tls.Config,
) (made net.Conn, err error) {
	if config != nil {
		made, err = (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, "tcp", addr)
	} else {
		made, err = dialer.DialContext(ctx, "tcp", addr)
	}
	if err != nil {
		return nil, err
	}
	c.dials.Add(1)
	tracked := &conn{made, c}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live[tracked] = true
	return tracked, nil
}

func (c *conn) Close() error {
	c.of.mu.Lock()
	delete(c.of.live, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// What a server answers in place of carrying a command out.
var (
	// elsewhere: another server should be asked by now, or soon. This one has become a replica,
	// is alone, has just been started, or cannot write to its disk.
	elsewhere = []string{"READONLY", "LOADING", "MISCONF", "MASTERDOWN", "NOREPLICAS"}
	// unsettled: a cluster that moves keys, or elects somebody.
	unsettled = []string{"TRYAGAIN", "CLUSTERDOWN"}
)

// answers reports whether err is one of these answers of a server, to a command or within a script.
func answers(err error, codes []string) bool {
	refused, ok := rueidis.IsRedisErr(err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if text := refused.Error(); strings.HasPrefix(text, code) || strings.Contains(text, "-"+code+" ") {
			return true
		}
	}
	return false
}
