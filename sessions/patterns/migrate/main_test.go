package main

import (
	"errors"
	"net/http"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"sessionlab/sessions/patterns/internal/browser"
)

// store fails to delete when it is told to.
type store struct {
	*memstore.MemStore
	broken bool
}

func (s *store) Delete(token string) error {
	if s.broken {
		return errors.New("out of order")
	}
	return s.MemStore.Delete(token)
}

// visit gives a visitor whom the old program has signed in.
func visit(t *testing.T) (*browser.Visitor, *store) {
	kept := &store{MemStore: memstore.NewWithCleanupInterval(0)}
	old := scs.New()
	old.Store = kept
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
	return v, kept
}

func TestNobodyHasToSignInAgain(t *testing.T) {
	v, _ := visit(t)
	for range 2 {
		if p := v.Get("/"); !p.Has("Signed in as alice, theme dark.") {
			t.Error(p.Status, p.Body)
		}
	}
	if v.Cookie("session") != "" {
		t.Error("the old cookie is still there")
	}
}

func TestASignOutAfterTheMoveIsFinal(t *testing.T) {
	v, _ := visit(t)
	old := v.Cookie("session")
	v.Get("/")
	v.Post("/signout")
	v.SetCookie("session", old)
	if p := v.Get("/"); !p.Has("Not signed in") {
		t.Error(p.Body)
	}
}

func TestWhereTheOldSessionCannotEndNothingIsMoved(t *testing.T) {
	v, kept := visit(t)
	kept.broken = true
	if p := v.Get("/"); p.Status != http.StatusServiceUnavailable {
		t.Error(p.Status, p.Body)
	}
	kept.broken = false
	if p := v.Get("/"); !p.Has("Signed in as alice") {
		t.Error(p.Status, p.Body)
	}
}
