// Migrategorilla moves a program from gorilla/sessions to this layer, and nobody has to
// sign in again.
//
// The trap: gorilla's cookie is the session, so nothing can destroy it: a copy of the
// cookie signs in after the sign-out, for as long as its time stamp is good. Here each
// old cookie is good for one move: its hash is kept until the cookie has expired, and
// two requests at once cannot both win. The old cookie is deleted in the browser as
// well.
//
// When not to use it: If the old cookies live for a day, let them: run both for that
// day. When their lifetime is over, take the wrapper out.
//
// In Django: not built in. A changed SESSION_ENGINE signs everybody out.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	gorilla "github.com/gorilla/sessions"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

const (
	oldName = "session-name"      // of the old cookie
	oldAge  = 30 * 24 * time.Hour // the MaxAge of the old store
)

var user = sessions.Key[string]("user")

// move has the old store, and an engine for the hashes of old cookies.
type move struct {
	old  gorilla.Store
	used sessions.Keyed
}

// mark makes a cookie's move known. It returns sessions.ErrConflict the second time.
func (a *move) mark(r *http.Request) (undo func(), err error) {
	c, err := r.Cookie(oldName)
	if err != nil {
		return nil, err
	}
	raw, err := base64.URLEncoding.DecodeString(c.Value) // one cookie has many spellings
	if err != nil {
		return nil, err
	}
	sum, now := sha256.Sum256(raw), time.Now().UTC()
	key := hex.EncodeToString(sum[:16])
	err = a.used.CreateUnder(r.Context(), key, sessions.Record{
		Data: []byte("moved"), Saved: now, Used: now, Expires: now.Add(oldAge)})
	return func() { a.used.Delete(context.WithoutCancel(r.Context()), key) }, err
}

// adopt makes a new session of an old one.
func (a *move) adopt(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		old, err := a.old.Get(r, oldName)
		name, ok := old.Values["user"].(string)
		if err != nil || !ok {
			next.ServeHTTP(w, r)
			return
		}
		undo, err := a.mark(r)
		if err == nil {
			s := sessions.From(r)
			s.CycleKey() // the new session begins with rights
			user.Set(s, name)
			if s.Save() != nil {
				undo() // the middleware answers
				return
			}
		} else if !errors.Is(err, sessions.ErrConflict) {
			http.Error(w, "Please try again soon.", http.StatusServiceUnavailable)
			return
		}
		old.Options = &gorilla.Options{Path: "/", MaxAge: -1}
		if err := old.Save(r, w); err != nil {
			log.Print("the old cookie stays in the browser: ", err)
		}
		next.ServeHTTP(w, r)
	})
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Migration</title>
<p>{{with .}}Signed in as {{.}}.{{else}}Not signed in.{{end}}</p>
<form method="post" action="/signout"><button>Sign out</button></form>
<form method="post" action="/old/signin">
<button>Sign in with the old program</button></form>
</html>`))

func home(w http.ResponseWriter, r *http.Request) {
	page.Execute(w, user.Get(sessions.From(r)))
}

func signOut(w http.ResponseWriter, r *http.Request) {
	sessions.From(r).Flush()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// oldStore is the store as the old program has it.
func oldStore(key string) gorilla.Store {
	store := gorilla.NewCookieStore([]byte(key))
	store.Options = &gorilla.Options{
		Path: "/", MaxAge: int(oldAge.Seconds()), HttpOnly: true}
	return store
}

// newServer is the new program.
func newServer(old gorilla.Store) (http.Handler, error) {
	engine := cache.NewMemory(cache.MemoryOptions{})
	m, err := sessions.New(sessions.Config{Engine: engine})
	if err != nil {
		return nil, err
	}
	a := &move{old, engine}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /signout", signOut)
	site := http.NewCrossOriginProtection().Handler(m.Middleware(a.adopt(mux)))
	return http.MaxBytesHandler(site, 64<<10), nil
}

// oldProgram has visitors from before the move.
func oldProgram(old gorilla.Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, _ := old.Get(r, oldName) // a new session where the cookie is no good
		s.Values["user"] = "alice"
		if err := s.Save(r, w); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func main() {
	old := oldStore(cmp.Or(os.Getenv("OLD_KEY"), rand.Text()))
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
