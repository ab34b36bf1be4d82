package main

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sessionlab/sessions/patterns/internal/browser"
)

func visit(t *testing.T) (*browser.Site, *browser.Visitor) {
	h, err := newServer()
	if err != nil {
		t.Fatal(err)
	}
	site := browser.Serve(t, h)
	v := site.Visitor()
	v.Post("/enter", "name", "alice")
	return site, v
}

func open(t *testing.T, site *browser.Site, v *browser.Visitor, origin string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, site.URL+"/socket", &websocket.DialOptions{
		HTTPClient: v.Client(), HTTPHeader: http.Header{"Origin": {origin}}})
	if err == nil {
		t.Cleanup(func() { c.CloseNow() })
	}
	return c, err
}

// say sends a text and returns the answer.
func say(t *testing.T, c *websocket.Conn, text string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		return "", err
	}
	_, answer, err := c.Read(ctx)
	return string(answer), err
}

func TestTheSocketBelongsToTheVisitor(t *testing.T) {
	site, v := visit(t)
	c, err := open(t, site, v, site.URL)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := say(t, c, "hello"); answer != "alice: hello" {
		t.Error(answer, err)
	}
}

func TestAnotherSiteCannotOpenASocket(t *testing.T) {
	site, v := visit(t)
	if _, err := open(t, site, v, "http://evil.example"); err == nil {
		t.Error("it is open, with the visitor's cookies")
	}
}

func TestTheSocketEndsWithTheSession(t *testing.T) {
	site, v := visit(t)
	c, err := open(t, site, v, site.URL)
	if err != nil {
		t.Fatal(err)
	}
	v.Post("/leave")
	answer, err := say(t, c, "hello")
	if websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("after leaving: %q, %v", answer, err)
	}
}

func TestWithoutAnEntryThereIsNoSocket(t *testing.T) {
	site, _ := visit(t)
	if _, err := open(t, site, site.Visitor(), site.URL); err == nil {
		t.Error("it is open")
	}
}
