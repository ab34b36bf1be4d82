package main

import (
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions/patterns/internal/browser"
)

const password = "wonderland-2026"

// visit gives a visitor who has just signed in, in a bubble.
func visit(t *testing.T, f func(v *browser.Visitor)) {
	synctest.Test(t, func(t *testing.T) {
		h, err := newServer()
		if err != nil {
			t.Fatal(err)
		}
		v := browser.Serve(t, h).Visitor()
		if p := v.Post("/", "password", password); !p.Has("Delete the account") {
			t.Fatalf("sign-in: %d %s", p.Status, p.Body)
		}
		f(v)
	})
}

func TestAnOpenBrowserCannotDeleteTheAccount(t *testing.T) {
	visit(t, func(v *browser.Visitor) {
		time.Sleep(lasts + time.Second)
		if p := v.Post("/delete"); p.Has("is deleted") || p.Path != "/confirm" {
			t.Error(p.Path, p.Body)
		}
	})
}

func TestThePasswordOpensOneDeed(t *testing.T) {
	visit(t, func(v *browser.Visitor) {
		time.Sleep(time.Hour)
		v.Post("/confirm", "password", password)
		if p := v.Post("/delete"); !p.Has("is deleted") {
			t.Error(p.Path, p.Body)
		}
		if p := v.Post("/delete"); p.Path != "/confirm" {
			t.Error("a second deed without the password:", p.Path)
		}
	})
}

func TestTheFifthWrongPasswordEndsTheSession(t *testing.T) {
	visit(t, func(v *browser.Visitor) {
		copied := v.Copy()
		for range guesses - 1 {
			v.Post("/confirm", "password", "guess")
		}
		if p := copied.Get("/"); !p.Has("Delete the account") {
			t.Error("ended too early:", p.Body)
		}
		v.Post("/confirm", "password", "guess")
		if p := copied.Get("/"); p.Has("Delete the account") {
			t.Error("the session goes on:", p.Body)
		}
	})
}
