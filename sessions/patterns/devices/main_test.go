package main

import (
	"regexp"
	"strings"
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

func signedIn(site *browser.Site, name, device string) *browser.Visitor {
	v := site.Visitor()
	v.Header.Set("User-Agent", device)
	v.Post("/signin", "name", name, "password", "wonderland-2026")
	return v
}

// idOf finds the id of a device on a page.
func idOf(t *testing.T, p browser.Page, device string) string {
	t.Helper()
	m := regexp.MustCompile(`<p>` + device + `,[^>]*value="(\w+)"`).FindStringSubmatch(p.Body)
	if m == nil {
		t.Fatalf("no %s on the page:\n%s", device, p.Body)
	}
	return m[1]
}

func TestADeviceIsEndedFromAnother(t *testing.T) {
	site := serve(t)
	phone, laptop := signedIn(site, "alice", "phone"), signedIn(site, "alice", "laptop")
	p := laptop.Post("/end", "id", idOf(t, laptop.Get("/"), "phone"))
	if p.Has("phone") || !p.Has("laptop") {
		t.Error(p.Body)
	}
	if p := phone.Get("/"); p.Has("phone") {
		t.Error("the phone is still signed in:", p.Body)
	}
}

func TestNobodyEndsOrSeesTheSessionsOfOthers(t *testing.T) {
	site := serve(t)
	phone, bob := signedIn(site, "alice", "phone"), signedIn(site, "bob", "tablet")
	id := idOf(t, phone.Get("/"), "phone")
	if p := bob.Post("/end", "id", id); p.Has("phone") {
		t.Error("bob sees it:", p.Body)
	}
	bob.Post("/end", "id", "all")
	if p := phone.Get("/"); !p.Has("phone") {
		t.Error("bob has ended it:", p.Body)
	}
}

func TestThePageGivesNoKeyAway(t *testing.T) {
	v := signedIn(serve(t), "alice", "phone")
	if p := v.Get("/"); strings.Contains(p.Body, v.Cookie("sessionid")) {
		t.Error(p.Body)
	}
}

func TestAllEndAtOnce(t *testing.T) {
	site := serve(t)
	phone, laptop := signedIn(site, "alice", "phone"), signedIn(site, "alice", "laptop")
	laptop.Post("/end", "id", "all")
	for _, v := range []*browser.Visitor{phone, laptop} {
		if p := v.Get("/"); p.Has("since") {
			t.Error(p.Body)
		}
	}
}
