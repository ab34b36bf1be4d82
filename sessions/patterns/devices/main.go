// Devices shows a user where they are signed in, and ends one of these sessions or all.
//
// The trap: A page that names sessions by their keys gives them away to whoever sees the
// page, and an id from a form may be that of somebody else's session. Here sessions are
// named by a short hash, and only those of the user are looked through. A session that
// is ended here is not revived by a request that is under way in it: that one is
// answered with 400.
//
// When not to use it: Sessions in signed cookies cannot be ended from elsewhere. All
// reads every stored session: with hundreds of thousands of them, keep a table of users
// and keys beside. Several servers need one Config.HashSecret, or each names sessions in
// its own way.
//
// In Django: there is no such page, and the table of sessions has no column for the
// user. Changing the password ends all other sessions, by the hash that each of them
// holds.
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

// passwordHashes are of wonderland-2026.
var passwordHashes = map[string]string{"alice": passwordHash, "bob": passwordHash}

// passwordHash is of wonderland-2026.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$" +
	"8MbScAP7Mm+YQ+ReBb3iZQ$nZ6RwZ1S411bxaDBTiwtrGLgdedvLkAWCsReQ9Cam40"

var (
	user   = sessions.Key[string]("user")
	device = sessions.Key[string]("device")
	since  = sessions.Key[time.Time]("since")
)

type row struct {
	ID, Device, Since string
	This              bool
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Devices</title>
{{range .}}<form method="post" action="/end"><p>{{.Device}}, since {{.Since}}
<button name="id" value="{{.ID}}">End</button>{{if .This}} (this device){{end}}</p>
</form>{{end}}
<form method="post" action="/end"><button name="id" value="all">End all</button></form>
<form method="post" action="/signin">Name (alice, bob) and password:
<input name="name"> <input name="password" type="password"> <button>Sign in</button>
</form></html>
`))

// own calls f with each session of the user, the one of this request among them.
func own(r *http.Request, f func(*sessions.Session) error) error {
	s := sessions.From(r)
	name, ok := user.Lookup(s)
	if !ok {
		return nil
	}
	for other, err := range s.Manager().All(r.Context()) {
		if err == nil && user.Get(other) == name {
			err = f(other)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func home(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	var rows []row
	err := own(r, func(o *sessions.Session) error {
		rows = append(rows, row{o.ID().String(), device.Get(o),
			since.Get(o).Format(time.DateTime), o.Key() == s.Key()})
		return nil
	})
	if err != nil {
		http.Error(w, "Please try again soon.", sessions.Status(err))
		return
	}
	page.Execute(w, rows)
}

func end(w http.ResponseWriter, r *http.Request) {
	s, id := sessions.From(r), r.PostFormValue("id")
	err := own(r, func(o *sessions.Session) error {
		if id != "all" && id != o.ID().String() {
			return nil
		}
		if o.Key() == s.Key() {
			s.Flush() // and its cookie goes
			return nil
		}
		o.Flush()
		return o.Save()
	})
	if err != nil {
		http.Error(w, "Not all were ended. Please try again.", sessions.Status(err))
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func signIn(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("name")
	hash, known := passwordHashes[name]
	ok, err := argon2id.ComparePasswordAndHash(
		r.PostFormValue("password"), cmp.Or(hash, passwordHash))
	if err != nil || !ok || !known {
		http.Error(w, "Wrong name or password.", http.StatusUnprocessableEntity)
		return
	}
	s := sessions.From(r)
	s.CycleKey()
	user.Set(s, name)
	device.Set(s, r.UserAgent()[:min(len(r.UserAgent()), 100)])
	since.Set(s, time.Now())
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func newServer() (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /end", end)
	mux.HandleFunc("POST /signin", signIn)
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
	fmt.Printf("http://%s/ : sign in as alice with wonderland-2026, in two browsers.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
