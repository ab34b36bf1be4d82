package main

import (
	"bufio"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"sessionlab/sessions/db"
	"sessionlab/sessions/patterns/internal/browser"
	"sessionlab/sessions/sessionstest/testserver"
)

const (
	python = "/usr/bin/python3" // where Debian's package python3-django is
	secret = "a secret that both sides have 0123456789"
)

// startDjango starts the site and returns its address and its database.
func startDjango(t *testing.T) (address *url.URL, file string) {
	t.Helper()
	if err := exec.Command(python, "-c", "import django").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Django under " + python)
		}
		t.Skip("no Django under " + python + ", install python3-django")
	}
	file = filepath.Join(t.TempDir(), "db.sqlite3")
	cmd := exec.Command(python, "-B", "testdata/site.py")
	cmd.Env = append(os.Environ(), "SECRET_KEY="+secret, "DATABASE="+file)
	cmd.Stderr = t.Output()
	testserver.DieWithUs(cmd, syscall.SIGKILL)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("Django: ", err)
	}
	if address, err = url.Parse(strings.TrimSpace(line)); err != nil {
		t.Fatal(err)
	}
	return address, file
}

// serve starts both sides. Only the proxy is known to visitors.
func serve(t *testing.T) *browser.Site {
	t.Helper()
	django, file := startDjango(t)
	reader, writer, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := db.SQLite(reader, writer, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := newServer(reader, engine, django, secret)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close(); reader.Close(); writer.Close() })
	return browser.Serve(t, h)
}

// post sends one of Django's forms, with the token of its page.
func post(v *browser.Visitor, path string, pairs ...string) browser.Page {
	token := regexp.MustCompile(`csrfmiddlewaretoken" value="(\w+)"`).FindStringSubmatch(v.Get("/").Body)
	if token == nil {
		return browser.Page{Body: "the page of Django has no form"}
	}
	return v.Post(path, append(pairs, "csrfmiddlewaretoken", token[1])...)
}

// One Django is enough for all of it: it takes a second to start.
func TestBothSidesShareOneVisitor(t *testing.T) {
	site := serve(t)
	v := site.Visitor()
	if p := v.Post("/cart/", "article", "tea"); !p.Has("Cart: tea ") || !p.Has("Nobody is") {
		t.Fatal("Go, for a guest:", p.Status, p.Body)
	}
	p := post(v, "/login/", "password", "wonderland-2026")
	if !p.Has("User: alice. Cart: tea.") && !p.Has("User: alice.\nCart: tea.") {
		t.Fatal("Django, after the sign-in:", p.Status, p.Body)
	}
	if p := v.Get("/cart/"); !p.Has("alice is signed in.") {
		t.Error("Go does not know who has signed in at Django:", p.Body)
	}
	if p := v.Post("/cart/", "article", "hat"); !p.Has("Cart: tea hat ") {
		t.Error("Go:", p.Body)
	}
	if p := v.Get("/"); !p.Has("Cart: tea hat.") {
		t.Error("Django does not see what Go has saved:", p.Body)
	}

	t.Run("a new password signs the thief out on the Go side too", func(t *testing.T) {
		thief := site.Visitor() // who knows the old password, on a computer of their own
		post(thief, "/login/", "password", "wonderland-2026")
		if p := thief.Get("/cart/"); !p.Has("alice is") {
			t.Fatal(p.Body)
		}
		post(v, "/password/", "password", "looking-glass-2026")
		if p := thief.Get("/cart/"); p.Has("alice is") {
			t.Error(p.Body)
		}
	})
	t.Run("a sign-out at Django is one on the Go side", func(t *testing.T) {
		post(v, "/login/", "password", "looking-glass-2026")
		if p := v.Get("/cart/"); !p.Has("alice is") {
			t.Fatal(p.Body)
		}
		copied := v.Copy()
		post(v, "/logout/")
		if p := copied.Get("/cart/"); !p.Has("Nobody is") || p.Has("tea") {
			t.Error(p.Body)
		}
	})
}
