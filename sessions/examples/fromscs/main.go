// Fromscs is a program that has moved here from alexedwards/scs. Before, it said:
//
//	m := scs.New()
//	m.Store = memstore.New()
//	m.Lifetime = 14 * 24 * time.Hour
//	m.IdleTimeout = time.Hour
//	m.Cookie.Name = "session"
//	...
//	http.ListenAndServe(addr, m.LoadAndSave(mux))
//
// and in its handlers:
//
//	m.RenewToken(r.Context())                // now s.CycleKey()
//	m.Put(r.Context(), "user", name)         // now user.Set(s, name)
//	m.GetString(r.Context(), "user")         // now user.Get(s)
//	n := m.GetInt(r.Context(), "visit_count")
//	m.Put(r.Context(), "visit_count", n+1)   // now visits.Update: two requests at once count 2
//	m.PopString(r.Context(), "flash")        // now s.AddMessage and s.Messages
//	m.Destroy(r.Context())                   // now s.Flush()
//
// What stands in an scs.Store stays there: scsstore.New makes an engine of it. Its records are gob,
// and this layer reads JSON only, so every visitor begins anew on the day of the change.
package main

import (
	"fmt"
	"log"
	"net/http"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

var (
	user   = sessions.Key[string]("user")
	visits = sessions.Key[int]("visit_count")
)

func main() {
	m, err := sessions.New(sessions.Config{
		Engine:      cache.NewMemory(cache.MemoryOptions{}),
		Age:         14 * 24 * time.Hour,
		IdleTimeout: time.Hour,
		Cookie:      sessions.Cookie{Name: "session"},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		n := visits.Update(s, func(n int) int { return n + 1 })
		fmt.Fprintln(w, "visit", n, user.Get(s))
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.CycleKey()
		user.Set(s, r.FormValue("user"))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		sessions.From(r).Flush()
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", m.Middleware(mux)))
}
