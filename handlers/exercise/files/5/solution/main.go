// Exercise 5, idle timeout: a solution.
//
// Whoever sends no request for two seconds is signed out, and the sign-in leads back to
// the page that they asked for.
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
	"net/url"
	"os"
	"strings"
	"time"

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
	http.Redirect(w, r, local(next), http.StatusSeeOther)
}

// local is next if it is a path on this site: anybody can send around a link with a next.
// Browsers take // and /\ for the beginning of another site's address.
func local(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.Contains(next, `\`) {
		return "/private/"
	}
	return next
}

// private is a page for those who are signed in. GET /private/
func private(w http.ResponseWriter, r *http.Request) {
	name := user.Get(sessions.From(r))
	if name == "" {
		next := url.QueryEscape(r.URL.RequestURI()) // quoted, as it may have a query
		http.Redirect(w, r, "/login/?next="+next, http.StatusSeeOther)
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
		// To read the session is to use it. The layer then moves the end of the record
		// and leaves its data alone.
		IdleTimeout: 2 * time.Second,
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
