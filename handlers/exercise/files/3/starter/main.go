// Exercise 3, A/B test: the starter.
//
// It draws a group at each visit and counts nothing. Keep each visitor in one group, and
// count the visitors and the buyers of each group once.
//
// Open /, /buy/ and /results/ in a browser.
//
//	go run ./exercise3                            starts it; again after each change
//	go run . exercise 3 http://127.0.0.1:9000/    checks it
//
// It listens on 127.0.0.1:9000, or on the address in its first argument.
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

// group is the entry of the session for the visitor's group.
var group = sessions.Key[string]("group")

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

// home tells the visitor's group. GET /
func home(w http.ResponseWriter, r *http.Request) {
	mine := draw() // Here: draw at the first visit only, and count the visitor.
	group.Set(sessions.From(r), mine)
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"group": mine})
}

// form is the page with the button. GET /buy/
func form(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, `<form method="post"><button>Buy</button></form>`)
}

// buy is called when the visitor buys. POST /buy/
func buy(w http.ResponseWriter, r *http.Request) {
	// Here: count the purchase for the buyer's group, the first time only.
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
