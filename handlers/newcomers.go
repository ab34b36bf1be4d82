package handlers

import (
	"errors"
	"net/http"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// newcomers bounds how many sessions one address may begin: each costs the store a record,
// and asking for them costs nothing. An address may begin a minute's worth at once,
// and gains the next ones evenly over the minute. Sessions that are there already are not
// counted.
type newcomers struct {
	perMinute float64
	client    func(*http.Request) string

	mu   sync.Mutex
	left *lru.Cache[string, newcomerAllowance]
}

type newcomerAllowance struct {
	sessions float64
	at       time.Time
}

var errNewcomers = errors.New("this address has begun very many sessions")

// newNewcomers returns what sessions.Config.AllowCreate takes, nil for no limit.
func newNewcomers(perMinute uint, client func(*http.Request) string) func(*http.Request) error {
	if perMinute == 0 {
		return nil
	}
	n := &newcomers{perMinute: float64(perMinute), client: client}
	n.left, _ = lru.New[string, newcomerAllowance](10_000) // fails for sizes below 1 only
	return n.allow
}

func (n *newcomers) allow(r *http.Request) error {
	address, now := network(n.client(r)), time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	a, ok := n.left.Get(address)
	if !ok {
		a = newcomerAllowance{n.perMinute, now}
	}
	if gained := now.Sub(a.at).Minutes() * n.perMinute; gained > 0 {
		a = newcomerAllowance{min(n.perMinute, a.sessions+gained), now}
	}
	if a.sessions < 1 {
		return errNewcomers
	}
	a.sessions--
	n.left.Add(address, a)
	return nil
}
