// Fromscs keeps sessions in any scs.Store, and gives an engine to a plain
// scs.SessionManager.
//
// The trap: scs writes the whole session back at the end of a request, so of two
// requests at once the last one wins: a cart loses an article, a counter counts one.
// Over the same store, this layer compares before it writes and does the update again.
// The two must not share records: scs writes gob, the layer JSON. So they have cookies
// of their own, and here stores of their own.
//
// When not to use it: An scs.Store can only get and set. Where several servers share it,
// their saves of one session may overwrite each other; take the engines db or redis
// there. A plain scs over an engine stays as scs is; only a sessions.Manager makes use
// of the comparison.
//
// In Django: SESSION_ENGINE names a store of its own, and the last of two requests wins
// on every one of them.
package main

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/scsstore"
)

var visits = sessions.Key[int]("visits")

// newServer counts under /layer/ with this layer over store, and under /scs/ with a plain
// scs over engine.
func newServer(
	store scs.Store, engine sessions.Keyed, secret string) (http.Handler, error) {
	layer, err := sessions.New(sessions.Config{
		Engine: scsstore.Engine(store),
		Secret: secret, // the store may be a server that others write to
	})
	if err != nil {
		return nil, err
	}
	plain := scs.New()
	plain.Store = scsstore.Store(engine, []byte(secret)) // keeps hashes of the tokens
	plain.Cookie.Name = "scs_session"

	pages, old := http.NewServeMux(), http.NewServeMux()
	pages.HandleFunc("GET /layer/", func(w http.ResponseWriter, r *http.Request) {
		n := visits.Update(sessions.From(r), func(n int) int { return n + 1 })
		fmt.Fprintln(w, "Visit", n)
	})
	old.HandleFunc("GET /scs/", func(w http.ResponseWriter, r *http.Request) {
		n := plain.GetInt(r.Context(), "visits") + 1
		plain.Put(r.Context(), "visits", n)
		fmt.Fprintln(w, "Visit", n)
	})
	mux := http.NewServeMux()
	mux.Handle("/layer/", layer.Middleware(pages))
	mux.Handle("/scs/", plain.LoadAndSave(old))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!DOCTYPE html><html lang="en"><title>scs</title>
<a href="/layer/">the layer over an scs.Store</a>,
<a href="/scs/">scs over an engine</a>`)
	})
	return http.NewCrossOriginProtection().Handler(mux), nil
}

func main() {
	engine := cache.NewMemory(cache.MemoryOptions{})
	secret := cmp.Or(os.Getenv("SECRET_KEY"), rand.Text()) // stores in memory end with it
	h, err := newServer(memstore.New(), engine, secret)
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/ : count here and there.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
