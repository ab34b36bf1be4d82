package main

import (
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"

	"sessionlab/sessions/patterns/internal/browser"
)

func visitor(t *testing.T) *browser.Visitor {
	h, err := newServer()
	if err != nil {
		t.Fatal(err)
	}
	return browser.Serve(t, h).Visitor()
}

// begun opens a draft and returns its address.
func begun(v *browser.Visitor) string { return path.Dir(v.Post("/new").Path) }

func TestTwoTabsBookTwoJourneys(t *testing.T) {
	v := visitor(t)
	a, b := begun(v), begun(v)
	v.Post(a+"/0", "answer", "Oslo")
	v.Post(b+"/0", "answer", "Rome")
	v.Post(a+"/1", "answer", "Bergen")
	v.Post(b+"/1", "answer", "Naples")
	if p := v.Post(a+"/2", "answer", "Monday"); !p.Has("Booked: Oslo to Bergen, Monday.") {
		t.Error(p.Body)
	}
	if p := v.Post(b+"/2", "answer", "Friday"); !p.Has("Booked: Rome to Naples, Friday.") {
		t.Error(p.Body)
	}
}

func TestTheWayBackShowsWhatWasAnswered(t *testing.T) {
	v := visitor(t)
	a := begun(v)
	if p := v.Post(a+"/0", "answer", "Oslo"); !p.Has(`href="` + a + `/0"`) {
		t.Error("no way back:", p.Body)
	}
	if p := v.Get(a + "/0"); !p.Has(`value="Oslo"`) {
		t.Error(p.Body)
	}
}

func TestNoQuestionIsSkipped(t *testing.T) {
	v := visitor(t)
	a := begun(v)
	if p := v.Get(a + "/2"); p.Path != a+"/0" {
		t.Error("one gets to", p.Path)
	}
	if p := v.Post(a+"/2", "answer", "Monday"); p.Has("Booked") || p.Path != a+"/0" {
		t.Error(p.Path, p.Body)
	}
}

func TestTheLastPageSentTwiceBooksOnce(t *testing.T) {
	v := visitor(t)
	a := begun(v)
	v.Post(a+"/0", "answer", "Oslo")
	v.Post(a+"/1", "answer", "Bergen")
	v.Stay = true
	var clicks sync.WaitGroup
	for range 4 {
		clicks.Go(func() {
			if p := v.Post(a+"/2", "answer", "Monday"); p.Status == http.StatusOK {
				t.Error(p.Status, p.Body)
			}
		})
	}
	clicks.Wait()
	if p := v.Get("/"); strings.Count(p.Body, "Booked") != 1 {
		t.Error(p.Body)
	}
}

func TestTheOldestDraftMakesRoom(t *testing.T) {
	v := visitor(t)
	first := begun(v)
	for range 5 {
		begun(v)
	}
	if p := v.Get(first + "/0"); p.Status != http.StatusNotFound {
		t.Error(p.Status)
	}
}
