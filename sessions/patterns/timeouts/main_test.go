package main

import (
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions/patterns/internal/browser"
)

const signedIn = "Signed in as alice."

// visit gives a visitor who has just signed in, in a bubble.
func visit(t *testing.T, f func(v *browser.Visitor)) {
	synctest.Test(t, func(t *testing.T) {
		h, err := newServer()
		if err != nil {
			t.Fatal(err)
		}
		v := browser.Serve(t, h).Visitor()
		if p := v.Post("/signin", "password", "wonderland-2026"); !p.Has(signedIn) {
			t.Fatalf("sign-in: %d %s", p.Status, p.Body)
		}
		f(v)
	})
}

func TestTheQuestionHowMuchIsLeftKeepsNothingAlive(t *testing.T) {
	visit(t, func(v *browser.Visitor) {
		for range 14 {
			time.Sleep(time.Minute)
			v.Get("/left")
		}
		if p := v.Get("/left"); p.Body != "60" {
			t.Errorf("after 14 minutes %q seconds are left", p.Body)
		}
		time.Sleep(time.Minute)
		if p := v.Get("/left"); p.Body != "0" {
			t.Errorf("after 15 minutes %q seconds are left", p.Body)
		}
		if p := v.Get("/"); p.Has(signedIn) || !p.Has("signed out: the time was over") {
			t.Error(p.Body)
		}
	})
}

func TestWhoStaysHasTheWholeTimeAgain(t *testing.T) {
	visit(t, func(v *browser.Visitor) {
		time.Sleep(idle - time.Minute)
		v.Post("/stay")
		if p := v.Get("/left"); p.Body != "900" {
			t.Errorf("%q seconds are left", p.Body)
		}
	})
}

func TestNobodyStaysForEver(t *testing.T) {
	visit(t, func(v *browser.Visitor) {
		for range int(absolute/(10*time.Minute)) - 1 {
			time.Sleep(10 * time.Minute)
			if p := v.Post("/stay"); !p.Has(signedIn) {
				t.Fatal("signed out too early")
			}
		}
		time.Sleep(10 * time.Minute)
		if p := v.Post("/stay"); p.Has(signedIn) {
			t.Error(p.Body)
		}
	})
}
