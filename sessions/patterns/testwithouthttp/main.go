// Testwithouthttp tests code that uses a session without a server, a browser or a
// cookie.
//
// The trap: A map that plays the session in tests forgets what a session does: a value
// comes back as JSON made it, and two requests at once replay their updates or are
// refused. Here the test uses real sessions, on an engine in memory. Open gives one,
// NewContext puts it where the handler looks, and a second Open of the same key is the
// second tab. Nothing is stored before Save, since no middleware stands around the
// handler.
//
// When not to use it: What the middleware does (cookies, the save before the first byte,
// its errors) is tested with httptest.NewServer and a cookie jar. Give each test a
// manager of its own.
//
// In Django: RequestFactory with a SessionStore that is set as request.session, or the
// test client, whose session property loads and saves a real one.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

const most = 5 // tickets for each visitor

var tickets = sessions.Key[int]("tickets")

var errSoldOut = errors.New("five tickets are all that one can have")

// reserve needs a session and no request, so that a worker or a test can call it.
func reserve(ctx context.Context, n int) (int, error) {
	s, ok := sessions.FromContext(ctx)
	if !ok {
		return 0, errors.New("reserve: no session")
	}
	return tickets.TryUpdate(s, func(have int) (int, error) {
		if n < 1 || have+n > most {
			return have, errSoldOut
		}
		return have + n, nil
	})
}

func home(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>Tickets</title>
<p>You have %d.</p><form method="post"><input name="n" value="1"> <button>Reserve</button>
</form></html>`, tickets.Get(sessions.From(r)))
}

func post(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PostFormValue("n"))
	if err == nil {
		_, err = reserve(r.Context(), n)
	}
	switch {
	case errors.Is(err, errSoldOut):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, "How many?", http.StatusUnprocessableEntity)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func newManager() (*sessions.Manager, error) {
	return sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
}

func newServer() (http.Handler, error) {
	m, err := newManager()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /{$}", post)
	site := http.NewCrossOriginProtection().Handler(m.Middleware(mux))
	return http.MaxBytesHandler(site, 64<<10), nil
}

func main() {
	h, err := newServer()
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/ : reserve tickets; the test needs no server.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
