// Fromgorilla is a program that has moved here from gorilla/sessions. Before, it said:
//
//	var store = sessions.NewCookieStore([]byte(os.Getenv("SECRET_KEY")))
//	...
//	s, err := store.Get(r, "sessionid")       // now sessions.From(r), which cannot fail
//	n, _ := s.Values["visit_count"].(int)     // now visits.Get(s): the type stands with the key
//	s.Values["visit_count"] = n + 1           // now visits.Set or visits.Update
//	s.AddFlash("Saved.")                      // now s.AddMessage
//	s.Options.MaxAge = 3600                   // now s.SetExpiry(sessions.After(time.Hour))
//	s.Options.MaxAge = -1                     // now s.Flush()
//	err = s.Save(r, w)                        // now the middleware's, before the first byte
//
// Sessions stay in the cookie, signed in Django's format, and so the cookies of the old program are
// not read: every visitor begins anew on the day of the change. A name of its own for the new
// cookie keeps the two apart while both programs run.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"sessionlab/sessions"
	"sessionlab/sessions/signedcookies"
)

var visits = sessions.Key[int]("visit_count")

func main() {
	engine, err := signedcookies.New(signedcookies.Config{Secret: os.Getenv("SECRET_KEY")})
	if err != nil {
		log.Fatal(err)
	}
	m, err := sessions.New(sessions.Config{Engine: engine})
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		visits.Set(s, visits.Get(s)+1) // a cookie cannot count two requests at once in any case
		fmt.Fprintln(w, "visit", visits.Get(s))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", m.Middleware(http.DefaultServeMux)))
}
