// Singlesignout ends the sessions here when the user signs out at the OpenID provider.
//
// The trap: The provider's request carries no cookie of the visitor, so the session of
// that request is nobody's, and to flush it ends nothing. Here each session keeps the
// provider's session id (sid), and all sessions with that id end. A second trap: an ID
// token has the same issuer, audience and signature as a logout token, and people leave
// them lying about. So the event claim must be there, and a nonce must not.
//
// When not to use it: With sessions in signed cookies nothing can be ended from
// elsewhere. The front channel (a hidden frame) fails in browsers that block third-party
// cookies. All reads every stored session: if there are many, keep a table of ids and
// keys beside.
//
// In Django: not built in. Ask your OpenID package whether it answers the back
// channel, and whether it ends sessions by sid.
package main

import (
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"html"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

const (
	client = "shop" // our name at the provider
	event  = "http://schemas.openid.net/event/backchannel-logout"
)

// claims is what the provider's tokens say.
type claims struct {
	jwt.Claims
	SID    string         `json:"sid"`
	Nonce  string         `json:"nonce"`
	Events map[string]any `json:"events"`
}

var (
	user  = sessions.Key[string]("user")
	sid   = sessions.Key[string]("sid")
	nonce = sessions.Key[string]("nonce") // of a sign-in that is under way
)

type server struct {
	m        *sessions.Manager
	issuer   string
	keys     jose.JSONWebKeySet // of the issuer, from its jwks_uri
	exchange func(code string) (idToken string, err error)
}

// verify reads a token that the issuer has made for us.
func (a *server) verify(token string) (c claims, err error) {
	t, err := jwt.ParseSigned(token,
		[]jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.EdDSA})
	if err == nil {
		err = t.Claims(&a.keys, &c)
	}
	if err == nil && c.Expiry == nil {
		err = errors.New("no expiry")
	}
	if err == nil {
		err = c.Validate(jwt.Expected{Issuer: a.issuer, AnyAudience: jwt.Audience{client}})
	}
	return c, err
}

func home(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>Single sign-out</title>
<p>Signed in: %s.</p>
<form method="post" action="/signin"><button>Sign in</button></form>
<form method="post" action="/provider/signout"><button>Sign out at the provider</button>
</form></html>`, html.EscapeString(cmp.Or(user.Get(sessions.From(r)), "nobody")))
}

// signIn sends the visitor to the provider, and callback is where they come back to.
func (a *server) signIn(w http.ResponseWriter, r *http.Request) {
	n := rand.Text()
	nonce.Set(sessions.From(r), n)
	http.Redirect(w, r, a.issuer+"/authorize?"+url.Values{
		"client_id": {client}, "response_type": {"code"}, "scope": {"openid"},
		"state": {n}, "nonce": {n}}.Encode(), http.StatusSeeOther)
}

func (a *server) callback(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	n, ok := nonce.Pop(s)
	if !ok || subtle.ConstantTimeCompare([]byte(n), []byte(r.FormValue("state"))) != 1 {
		http.Error(w, "This sign-in did not begin here.", http.StatusBadRequest)
		return
	}
	token, err := a.exchange(r.FormValue("code"))
	var c claims
	if err == nil {
		c, err = a.verify(token)
	}
	if err != nil || c.Nonce != n {
		http.Error(w, "The provider did not confirm this sign-in.", http.StatusBadGateway)
		return
	}
	s.CycleKey()
	user.Set(s, c.Subject)
	sid.Set(s, c.SID)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// backchannel is called by the provider. If it fails, the provider tries again.
func (a *server) backchannel(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	c, err := a.verify(r.PostFormValue("logout_token"))
	if _, ok := c.Events[event]; err != nil || !ok || c.Nonce != "" || c.SID == "" {
		http.Error(w, "This is no logout token with a sid.", http.StatusBadRequest)
		return
	}
	for s, err := range a.m.All(r.Context()) {
		if err == nil && sid.Get(s) == c.SID {
			s.Flush()
			err = s.Save()
		}
		if err != nil {
			http.Error(w, "Not all sessions ended.", http.StatusServiceUnavailable)
			return
		}
	}
}

func newServer(a *server) (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		return nil, err
	}
	a.m = m
	pages, all := http.NewServeMux(), http.NewServeMux()
	pages.HandleFunc("GET /{$}", home)
	pages.HandleFunc("POST /signin", a.signIn)
	pages.HandleFunc("GET /callback", a.callback)
	all.HandleFunc("POST /backchannel", a.backchannel) // no visitor, no session
	all.Handle("/", m.Middleware(pages))
	site := http.NewCrossOriginProtection().Handler(all)
	return http.MaxBytesHandler(site, 64<<10), nil
}

// provider stands in for an OpenID provider at which alice is signed in, so that one can
// try the program alone. Its code for the exchange is the nonce.
type provider struct {
	issuer string
	signer jose.Signer
}

func newProvider(issuer string) (*provider, jose.JSONWebKeySet, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, jose.JSONWebKeySet{}, err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA,
		Key: jose.JSONWebKey{Key: private, KeyID: "1"}}, nil)
	keys := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, KeyID: "1"}}}
	return &provider{issuer, signer}, keys, err
}

func (p *provider) token(c claims) (string, error) {
	end := time.Now().Add(2 * time.Minute)
	c.Issuer, c.Audience, c.Subject = p.issuer, jwt.Audience{client}, "alice"
	c.Expiry = jwt.NewNumericDate(end)
	return jwt.Signed(p.signer).Claims(c).Serialize()
}

func (p *provider) exchange(code string) (string, error) {
	return p.token(claims{SID: "sid-of-alice", Nonce: code})
}

func (p *provider) logoutToken(sid string) (string, error) {
	return p.token(claims{SID: sid, Events: map[string]any{event: struct{}{}}})
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/callback?"+url.Values{"code": {r.FormValue("nonce")},
		"state": {r.FormValue("state")}}.Encode(), http.StatusSeeOther)
}

func (p *provider) signOut(w http.ResponseWriter, r *http.Request) {
	token, err := p.logoutToken("sid-of-alice")
	var answer *http.Response
	if err == nil {
		answer, err = http.PostForm(strings.TrimSuffix(p.issuer, "/provider")+"/backchannel",
			url.Values{"logout_token": {token}})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	answer.Body.Close()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func main() {
	l, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	p, keys, err := newProvider("http://" + l.Addr().String() + "/provider")
	if err != nil {
		log.Fatal(err)
	}
	h, err := newServer(&server{issuer: p.issuer, keys: keys, exchange: p.exchange})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /provider/authorize", p.authorize)
	mux.HandleFunc("POST /provider/signout", p.signOut)
	mux.Handle("/", h)
	fmt.Printf("http://%s/ : sign in with two browsers, sign out with one.\n",
		l.Addr())
	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
