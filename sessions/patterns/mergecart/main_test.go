package main

import (
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

func signIn(v *browser.Visitor) browser.Page {
	return v.Post("/signin", "password", "wonderland-2026")
}

func TestTheCartsAreJoinedAtSignIn(t *testing.T) {
	site := serve(t)
	atHome := site.Visitor()
	signIn(atHome)
	atHome.Post("/add", "article", "hat")
	underway := site.Visitor()
	underway.Post("/add", "article", "tea")
	underway.Post("/add", "article", "tea")
	if p := signIn(underway); !p.Has("alice: map[hat:1 tea:2]") {
		t.Error(p.Body)
	}
}

func TestACartThatIsBroughtTwiceCountsOnce(t *testing.T) {
	site := serve(t)
	for range 2 {
		v := site.Visitor()
		v.Post("/add", "article", "tea")
		if p := signIn(v); !p.Has("alice: map[tea:1]") {
			t.Error(p.Body)
		}
	}
}

func TestTheCartOfTheUserDoesNotStayInTheBrowser(t *testing.T) {
	v := serve(t).Visitor()
	v.Post("/add", "article", "tea")
	signIn(v)
	if p := v.Post("/signout"); !p.Has("Guest: map[]") {
		t.Error(p.Body)
	}
	v.Post("/add", "article", "tea")
	if p := signIn(v); !p.Has("alice: map[tea:1]") {
		t.Error(p.Body)
	}
}
