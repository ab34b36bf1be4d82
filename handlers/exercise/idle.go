package exercise

import (
	"fmt"
	"net/url"
)

func idleTimeout() Exercise {
	return Exercise{
		Number: 5,
		Title:  "Idle timeout",
		Task: []string{
			"Sign people out when they have not sent a request for two seconds. The next time they ask for " +
				"a page that needs a sign-in, send them to the sign-in page, and after that back to the " +
				"page they asked for.",
			"Two seconds make it quick to try; a bank would take five minutes. The app has one account: " +
				"alice, with the password wonderland-2026. The starter signs her in, never ends the " +
				"session, and always leads to /private/.",
		},
		Addresses: []Address{
			{"GET /private/", `Signed in: JSON {"user": "alice"}. Otherwise a redirect to /login/. It may ` +
				`be asked for with a query, such as /private/?page=2.`},
			{"GET /login/?next=PATH", "A page with a form (method POST) that has the fields username and " +
				"password. Hidden fields, such as a CSRF token or next, are sent along."},
			{"POST /login/", "The right password: a redirect to the path in next, which may stand in the " +
				"form or in the query"},
		},
		Criteria: []Criterion{
			{"guard", "Whoever is not signed in is sent to the sign-in page."},
			{"back", "The sign-in leads back to the page that was asked for, its query included."},
			{"idle", "After two seconds without a request the visitor is signed out."},
			{"active", "Whoever keeps using the app stays signed in."},
			{"again", "Signing in again leads back, and the old session stays ended."},
			{"elsewhere", "The sign-in never leads to another site."},
		},
		Hints: [3]string{
			"Two things have to be kept: when the visitor was last here, and where they wanted to go. The " +
				"first one is the session's expiry if every request moves it. The second one travels in " +
				"the address of the sign-in page, as next, and on in a hidden field of the form.",
			"Idle counts from the last request, not from the sign-in. Both session layers can do that by " +
				"their settings alone; then an expired session is empty, and the guard for visitors who " +
				"are not signed in does the rest. Quote the path when you put it into next, because it may " +
				"have a query of its own.",
			"Django: SESSION_COOKIE_AGE = 2 and SESSION_SAVE_EVERY_REQUEST = True; redirect('/login/?' + " +
				"urlencode({'next': request.get_full_path()})); follow next only if " +
				"url_has_allowed_host_and_scheme(next, allowed_hosts=None). Go: IdleTimeout: 2 * " +
				"time.Second in sessions.Config; \"/login/?next=\" + url.QueryEscape(r.URL.RequestURI()); " +
				"follow next only if it begins with one slash and has no backslash in it.",
		},
		Difference: "The lab's timeout is off until somebody sets one, on the account page for the own " +
			"session or as SESSION_IDLE_TIMEOUT for all, and a warning comes one minute ahead. The page " +
			"that says why one was signed out needs a cookie of its own, because an expired session " +
			"remembers nothing. Neither the lab nor the Go solution saves the session at each request: " +
			"they move the record's expiry alone, at most once in a tenth of the timeout. The Django " +
			"solution writes the whole session each time, which is how Django does it.",
		Example: "/account/",
		play:    playIdle,
	}
}

func playIdle(p *play) {
	const private = "/private/?page=2"
	ann, bo := p.visitor(), p.visitor()
	toLogin := func(a *answer) bool {
		return a.location != nil && p.ours(a.location) && a.location.Path == "/login/"
	}
	// enters asks for the private page, signs in where that leads, and compares where one is
	// then.
	enters := func(v *visitor, sent string) Result {
		a := v.look(private)
		if !toLogin(a) {
			return result(false, sent+": GET "+private, a.got(), "a redirect to /login/?next=…")
		}
		a = v.signIn(a.path())
		want := "a redirect to " + private
		if a.location == nil || a.path() != private {
			return result(false,
				sent+": GET "+private+", which led to the sign-in form; there alice and the right password",
				a.got(), want)
		}
		a = v.look(private)
		return result(a.user() == alice,
			sent+": signed in at the form where GET "+private+" led to, then followed the redirect", a.got(),
			`200 {"user": "alice"}`)
	}

	p.tick("guard", func() Result {
		a := p.visitor().look("/private/")
		return result(toLogin(a), "GET /private/ as a new visitor", a.got(),
			"a redirect to /login/, with or without a query")
	})
	p.tick("back", func() Result {
		r := enters(ann, "A new visitor")
		if !r.Met {
			return r
		}
		enters(bo, "Another one")
		return r
	}, "guard")
	var stayed *answer // what the visitor who was active got last
	p.tick("idle", func() Result {
		if p.met("back") {
			for range 8 {
				p.wait(away / 8)
				stayed = bo.look(private)
			}
		} else { // without a way back there is still a sign-in
			ann.signIn("/login/")
			if a := ann.look(private); a.user() != alice {
				return result(false, "Sign-in as alice at /login/, then GET "+private, a.got(), `200 {"user": "alice"}`)
			}
			p.wait(away)
		}
		a := p.thief(ann.set, same).look(private)
		return result(toLogin(a),
			fmt.Sprintf("%v after a visitor's last request: GET %s with the cookie of their session", away, private),
			a.got(),
			"a redirect to /login/?next=…: the app must not believe a cookie that is too old, whatever its "+
				"Max-Age said")
	}, "guard")
	p.tick("active", func() Result {
		return result(stayed.user() == alice,
			fmt.Sprintf("Another visitor sent GET %s every %v for %v", private, away/8, away), stayed.got(),
			`200 {"user": "alice"} at the end, as each request starts the two seconds anew`)
	}, "back", "idle")
	p.tick("again", func() Result {
		old := p.thief(ann.set, same)
		if r := enters(ann, "The visitor who was away"); !r.Met {
			return r
		}
		a := old.look(private)
		return result(toLogin(a),
			"The visitor who was away signed in again and was led back to "+private+"; then the same address "+
				"with a copy of the old cookie",
			a.got(), "a redirect to /login/?next=…")
	}, "back", "idle")
	p.tick("elsewhere", func() Result {
		var a *answer
		for _, next := range []string{"https://example.com/", "//example.com/", `/\example.com/`} {
			a = p.visitor().signIn("/login/?next=" + url.QueryEscape(next))
			if a.location != nil && !p.ours(a.location) {
				return result(false, "Sign-in at /login/?next="+next, a.got(),
					"a redirect on the app's own host: links to the sign-in page are sent around, and "+
						"people trust the site in front")
			}
		}
		return result(
			a.status != 0, "Sign-in with next as https://example.com/, //example.com/ and /\\example.com/",
			"no redirect to another site", "no redirect to another site")
	}, "back")
}
