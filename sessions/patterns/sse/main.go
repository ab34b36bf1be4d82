// Sse sends news to the page over server-sent events, for as long as the visitor is
// signed in.
//
// The trap: A stream goes on for hours, and its session is the one that was loaded at
// its beginning: a visitor who has signed out is still shown everything. Here Reload
// looks before each event, and the stream ends with the session. Reload is no use of the
// session, so an open tab keeps no idle session alive. A second trap is the server's
// WriteTimeout, which cuts every stream: its deadline is moved with each event.
//
// When not to use it: For news once a minute, let the page ask. If a stream has to
// change the session, it calls Save itself; the cookie must be there by then.
//
// In Django: StreamingHttpResponse under ASGI. The session middleware saves before the
// stream begins, so the view has to load a session of its own to look again.
package main

import (
	"cmp"
	"encoding/json"
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

// passwordHash is of wonderland-2026.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$" +
	"8MbScAP7Mm+YQ+ReBb3iZQ$nZ6RwZ1S411bxaDBTiwtrGLgdedvLkAWCsReQ9Cam40"

var (
	user = sessions.Key[string]("user")
	note = sessions.Key[string]("note")
)

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Server-sent events</title>
{{if .}}<p>Your note: <output id="note"></output></p><script src="/stream.js"></script>
<form method="post" action="/note"><input name="note"> <button>Save</button></form>
<form method="post" action="/signout"><button>Sign out</button></form>
{{else}}<form method="post" action="/signin">Password of alice:
<input name="password" type="password"> <button>Sign in</button></form>{{end}}</html>
`))

// The browser opens a stream anew that breaks off, unless it is closed.
const script = `const stream = new EventSource("/stream")
stream.onmessage = e => document.getElementById("note").textContent = JSON.parse(e.data)
stream.addEventListener("end", () => { stream.close(); location.reload() })
`

func home(w http.ResponseWriter, r *http.Request) {
	page.Execute(w, user.Has(sessions.From(r)))
}

func save(w http.ResponseWriter, r *http.Request) {
	if s := sessions.From(r); user.Has(s) {
		note.Set(s, r.PostFormValue("note"))
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// stream sends the note every second, from whichever tab it is.
func stream(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	name, ok := user.Lookup(s)
	if !ok {
		http.Error(w, "Sign in first.", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if err := s.Reload(); err != nil {
			return // the store fails; the browser comes back in a few seconds
		}
		control.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if user.Get(s) != name {
			fmt.Fprint(w, "event: end\ndata: signed out\n\n")
			return
		}
		data, _ := json.Marshal(note.Get(s)) // a line break would end the event
		fmt.Fprintf(w, "data: %s\n\n", data)
		if control.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
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
	mux.HandleFunc("POST /note", save)
	mux.HandleFunc("GET /stream", stream)
	mux.HandleFunc("GET /stream.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, script)
	})
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
	fmt.Printf("http://%s/ : sign in with wonderland-2026, and open two tabs.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
