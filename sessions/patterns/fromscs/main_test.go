package main

import (
	"fmt"
	"sync"
	"testing"

	"github.com/alexedwards/scs/v2/memstore"

	"sessionlab/sessions/cache"
	"sessionlab/sessions/patterns/internal/browser"
)

func serve(t *testing.T) (*browser.Site, *memstore.MemStore) {
	store := memstore.NewWithCleanupInterval(0) // no goroutine that outlives the test
	h, err := newServer(store, cache.NewMemory(cache.MemoryOptions{}), "a secret for this test")
	if err != nil {
		t.Fatal(err)
	}
	return browser.Serve(t, h), store
}

func TestVisitsAtOnceAreAllCountedOverAnScsStore(t *testing.T) {
	site, store := serve(t)
	v := site.Visitor()
	v.Get("/layer/")
	var visits sync.WaitGroup
	for range 20 {
		visits.Go(func() { v.Get("/layer/") })
	}
	visits.Wait()
	if p := v.Get("/layer/"); p.Body != "Visit 22\n" {
		t.Errorf("%d %s", p.Status, p.Body)
	}
	if all, _ := store.All(); len(all) != 1 {
		t.Errorf("the store has %d records, want 1", len(all))
	}
}

func TestPlainScsCountsOverAnEngine(t *testing.T) {
	site, _ := serve(t)
	v := site.Visitor()
	for n := 1; n <= 3; n++ {
		if p := v.Get("/scs/"); p.Body != fmt.Sprintf("Visit %d\n", n) {
			t.Errorf("%d %s", p.Status, p.Body)
		}
	}
}

func TestTheTwoDoNotReadEachOther(t *testing.T) {
	site, _ := serve(t)
	v := site.Visitor()
	v.Get("/layer/")
	v.SetCookie("scs_session", v.Cookie("sessionid"))
	if p := v.Get("/scs/"); p.Body != "Visit 1\n" {
		t.Errorf("%d %s", p.Status, p.Body)
	}
}
