package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/patterns/internal/browser"
)

// stored makes a session that holds n tickets, and opens it in as many tabs as are wanted.
func stored(t *testing.T, n int) (tab func() *sessions.Session) {
	t.Helper()
	m, err := newManager()
	if err != nil {
		t.Fatal(err)
	}
	s := m.Open(t.Context(), "")
	tickets.Set(s, n)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	return func() *sessions.Session { return m.Open(t.Context(), s.Key()) }
}

func in(t *testing.T, s *sessions.Session) context.Context {
	return sessions.NewContext(t.Context(), s)
}

func TestWhatIsReservedIsThereOnceItIsSaved(t *testing.T) {
	tab := stored(t, 1)
	s := tab()
	if n, err := reserve(in(t, s), 2); n != 3 || err != nil {
		t.Error(n, err)
	}
	if n := tickets.Get(tab()); n != 1 {
		t.Error("it is stored before the save:", n)
	}
	if err := s.Save(); err != nil {
		t.Error(err)
	}
	if n := tickets.Get(tab()); n != 3 {
		t.Error("stored are", n)
	}
}

func TestTwoTabsTogetherGetNoMoreThanFive(t *testing.T) {
	tab := stored(t, 3)
	a, b := tab(), tab()
	for _, s := range []*sessions.Session{a, b} {
		if _, err := reserve(in(t, s), 2); err != nil {
			t.Fatal(err) // each of the two alone would be right
		}
	}
	if err := a.Save(); err != nil {
		t.Error("the first one:", err)
	}
	if err := b.Save(); !errors.Is(err, errSoldOut) {
		t.Error("the second one:", err)
	}
	if n := tickets.Get(tab()); n != 5 {
		t.Error("stored are", n)
	}
}

func TestTheHandlerWithoutAServer(t *testing.T) {
	for n, want := range map[string]int{"1": 303, "3": 409, "-1": 409, "many": 422} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(url.Values{"n": {n}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		post(w, r.WithContext(in(t, stored(t, 3)())))
		if w.Code != want {
			t.Errorf("%s more: %d, want %d", n, w.Code, want)
		}
	}
}

func TestWithoutASessionNothingIsReserved(t *testing.T) {
	if _, err := reserve(t.Context(), 1); err == nil {
		t.Error("it was")
	}
}

// One test with a server and a cookie, for what the middleware does.
func TestTheWholeProgram(t *testing.T) {
	h, err := newServer()
	if err != nil {
		t.Fatal(err)
	}
	v := browser.Serve(t, h).Visitor()
	if p := v.Post("/", "n", "5"); !p.Has("You have 5.") {
		t.Error(p.Status, p.Body)
	}
	if p := v.Post("/", "n", "1"); p.Status != http.StatusConflict {
		t.Error(p.Status, p.Body)
	}
}
