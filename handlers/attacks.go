package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/signedcookies"
	"sessionlab/views"
)

// An attack sends a cookie through the session layer, as a request of its own inside of this
// program, and looks at what the layer makes of it. What would harm the visitor's session is
// done to a twin of it, with the same data and a key of its own, that is removed afterwards:
// so the session survives them all, and its sign-in too, which twins do not get.

// outcome is how an attack went.
type outcome struct {
	attack, text string
	warded       bool // it has not reached the data
}

// attackNames are the attacks in the order of the page.
var attackNames = []string{"flip", "unknown", "replay", "expire", "delete"}

// trySecurity carries out one attack on the visitor's own session. POST /security/try/
func (a *inside) trySecurity(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	s := sessions.From(r)
	name := r.PostForm.Get("experiment")
	if err := s.Load(); err != nil {
		return err
	}
	if s.Key() == "" {
		return badRequest("You have no session that could be attacked. Visit the counter first.")
	}
	result, err := a.attack(r, s, name)
	if err != nil {
		return err
	}
	if err := a.redirect(w, r, "/security/#attacks", "tried on the own session: "+name); err != nil {
		return err
	}
	a.outcomes.Add(s.ID().String(), result)
	return nil
}

// attacks are those that the page offers, with the outcome of the one tried last.
func (a *inside) attacks(r *http.Request, s *sessions.Session) []views.Attack {
	isData := keyIsData(s.Manager())
	last, _ := a.outcomes.Get(s.ID().String())
	var all []views.Attack
	for _, name := range attackNames {
		v := views.Attack{Name: name}
		switch {
		case s.Key() == "":
			v.NotHere = "You have no session yet. Visit the counter, for example, and come back."
		case name == "delete" && isData:
			v.NotHere = "With signed_cookies there is no record that could be deleted."
		}
		if last.attack == name {
			v.Outcome, v.Level = last.text, sessions.Warning.String()
			if last.warded {
				v.Level = sessions.Success.String()
			}
		}
		all = append(all, v)
	}
	return all
}

func (a *inside) attack(r *http.Request, s *sessions.Session, name string) (outcome, error) {
	m := s.Manager()
	isData := keyIsData(s.Manager())
	o := outcome{attack: name}
	switch name {
	case "flip":
		a.send(r, m, flipped(m, s.Key())).judge(&o, "Your own cookie, with one bit turned over, names nothing.", "The changed cookie was taken for genuine. That must not happen.")
	case "unknown":
		key, err := foreignKey(isData)
		if err != nil {
			return o, err
		}
		a.send(r, m, key).judge(&o, "No record was made for it, and a session begun now would get another key: one that was planted by somebody else is never adopted.",
			"A key that nobody issued was let in. That must not happen.")
	case "replay", "expire", "delete":
		if name == "delete" && isData {
			return o, badRequest("With signed_cookies there is no record that could be deleted.")
		}
		ctx := aside(r)
		twin, err := makeTwin(ctx, s)
		if err != nil {
			return o, err
		}
		cookie, err := prepare[name](ctx, twin)
		if err == nil {
			words := attackWords[name]
			a.send(r, m, cookie).judge(&o, words[0], words[1])
		}
		end := m.Open(ctx, twin.Key())
		end.Flush()
		if gone := end.Save(); err == nil {
			err = gone
		}
		return o, err
	default:
		return o, badRequest("There is no such experiment.")
	}
	return o, nil
}

// attackWords say what to make of an attack that was warded off, and of one that was not.
var attackWords = map[string][2]string{
	"replay": {"The data moved to a new key at once, so the copy of the old cookie is worth nothing. That is why the key is cycled at every sign-in.",
		"The old cookie still works. With signed_cookies the cookie is the session: a copy is good until it expires, and nothing on the server can take it back."},
	"expire": {"The server keeps the time itself and gives out no record whose time is over, so it does not matter that a browser still sends the cookie.",
		"The session was served although its time was over. That must not happen."},
	"delete": {"A cookie without its record is only a key to an empty room: the visit starts afresh, under a new key once there is something to keep.",
		"The session was served although its record is gone. That must not happen."},
}

// prepare does to a twin what an attack is about, and returns the cookie to send then.
var prepare = map[string]func(context.Context, *sessions.Session) (string, error){
	"replay": func(_ context.Context, twin *sessions.Session) (string, error) {
		old := twin.Key()
		twin.CycleKey()
		return old, twin.Save()
	},
	"expire": func(ctx context.Context, twin *sessions.Session) (string, error) {
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
	"delete": func(ctx context.Context, twin *sessions.Session) (string, error) {
		return twin.Key(), twin.Manager().Config().Engine.Delete(ctx, twin.Key())
	},
}

// aside is the context of what is done beside a request: what happens to other sessions
// goes to the log and the live feed, but is no part of this page's own story.
func aside(r *http.Request) context.Context {
	own := traceOf(r)
	return context.WithValue(r.Context(), traceKey{}, &trace{id: own.id, handler: own.handler, begun: time.Now()})
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
func (a *inside) send(r *http.Request, m *sessions.Manager, cookie string) (got sent) {
	ctx := aside(r)
	inner := (&http.Request{Method: http.MethodGet, URL: r.URL, Host: r.Host, RemoteAddr: r.RemoteAddr, TLS: r.TLS, Header: http.Header{}}).WithContext(ctx)
	inner.Header.Set("Cookie", m.Config().Cookie.Name+"="+cookie)
	m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.reached = len(sessions.From(r).Keys()) > 0
	})).ServeHTTP(nowhere{http.Header{}}, inner)
	got.events = traceOf(inner).all()
	return got
}

// judge puts into words what came of a cookie, and what that means.
func (got sent) judge(o *outcome, warded, reached string) {
	said := []string{"What the session layer told of the attacker's request:"}
	for _, e := range got.events {
		said = append(said, eventText(e))
	}
	o.warded = !got.reached
	said = append(said, map[bool]string{true: warded, false: reached}[o.warded])
	o.text = strings.Join(said, " ")
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

func triesFace(all []views.Attack) map[string]any {
	face := map[string]any{}
	for _, v := range all {
		face[v.Name] = map[string]any{"ready": v.NotHere == "", "level": v.Level, "outcome": v.Outcome}
	}
	return face
}
