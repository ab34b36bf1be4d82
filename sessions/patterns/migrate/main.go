// Migrate moves a program from plain scs to this layer, and nobody has to sign in again.
//
// The trap: If the old session is copied and stays, it is copied again at the next
// request after the sign-out: the visitor signs out, and is signed in. So the old
// session is destroyed as soon as the new one is stored, and not before, or a store that
// fails in between signs the visitor out. Copy entry by entry, what you know, in its new
// type.
//
// When not to use it: If the old sessions live for a day, let them: run both for that
// day, each under its own cookie name. When the lifetime of the old sessions is over,
// take the wrapper out.
//
// In Django: not built in. A changed SESSION_ENGINE signs everybody out.
package main

import (
	"cmp"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/alexedwards/scs/v2"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

var (
	user  = sessions.Key[string]("user")
	theme = sessions.Key[string]("theme")
)

// adopt makes a new session of an old one. Whoever has no old cookie costs nothing.
func adopt(old *scs.SessionManager, next http.Handler) http.Handler {
	return old.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, s := r.Context(), sessions.From(r)
		if old.Exists(ctx, "user") {
			s.CycleKey() // the new session begins with rights
			user.Set(s, old.GetString(ctx, "user"))
			if old.Exists(ctx, "theme") {
				theme.Set(s, old.GetString(ctx, "theme"))
			}
			if s.Save() != nil {
				return // the middleware answers, and the old session is as it was
			}
			if err := old.Destroy(ctx); err != nil {
				s.Flush()
				http.Error(w, "Please try again soon.", http.StatusServiceUnavailable)
				return
			}
		}
		next.ServeHTTP(w, r)
	}))
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Migration</title>
<p>{{with .User}}Signed in as {{.}}{{else}}Not signed in{{end}}, theme {{.Theme}}.</p>
<form method="post" action="/signout"><button>Sign out</button></form>
<form method="post" action="/old/signin">
<button>Sign in with the old program</button></form>
</html>`))

func home(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	page.Execute(w, map[string]string{"User": user.Get(s), "Theme": theme.Get(s)})
}

func signOut(w http.ResponseWriter, r *http.Request) {
	sessions.From(r).Flush()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// newServer is the new program. old is the manager as the old program had it.
func newServer(old *scs.SessionManager) (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /signout", signOut)
	site := http.NewCrossOriginProtection().Handler(m.Middleware(adopt(old, mux)))
	return http.MaxBytesHandler(site, 64<<10), nil
}

// oldProgram has visitors from before the move.
func oldProgram(old *scs.SessionManager) http.Handler {
	return old.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		old.Put(r.Context(), "user", "alice")
		old.Put(r.Context(), "theme", "dark")
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}))
}

func main() {
	old := scs.New() // with the store and the cookie name of the old program
	h, err := newServer(old)
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /old/signin", oldProgram(old))
	mux.Handle("/", h)
	fmt.Printf("http://%s/ : sign in with the old program, then sign out.\n",
		l.Addr())
	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
