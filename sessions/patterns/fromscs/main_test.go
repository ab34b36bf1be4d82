package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/alexedwards/scs/v2/memstore"

	"sessionlab/sessions/cache"
	"sessionlab/sessions/patterns/internal/browser"
)

// store has two requests wait for each other when they read, if it is told to.
type store struct {
	*memstore.MemStore
	waits atomic.Int32
	both  sync.WaitGroup
}

func (s *store) meet() {
	s.both.Add(2)
	s.waits.Store(2)
}

func (s *store) Find(token string) ([]byte, bool, error) {
	b, found, err := s.MemStore.Find(token)
	if s.waits.Add(-1) >= 0 {
		s.both.Done()
		s.both.Wait()
	}
	return b, found, err
}

func serve(t *testing.T) (*browser.Site, *store) {
	store := &store{MemStore: memstore.NewWithCleanupInterval(0)} // no goroutine outlives the test
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
	store.meet() // both have read one visit before either saves
	var visits sync.WaitGroup
	for range 2 {
		visits.Go(func() { v.Get("/layer/") })
	}
	visits.Wait()
	if p := v.Get("/layer/"); p.Body != "Visit 4\n" {
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
