// Exercise 4, a log of sessions: the starter.
//
// Its sessions expire after two seconds, and its log is empty. Log when a session is
// created and when it has expired.
//
// Open / and then /log/ in a browser.
//
//	go run ./exercise4                            starts it; again after each change
//	go run . exercise 4 http://127.0.0.1:9000/    checks it
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
	"sync"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// entry is one line of the log.
type entry struct {
	Event   string `json:"event"`
	Session string `json:"session"`
}

// sessionLog keeps the newest entries, the oldest of them first. Requests run at the same
// time, so it has a lock.
type sessionLog struct {
	mu      sync.Mutex
	entries []entry
}

// show answers with the log. It does not use the session, so it makes none. GET /log/
func (l *sessionLog) show(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"log": l.entries})
}

var visits = sessions.Key[int]("visits")

// home counts the visits in the session. GET /
func home(w http.ResponseWriter, r *http.Request) {
	n := visits.Update(sessions.From(r), func(n int) int { return n + 1 })
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"visits": n})
}

func main() {
	events := &sessionLog{entries: []entry{}}
	// Sessions are kept in the memory of this program, and are gone when it stops.
	manager, err := sessions.New(sessions.Config{
		Engine: cache.NewMemory(cache.MemoryOptions{}),
		// Browsers keep cookies by host and not by port; the lab's is called sessionid.
		Cookie: sessions.Cookie{Name: "exercise"},
		Age:    2 * time.Second, // after the last save
		// The cookie stays in the browser for longer, so that it can come back too late.
		ExpireAtBrowserClose: true,
		// Here: Observer, a function that is told of all that happens to a session.
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("GET /log/{$}", events.show)

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
