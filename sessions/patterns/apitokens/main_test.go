package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions/patterns/internal/browser"
)

func serve(t *testing.T) *browser.Site {
	site, _ := serveWith(t)
	return site
}

// serveWith also returns what the program keeps.
func serveWith(t *testing.T) (*browser.Site, *server) {
	a := &server{tokens: map[[32]byte]token{}}
	h, err := a.routes()
	if err != nil {
		t.Fatal(err)
	}
	return browser.Serve(t, h), a
}

// made signs in, makes a token, and returns it with a program that uses it.
func made(t *testing.T, site *browser.Site) (v, program *browser.Visitor, token string) {
	v, program = site.Visitor(), site.Visitor()
	v.Post("/signin", "password", "wonderland-2026")
	p := v.Post("/tokens", "name", "backup")
	m := regexp.MustCompile(`<code>(\w+)</code>`).FindStringSubmatch(p.Body)
	if m == nil {
		t.Fatal("no token:", p.Status, p.Body)
	}
	program.Header.Set("Authorization", "Bearer "+m[1])
	return v, program, m[1]
}

func TestAProgramComesInByItsTokenAndGetsNoSession(t *testing.T) {
	_, program, _ := made(t, serve(t))
	p := program.Get("/api/me")
	if p.Body != "You are alice, by the token \"backup\".\n" {
		t.Error(p.Status, p.Body)
	}
	if p.Header.Get("Set-Cookie") != "" {
		t.Error("it got a cookie")
	}
}

func TestTheSessionCookieDoesNotOpenTheAPI(t *testing.T) {
	v, _, _ := made(t, serve(t))
	if p := v.Get("/api/me"); p.Status != http.StatusUnauthorized {
		t.Error(p.Status, p.Body)
	}
}

func TestATokenIsShownOnce(t *testing.T) {
	v, _, token := made(t, serve(t))
	if p := v.Get("/"); !p.Has("backup") || p.Has(token) {
		t.Error(p.Body)
	}
}

func TestOnlyHashesOfTokensAreKept(t *testing.T) {
	site, a := serveWith(t)
	_, _, token := made(t, site)
	if kept := fmt.Sprintf("%s %+v", a.tokens, a.tokens); strings.Contains(kept, token) {
		t.Error(kept)
	}
}

func TestARevokedTokenIsWorthNothing(t *testing.T) {
	v, program, _ := made(t, serve(t))
	id := regexp.MustCompile(`value="(\w+)">Revoke`).FindStringSubmatch(v.Get("/").Body)[1]
	v.Post("/revoke", "id", id)
	if p := program.Get("/api/me"); p.Status != http.StatusUnauthorized {
		t.Error(p.Status, p.Body)
	}
}

func TestATokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, program, _ := made(t, serve(t))
		time.Sleep(91 * 24 * time.Hour)
		if p := program.Get("/api/me"); p.Status != http.StatusUnauthorized {
			t.Error(p.Status, p.Body)
		}
	})
}
