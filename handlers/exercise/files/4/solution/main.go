// Exercise 4, a log of sessions: a solution.
//
// The session layer tells what happens to sessions, and the log listens to it.
package main

import (
	"cmp"
	"context"
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

const most = 1000

// observe is called for all that happens to a session. e.Session is a short hash of the
// key: whoever reads the log cannot take over a session.
func (l *sessionLog) observe(_ context.Context, e sessions.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := e.Session.String()
	switch e.Kind {
	case sessions.Created:
		l.add("created", name)
	case sessions.Flushed:
		l.add("ended", name)
	case sessions.Expired, sessions.Unknown:
		// The memory engine forgets what has expired. So the log itself has to tell an
		// expired session from a cookie that somebody made up.
		if l.last(name) == "created" {
			l.add("expired", name)
		}
	}
}

func (l *sessionLog) add(event, session string) {
	l.entries = append(l.entries, entry{event, session})
	l.entries = l.entries[max(0, len(l.entries)-most):]
}

// last is the newest event of a session, "" if there is none.
func (l *sessionLog) last(session string) string {
	for i := len(l.entries) - 1; i >= 0; i-- {
		if l.entries[i].Session == session {
			return l.entries[i].Event
		}
	}
	return ""
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
		Observer:             events.observe,
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
