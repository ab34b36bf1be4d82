// Impersonate lets support see the site as a customer does, visibly, for a while, and
// logged.
//
// The trap: If support simply becomes the customer, the session forgets who it really
// is: the log says that the customer did it, and support can change the customer's
// password. Here the session keeps both names. Each page says so, each request is logged
// under both, what only the customer may do is refused, and after 15 minutes it is over.
// The rights are looked up at each request, so that a former member of staff has none.
//
// When not to use it: If support has only to see data, a page of their own is better.
// Ask the customer first, wherever the law or a contract says so.
//
// In Django: not built in. The packages django-hijack and django-impersonate do
// it.
package main

import (
	"cmp"
	"fmt"
	"html/template"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/alexedwards/argon2id"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

const lasts = 15 * time.Minute

// passwordHash is of wonderland-2026, the password of both.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$" +
	"8MbScAP7Mm+YQ+ReBb3iZQ$nZ6RwZ1S411bxaDBTiwtrGLgdedvLkAWCsReQ9Cam40"

// staff says who works here. The others are customers.
var staff = map[string]bool{"alice": true, "bob": false}

// act is whom support acts for.
type act struct {
	For, Reason string
	Until       time.Time
}

var (
	user   = sessions.Key[string]("user") // who signed in; it never changes
	acting = sessions.Key[act]("acting")
)

// who tells whose pages are shown, and who looks at them if that is somebody else.
func who(s *sessions.Session) (name, support string) {
	name = user.Get(s)
	if a := acting.Get(s); staff[name] && time.Now().Before(a.Until) {
		return a.For, name
	}
	return name, ""
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Impersonation</title>
{{with .Support}}<form method="post" action="/stop" role="alert">{{.}} is looking at this
as {{$.Name}}. <button>Stop</button></form>{{end}}
<p>{{with .Name}}Pages of {{.}}.{{else}}Not signed in.{{end}}</p>
<form method="post" action="/act">Act for <input name="for" value="bob"> because of
<input name="reason" required> <button>Begin</button></form>
<form method="post" action="/password"><button>Change the password</button></form>
<form method="post" action="/signin"><input name="name" value="alice">
<input name="password" type="password"> <button>Sign in</button></form></html>
`))

func home(w http.ResponseWriter, r *http.Request) {
	name, support := who(sessions.From(r))
	page.Execute(w, map[string]string{"Name": name, "Support": support})
}

// logged writes every request of support down before it is served.
func logged(audit *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		if name, support := who(s); support != "" {
			audit.Info("impersonation", "support", support, "for", name,
				"reason", acting.Get(s).Reason, "method", r.Method, "path", r.URL.Path)
		}
		next.ServeHTTP(w, r)
	})
}

func begin(w http.ResponseWriter, r *http.Request) {
	s, name := sessions.From(r), r.PostFormValue("for")
	isStaff, known := staff[name]
	if !staff[user.Get(s)] || isStaff || !known || r.PostFormValue("reason") == "" {
		http.Error(w, "Support may act for customers, with a reason.", http.StatusForbidden)
		return
	}
	s.CycleKey()
	acting.Set(s, act{name, r.PostFormValue("reason"), time.Now().Add(lasts)})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func stop(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	acting.Delete(s)
	s.CycleKey()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func password(w http.ResponseWriter, r *http.Request) {
	if _, support := who(sessions.From(r)); support != "" {
		http.Error(w, "Only the customer may do this.", http.StatusForbidden)
		return
	}
	fmt.Fprintln(w, "The form for a new password stands here.")
}

func signIn(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("name")
	_, known := staff[name]
	ok, err := argon2id.ComparePasswordAndHash(r.PostFormValue("password"), passwordHash)
	if err != nil || !ok || !known {
		http.Error(w, "Wrong name or password.", http.StatusUnprocessableEntity)
		return
	}
	s := sessions.From(r)
	s.CycleKey()
	user.Set(s, name)
	acting.Delete(s)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func newServer(audit io.Writer) (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /act", begin)
	mux.HandleFunc("POST /stop", stop)
	mux.HandleFunc("POST /password", password)
	mux.HandleFunc("POST /signin", signIn)
	pages := logged(slog.New(slog.NewJSONHandler(audit, nil)), mux)
	site := http.NewCrossOriginProtection().Handler(m.Middleware(pages))
	return http.MaxBytesHandler(site, 64<<10), nil
}

func main() {
	h, err := newServer(os.Stdout)
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/ : sign in as alice (wonderland-2026), act for bob, see the l.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
