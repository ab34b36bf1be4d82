// Exercise 1, recently visited: a solution.
//
// GET /recent/ lists the pages that this visitor opened last, the newest first, with the
// number of visits to each.
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

// recent is the list, the newest visit first. It holds ten pages at most: a session is
// loaded with every request, so it is no place for a diary.
var recent = sessions.Key[[]visit]("recent")

const most = 10

// page is one page of the site. GET /page/{n}/
func page(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > 12 {
		http.NotFound(w, r)
		return
	}
	// Update is exact when two tabs are opened at once: both visits are counted.
	recent.Update(sessions.From(r), func(visits []visit) []visit {
		now := visit{Path: r.URL.Path, Count: 1}
		list := []visit{now}
		for _, v := range visits {
			if v.Path == now.Path {
				list[0].Count += v.Count
			} else {
				list = append(list, v)
			}
		}
		return list[:min(len(list), most)]
	})
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
