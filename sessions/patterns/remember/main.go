// Remember keeps a visitor signed in when the browser is closed, and notices stolen
// tokens.
//
// The trap: A token that never changes can be stolen and used beside its owner for
// months. Here each use makes a new validator under the same selector. If an old
// validator comes again, two people have the token: the whole family ends, with every
// session that came from it. Only hashes are stored. The former validator is good for
// ten seconds more, since a browser that opens with two tabs sends it twice.
//
// When not to use it: Where signing in once a day is bearable, or where computers are
// shared. If no theft has to be noticed, a session of two weeks (SetExpiry) is simpler.
//
// In Django: not built in. SESSION_COOKIE_AGE keeps everybody for two weeks, and
// request.session.set_expiry(0) those who did not tick the box until the browser closes.
package main

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

const page = `<!DOCTYPE html><html lang="en"><title>Remember me</title>
<p>Signed in: %s.</p>
<form method="post" action="/signin">Password of alice:
<input name="password" type="password"> <button>Sign in and remember me</button></form>
<form method="post" action="/signout"><button>Sign out</button></form></html>`

// passwordHash is of wonderland-2026.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$" +
	"8MbScAP7Mm+YQ+ReBb3iZQ$nZ6RwZ1S411bxaDBTiwtrGLgdedvLkAWCsReQ9Cam40"

// family is all tokens of one sign-in. The key of its record is their selector.
type family struct {
	User        string
	Now, Former [32]byte // hashes of validators
	Renewed     time.Time
}

var (
	user   = sessions.Key[string]("user")
	origin = sessions.Key[string]("family") // the selector that the session came from
	tokens = sessions.Key[family]("tokens") // in the record of a family
)

var errEnded = errors.New("this device is not remembered any more")

// server keeps families in a manager of their own, whose saves compare and swap.
type server struct{ families *sessions.Manager }

// renew stores a new validator, and sends it.
func renew(w http.ResponseWriter, r *http.Request, f *sessions.Session, t family) error {
	validator := rand.Text()
	t.Former, t.Now, t.Renewed = t.Now, sha256.Sum256([]byte(validator)), time.Now()
	tokens.Set(f, t)
	if err := f.Save(); err != nil {
		return err
	}
	setCookie(w, r, f.Key()+"."+validator, 14*24*time.Hour)
	return nil
}

func setCookie(w http.ResponseWriter, r *http.Request, token string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: "remember", Value: token, Path: "/", HttpOnly: true,
		MaxAge: int(age.Seconds()), Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode})
}

// redeem trades a token for its family.
func (a *server) redeem(w http.ResponseWriter, r *http.Request, token string,
) (t family, selector string, err error) {
	selector, validator, _ := strings.Cut(token, ".")
	sum := sha256.Sum256([]byte(validator))
	f := a.families.Open(r.Context(), selector)
	for {
		t, ok := tokens.Lookup(f)
		switch {
		case !ok:
			return t, "", cmp.Or(f.Err(), errEnded)
		case subtle.ConstantTimeCompare(sum[:], t.Now[:]) == 1:
			if err := renew(w, r, f, t); !errors.Is(err, sessions.ErrConflict) {
				return t, selector, err
			}
			f.Reload() // another tab was faster, so it is the former one now
		case subtle.ConstantTimeCompare(sum[:], t.Former[:]) == 1 &&
			time.Since(t.Renewed) < 10*time.Second:
			return t, selector, nil
		default: // stolen
			f.Flush()
			return t, "", cmp.Or(f.Save(), errEnded)
		}
	}
}

// remembered signs a visitor in by the token, and out if the family has ended.
func (a *server) remembered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		var err error
		if user.Has(s) {
			f := a.families.Open(r.Context(), origin.Get(s))
			if !tokens.Has(f) && f.Err() == nil {
				s.Flush()
			}
			err = f.Err()
		}
		if c, none := r.Cookie("remember"); none == nil && !user.Has(s) && err == nil {
			var t family
			var selector string
			if t, selector, err = a.redeem(w, r, c.Value); err == nil {
				begin(s, t.User, selector)
			} else if errors.Is(err, errEnded) {
				setCookie(w, r, "", -time.Second)
				err = nil
			}
		}
		if err != nil {
			http.Error(w, "Please try again soon.", sessions.Status(err))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// begin signs in for as long as the browser is open.
func begin(s *sessions.Session, name, selector string) {
	s.CycleKey()
	user.Set(s, name)
	origin.Set(s, selector)
	s.SetExpiry(sessions.AtBrowserClose)
}

func home(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, page, cmp.Or(user.Get(sessions.From(r)), "nobody"))
}

func (a *server) signIn(w http.ResponseWriter, r *http.Request) {
	ok, err := argon2id.ComparePasswordAndHash(r.PostFormValue("password"), passwordHash)
	if err != nil || !ok {
		http.Error(w, "Wrong password.", http.StatusUnprocessableEntity)
		return
	}
	f := a.families.Open(r.Context(), "")
	if err := renew(w, r, f, family{User: "alice"}); err != nil {
		http.Error(w, "Please try again soon.", sessions.Status(err))
		return
	}
	begin(sessions.From(r), "alice", f.Key())
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *server) signOut(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	f := a.families.Open(r.Context(), origin.Get(s))
	f.Flush()
	if err := f.Save(); err != nil {
		http.Error(w, "You are still signed in. Try again.", sessions.Status(err))
		return
	}
	s.Flush()
	setCookie(w, r, "", -time.Second)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func newServer() (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		return nil, err
	}
	families, err := sessions.New(sessions.Config{
		Engine: cache.NewMemory(cache.MemoryOptions{}), Age: 14 * 24 * time.Hour})
	if err != nil {
		return nil, err
	}
	a := &server{families}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /signin", a.signIn)
	mux.HandleFunc("POST /signout", a.signOut)
	site := http.NewCrossOriginProtection().Handler(m.Middleware(a.remembered(mux)))
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
	fmt.Printf("http://%s/ : use wonderland-2026, then delete the cookie sessionid.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
