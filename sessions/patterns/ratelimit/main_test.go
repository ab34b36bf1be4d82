package main

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions/patterns/internal/browser"
)

// visit runs f in a bubble, where the clock stands unless somebody sleeps.
func visit(t *testing.T, f func(site *browser.Site)) {
	synctest.Test(t, func(t *testing.T) {
		h, err := newServer()
		if err != nil {
			t.Fatal(err)
		}
		f(browser.Serve(t, h))
	})
}

func TestOneSessionDoesNotUseUpTheLimitOfTheOffice(t *testing.T) {
	visit(t, func(site *browser.Site) {
		busy, other := site.Visitor(), site.Visitor()
		for range 11 {
			busy.Get("/")
		}
		if p := busy.Get("/"); p.Status != http.StatusTooManyRequests {
			t.Error("the busy one:", p.Status)
		}
		if p := other.Get("/"); p.Status != http.StatusOK {
			t.Error("the other one:", p.Status)
		}
		time.Sleep(2 * time.Second)
		if p := busy.Get("/"); p.Status != http.StatusOK {
			t.Error("after a while:", p.Status)
		}
	})
}

func TestWhoThrowsTheCookieAwayIsStillLimited(t *testing.T) {
	visit(t, func(site *browser.Site) {
		for i := range 20 {
			if p := site.Visitor().Get("/"); p.Status != http.StatusOK {
				t.Fatal(i, p.Status, p.Body)
			}
		}
		if p := site.Visitor().Get("/"); p.Status != http.StatusTooManyRequests {
			t.Error("one more session is begun:", p.Status)
		}
	})
}

func TestAnAddressIsLimitedWhateverItSends(t *testing.T) {
	visit(t, func(site *browser.Site) {
		for i := range 100 {
			v := site.Visitor()
			v.Header.Set("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i))
			v.Get("/")
		}
		v := site.Visitor()
		v.Header.Set("X-Forwarded-For", "203.0.113.200")
		if p := v.Get("/nothing"); p.Status != http.StatusTooManyRequests {
			t.Error(p.Status, p.Body)
		}
	})
}

func TestANetworkOfIPv6IsOneAddress(t *testing.T) {
	for remote, want := range map[string]string{
		"[2001:db8::1]:80":       "2001:db8::/64",
		"[2001:db8::2]:81":       "2001:db8::/64",
		"[::ffff:192.0.2.1]:443": "192.0.2.1",
		"192.0.2.1:443":          "192.0.2.1",
	} {
		if got := address(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}
