// Exercise 5, idle timeout: the starter.
//
// It signs alice in and never signs her out. Sign her out after two seconds without a
// request, and let the sign-in lead back to the page that she asked for.
//
// Open /private/ in a browser.
//
//	go run ./exercise5                            starts it; again after each change
//	go run . exercise 5 http://127.0.0.1:9000/    checks it
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
<form method="post" action="/login/">
<p>{{.Error}}</p>
<input type="hidden" name="next" value="{{.Next}}">
<label>User name <input name="username" autocomplete="username"></label>
<label>Password <input name="password" type="password"></label>
<button>Sign in</button>
</form></html>
`))

type formData struct{ Error, Next string }

// login shows the form. GET /login/?next=PATH
func login(w http.ResponseWriter, r *http.Request) {
	form.Execute(w, formData{Next: r.FormValue("next")})
}

// signIn checks the password, and leads on. POST /login/
func signIn(w http.ResponseWriter, r *http.Request) {
	username, next := r.PostFormValue("username"), r.PostFormValue("next")
	if !correct(username, r.PostFormValue("password")) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		form.Execute(w, formData{"Wrong user name or password.", next})
		return
	}
	s := sessions.From(r)
	s.CycleKey() // whoever knew the key before has nothing
	user.Set(s, username)
	// Here: lead to next, but never to another site.
	http.Redirect(w, r, "/private/", http.StatusSeeOther)
}

// private is a page for those who are signed in. GET /private/
func private(w http.ResponseWriter, r *http.Request) {
	name := user.Get(sessions.From(r))
	if name == "" {
		// Here: say where the sign-in shall lead back to.
		http.Redirect(w, r, "/login/", http.StatusSeeOther)
		return
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
		// Here: end a session that nobody uses.
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /private/{$}", private)
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
