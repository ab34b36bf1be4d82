// Timeouts ends sessions that nobody uses, and old ones, and warns before.
//
// The trap: The page has to ask how much time is left, and a question that counts as use
// keeps the session alive for ever. Here the answer comes from outside of the
// middleware, by a session that is opened and never saved, so that no clock moves. A
// second trap: without an absolute age, whoever has stolen a cookie can keep it fresh
// for years.
//
// When not to use it: Where nothing is worth stealing, two weeks after the last change,
// the default, annoy nobody. Never make the time shorter than a form takes to fill in.
//
// In Django: neither of the two. SESSION_SAVE_EVERY_REQUEST with a short
// SESSION_COOKIE_AGE is the nearest thing to an idle timeout, and every request of a
// script prolongs it.
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
	idle     = 15 * time.Minute
	absolute = 8 * time.Hour
)

// passwordHash is of wonderland-2026.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$" +
	"8MbScAP7Mm+YQ+ReBb3iZQ$nZ6RwZ1S411bxaDBTiwtrGLgdedvLkAWCsReQ9Cam40"

var user = sessions.Key[string]("user")

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Timeouts</title>
{{if .User}}<p>Signed in as {{.User}}.</p>
<form method="post" action="/stay" id="warning" role="alert" hidden>
You will be signed out in a minute. <button>Stay signed in</button></form>
<script src="/warn.js"></script>
{{else}}{{if .Ended}}<p>You were signed out: the time was over.</p>{{end}}
<form method="post" action="/signin">Password of alice:
<input name="password" type="password"> <button>Sign in</button></form>{{end}}</html>
`))

const script = `setInterval(async () => {
	const answer = await fetch("/left")
	if (!answer.ok) return
	const left = Number(await answer.text())
	document.getElementById("warning").hidden = left > 60
	if (left <= 0) location.reload()
}, 10000)
`

func home(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	_, err := r.Cookie(s.Manager().Config().Cookie.Name) // it outlives the session
	page.Execute(w, map[string]any{"User": user.Get(s), "Ended": err == nil})
}

// left answers with the seconds that are left. It does not go through the middleware.
func left(m *sessions.Manager) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var seconds int
		if c, err := r.Cookie(m.Config().Cookie.Name); err == nil {
			s := m.Open(r.Context(), c.Value)
			if user.Has(s) {
				seconds = int(time.Until(sessions.Peek(s).Ends).Seconds())
			}
			if s.Err() != nil {
				http.Error(w, "nobody knows", sessions.Status(s.Err()))
				return
			}
		}
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprint(w, seconds)
	}
}

// stay uses the session, and that is all.
func stay(w http.ResponseWriter, r *http.Request) {
	user.Get(sessions.From(r))
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
	s.StartAbsoluteAge()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func newServer() (http.Handler, error) {
	m, err := sessions.New(sessions.Config{
		Engine:      cache.NewMemory(cache.MemoryOptions{}),
		IdleTimeout: idle,
		AbsoluteAge: absolute,
	})
	if err != nil {
		return nil, err
	}
	pages, all := http.NewServeMux(), http.NewServeMux()
	pages.HandleFunc("GET /{$}", home)
	pages.HandleFunc("POST /stay", stay)
	pages.HandleFunc("POST /signin", signIn)
	all.HandleFunc("GET /left", left(m))
	all.HandleFunc("GET /warn.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, script)
	})
	all.Handle("/", m.Middleware(pages))
	site := http.NewCrossOriginProtection().Handler(all)
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
	fmt.Printf("http://%s/ : sign in with wonderland-2026, and wait a quarter of an hour.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
