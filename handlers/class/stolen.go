package class

import (
	"context"
	"time"

	"sessionlab/views"
)

const (
	consentFor = 90 * time.Second // how long the two have to agree
	stolenFor  = 3 * time.Minute  // how long one has the other's session at most
)

// loan is a stolen cookie, with the consent of both: the thief's browser gets the cookie of
// the owner's session. It ends when the owner ends the session, and at the latest by itself.
type loan struct {
	owner, thief         string
	ownerName, thiefName string
	agreed               map[string]bool
	asked                time.Time
	begun                time.Time // zero: not yet
	ended                time.Time // zero: not yet
	how                  string    // it ended
	engine, key          string    // the owner's
	before               string    // the cookie that the thief had, to be given back
	given                bool
}

// Steal asks two learners whether one may have the other's session.
func (c *Room) Steal(owner, thief, ownerName, thiefName string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if owner == thief {
		return views.Errors{"thief": "Choose two different learners."}
	}
	if c.stolen.running() {
		return ErrBusy
	}
	if s := c.seats[owner]; s == nil || s.key == "" {
		return views.Errors{"owner": "This learner has no session yet."}
	}
	c.stolen = &loan{
		owner: owner, thief: thief, ownerName: ownerName, thiefName: thiefName,
		agreed: map[string]bool{}, asked: time.Now(),
	}
	c.change()
	return nil
}

// Consent is what one of the two says. A no ends it. It returns [ErrOver].
func (c *Room) Consent(id string, yes bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.stolen
	if l.asks(id) == nil {
		return ErrOver
	}
	defer c.change()
	if !yes {
		l.end("One of the two said no. Nothing was done.")
		return nil
	}
	l.agreed[id] = true
	if l.agreed[l.owner] && l.agreed[l.thief] {
		s := c.seat(l.owner)
		l.begun, l.engine, l.key = time.Now(), s.engine, s.key
	}
	return nil
}

// Swap tells which session cookie the browser of a learner has to have from now on, "" for
// none, and of which engine; ok is false where nothing has to change. has is what it sent.
func (c *Room) Swap(id string, has func(engine string) string) (engine, key string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.stolen
	if l == nil || l.thief != id || l.begun.IsZero() {
		return "", "", false
	}
	switch sent := has(l.engine); {
	case l.ended.IsZero() && !l.given:
		l.given, l.before = true, sent
		return l.engine, l.key, true
	case !l.ended.IsZero() && l.given && sent == l.key:
		return l.engine, l.before, true
	}
	return "", "", false
}

// Watch ends a loan whose time is over, or whose session has ended.
func (c *Room) Watch(ctx context.Context, store Store) {
	c.mu.Lock()
	l := c.stolen
	if !l.running() {
		c.mu.Unlock()
		return
	}
	engine, key, begun := l.engine, l.key, !l.begun.IsZero()
	c.mu.Unlock()
	alive := !begun || store.Alive(ctx, engine, key)
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	switch {
	case !l.running():
		return
	case !alive:
		l.end("The session under this key has ended, and with it the stolen cookie.")
	case begun && now.Sub(l.begun) > stolenFor:
		l.end("Three minutes are over. The cookie was taken back.")
	case !begun && now.Sub(l.asked) > consentFor:
		l.end("The two did not agree in time. Nothing was done.")
	default:
		return
	}
	c.change()
}

func (l *loan) end(how string)     { l.ended, l.how = time.Now(), how }
func (l *loan) running() bool      { return l != nil && l.ended.IsZero() }
func (l *loan) has(id string) bool { return l != nil && (l.owner == id || l.thief == id) }

// asks is the question to a learner whose consent is missing, nil if there is none.
func (l *loan) asks(id string) *views.ClassConsent {
	if !l.running() || !l.has(id) || l.agreed[id] || !l.begun.IsZero() {
		return nil
	}
	return &views.ClassConsent{Owner: l.ownerName, Thief: l.thiefName, Mine: l.owner == id}
}

// says is what the teacher's screens tell of it, "" for nothing.
func (l *loan) says() string {
	switch {
	case l == nil:
		return ""
	case !l.ended.IsZero():
		return l.how
	case l.begun.IsZero():
		return "Waiting for " + l.ownerName + " and " + l.thiefName + " to agree."
	case !l.given:
		return l.thiefName + " gets the session of " + l.ownerName + " with the next click."
	}
	return l.thiefName + " has the session of " + l.ownerName + ". Now " + l.ownerName +
		" signs out everywhere, on the account page."
}
