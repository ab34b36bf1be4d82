package main

import (
	"path/filepath"
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/patterns/internal/browser"
	"sessionlab/sessions/sessionstest"
)

func openTest(t *testing.T) engine {
	t.Helper()
	e, err := open(filepath.Join(t.TempDir(), "visitors.sqlite3"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.db.Close() })
	return e
}

// This is all that an engine's test needs.
func TestTheEngineKeepsItsPromises(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessions.Engine { return openTest(t) })
}

func TestVisitsAreCountedAcrossARestart(t *testing.T) {
	e := openTest(t)
	h, err := newServer(e, "a secret for this test")
	if err != nil {
		t.Fatal(err)
	}
	before := browser.Serve(t, h).Visitor()
	before.Get("/")
	if h, err = newServer(e, "a secret for this test"); err != nil {
		t.Fatal(err)
	}
	after := browser.Serve(t, h).Visitor()
	after.SetCookie("sessionid", before.Cookie("sessionid"))
	if p := after.Get("/"); p.Body != "Visit 2\n" {
		t.Error(p.Status, p.Body)
	}
}
