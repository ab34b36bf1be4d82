// Apitokens lets programs in by tokens, beside the people who come with a session.
//
// The trap: An API that also takes the session cookie can be called by every page that
// the visitor opens, with the visitor's rights, and one that makes sessions fills the
// store with those of programs. Here the API stands outside of the session middleware
// and knows tokens alone. A second trap: tokens that are stored as they are can be used
// by whoever reads the database. Only hashes are kept, so a token is shown once, when it
// is made. A fast hash does: nobody guesses 128 random bits.
//
// When not to use it: A script on your own pages uses the session; a token in a browser
// can be stolen by any script there. For apps of others, use OAuth.
//
// In Django: TokenAuthentication of Django REST framework, beside its
// SessionAuthentication. It stores tokens as they are; django-rest-knox stores hashes.
package main

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"html/template"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// passwordHash is of wonderland-2026.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$" +
	"8MbScAP7Mm+YQ+ReBb3iZQ$nZ6RwZ1S411bxaDBTiwtrGLgdedvLkAWCsReQ9Cam40"

var user = sessions.Key[string]("user")

type token struct {
	Name, User, ID string
	Expires        time.Time
}

// server keeps tokens by their hashes.
type server struct {
	mu     sync.Mutex
	tokens map[[32]byte]token
}

// of returns the tokens of one user.
func (a *server) of(name string) []token {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []token
	for _, t := range a.tokens {
		if t.User == name {
			all = append(all, t)
		}
	}
	return all
}

// api answers programs: curl -H "Authorization: Bearer lab_…" /api/me
func (a *server) api(w http.ResponseWriter, r *http.Request) {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a.mu.Lock() // what is looked up is the hash, so the time it takes tells nothing
	t, known := a.tokens[sha256.Sum256([]byte(text))]
	a.mu.Unlock()
	if !ok || !known || time.Now().After(t.Expires) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "A valid token is needed.", http.StatusUnauthorized)
		return
	}
	fmt.Fprintf(w, "You are %s, by the token %q.\n", t.User, t.Name)
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>API tokens</title>
{{with .New}}<p role="status">Copy it now, it is shown once: <code>{{.}}</code></p>{{end}}
{{if .User}}{{range .Tokens}}<form method="post" action="/revoke"><p>{{.Name}}
<button name="id" value="{{.ID}}">Revoke</button></p></form>{{end}}
<form method="post" action="/tokens"><input name="name" required maxlength="50">
<button>New token</button></form>
{{else}}<form method="post" action="/signin">Password of alice:
<input name="password" type="password"> <button>Sign in</button></form>{{end}}</html>
`))

func (a *server) draw(w http.ResponseWriter, name, fresh string) {
	w.Header().Set("Cache-Control", "no-store")
	page.Execute(w, map[string]any{"User": name, "Tokens": a.of(name), "New": fresh})
}

func (a *server) home(w http.ResponseWriter, r *http.Request) {
	a.draw(w, user.Get(sessions.From(r)), "")
}

// create shows the token in its own answer: a message in the session would store it.
func (a *server) create(w http.ResponseWriter, r *http.Request) {
	name, ok := user.Lookup(sessions.From(r))
	if !ok || len(a.of(name)) >= 20 {
		http.Error(w, "Sign in; 20 tokens are enough.", http.StatusForbidden)
		return
	}
	text := "lab_" + rand.Text()
	a.mu.Lock()
	a.tokens[sha256.Sum256([]byte(text))] = token{
		r.PostFormValue("name"), name, rand.Text(), time.Now().Add(90 * 24 * time.Hour)}
	a.mu.Unlock()
	a.draw(w, name, text)
}

func (a *server) revoke(w http.ResponseWriter, r *http.Request) {
	name, id := user.Get(sessions.From(r)), r.PostFormValue("id")
	a.mu.Lock()
	maps.DeleteFunc(a.tokens, func(_ [32]byte, t token) bool {
		return t.User == name && t.ID == id
	})
	a.mu.Unlock()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func signIn(w http.ResponseWriter, r *http.Request) {
	ok, err := argon2id.ComparePasswordAndHash(r.PostFormValue("password"), passwordHash)
	if err != nil || !ok {
		http.Error(w, "Wrong password.", http.StatusUnprocessableEntity)
		return
	}
	s := sessions.From(r)
	s.CycleKey()
	user.Set(s, "alice")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *server) routes() (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		return nil, err
	}
	pages, all := http.NewServeMux(), http.NewServeMux()
	pages.HandleFunc("GET /{$}", a.home)
	pages.HandleFunc("POST /tokens", a.create)
	pages.HandleFunc("POST /revoke", a.revoke)
	pages.HandleFunc("POST /signin", signIn)
	all.HandleFunc("GET /api/me", a.api)
	all.Handle("/", m.Middleware(pages))
	site := http.NewCrossOriginProtection().Handler(all)
	return http.MaxBytesHandler(site, 64<<10), nil
}

func main() {
	h, err := (&server{tokens: map[[32]byte]token{}}).routes()
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/ : sign in with wonderland-2026, make a token, use curl.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
