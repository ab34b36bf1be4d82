// Sudo asks for the password again before something dangerous, and remembers that for a
// while.
//
// The trap: Whoever finds an open browser, or steals a session, must not be able to
// delete the account with it. The check has to stand before the action itself: a form
// behind a check, whose POST is not checked, protects nothing. The answer has to grow
// old, and guesses have to be counted, or the page becomes a place to find out the
// password. Here the fifth wrong one ends the session.
//
// When not to use it: Not before what can be undone; people who are asked too often stop
// to think. Against another site that posts a form, the cross-origin check is enough.
// Guesses at the sign-in, which needs no session, are a matter of the pattern ratelimit.
//
// In Django: not built in. The package django-sudo, or a view of your own that
// calls check_password() and keeps the time in the session.
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

const (
	lasts   = 5 * time.Minute
	guesses = 5
)

// passwordHash is of wonderland-2026.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$" +
	"8MbScAP7Mm+YQ+ReBb3iZQ$nZ6RwZ1S411bxaDBTiwtrGLgdedvLkAWCsReQ9Cam40"

var (
	user      = sessions.Key[string]("user")
	confirmed = sessions.Key[time.Time]("confirmed") // when the password was given
	wrong     = sessions.Key[int]("wrong_passwords")
)

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Sudo</title>
{{range .Messages}}<p role="status">{{.Text}}</p>{{end}}
{{if .Ask}}<form method="post">Password of alice: <input name="password" type="password">
<button>Confirm</button></form>
{{else}}<form method="post" action="/delete"><button>Delete the account</button></form>
{{end}}</html>
`))

// sudo lets only those through to next who gave their password a short time ago.
func sudo(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if time.Since(confirmed.Get(sessions.From(r))) > lasts {
			http.Redirect(w, r, "/confirm", http.StatusSeeOther)
			return
		}
		next(w, r)
	}
}

func show(ask bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		ask := ask || !user.Has(s)
		page.Execute(w, map[string]any{"Ask": ask, "Messages": s.Messages()})
	}
}

// confirm checks the password, at sign-in and later. POST / and /confirm
func confirm(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	ok, err := argon2id.ComparePasswordAndHash(r.PostFormValue("password"), passwordHash)
	if err != nil || !ok {
		if wrong.Update(s, func(n int) int { return n + 1 }) >= guesses {
			s.Flush()
		}
		s.AddMessage(sessions.Error, "Wrong password.")
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return
	}
	s.CycleKey() // more rights, a new key
	user.Set(s, "alice")
	confirmed.Set(s, time.Now())
	wrong.Delete(s)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func remove(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	confirmed.Delete(s) // once for each deed
	s.AddMessage(sessions.Success, "The account is deleted.")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func newServer() (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", show(false))
	mux.HandleFunc("POST /{$}", confirm)
	mux.HandleFunc("GET /confirm", show(true))
	mux.HandleFunc("POST /confirm", confirm)
	mux.HandleFunc("POST /delete", sudo(remove))
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
	fmt.Printf("http://%s/ : sign in with wonderland-2026, delete once, and try again.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
