// Signin signs a visitor in under a new session key, so that an old key is worth
// nothing.
//
// The trap: An attacker can give a browser a session cookie before its owner signs in:
// on a shared computer, or from another host of the same domain. If the key stays the
// same at sign-in, the attacker's copy is signed in too (session fixation). CycleKey
// moves the session to a new key, and the record under the old one goes. A second trap
// is the clock: an unknown name has to take as long as a wrong password.
//
// When not to use it: Where another site signs people in (OpenID Connect), there is no
// password here. The new key at the end is needed all the same.
//
// In Django: login() calls cycle_key(), or flush() if somebody else was signed in
// before, and authenticate() hashes a password also for a name that it does not know.
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

	"github.com/alexedwards/argon2id"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

var (
	user   = sessions.Key[string]("user")
	visits = sessions.Key[int]("visits")
)

// hashes has the password wonderland-2026 for alice.
var hashes = map[string]string{"alice": "$argon2id$v=19$m=19456,t=2,p=1$" +
	"8MbScAP7Mm+YQ+ReBb3iZQ$nZ6RwZ1S411bxaDBTiwtrGLgdedvLkAWCsReQ9Cam40"}

// noHash is compared with where a name is unknown, so that it takes as long.
const noHash = "$argon2id$v=19$m=19456,t=2,p=1$" +
	"4Lxre09NrLeo6ahiZuUREA$GXugE/VHwlOvc3MEfbXN5AR7Z9Boe9XfJMIzRh44fPQ"

func correct(name, password string) bool {
	hash, known := hashes[name]
	ok, err := argon2id.ComparePasswordAndHash(password, cmp.Or(hash, noHash))
	return known && ok && err == nil
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Sign-in</title>
<p>{{with .User}}Signed in as {{.}}.{{else}}Not signed in.{{end}} Visit {{.Visits}}.</p>
<p>Session {{.ID}} (a hash of the key)</p>
<form method="post" action="/signin"><input name="name" value="alice" aria-label="Name">
<input name="password" type="password" aria-label="Password">
<button>Sign in</button></form>
<form method="post" action="/signout"><button>Sign out</button></form></html>
`))

func home(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	n := visits.Update(s, func(n int) int { return n + 1 })
	page.Execute(w, map[string]any{"User": user.Get(s), "Visits": n, "ID": s.ID().String()})
}

func signIn(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("name")
	if !correct(name, r.PostFormValue("password")) {
		http.Error(w, "Wrong name or password.", http.StatusUnprocessableEntity)
		return
	}
	s := sessions.From(r)
	if before, ok := user.Lookup(s); ok && before != name {
		s.Flush() // nothing of one person's session is left for another
	}
	s.CycleKey()
	user.Set(s, name)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func signOut(w http.ResponseWriter, r *http.Request) {
	sessions.From(r).Flush()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func newServer() (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /signin", signIn)
	mux.HandleFunc("POST /signout", signOut)
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
	fmt.Printf("http://%s/ : sign in as alice with wonderland-2026; the hash changes.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
