// Exercise 2, remember me: the starter.
//
// It signs alice in, but does not look at the box “Remember me”. With the box the session
// shall last two weeks, without it until the browser is closed.
//
// Open / and /login/ in a browser.
//
//	go run ./exercise2                            starts it; again after each change
//	go run . exercise 2 http://127.0.0.1:9000/    checks it
//
// It listens on 127.0.0.1:9000, or on the address in its first argument.
package main

import (
	"cmp"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"os"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// accounts has the lab's demo account. How to keep passwords is not part of the exercise.
var accounts = map[string]string{"alice": "wonderland-2026"}

func correct(username, password string) bool {
	want, ok := accounts[username]
	return ok && subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1
}

// user is the entry of the session for the name of who is signed in.
var user = sessions.Key[string]("user")

var form = template.Must(template.New("form").Parse(`<!DOCTYPE html>
<html lang="en"><title>Sign in</title>
<form method="post">
<p>{{.}}</p>
<label>User name <input name="username" autocomplete="username"></label>
<label>Password <input name="password" type="password"></label>
<label><input name="remember" type="checkbox"> Remember me</label>
<button>Sign in</button>
</form></html>
`))

// login shows the form. GET /login/
func login(w http.ResponseWriter, r *http.Request) {
	form.Execute(w, "")
}

// signIn checks the password and signs the visitor in. POST /login/
func signIn(w http.ResponseWriter, r *http.Request) {
	username := r.PostFormValue("username")
	if !correct(username, r.PostFormValue("password")) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		form.Execute(w, "Wrong user name or password.")
		return
	}
	s := sessions.From(r)
	user.Set(s, username)
	// Here: look at the box. r.PostForm.Has("remember") tells whether it is checked.
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// home says who is signed in. GET /
func home(w http.ResponseWriter, r *http.Request) {
	var name *string // null for nobody
	if n, ok := user.Lookup(sessions.From(r)); ok {
		name = &n
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"user": name})
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
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("GET /login/{$}", login)
	mux.HandleFunc("POST /login/{$}", signIn)

	address := cmp.Or(os.Getenv("ADDR"), "127.0.0.1:9000")
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/\n", listener.Addr())
	// Forms from other sites are refused.
	site := http.NewCrossOriginProtection().Handler(mux)
	log.Fatal(http.Serve(listener, manager.Middleware(site)))
}
