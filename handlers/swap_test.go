package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"sessionlab/handlers/config"
	"sessionlab/views"
)

// Each order that the page offers really breaks something, and the right one does not.
func TestASwappedOrderBreaksWhatThePageSays(t *testing.T) {
	app := newTestApp(t)
	v := app.scripted()
	v.signIn("alice")
	v.want("/counter/", `{"visit_count":1}`)
	swapped := func(name string) views.Swapped {
		page := face[views.Middleware](v, "/middleware/?swap="+name)
		if page.Swapped == nil {
			t.Fatalf("%s was not tried", name)
		}
		return *page.Swapped
	}
	order := func(run views.StackRun, outside, inside string) bool {
		at := func(name string) int {
			return slices.IndexFunc(run.Layers, func(l views.StackLayer) bool { return l.Name == name })
		}
		return at(outside) >= 0 && at(outside) < at(inside)
	}

	s := swapped("account")
	if !order(s.Right, "sessions", "account") || !order(s.Swapped, "account", "sessions") {
		t.Errorf("account: the orders are %v and %v", s.Right.Layers, s.Swapped.Layers)
	}
	if s.Right.Status != 200 || s.Right.Came != "Signed in: alice." || !s.Right.Ran {
		t.Errorf("account, right: %+v", s.Right)
	}
	if s.Swapped.Status != 500 || s.Swapped.Ran || !strings.Contains(s.Swapped.Came, "Internal Server Error") {
		t.Errorf("account, swapped: %+v", s.Swapped)
	}
	if !strings.Contains(app.logs.String(), "no session in /middleware/") {
		t.Error("the log does not say what is wrong")
	}

	s = swapped("errors")
	if !order(s.Right, "recoverer", "sessions") || !order(s.Swapped, "sessions", "recoverer") {
		t.Errorf("errors: the orders are %v and %v", s.Right.Layers, s.Swapped.Layers)
	}
	if s.Right.Status != 500 || !s.Right.Ran || !strings.Contains(s.Right.Came, "Internal Server Error") {
		t.Errorf("errors, right: %+v", s.Right)
	}
	if s.Swapped.Status != 0 || !s.Swapped.Ran || !strings.Contains(s.Swapped.Came, "dropped") {
		t.Errorf("errors, swapped: %+v", s.Swapped)
	}

	s = swapped("forged")
	if !order(s.Right, "crossOrigin", "sessions") || !order(s.Swapped, "sessions", "crossOrigin") {
		t.Errorf("forged: the orders are %v and %v", s.Right.Layers, s.Swapped.Layers)
	}
	if s.Right.Status != 403 || s.Right.Ran || len(s.Right.Told) != 0 {
		t.Errorf("forged, right: %+v", s.Right)
	}
	loads := strings.Contains(strings.Join(s.Swapped.Told, " "), "A record was read from the store")
	if s.Swapped.Status != 403 || s.Swapped.Ran || !loads {
		t.Errorf("forged, swapped: %+v", s.Swapped)
	}

	v.want("/counter/", `{"visit_count":2}`) // the visitor's own session is as it was
	sessionsLeft(t, app, 1)
	if page := face[views.Middleware](v, "/middleware/?swap=nothing"); page.Swapped != nil || len(page.Swaps) != 3 {
		t.Errorf("an order of another name: %+v", page.Swapped)
	}
}

func TestATriedOrderTouchesNoSessionOfALookerOn(t *testing.T) {
	v := newTestApp(t).visitor()
	for _, s := range v.app.app.swaps() {
		r := v.wantStatus(v.get("/middleware/?swap="+s.name), http.StatusOK)
		if r.header["Set-Cookie"] != nil {
			t.Errorf("%s sets %v", s.name, r.header["Set-Cookie"])
		}
	}
}

func TestWithoutDebugNoOrderIsTried(t *testing.T) {
	v := newTestApp(t, func(s *config.Settings) { s.Debug = "false" }).visitor()
	if r := v.get("/middleware/?swap=account"); strings.Contains(r.body, "swap") {
		t.Error("the page offers to swap layers")
	}
}
