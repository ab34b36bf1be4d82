package main

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions/patterns/internal/browser"
)

// journal is the log, which the server writes while the test reads.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) has(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(j.b.String(), text)
}

// visit gives a visitor who has signed in as name, in a bubble.
func visit(t *testing.T, name string, f func(v *browser.Visitor, audit *journal)) {
	synctest.Test(t, func(t *testing.T) {
		audit := &journal{}
		h, err := newServer(audit)
		if err != nil {
			t.Fatal(err)
		}
		v := browser.Serve(t, h).Visitor()
		v.Post("/signin", "name", name, "password", "wonderland-2026")
		f(v, audit)
	})
}

func TestSupportActsVisiblyAndIsLoggedUnderBothNames(t *testing.T) {
	visit(t, "alice", func(v *browser.Visitor, audit *journal) {
		p := v.Post("/act", "for", "bob", "reason", "ticket 7")
		if !p.Has("Pages of bob.") || !p.Has("alice is looking at this") {
			t.Error(p.Body)
		}
		for _, text := range []string{`"support":"alice","for":"bob"`, `"reason":"ticket 7"`, `"path":"/"`} {
			if !audit.has(text) {
				t.Errorf("the log has no %s", text)
			}
		}
		if p := v.Post("/stop"); !p.Has("Pages of alice.") || p.Has("is looking") {
			t.Error("after the end:", p.Body)
		}
	})
}

func TestSupportCannotChangeTheCustomersPassword(t *testing.T) {
	visit(t, "alice", func(v *browser.Visitor, audit *journal) {
		v.Post("/act", "for", "bob", "reason", "ticket 7")
		if p := v.Post("/password"); p.Status != http.StatusForbidden {
			t.Error(p.Status, p.Body)
		}
		if !audit.has(`"path":"/password"`) {
			t.Error("the attempt is not in the log")
		}
	})
}

func TestItIsOverAfterAQuarterOfAnHour(t *testing.T) {
	visit(t, "alice", func(v *browser.Visitor, _ *journal) {
		v.Post("/act", "for", "bob", "reason", "ticket 7")
		time.Sleep(lasts)
		if p := v.Get("/"); !p.Has("Pages of alice.") {
			t.Error(p.Body)
		}
	})
}

func TestACustomerCannotActForAnybody(t *testing.T) {
	visit(t, "bob", func(v *browser.Visitor, _ *journal) {
		for _, name := range []string{"alice", "bob", "nobody"} {
			p := v.Post("/act", "for", name, "reason", "fun")
			if p.Status != http.StatusForbidden {
				t.Error(name, p.Status)
			}
		}
	})
}
