// Websocket talks over a socket that belongs to a session, and ends with it.
//
// The trap: Any site may open a socket to yours, with the visitor's cookies: neither
// CORS nor http.CrossOriginProtection stops it, since the handshake is a GET. So Accept
// compares Origin with Host; do not switch that off. A second trap: the session is that
// of the handshake, hours ago. Here Reload looks before each message is acted on, so
// that leaving in another tab closes the socket.
//
// When not to use it: Where only the server speaks, server-sent events are simpler. A
// socket that sends on its own has to look before it sends as well.
//
// In Django: the package channels. Its AllowedHostsOriginValidator checks the origin,
// and its SessionMiddleware gives the session of the handshake.
package main

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/coder/websocket"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

var user = sessions.Key[string]("user")

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>WebSocket</title>
{{if .}}<form id="say"><input name="text"> <button>Say</button></form><ul id="said"></ul>
<script src="/socket.js"></script>
<form method="post" action="/leave"><button>Leave</button></form>
{{else}}<form method="post" action="/enter">Your name: <input name="name">
<button>Enter</button></form>{{end}}</html>
`))

const script = `const socket = new WebSocket("/socket")
const form = document.getElementById("say")
const add = t => document.getElementById("said").appendChild(
	document.createElement("li")).textContent = t
socket.onmessage = e => add(e.data)
socket.onclose = e => add("closed: " + e.reason)
form.onsubmit = e => { e.preventDefault(); socket.send(form.text.value); form.reset() }
`

func home(w http.ResponseWriter, r *http.Request) {
	page.Execute(w, user.Has(sessions.From(r)))
}

func socket(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	name, ok := user.Lookup(s)
	if !ok {
		http.Error(w, "Enter first.", http.StatusUnauthorized)
		return
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{})
	if err != nil {
		return // it has answered
	}
	defer c.CloseNow()
	c.SetReadLimit(4 << 10)
	for {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Minute)
		_, text, err := c.Read(ctx)
		cancel()
		if err != nil {
			return
		}
		if s.Reload() != nil || user.Get(s) != name {
			c.Close(websocket.StatusPolicyViolation, "you have left")
			return
		}
		ctx, cancel = context.WithTimeout(r.Context(), 10*time.Second)
		err = c.Write(ctx, websocket.MessageText, []byte(name+": "+string(text)))
		cancel()
		if err != nil {
			return
		}
	}
}

// enter needs a name and no password, as the chat is open to everybody.
func enter(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("name")
	if name == "" || len(name) > 30 {
		http.Error(w, "A name has 1 to 30 bytes.", http.StatusUnprocessableEntity)
		return
	}
	s := sessions.From(r)
	s.CycleKey()
	user.Set(s, name)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func leave(w http.ResponseWriter, r *http.Request) {
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
	mux.HandleFunc("GET /socket", socket)
	mux.HandleFunc("GET /socket.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, script)
	})
	mux.HandleFunc("POST /enter", enter)
	mux.HandleFunc("POST /leave", leave)
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
	fmt.Printf("http://%s/ : say something, and leave in a second tab.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
