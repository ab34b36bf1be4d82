// Package attack tries well-known attacks on a visitor's own session, and says how they went.
//
// An attack sends a cookie through the session layer, as a request of its own inside of this
// program, and looks at what the layer makes of it. What would harm the visitor's session is
// done to a twin of it, with the same data and a key of its own, that is removed afterwards:
// so the session survives them all, and its sign-in too, which twins do not get.
package attack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sessionlab/handlers/events"
	"sessionlab/handlers/internal/compat"
	"sessionlab/sessions"
	"sessionlab/sessions/signedcookies"
)

// Name is one of the attacks.
type Name string

// The attacks.
const (
	Flip    Name = "flip"    // one bit of the cookie turned over
	Unknown Name = "unknown" // a key that nobody issued
	Replay  Name = "replay"  // a copy of the cookie from before its key was cycled
	Expire  Name = "expire"  // the cookie of a session that has expired
	Delete  Name = "delete"  // the cookie of a record that is gone
)

// Names returns the attacks in the order of the page.
func Names() []Name { return []Name{Flip, Unknown, Replay, Expire, Delete} }

var (
	// ErrUnknown: there is no attack of this name.
	ErrUnknown = errors.New("attack: no such attack")
	// ErrNoSession: the visitor has no session that could be attacked.
	ErrNoSession = errors.New("attack: there is no session to attack")
	// ErrNoRecord: the engine keeps no record that the attack could delete.
	ErrNoRecord = errors.New("attack: this engine keeps no record")
)

// Outcome is how an attack went.
type Outcome struct {
	Attack Name
	Text   string
	Warded bool // it has not reached the data
}

// Tell returns a context for what is done beside a request, and what the session layer has
// told under it so far.
type Tell func(context.Context) (context.Context, func() []sessions.Event)

// CanTry says why an attack cannot be tried on the session, nil if it can.
func CanTry(s *sessions.Session, name Name) error {
	switch {
	case s.Key() == "":
		return ErrNoSession
	case name == Delete && compat.KeyIsData(s.Manager()):
		return ErrNoRecord
	}
	return nil
}

// Try carries out one attack on the session of the request.
func Try(r *http.Request, s *sessions.Session, name Name, tell Tell) (Outcome, error) {
	o := Outcome{Attack: name}
	if err := CanTry(s, name); err != nil {
		return o, err
	}
	m := s.Manager()
	isData := compat.KeyIsData(m)
	switch name {
	case Flip:
		send(r, m, tell, flipped(m, s.Key())).judge(&o, "Your own cookie, with one bit turned over, names nothing.", "The changed cookie was taken for genuine. That must not happen.")
	case Unknown:
		key, err := foreignKey(isData)
		if err != nil {
			return o, err
		}
		send(r, m, tell, key).judge(&o, "No record was made for it, and a session begun now would get another key: one that was planted by somebody else is never adopted.",
			"A key that nobody issued was let in. That must not happen.")
	case Replay, Expire, Delete:
		ctx, _ := tell(r.Context())
		twin, err := makeTwin(ctx, s)
		if err != nil {
			return o, err
		}
		cookie, err := prepare[name](ctx, twin)
		if err == nil {
			words := attackWords[name]
			send(r, m, tell, cookie).judge(&o, words[0], words[1])
		}
		end := m.Open(ctx, twin.Key())
		end.Flush()
		if gone := end.Save(); err == nil {
			err = gone
		}
		return o, err
	default:
		return o, ErrUnknown
	}
	return o, nil
}

// attackWords say what to make of an attack that was warded off, and of one that was not.
var attackWords = map[Name][2]string{
	Replay: {"The data moved to a new key at once, so the copy of the old cookie is worth nothing. That is why the key is cycled at every sign-in.",
		"The old cookie still works. With signed_cookies the cookie is the session: a copy is good until it expires, and nothing on the server can take it back."},
	Expire: {"The server keeps the time itself and gives out no record whose time is over, so it does not matter that a browser still sends the cookie.",
		"The session was served although its time was over. That must not happen."},
	Delete: {"A cookie without its record is only a key to an empty room: the visit starts afresh, under a new key once there is something to keep.",
		"The session was served although its record is gone. That must not happen."},
}

// prepare does to a twin what an attack is about, and returns the cookie to send then.
var prepare = map[Name]func(context.Context, *sessions.Session) (string, error){
	Replay: func(_ context.Context, twin *sessions.Session) (string, error) {
		old := twin.Key()
		twin.CycleKey()
		return old, twin.Save()
	},
	Expire: func(ctx context.Context, twin *sessions.Session) (string, error) {
		end := time.Now().Add(50 * time.Millisecond) // one in the past would delete the record at once
		twin.SetExpiry(sessions.At(end))
		if err := twin.Save(); err != nil {
			return "", err
		}
		select {
		case <-time.After(time.Until(end) + 5*time.Millisecond):
		case <-ctx.Done():
		}
		return twin.Key(), ctx.Err()
	},
	Delete: func(ctx context.Context, twin *sessions.Session) (string, error) {
		return twin.Key(), twin.Manager().Config().Engine.Delete(ctx, twin.Key())
	},
}

// makeTwin stores a copy of the session's data under a key of its own. Should it not be
// removed, its time is over in a minute.
func makeTwin(ctx context.Context, s *sessions.Session) (*sessions.Session, error) {
	twin := s.Manager().Open(ctx, "")
	for name, value := range s.Items() {
		if !strings.HasPrefix(name, "_") {
			twin.Set(name, value)
		}
	}
	sessions.Key[bool]("twin").Set(twin, true)
	twin.SetExpiry(sessions.After(time.Minute))
	return twin, twin.Save()
}

// sent is what came of a cookie.
type sent struct {
	events  []sessions.Event
	reached bool // the session behind it was served
}

// send has the session layer serve a request with this cookie, and nothing else.
func send(r *http.Request, m *sessions.Manager, tell Tell, cookie string) (got sent) {
	ctx, told := tell(r.Context())
	inner := (&http.Request{Method: http.MethodGet, URL: r.URL, Host: r.Host, RemoteAddr: r.RemoteAddr, TLS: r.TLS, Header: http.Header{}}).WithContext(ctx)
	inner.Header.Set("Cookie", m.Config().Cookie.Name+"="+cookie)
	m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.reached = len(sessions.From(r).Keys()) > 0
	})).ServeHTTP(nowhere{http.Header{}}, inner)
	got.events = told()
	return got
}

// judge puts into words what came of a cookie, and what that means.
func (got sent) judge(o *Outcome, warded, reached string) {
	said := []string{"What the session layer told of the attacker's request:"}
	for _, e := range got.events {
		said = append(said, events.Text(e))
	}
	o.Warded = !got.reached
	said = append(said, map[bool]string{true: warded, false: reached}[o.Warded])
	o.Text = strings.Join(said, " ")
}

// nowhere takes an answer that nobody reads.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header       { return n.header }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}

// flipped turns one bit of a key over: of the last character where what comes out still has
// the shape of a key, so that it is not refused by its looks alone.
func flipped(m *sessions.Manager, key string) string {
	for i := len(key) - 1; i >= 0; i-- {
		b := []byte(key)
		b[i] ^= 1
		if compat.HasShape(m, string(b)) {
			return string(b)
		}
	}
	return key[1:]
}

// foreignKey is a key that this server has not issued; where the key is the data, it is a
// cookie of right form, signed with another secret.
func foreignKey(isData bool) (string, error) {
	if !isData {
		return sessions.NewKey(), nil
	}
	e, err := signedcookies.New(signedcookies.Config{Secret: sessions.NewKey() + sessions.NewKey()})
	if err != nil {
		return "", fmt.Errorf("forge a cookie: %w", err)
	}
	return e.Create(context.Background(), sessions.Record{Data: []byte(`{"visit_count":1000000}`), Saved: time.Now(), Expires: time.Now().Add(time.Hour)})
}
