// Exercise 3, A/B test: a solution.
//
// A visitor is drawn into a group at the first visit and stays there. The results count
// each visitor once, and once for buying.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// What the session knows of its visitor: the group, and whether a purchase was counted.
var (
	group  = sessions.Key[string]("group")
	bought = sessions.Key[bool]("bought")
)

// outcome is what is known of one group.
type outcome struct {
	Visitors    int `json:"visitors"`
	Conversions int `json:"conversions"`
}

// results belong to all visitors, so they are no part of a session. Requests run at the
// same time: whoever reads or changes them holds the lock.
var (
	lock    sync.Mutex
	results = map[string]*outcome{"A": {}, "B": {}}
)

func draw() string { return [...]string{"A", "B"}[rand.IntN(2)] }

// home tells the visitor's group, and draws it at the first visit. GET /
func home(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	if !group.Has(s) {
		drawn := draw()
		group.Set(s, drawn)
		if err := s.Save(); err != nil {
			return // nobody was drawn; the middleware answers
		}
		lock.Lock()
		results[drawn].Visitors++
		lock.Unlock()
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"group": group.Get(s)})
}

// form is the page with the button. GET /buy/
func form(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, `<form method="post"><button>Buy</button></form>`)
}

// buy counts a purchase for the buyer's group, the first time only. POST /buy/
func buy(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	if !group.Has(s) { // whoever has not been to the site yet begins there
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	// Of two clicks at once, the one that is saved later is computed again, and finds
	// that this visitor has been counted.
	isNew := false
	bought.Update(s, func(before bool) bool {
		isNew = !before
		return true
	})
	if err := s.Save(); err != nil {
		return // nothing was counted; the middleware answers
	}
	if isNew {
		lock.Lock()
		results[group.Get(s)].Conversions++
		lock.Unlock()
	}
	fmt.Fprintln(w, "Thank you.")
}

// show answers with the results. GET /results/
func show(w http.ResponseWriter, r *http.Request) {
	lock.Lock()
	defer lock.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(results)
}

func main() {
	// Sessions are kept in the memory of this program, and are gone when it stops.
	manager, err := sessions.New(sessions.Config{
		Engine: cache.NewMemory(cache.MemoryOptions{}),
		// Browsers keep cookies by host and not by port; the lab's is called sessionid.
		Cookie: sessions.Cookie{Name: "exercise"},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("GET /buy/{$}", form)
	mux.HandleFunc("POST /buy/{$}", buy)
	mux.HandleFunc("GET /results/{$}", show)

	address := cmp.Or(os.Getenv("ADDR"), "127.0.0.1:9000")
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/\n", listener.Addr())
	// Forms from other sites are refused.
	site := http.NewCrossOriginProtection().Handler(mux)
	log.Fatal(http.Serve(listener, manager.Middleware(site)))
}
