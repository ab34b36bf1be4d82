package main

import (
	"net/http"
	"testing"

	"sessionlab/sessions/patterns/internal/browser"
)

func serve(t *testing.T) *browser.Site {
	h, err := newServer()
	if err != nil {
		t.Fatal(err)
	}
	return browser.Serve(t, h)
}

func TestAPlantedKeyIsWorthNothingAfterTheSignIn(t *testing.T) {
	site := serve(t)
	attacker := site.Visitor()
	attacker.Get("/")
	victim := attacker.Copy() // the browser got the attacker's cookie
	p := victim.Post("/signin", "name", "alice", "password", "wonderland-2026")
	if !p.Has("Signed in as alice. Visit 2.") {
		t.Fatalf("the sign-in, with what the session held:\n%s", p.Body)
	}
	if p := attacker.Get("/"); !p.Has("Not signed in.") {
		t.Errorf("the attacker is signed in with the planted key:\n%s", p.Body)
	}
}

func TestAWrongPasswordAndAnUnknownNameAreRefusedAlike(t *testing.T) {
	v := serve(t).Visitor()
	wrong := v.Post("/signin", "name", "alice", "password", "guess")
	unknown := v.Post("/signin", "name", "mallory", "password", "guess")
	if wrong.Status != http.StatusUnprocessableEntity || wrong.Body != unknown.Body {
		t.Errorf("%d %q and %q", wrong.Status, wrong.Body, unknown.Body)
	}
}

func TestSignOutEndsTheSession(t *testing.T) {
	v := serve(t).Visitor()
	v.Post("/signin", "name", "alice", "password", "wonderland-2026")
	thief := v.Copy()
	v.Post("/signout")
	if p := thief.Get("/"); !p.Has("Not signed in.") {
		t.Errorf("a copy of the cookie lives on:\n%s", p.Body)
	}
}
