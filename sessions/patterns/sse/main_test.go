package main

import (
	"bufio"
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions/patterns/internal/browser"
)

// visit gives a visitor who has signed in, and the lines of a stream, in a bubble.
func visit(t *testing.T, f func(v *browser.Visitor, lines *bufio.Scanner)) {
	synctest.Test(t, func(t *testing.T) {
		h, err := newServer()
		if err != nil {
			t.Fatal(err)
		}
		site := browser.Serve(t, h)
		v := site.Visitor()
		v.Post("/signin", "password", "wonderland-2026")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, "GET", site.URL+"/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := v.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		f(v, bufio.NewScanner(a.Body))
	})
}

// sees reads until a line comes.
func sees(lines *bufio.Scanner, want string) bool {
	for lines.Scan() {
		if lines.Text() == want {
			return true
		}
	}
	return false
}

func TestTheStreamShowsWhatAnotherTabHasSaved(t *testing.T) {
	visit(t, func(v *browser.Visitor, lines *bufio.Scanner) {
		v.Post("/note", "note", "two\nlines")
		if !sees(lines, `data: "two\nlines"`) {
			t.Error("the stream ended without it")
		}
	})
}

func TestTheStreamOutlivesTheTimeoutOfTheServer(t *testing.T) {
	visit(t, func(v *browser.Visitor, lines *bufio.Scanner) {
		go func() { // a stream that nobody reads is cut, and rightly
			time.Sleep(time.Minute)
			v.Post("/note", "note", "later")
		}()
		if !sees(lines, `data: "later"`) {
			t.Error("the stream was cut:", lines.Err())
		}
	})
}

func TestTheStreamEndsWithTheSession(t *testing.T) {
	visit(t, func(v *browser.Visitor, lines *bufio.Scanner) {
		if !sees(lines, `data: ""`) {
			t.Fatal("no first event")
		}
		v.Post("/signout")
		if !sees(lines, "event: end") {
			t.Error("the stream goes on")
		}
	})
}

func TestWithoutASignInThereIsNoStream(t *testing.T) {
	h, err := newServer()
	if err != nil {
		t.Fatal(err)
	}
	if p := browser.Serve(t, h).Visitor().Get("/stream"); p.Status != http.StatusUnauthorized {
		t.Error(p.Status)
	}
}
