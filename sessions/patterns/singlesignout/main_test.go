package main

import (
	"net/http"
	"testing"

	"sessionlab/sessions/patterns/internal/browser"
)

// world is a program, its provider, and somebody else who makes tokens.
type world struct {
	site             *browser.Site
	provider, forger *provider
}

func newWorld(t *testing.T) *world {
	p, keys, err := newProvider("http://site.example/provider")
	if err != nil {
		t.Fatal(err)
	}
	forger, _, err := newProvider(p.issuer)
	if err != nil {
		t.Fatal(err)
	}
	h, err := newServer(&server{issuer: p.issuer, keys: keys, exchange: p.exchange})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /provider/authorize", p.authorize)
	mux.Handle("/", h)
	return &world{browser.Serve(t, mux), p, forger}
}

func (w *world) signedIn(t *testing.T) *browser.Visitor {
	t.Helper()
	v := w.site.Visitor()
	if p := v.Post("/signin"); !p.Has("Signed in: alice.") {
		t.Fatal(p.Status, p.Body)
	}
	return v
}

// send plays the provider, which has no cookies.
func (w *world) send(t *testing.T, token string, err error) int {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return w.site.Visitor().Post("/backchannel", "logout_token", token).Status
}

func TestTheProviderEndsAllSessionsOfItsOwn(t *testing.T) {
	w := newWorld(t)
	phone, laptop := w.signedIn(t), w.signedIn(t)
	token, err := w.provider.logoutToken("sid-of-alice")
	if status := w.send(t, token, err); status != http.StatusOK {
		t.Error(status)
	}
	for _, v := range []*browser.Visitor{phone, laptop} {
		if p := v.Get("/"); !p.Has("Signed in: nobody.") {
			t.Error(p.Body)
		}
	}
}

func TestTheSessionsOfOthersGoOn(t *testing.T) {
	w := newWorld(t)
	v := w.signedIn(t)
	token, err := w.provider.logoutToken("sid-of-bob")
	w.send(t, token, err)
	if p := v.Get("/"); !p.Has("Signed in: alice.") {
		t.Error(p.Body)
	}
}

func TestOnlyALogoutTokenOfTheProviderSignsOut(t *testing.T) {
	w := newWorld(t)
	v := w.signedIn(t)
	for name, token := range map[string]func() (string, error){
		"an ID token":              func() (string, error) { return w.provider.exchange("") },
		"one that somebody forged": func() (string, error) { return w.forger.logoutToken("sid-of-alice") },
		"one without a sid":        func() (string, error) { return w.provider.logoutToken("") },
		"nothing":                  func() (string, error) { return "", nil },
	} {
		text, err := token()
		if status := w.send(t, text, err); status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	if p := v.Get("/"); !p.Has("Signed in: alice.") {
		t.Error(p.Body)
	}
}

func TestASignInThatBeganElsewhereIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, query := range []string{"?code=x&state=x", "?code=&state="} {
		if p := w.site.Visitor().Get("/callback" + query); p.Status != http.StatusBadRequest {
			t.Error(query, p.Status, p.Body)
		}
	}
}
