package panel

import (
	"crypto/rand"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"sessionlab/views"
)

const (
	ticketCookie = "lab_click"
	ticketAge    = 20 * time.Second // how long a browser may take to follow a redirect
	maxActs      = 128              // clicks whose next page has not come yet
	maxChain     = 3                // redirects of one click
)

// act is a request of a click, drawn as far as it can be: the head of its response follows
// once it has been sent.
type act struct {
	handler string // its name, "" if nobody said
	view    views.Act
	reply   *exchange
	soon    string // the head of the response as it was about to be sent
	own     string // the session cookie's name
	secrets []string
}

// acts keeps what clicks did for the pages that they lead to.
type acts struct {
	waiting *lru.Cache[string, click] // by ticket
}

type click struct {
	target string
	acts   []act
	until  time.Time
}

func newActs() *acts {
	c, _ := lru.New[string, click](maxActs) // fails for sizes below 1 only
	return &acts{waiting: c}
}

// newTicket makes a text that nobody can guess: whoever has it sees the click.
func newTicket() string { return rand.Text() }

// ticket is the cookie that takes the story of a click to the page after it.
func ticket(value string, secure bool) *http.Cookie {
	return &http.Cookie{
		Name: ticketCookie, Value: value, Path: "/", MaxAge: int(ticketAge / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure,
	}
}

// keep holds the requests of a click until the page at target is asked for.
func (a *acts) keep(ticket, target string, all []act) {
	now := time.Now()
	for { // those that nobody came for go, so that nothing is kept for longer than was said
		key, oldest, ok := a.waiting.GetOldest()
		if !ok || oldest.until.After(now) {
			break
		}
		a.waiting.Remove(key)
	}
	a.waiting.Add(ticket, click{target: target, acts: all, until: now.Add(ticketAge)})
}

// take returns the requests that led to r, once.
func (a *acts) take(r *http.Request) []act {
	c, err := r.Cookie(ticketCookie)
	if err != nil || r.Method != http.MethodGet {
		return nil
	}
	found, ok := a.waiting.Peek(c.Value)
	if !ok || found.target != r.URL.RequestURI() {
		return nil
	}
	if !a.waiting.Remove(c.Value) || time.Now().After(found.until) {
		return nil // another tab was quicker, or nobody came in time
	}
	return found.acts
}
