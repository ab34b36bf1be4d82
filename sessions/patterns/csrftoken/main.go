// Csrftoken puts a token into forms, where the cross-origin check is not enough.
//
// The trap: http.CrossOriginProtection goes by the headers Sec-Fetch-Site and Origin. A
// request that has neither is let through, since no browser of today sends it from
// another site. Browsers from before 2020, some apps with a browser inside and proxies
// that drop headers do. There the form needs a secret that only the site's own page has.
// It belongs to one session, is compared in constant time, and an empty one is never
// right: a session without a secret would accept it. It is masked anew on each page, so
// that compression gives nothing away (BREACH).
//
// When not to use it: For the browsers of today the cross-origin check alone does it,
// without a session for everybody who looks at a form. Keep it in any case; nothing here
// helps against a script on your own page.
//
// In Django: CsrfViewMiddleware and {% csrf_token %}, with the secret in a cookie or, by
// CSRF_USE_SESSIONS, in the session. login() makes a new one.
package main

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// secret is deleted at sign-in, beside the call of CycleKey.
var secret = sessions.Key[[]byte]("csrf_secret")

// token makes a text for one form: a mask, and the session's secret under it.
func token(s *sessions.Session) string {
	fresh := make([]byte, 32)
	rand.Read(fresh)
	s.SetDefault(string(secret), fresh) // which another tab may have done
	mask := make([]byte, 32, 64)
	rand.Read(mask)
	return base64.RawURLEncoding.EncodeToString(append(mask, xor(mask, secret.Get(s))...))
}

func xor(a, b []byte) []byte {
	c := make([]byte, len(a))
	subtle.XORBytes(c, a, b)
	return c
}

// genuine reports whether the session's own page made the text.
func genuine(s *sessions.Session, text string) bool {
	b, err := base64.RawURLEncoding.DecodeString(text)
	want := secret.Get(s)
	if err != nil || len(want) != 32 || len(b) != 64 {
		return false
	}
	return subtle.ConstantTimeCompare(xor(b[:32], b[32:]), want) == 1
}

// protect refuses what would change something and has no token, whatever its route.
func protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case "GET", "HEAD", "OPTIONS":
		default:
			text := cmp.Or(r.Header.Get("X-CSRF-Token"), r.PostFormValue("csrf_token"))
			if !genuine(sessions.From(r), text) {
				http.Error(w, "This form is not ours, or too old. Load it again.",
					http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>CSRF token</title>
{{range .Messages}}<p role="status">{{.Text}}</p>{{end}}
<form method="post" action="/send">
<input type="hidden" name="csrf_token" value="{{.Token}}">
<button>Send 100 to Bob</button></form></html>
`))

func home(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	page.Execute(w, map[string]any{"Token": token(s), "Messages": s.Messages()})
}

func send(w http.ResponseWriter, r *http.Request) {
	sessions.From(r).AddMessage(sessions.Success, "Sent.")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func newServer() (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /send", send)
	site := http.NewCrossOriginProtection().Handler(m.Middleware(protect(mux)))
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
	fmt.Printf("http://%s/ : send, then try it with curl and no token.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
