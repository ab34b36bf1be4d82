// Exercise 1, recently visited: the starter.
//
// It serves twelve pages, and a list that stays empty since nobody adds to it. Make it
// list the pages that this visitor opened last, the newest first, with the number of
// visits to each.
//
// Open /page/1/ and then /recent/ in a browser.
//
//	go run ./exercise1                            starts it; again after each change
//	go run . exercise 1 http://127.0.0.1:9000/    checks it
//
// It listens on 127.0.0.1:9000, or on the address in its first argument.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// visit is one line of the list.
type visit struct {
	Path  string `json:"path"`
	Count int    `json:"count"`
}

// recent is the entry of the session for the list. In a handler,
//
//	recent.Get(sessions.From(r))            reads it: a copy, empty if it is not there
//	recent.Set(sessions.From(r), visits)    stores it
var recent = sessions.Key[[]visit]("recent")

// page is one page of the site. GET /page/{n}/
func page(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > 12 {
		http.NotFound(w, r)
		return
	}
	// Here: count this visit in the list. The page's path is r.URL.Path.
	fmt.Fprintf(w, "This is page %d.\n", n)
}

// list answers with the visitor's list. GET /recent/
func list(w http.ResponseWriter, r *http.Request) {
	visits := recent.Get(sessions.From(r))
	if visits == nil {
		visits = []visit{} // in JSON, [] and not null
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"recent": visits})
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
	mux.HandleFunc("GET /page/{n}/{$}", page)
	mux.HandleFunc("GET /recent/{$}", list)

	address := cmp.Or(os.Getenv("ADDR"), "127.0.0.1:9000")
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/\n", listener.Addr())
	log.Fatal(http.Serve(listener, manager.Middleware(mux)))
}
