// Mergecart joins the cart of a guest with the saved one when the guest signs in.
//
// The trap: A merge that adds up the two carts counts twice when it is done twice: a
// double click, a second tab, a request that is sent again. Here the larger number of
// each article wins, so that doing it again changes nothing. A second trap: the cart of
// the signed-in user stays in a shared browser. Here the session is flushed at sign-out,
// the saved cart is not.
//
// When not to use it: If guests cannot fill a cart, keep it with the account alone. If
// the guest's cart and the saved one are of different people, ask before you join them.
//
// In Django: not built in. login() keeps the entries of the guest's session under
// the new key, so the view can merge them after it has called login().
package main

import (
	"cmp"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// passwordHash is of wonderland-2026.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$" +
	"8MbScAP7Mm+YQ+ReBb3iZQ$nZ6RwZ1S411bxaDBTiwtrGLgdedvLkAWCsReQ9Cam40"

// cart has how many there are of each article.
type cart map[string]int

// articles are all that there is to buy, and so the most that a cart can hold.
var articles = []string{"tea", "hat", "clock"}

var (
	user  = sessions.Key[string]("user")
	guest = sessions.Key[cart]("cart") // of who is not signed in
)

// shop keeps the carts of those who have an account.
type shop struct {
	mu    sync.Mutex
	saved map[string]cart
}

// change stores what f makes of the cart of name, and returns it.
func (a *shop) change(name string, f func(cart) cart) cart {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.saved[name] = f(a.saved[name])
	return a.saved[name]
}

// join has the larger number of each article, so joining again changes nothing.
func join(a, b cart) cart {
	c := cart{}
	for _, article := range articles {
		if n := max(a[article], b[article]); n > 0 {
			c[article] = n
		}
	}
	return c
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Cart</title><p>{{or .User "Guest"}}: {{.Cart}}</p>
<form method="post" action="/add">{{range .Articles}}
<button name="article" value="{{.}}">Add {{.}}</button>{{end}}</form>
<form method="post" action="/signin">Password of alice:
<input name="password" type="password"> <button>Sign in</button></form>
<form method="post" action="/signout"><button>Sign out</button></form></html>
`))

func (a *shop) home(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	name, c := user.Get(s), guest.Get(s)
	if name != "" {
		c = a.change(name, func(c cart) cart { return c })
	}
	page.Execute(w, map[string]any{"User": name, "Cart": c, "Articles": articles})
}

func (a *shop) add(w http.ResponseWriter, r *http.Request) {
	more := func(c cart) cart {
		c = join(c, nil) // a copy
		if article := r.PostFormValue("article"); slices.Contains(articles, article) {
			c[article]++
		}
		return c
	}
	if name, ok := user.Lookup(sessions.From(r)); ok {
		a.change(name, more)
	} else {
		guest.Update(sessions.From(r), more)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *shop) signIn(w http.ResponseWriter, r *http.Request) {
	ok, err := argon2id.ComparePasswordAndHash(r.PostFormValue("password"), passwordHash)
	if err != nil || !ok {
		http.Error(w, "Wrong password.", http.StatusUnprocessableEntity)
		return
	}
	s := sessions.From(r)
	brought := guest.Get(s)
	a.change("alice", func(c cart) cart { return join(c, brought) })
	guest.Delete(s)
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
	a := &shop{saved: map[string]cart{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("POST /add", a.add)
	mux.HandleFunc("POST /signin", a.signIn)
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
	fmt.Printf("http://%s/ : fill the cart, then sign in with wonderland-2026.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
