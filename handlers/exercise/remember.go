package exercise

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// The account that the exercises sign in with; the lab has the same one for its demo.
const (
	alice    = "alice"
	password = "wonderland-2026"
)

func rememberMe() Exercise {
	return Exercise{
		Number: 2,
		Title:  "Remember me",
		Task: []string{
			"Give a sign-in form a check box, “Remember me”. With it the session lasts two weeks, also " +
				"when the browser is closed. Without it the session ends when the browser is closed.",
			"The app has one account: alice, with the password wonderland-2026. The starter signs her in, " +
				"but does not look at the box.",
		},
		Addresses: []Address{
			{"GET /login/", "A page with a form (method POST) that has the fields username, password and " +
				"remember. Hidden fields, such as a CSRF token, are sent along."},
			{"POST /login/", "The right password: a redirect to /. A wrong one: the form again. A box that " +
				"is not checked is not in what the browser sends."},
			{"GET /", `JSON: {"user": "alice"}, or {"user": null} for somebody who is not signed in`},
		},
		Criteria: []Criterion{
			{"sign-in", "The right password signs in, and a wrong one does not."},
			{"forget", "Without the box the cookie ends when the browser is closed."},
			{"remember", "With the box the cookie lasts two weeks."},
			{"each-time", "The box counts anew at each sign-in."},
			{"new-key", "Each sign-in gives the session a new key, and the old key is worth nothing."},
		},
		Hints: [3]string{
			"A cookie with Max-Age or Expires outlives the browser, and one with neither does not. The " +
				"session has a method that chooses this for one session alone, whatever the settings say.",
			"Call that method at every sign-in, with the box and without. If you call it only for the one " +
				"case, a choice that was made earlier in the same session stays in force. And give the " +
				"session a new key first, so that whoever knew the key before the sign-in has nothing.",
			"Django: request.session.cycle_key(), then request.session.set_expiry(1209600 if 'remember' in " +
				"request.POST else 0). 0 stands for the end of the browser. Go: s.CycleKey(), then " +
				"s.SetExpiry(sessions.After(14*24*time.Hour)) or s.SetExpiry(sessions.AtBrowserClose).",
		},
		Difference: "The lab's sign-in does the same with its own session, and more around it: accounts in " +
			"a database, hashed passwords, a limit on attempts, an absolute end after 30 days. The " +
			"solution compares one password and leaves all that out. Both store nothing until somebody " +
			"signs in; the page with the form needs no session.",
		Example: "/login/",
		play:    playRemember,
	}
}

// signIn fills in the form at path as alice, or with what more says otherwise.
func (v *visitor) signIn(path string, more ...string) *answer {
	fields := url.Values{"username": {alice}, "password": {password}}
	for i := 0; i < len(more); i += 2 {
		fields.Set(more[i], more[i+1])
	}
	return v.submit(path, fields)
}

// user is who the app says is signed in at path, "" for nobody.
func (a *answer) user() string {
	var who struct {
		User string `json:"user"`
	}
	if !a.json(&who) {
		return ""
	}
	return who.User
}

func playRemember(p *play) {
	const box, twoWeeks = "remember", 14 * 24 * time.Hour
	ann := p.visitor()
	// key is the cookie that alone makes a visitor alice.
	key := func(v *visitor) *http.Cookie {
		for _, c := range v.set {
			if p.thief(map[string]*http.Cookie{c.Name: c}, same).get("/").user() == alice {
				return c
			}
		}
		return nil
	}
	// lasts signs in and compares how long the cookie lasts.
	lasts := func(v *visitor, sent, want string, right func(time.Duration) bool, fields ...string) Result {
		a := v.signIn("/login/", fields...)
		c := key(v)
		if c == nil {
			return result(false, sent, a.got()+", and no cookie with which GET / answers alice", want)
		}
		life := lifetime(c)
		got := fmt.Sprintf("a cookie %s that lasts %.1f days", printable(c.Name), life.Hours()/24)
		if life == 0 {
			got = fmt.Sprintf("a cookie %s without Max-Age and Expires", printable(c.Name))
		}
		return result(right(life), sent, got, want)
	}
	short := func(d time.Duration) bool { return d == 0 }
	long := func(d time.Duration) bool { return d > twoWeeks-24*time.Hour && d < twoWeeks+24*time.Hour }

	p.tick("sign-in", func() Result {
		wrong := p.visitor()
		wrong.signIn("/login/", "password", "looking-glass")
		if a := wrong.get("/"); a.user() != "" || a.status != 200 {
			return result(
				false, "Somebody tried alice with a wrong password, then GET /", a.got(), `200 {"user": null}`)
		}
		if a := ann.signIn("/login/"); !a.ok() {
			return result(false, "POST /login/ with username=alice and the right password", a.got(), "a redirect to /")
		}
		a := ann.get("/")
		return result(
			a.user() == alice, "POST /login/ with username=alice and the right password, then GET /", a.got(),
			`200 {"user": "alice"}`)
	})
	p.tick("forget", func() Result {
		return lasts(
			p.visitor(), "POST /login/ without the box", "a session cookie with neither Max-Age nor Expires",
			short)
	}, "sign-in")
	bo := p.visitor()
	p.tick("remember", func() Result {
		return lasts(
			bo, "POST /login/ with remember=on", "a session cookie that lasts two weeks, by Max-Age or Expires",
			long, box, "on")
	}, "sign-in")
	p.tick("each-time", func() Result {
		return lasts(bo, "The same browser signed in again, now without the box",
			"a session cookie with neither Max-Age nor Expires: the choice made now counts, not the one before",
			short)
	}, "remember")
	p.tick("new-key", func() Result {
		old := p.thief(ann.set, same)
		ann.signIn("/login/")
		if a := ann.get("/"); a.user() != alice {
			return result(
				false, "A visitor who was signed in did so again, then GET /", a.got(), `200 {"user": "alice"}`)
		}
		a := old.get("/")
		return result(a.status == 200 && a.user() == "",
			"A visitor signed in again; then GET / with a copy of the cookies from before", a.got(),
			`200 {"user": null}: a key that somebody may have seen or planted is worth nothing after a sign-in`)
	}, "sign-in")
}

// lifetime is how long a browser keeps a cookie; 0 is until it is closed.
func lifetime(c *http.Cookie) time.Duration {
	switch {
	case c.MaxAge > 0:
		return time.Duration(c.MaxAge) * time.Second
	case !c.Expires.IsZero():
		return time.Until(c.Expires)
	}
	return 0
}
