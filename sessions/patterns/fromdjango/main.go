// Fromdjango moves a site from Django to Go one URL at a time; both sides read one
// session.
//
// The trap: The entry _auth_user_id alone does not say who is signed in. When a password
// is changed, Django ends the other sessions by the hash of the password that each of
// them holds, and a Go page that does not compare it still lets the thief in. So does
// one that does not ask whether the account is active. A second trap: Django writes the
// whole session back, so its page overwrites what a Go page has stored at the same
// moment. Move all pages that write an entry together.
//
// When not to use it: Where Django's sessions are only in its own cache, give it the db
// engine first. A site of five pages is moved in one night.
//
// In Django: nothing changes. SECRET_KEY and the database stay; behind this proxy set
// SECURE_PROXY_SSL_HEADER if the visitors come over HTTPS.
package main

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/db"

	_ "modernc.org/sqlite"
)

// The entries of Django's own sign-in, and one that both sides use.
var (
	userID   = sessions.Key[string]("_auth_user_id")
	userHash = sessions.Key[string]("_auth_user_hash")
	cart     = sessions.Key[[]string]("cart")
)

type site struct {
	db     *sql.DB
	secret string
}

// user is the name of who is signed in, by the rules of Django's get_user.
func (a *site) user(r *http.Request) (string, error) {
	s := sessions.From(r)
	var name, password string
	err := a.db.QueryRowContext(r.Context(),
		"SELECT username, password FROM auth_user WHERE id = ? AND is_active",
		userID.Get(s)).Scan(&name, &password)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	} else if err != nil {
		return "", fmt.Errorf("the user of a session: %w", err)
	}
	if !hmac.Equal([]byte(sessionHash(a.secret, password)), []byte(userHash.Get(s))) {
		return "", nil // the password was changed since the sign-in
	}
	return name, nil
}

// sessionHash is AbstractBaseUser.get_session_auth_hash of Django 3.1 and later.
func sessionHash(secret, password string) string {
	const salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
	key := sha256.Sum256([]byte(salt + secret))
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(password))
	return hex.EncodeToString(mac.Sum(nil))
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Cart</title>
<p>This page is Go. {{or .User "Nobody"}} is signed in.</p>
<p>Cart: {{range .Cart}}{{.}} {{end}}</p>
<form method="post"><input name="article" required> <button>Add</button></form>
<a href="/">To the pages that are still Django</a></html>
`))

func (a *site) show(w http.ResponseWriter, r *http.Request) {
	name, err := a.user(r)
	if err != nil {
		log.Print(err)
		http.Error(w, "Please try again soon.", http.StatusServiceUnavailable)
		return
	}
	page.Execute(w, map[string]any{"User": name, "Cart": cart.Get(sessions.From(r))})
}

func add(w http.ResponseWriter, r *http.Request) {
	article := r.PostFormValue("article")
	if article == "" || len(article) > 50 {
		http.Error(w, "An article has 1 to 50 bytes.", http.StatusUnprocessableEntity)
		return
	}
	cart.Update(sessions.From(r), func(c []string) []string { return append(c, article) })
	http.Redirect(w, r, "/cart/", http.StatusSeeOther)
}

// open opens Django's database, in WAL mode, which stays with the file and suits Django.
func open(file string) (reader, writer *sql.DB, err error) {
	const options = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_txlock=immediate"
	if reader, err = sql.Open("sqlite", "file:"+file+options); err != nil {
		return nil, nil, err
	}
	if writer, err = sql.Open("sqlite", "file:"+file+options); err != nil {
		return nil, nil, err
	}
	writer.SetMaxOpenConns(1)
	return reader, writer, nil
}

// newServer serves /cart/ itself and has Django serve the rest.
func newServer(
	reader *sql.DB, engine sessions.Engine, django *url.URL, secret string,
) (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: engine, Secret: secret})
	if err != nil {
		return nil, err
	}
	a := &site{reader, secret}
	ours := http.NewServeMux()
	ours.HandleFunc("GET /cart/", a.show)
	ours.HandleFunc("POST /cart/", add)
	mux := http.NewServeMux()
	mux.Handle("/cart/", http.NewCrossOriginProtection().Handler(m.Middleware(ours)))
	mux.Handle("/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(django)
		r.Out.Host = r.In.Host // Django compares it with Origin and Referer
		r.SetXForwarded()
	}})
	return mux, nil
}

func run() error {
	secret, file := os.Getenv("SECRET_KEY"), cmp.Or(os.Getenv("DATABASE"), "db.sqlite3")
	if secret == "" {
		return errors.New("set SECRET_KEY, DATABASE and DJANGO to what your Django has")
	}
	django, err := url.Parse(cmp.Or(os.Getenv("DJANGO"), "http://127.0.0.1:8000"))
	if err != nil {
		return err
	}
	reader, writer, err := open(file)
	if err != nil {
		return err
	}
	engine, err := db.SQLite(reader, writer, db.Options{})
	if err != nil {
		return err
	}
	h, err := newServer(reader, engine, django, secret)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:0"))
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/ : sign in at Django, then see /cart/, which is Go.\n", l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: time.Minute}
	return server.Serve(l)
}

func main() { log.Fatal(run()) }
