package main

import (
	"strconv"
	"strings"
	"sync"
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

func TestAMessageIsShownOnce(t *testing.T) {
	v := serve(t).Visitor()
	if p := v.Post("/save", "city", "Oslo <b>"); !p.Has("Oslo &lt;b&gt; is saved.") || p.Path != "/" {
		t.Errorf("after the form: %s\n%s", p.Path, p.Body)
	}
	if p := v.Get("/"); p.Has("is saved") {
		t.Errorf("the reload shows it again:\n%s", p.Body)
	}
}

func TestALinkCannotMakeThePageSayAnything(t *testing.T) {
	if p := serve(t).Visitor().Get("/?city=Oslo&saved=1"); p.Has("saved") {
		t.Error(p.Body)
	}
}

func TestMessagesOfParallelRequestsAllArrive(t *testing.T) {
	v := serve(t).Visitor()
	v.Stay = true
	v.Post("/save", "city", "Oslo") // from here on there is a session
	var posts sync.WaitGroup
	for i := range 8 {
		posts.Go(func() { v.Post("/save", "city", "Town "+strconv.Itoa(i)) })
	}
	posts.Wait()
	if p := v.Get("/"); strings.Count(p.Body, "is saved.") != 9 {
		t.Errorf("want 9 messages:\n%s", p.Body)
	}
}
