package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/patterns/internal/browser"
)

// visit gives a visitor whom the old program has signed in.
func visit(t *testing.T) *browser.Visitor {
	old := oldStore("the key of the old program")
	h, err := newServer(old)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /old/signin", oldProgram(old))
	mux.Handle("/", h)
	v := browser.Serve(t, mux).Visitor()
	v.Stay = true
	v.Post("/old/signin")
	v.Stay = false
	return v
}

const signedIn = "Signed in as alice."

func TestNobodyHasToSignInAgain(t *testing.T) {
	v := visit(t)
	for range 2 {
		if p := v.Get("/"); !p.Has(signedIn) {
			t.Error(p.Status, p.Body)
		}
	}
	if v.Cookie(oldName) != "" {
		t.Error("the old cookie is still there")
	}
}

func TestACopyOfTheOldCookieIsWorthNothingAfterTheMove(t *testing.T) {
	v := visit(t)
	thief := v.Copy()
	v.Get("/")
	v.Post("/signout")
	if p := thief.Get("/"); p.Has(signedIn) {
		t.Error(p.Body)
	}
}

func TestOfManyRequestsAtOnceOneIsMoved(t *testing.T) {
	v := visit(t)
	var moved atomic.Int32
	var visits sync.WaitGroup
	for range 8 {
		copied := v.Copy()
		visits.Go(func() {
			if copied.Get("/").Has(signedIn) {
				moved.Add(1)
			}
		})
	}
	visits.Wait()
	if n := moved.Load(); n != 1 {
		t.Errorf("%d of them are signed in", n)
	}
}

func TestAnotherSpellingOfTheCookieIsTheSameCookie(t *testing.T) {
	a := &move{used: cache.NewMemory(cache.MemoryOptions{})}
	mark := func(value string) error {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: oldName, Value: value})
		_, err := a.mark(r)
		return err
	}
	if err := mark("QQ=="); err != nil {
		t.Fatal(err)
	}
	if err := mark("QR=="); !errors.Is(err, sessions.ErrConflict) { // the same byte
		t.Error(err)
	}
}

func TestAForgedCookieIsNotMoved(t *testing.T) {
	v := visit(t)
	v.SetCookie(oldName, v.Cookie(oldName)[1:])
	if p := v.Get("/"); p.Status != http.StatusOK || p.Has(signedIn) {
		t.Error(p.Status, p.Body)
	}
}
