// Package attack tries well-known attacks on a visitor's own session, and says how they went.
//
// An attack sends requests through the whole app, from browsers that the lab drives itself,
// and the verdict is computed from what comes back. What would harm the visitor's session is
// done to a twin of it, with the same data and a key of its own, which is deleted afterwards.
// So the session survives every attack, and its sign-in too: twins do not get that. No other
// visitor's session is touched.
package attack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sessionlab/sessions"
	"sessionlab/views"
)

// Name is one of the attacks.
type Name string

// The attacks.
const (
	Hijack    Name = "hijack"    // the visitor's cookie in another browser
	Replay    Name = "replay"    // a copy of the cookie from before a sign-out
	Fixation  Name = "fixation"  // the attacker's own cookie, planted before a sign-in
	Unknown   Name = "unknown"   // a key that nobody issued, planted
	Flip      Name = "flip"      // one bit of the cookie turned over
	Tamper    Name = "tamper"    // other data under the old signature
	Forged    Name = "forged"    // another site's form
	Script    Name = "xss"       // a foreign script that reads the cookie
	Oversized Name = "oversized" // a cookie larger than browsers send
	Expire    Name = "expire"    // the cookie of a session that has expired
	Delete    Name = "delete"    // the cookie of a record that is gone
)

// attacks are all of them, in the order of the page.
var attacks = []struct {
	name Name
	try  func(Lab) (Outcome, error)
}{
	{Hijack, hijack}, {Replay, onTwin(replay)}, {Fixation, fixation}, {Unknown, unknown},
	{Flip, flip}, {Tamper, tamper}, {Forged, onTwin(forged)}, {Script, script},
	{Oversized, onTwin(oversized)}, {Expire, onTwin(expire)}, {Delete, onTwin(remove)},
}

// Names returns the attacks in the order of the page.
func Names() (all []Name) {
	for _, a := range attacks {
		all = append(all, a.name)
	}
	return all
}

var (
	// ErrUnknown: there is no attack of this name.
	ErrUnknown = errors.New("attack: no such attack")
	// ErrNoSession: the visitor has no session that could be attacked.
	ErrNoSession = errors.New("attack: there is no session to attack")
	// ErrNoRecord: the engine keeps no record that the attack could delete.
	ErrNoRecord = errors.New("attack: this engine keeps no record")
	// ErrNoData: the engine keeps no data in the cookie that the attack could change.
	ErrNoData = errors.New("attack: this engine keeps no data in the cookie")
	// ErrNotRun: the app refused what had to come before the attack.
	ErrNotRun = errors.New("attack: it could not be prepared")
)

// Outcome is how an attack went. A session keeps it, so it is small and holds no key.
type Outcome struct {
	Blocked bool   `json:"blocked"` // the attacker got nothing
	Came    string `json:"came"`    // status and body of the answer, at most maxCame characters
	Told    string `json:"told"`    // what the session layer told of the cookie, as much of it
}

// maxCame bounds what a session keeps: the outcomes of all attacks fit into a cookie.
const maxCame = 90

// came is the outcome of an attack that got this answer.
func came(a answer, blocked bool) Outcome {
	text := fmt.Sprintf("%d %s", a.status, strings.TrimSpace(a.body))
	return Outcome{blocked, views.Clip(text, maxCame), views.Clip(a.told, maxCame)}
}

// Lab is where attacks are tried.
type Lab struct {
	App     http.Handler      // the app as its visitors reach it
	Like    *http.Request     // the visitor's own request: the attacks come from its address
	Session *sessions.Session // the visitor's own
	Choices []string          // names of cookies with what the visitor has chosen, such as the engine
}

// CanTry says why an attack cannot be tried on the session, nil if it can.
func CanTry(s *sessions.Session, name Name) error {
	inCookie := s.Manager().Traits().InCookie
	switch {
	case s.Key() == "":
		return ErrNoSession
	case name == Delete && inCookie:
		return ErrNoRecord
	case name == Tamper && !inCookie:
		return ErrNoData
	}
	return nil
}

// Try carries out one attack.
func (l Lab) Try(name Name) (Outcome, error) {
	for _, a := range attacks {
		if a.name != name {
			continue
		}
		if err := CanTry(l.Session, name); err != nil {
			return Outcome{}, err
		}
		return a.try(l)
	}
	return Outcome{}, ErrUnknown
}

// twinEntry is an entry that every twin has, to see whether an attacker reaches its data.
const twinEntry = "twin"

// onTwin is an attack on a copy of the session's data under a key of its own. If it is not
// deleted, it expires in a minute.
func onTwin(try func(l Lab, ctx context.Context, twin *sessions.Session) (Outcome, error)) func(Lab) (Outcome, error) {
	return func(l Lab) (o Outcome, err error) {
		ctx, m := alone{l.Like.Context(), &ear{}}, l.Session.Manager()
		twin := m.Open(ctx, "")
		for name, value := range l.Session.Items() {
			if !strings.HasPrefix(name, "_") {
				twin.Set(name, value)
			}
		}
		twin.Set(twinEntry, true)
		twin.SetExpiry(sessions.After(time.Minute))
		if err := twin.Save(); err != nil {
			return Outcome{}, err
		}
		o, err = try(l, ctx, twin)
		return o, errors.Join(err, end(ctx, m, twin.Key()))
	}
}

// end takes a session of the lab's own away again.
func end(ctx context.Context, m *sessions.Manager, key string) error {
	s := m.Open(ctx, key)
	s.Flush()
	return s.Save()
}
