package main

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions/patterns/internal/browser"
)

const signedIn = "Signed in: alice."

// remembered gives a visitor who has signed in, in a bubble.
func remembered(t *testing.T, f func(v *browser.Visitor)) {
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

func closeBrowser(v *browser.Visitor) { v.SetCookie("sessionid", "") }

func TestTheTokenSignsInAgainAndIsRenewed(t *testing.T) {
	remembered(t, func(v *browser.Visitor) {
		for range 3 {
			token := v.Cookie("remember")
			closeBrowser(v)
			time.Sleep(24 * time.Hour)
			if p := v.Get("/"); !p.Has(signedIn) {
				t.Fatal(p.Body)
			}
			if v.Cookie("remember") == token {
				t.Error("the token is the same after its use")
			}
		}
	})
}

func TestAStolenTokenEndsTheWholeFamily(t *testing.T) {
	remembered(t, func(v *browser.Visitor) {
		closeBrowser(v)
		thief := v.Copy()
		if p := thief.Get("/"); !p.Has(signedIn) {
			t.Fatal("a thief who is first gets in:", p.Body)
		}
		time.Sleep(time.Minute)
		if p := v.Get("/"); p.Has(signedIn) {
			t.Error("the old token still signs in:", p.Body)
		}
		if p := thief.Get("/"); p.Has(signedIn) {
			t.Error("the thief's session outlives the family:", p.Body)
		}
		closeBrowser(thief)
		if p := thief.Get("/"); p.Has(signedIn) {
			t.Error("the thief's token outlives the family:", p.Body)
		}
	})
}

func TestTwoTabsThatOpenAtOnceAreNoTheft(t *testing.T) {
	remembered(t, func(v *browser.Visitor) {
		closeBrowser(v)
		var tabs sync.WaitGroup
		for range 4 {
			tab := v.Copy()
			tabs.Go(func() {
				if p := tab.Get("/"); !p.Has(signedIn) {
					t.Error(p.Body)
				}
			})
		}
		tabs.Wait()
	})
}

func TestAGuessedValidatorDoesNotSignIn(t *testing.T) {
	remembered(t, func(v *browser.Visitor) {
		guess := v.Copy()
		closeBrowser(guess)
		guess.SetCookie("remember", v.Cookie("remember")[:32]+".AAAAAAAAAAAAAAAAAAAAAAAAAA")
		if p := guess.Get("/"); p.Has(signedIn) {
			t.Error(p.Body)
		}
	})
}

func TestSignOutForgetsTheDevice(t *testing.T) {
	remembered(t, func(v *browser.Visitor) {
		thief := v.Copy()
		closeBrowser(thief)
		if p := v.Post("/signout"); p.Has(signedIn) {
			t.Error(p.Body)
		}
		if p := thief.Get("/"); p.Has(signedIn) {
			t.Error("a copy of the token still signs in:", p.Body)
		}
	})
}
