// Package attack tries well-known attacks on a visitor's own session, and says how they went.
//
// An attack sends a cookie through the session layer, in a request inside of this program, and
// looks at what the layer makes of it. What would harm the visitor's session is done to a twin
// of it, with the same data and a key of its own, which is deleted afterwards. So the session
// survives every attack, and its sign-in too: twins do not get that.
package attack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"sessionlab/handlers/events"
	"sessionlab/sessions"
	"sessionlab/sessions/signedcookies"
	"sessionlab/views"
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

// Outcome is how an attack went. A session keeps it, so it is small and holds no key.
type Outcome struct {
	Warded bool   `json:"warded"` // the attack has not reached the data
	Told   string `json:"told"`   // what the session layer told of it, at most maxTold characters
}

// maxTold bounds what a session keeps of an attack: five of them fit into a cookie.
const maxTold = 300

// Tell returns a context for what is done beside a request, and what the session layer has
// told under it so far.
type Tell func(context.Context) (context.Context, func() []sessions.Event)

// CanTry says why an attack cannot be tried on the session, nil if it can.
func CanTry(s *sessions.Session, name Name) error {
	switch {
	case s.Key() == "":
		return ErrNoSession
	case name == Delete && s.Manager().Traits().InCookie:
		return ErrNoRecord
	}
	return nil
}

// Try carries out one attack on the session of the request.
func Try(r *http.Request, s *sessions.Session, name Name, tell Tell) (Outcome, error) {
	if !slices.Contains(Names(), name) {
		return Outcome{}, ErrUnknown
	}
	if err := CanTry(s, name); err != nil {
		return Outcome{}, err
	}
	m := s.Manager()
	switch name {
	case Flip:
		return send(r, m, tell, flipped(m, s.Key())), nil
	case Unknown:
		key, err := foreignKey(m.Traits().InCookie)
		if err != nil {
			return Outcome{}, err
		}
		return send(r, m, tell, key), nil
	}
	ctx, _ := tell(r.Context())
	twin, err := makeTwin(ctx, s)
	if err != nil {
		return Outcome{}, err
	}
	cookie, err := prepare[name](ctx, twin)
	var o Outcome
	if err == nil {
		o = send(r, m, tell, cookie)
	}
	end := m.Open(ctx, twin.Key())
	end.Flush()
	return o, errors.Join(err, end.Save())
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

// makeTwin stores a copy of the session's data under a key of its own. If it is not
// deleted, it expires in a minute.
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

// send has the session layer serve a request with this cookie, and nothing else.
func send(r *http.Request, m *sessions.Manager, tell Tell, cookie string) Outcome {
	ctx, told := tell(r.Context())
	inner := (&http.Request{
		Method: http.MethodGet, URL: r.URL, Host: r.Host, RemoteAddr: r.RemoteAddr, TLS: r.TLS,
		Header: http.Header{"Cookie": {m.Config().Cookie.Name + "=" + cookie}},
	}).WithContext(ctx)
	reached := false
	m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached = len(sessions.From(r).Keys()) > 0
	})).ServeHTTP(nowhere{http.Header{}}, inner)
	var text []string
	for _, e := range told() {
		text = append(text, events.Text(e, m.Traits()))
	}
	return Outcome{Warded: !reached, Told: views.Clip(strings.Join(text, " "), maxTold)}
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
		if hasShape(m, string(b)) {
			return string(b)
		}
	}
	return key[1:]
}

// hasShape reports whether the engine can have issued the key.
func hasShape(m *sessions.Manager, key string) bool {
	if c, ok := m.Config().Engine.(sessions.KeyChecker); ok {
		return c.ValidKey(key)
	}
	return sessions.ValidKey(key)
}

// foreignKey is a key that this server has not issued; where the key is the data, it is a
// cookie of right form, signed with another secret.
func foreignKey(inCookie bool) (string, error) {
	if !inCookie {
		return sessions.NewKey(), nil
	}
	e, err := signedcookies.New(signedcookies.Config{Secret: sessions.NewKey() + sessions.NewKey()})
	if err != nil {
		return "", fmt.Errorf("forge a cookie: %w", err)
	}
	now := time.Now()
	return e.Create(context.Background(), sessions.Record{
		Data: []byte(`{"visit_count":1000000}`), Saved: now, Expires: now.Add(time.Hour),
	})
}
