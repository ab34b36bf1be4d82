package handlers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"sessionlab/handlers/config"
)

// endless is a body of n bytes that is made while it is read.
type endless struct {
	left int
	text string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && n < e.left {
		n += copy(p[n:min(len(p), e.left)], e.text)
	}
	e.left -= n
	return n, nil
}

func TestBodiesAreBounded(t *testing.T) {
	app := newTestApp(t)
	v := app.scripted()
	v.post("/cart/add/1/")
	before := v.get("/cart/").body
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	part, _ := parts.CreateFormFile("theme", "big.bin")
	_, _ = io.Copy(part, &endless{left: 3 << 20, text: "x"})
	parts.Close()
	const plain, json = "application/x-www-form-urlencoded", "application/json"
	h := app.app.Handler()
	for _, c := range []struct {
		name, kind string
		length     int64 // -1: in chunks, with no length told before
		most       uint64
		body       func() io.Reader
	}{
		{"a form of 12 MB", plain, 12 << 20, 1 << 20, func() io.Reader { return &endless{12 << 20, "theme=dark&"} }},
		{"a form of 12 MB without a length", plain, -1, 4 << 20, func() io.Reader { return &endless{12 << 20, "theme=dark&"} }},
		{"one value of 12 MB without a length", plain, -1, 4 << 20, func() io.Reader { return &endless{12 << 20, "x"} }},
		{"one byte too many", plain, 1<<20 + 1, 1 << 20, func() io.Reader { return &endless{1<<20 + 1, "x"} }},
		{"JSON", json, 1<<20 + 1, 1 << 20, func() io.Reader { return &endless{1<<20 + 1, "["} }},
		{"a file", parts.FormDataContentType(), int64(form.Len()), 1 << 20, func() io.Reader { return bytes.NewReader(form.Bytes()) }},
	} {
		for _, path := range []string{"/theme/", "/login/", "/preferences/", "/methods/"} {
			r := httptest.NewRequest("POST", path, io.NopCloser(c.body()))
			r.ContentLength = c.length
			r.Header.Set("Content-Type", c.kind)
			r.Header.Set("Accept", "application/json")
			r.Header.Set("Cookie", "sessionid="+v.cookie())
			w := httptest.NewRecorder()
			var m0, m1 runtime.MemStats
			runtime.ReadMemStats(&m0)
			h.ServeHTTP(w, r)
			runtime.ReadMemStats(&m1)
			if w.Code != 413 || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("POST %s, %s: status %d, Set-Cookie %q; want 413", path, c.name, w.Code, w.Header().Get("Set-Cookie"))
			}
			if took := m1.TotalAlloc - m0.TotalAlloc; took > c.most {
				t.Errorf("POST %s, %s: took %d bytes of memory, want %d at most", path, c.name, took, c.most)
			}
		}
	}
	if after := v.get("/cart/").body; after != before {
		t.Errorf("the session changed from %s to %s", before, after)
	}
}

// Many requests leave nothing behind: the heap is as large after them as it was before.
// SESSIONLAB_REQUESTS=1000000 makes as many on each engine, in place of 900.
func TestRequestsLeaveNothingBehind(t *testing.T) {
	requests := 900
	if text := os.Getenv("SESSIONLAB_REQUESTS"); text != "" {
		var err error
		if requests, err = strconv.Atoi(text); err != nil || requests < 900 {
			t.Fatalf("SESSIONLAB_REQUESTS=%q: want a number, 900 at least", text)
		}
	}
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.scripted()
		v.post("/theme/", "theme", "dark")
		h, cookie := app.app.Handler(), "sessionid="+v.cookie()
		app.app.log = slog.New(slog.DiscardHandler)
		heap := func(requests int) uint64 {
			for i := range requests {
				method, path := "GET", "/theme/"
				if i%100 == 0 {
					method, path = "POST", "/lab/incr"
				}
				r := httptest.NewRequest(method, path, nil)
				r.Header.Set("Accept", "application/json")
				r.Header.Set("Cookie", cookie)
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, r); w.Code >= 400 {
					t.Fatalf("status %d", w.Code)
				}
			}
			app.app.feed.CatchUp(t.Context())
			var m runtime.MemStats
			runtime.GC()
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before := heap(requests / 3)
		goroutines := runtime.NumGoroutine()
		after := heap(requests)
		if after > before+before/10 {
			t.Errorf("the heap grew from %d to %d bytes in %d requests", before, after, requests)
		}
		t.Logf("%d requests: the heap had %d bytes before them and %d after", requests, before, after)
		if now := runtime.NumGoroutine(); now > goroutines+2 {
			t.Errorf("%d goroutines became %d", goroutines, now)
		}
	})
}

// FuzzForms: whatever is posted to the examples, the answer is none of the server's faults,
// and the session works afterwards.
func FuzzForms(f *testing.F) {
	for _, body := range []string{
		"quantity=2", "quantity=-1", "quantity=99999999999999999999", "quantity=1&quantity=2", "quantity=%", "quantity=%00", "theme=dark&font_size=large&sidebar=on", "q=search", "q=%ff%fe",
		"q=" + strings.Repeat("x", 3000), "&&&=;", "theme=\u202e", "full_name=Ann&email=ann@example.org", "track=go&seats=2&notes=x", "action=set&key=a&value=[1,", "action=get&key=_x",
	} {
		f.Add(body)
	}
	dir := f.TempDir()
	s := &config.Settings{
		Debug: "true", AllowedHosts: []string{"*"}, SecretKey: testSecret, DatabaseURL: "sqlite:" + filepath.Join(dir, "lab.db"), CacheURL: "memory:", SessionEngine: "cache", SessionCookieName: "sessionid",
		SessionCookieAge: 3600, SessionCookiePath: "/", SessionCookieSecure: "auto", SessionFilePath: filepath.Join(dir, "files"),
	}
	app, err := New(context.Background(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { app.Close() })
	h := app.Handler()
	f.Fuzz(func(t *testing.T, body string) {
		jar := ""
		send := func(method, path, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Cookie", jar)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			for _, c := range w.Result().Cookies() {
				if c.Name == "sessionid" {
					jar = c.Name + "=" + c.Value
				}
			}
			return w
		}
		send("POST", "/cart/add/1/", "")
		for _, path := range []string{"/cart/update/1/", "/cart/add/1/", "/preferences/", "/theme/", "/form/step-one/", "/form/step-two/", "/methods/", "/lab/set", "/recent/start/"} {
			if w := send("POST", path, body); w.Code >= 500 {
				t.Errorf("POST %s %q: status %d", path, body, w.Code)
			}
		}
		for _, path := range []string{"/cart/", "/preferences/", "/form/step-one/", "/methods/"} {
			if w := send("GET", path, ""); w.Code != 200 {
				t.Errorf("GET %s after %q: status %d", path, body, w.Code)
			}
		}
	})
}

func TestAFormThatCannotBeReadIsRefused(t *testing.T) {
	app := newTestApp(t)
	v := app.scripted()
	v.post("/cart/add/1/")
	for _, body := range []string{"quantity=%zz", "quantity=2;x=3", "%", "quantity=%"} {
		req, err := http.NewRequest("POST", app.URL+"/cart/update/1/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Accept", "application/json")
		if r := v.send(req); r.status != 400 {
			t.Errorf("%q: status %d %s, want 400", body, r.status, r.body)
		}
	}
	if r := v.do("POST", "/cart/update/1/", url.Values{"quantity": {fmt.Sprint(2)}}); r.status != 303 {
		t.Errorf("a form that can: status %d", r.status)
	}
}
