package main

import (
	"net/http"
	"regexp"
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

func tokenOn(p browser.Page) string {
	return regexp.MustCompile(`value="([\w-]+)"`).FindStringSubmatch(p.Body)[1]
}

func TestAFormOfOurPageIsAccepted(t *testing.T) {
	v := serve(t).Visitor()
	first, second := tokenOn(v.Get("/")), tokenOn(v.Get("/"))
	if first == second {
		t.Error("two pages have the same text")
	}
	for _, token := range []string{first, second} {
		if p := v.Post("/send", "csrf_token", token); !p.Has("Sent.") {
			t.Error(p.Status, p.Body)
		}
	}
}

// The visitor's requests have neither Sec-Fetch-Site nor Origin, as those of an old browser.
func TestWithoutTheTokenOfThisSessionNothingIsSent(t *testing.T) {
	site := serve(t)
	v, other := site.Visitor(), site.Visitor()
	v.Get("/")
	foreign := tokenOn(other.Get("/"))
	for _, token := range []string{"", "AAAA", foreign} {
		if p := v.Post("/send", "csrf_token", token); p.Status != http.StatusForbidden {
			t.Errorf("token %q: %d %s", token, p.Status, p.Body)
		}
	}
}

func TestASessionWithoutASecretAcceptsNothing(t *testing.T) {
	zeros := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for _, token := range []string{"", zeros} {
		p := serve(t).Visitor().Post("/send", "csrf_token", token)
		if p.Status != http.StatusForbidden {
			t.Errorf("token %q: %d %s", token, p.Status, p.Body)
		}
	}
}

func TestAnotherSiteIsRefusedEvenWithTheToken(t *testing.T) {
	v := serve(t).Visitor()
	token := tokenOn(v.Get("/"))
	v.Header.Set("Sec-Fetch-Site", "cross-site")
	if p := v.Post("/send", "csrf_token", token); p.Status != http.StatusForbidden {
		t.Error(p.Status, p.Body)
	}
}
