package sessionstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sessionlab/sessions"
)

var cookieOctets = regexp.MustCompile(`^[!#-+\--:<-\[\]-~]*$`) // RFC 6265, 4.1.1

// answerCases are about requests as a whole: every way to answer, clients that leave, and
// limits.
var answerCases = []layerCase{
	{"every way to answer saves once, before its first byte", 0, func(t *testing.T, b *bench) {
		stored := func() int { return b.count(sessions.Created) }
		ts := b.server(func(s *sessions.Session, w http.ResponseWriter, r *http.Request) {
			s.Set("b", 2)
			before, c := stored(), http.NewResponseController(w)
			saved := func(what string) {
				if stored() != before+1 {
					t.Errorf("%s: %d saves before the first byte, want 1", what, stored()-before)
				}
			}
			switch r.URL.Path {
			case "/flush":
				c.Flush()
				saved("Flush")
				w.Write([]byte("more"))
			case "/write":
				w.Write([]byte("text"))
				saved("Write")
			case "/readfrom":
				w.(io.ReaderFrom).ReadFrom(strings.NewReader("text"))
				saved("ReadFrom")
			case "/early":
				w.Header().Set("Link", "</style.css>; rel=preload")
				w.WriteHeader(http.StatusEarlyHints)
				if stored() != before {
					t.Error("103 has saved the session")
				}
				w.WriteHeader(http.StatusOK)
				saved("200 after 103")
			case "/204":
				w.WriteHeader(http.StatusNoContent)
			case "/304":
				w.WriteHeader(http.StatusNotModified)
			case "/hijack":
				conn, rw, err := c.Hijack()
				if err != nil {
					t.Errorf("Hijack: %v", err)
					return
				}
				saved("Hijack")
				rw.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n" +
					"Set-Cookie: " + w.Header().Get("Set-Cookie") + "\r\n\r\n")
				rw.Flush()
				conn.Close()
			}
		})
		for _, path := range []string{"/flush", "/write", "/readfrom", "/early", "/204", "/304", "/hijack", "/nothing"} {
			before := stored()
			r := b.request(ts, path, "")
			if r.cookie == nil || get(b.open(r.cookie.Value), "b") != 2 || stored() != before+1 {
				t.Errorf("%s: cookie %v, %d saves; want one, and its cookie", path, r.cookie, stored()-before)
			}
		}
	}},
	{"HEAD is answered with the headers of GET", 0, func(t *testing.T, b *bench) {
		ts := b.server(func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
			s.Has("a")
			w.Header().Set("Content-Type", "text/plain")
			w.Write([]byte("text"))
		})
		var heads []string
		for _, method := range []string{"GET", "HEAD"} {
			res := b.send(ts.URL, method, "sessionid="+b.stored("a", 1))
			res.Header.Del("Date")
			var lines strings.Builder
			res.Header.WriteSubset(&lines, nil)
			heads = append(heads, lines.String())
		}
		if heads[0] != heads[1] || !strings.Contains(heads[0], "Vary: Cookie") {
			t.Errorf("GET:\n%sHEAD:\n%s", heads[0], heads[1])
		}
	}},
	{"who waits after a save holds up nobody", 0, func(t *testing.T, b *bench) {
		saved, release := make(chan struct{}), make(chan struct{})
		ts := b.server(func(s *sessions.Session, _ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/wait" {
				s.Set("slow", 1)
				_ = s.Save()
				close(saved)
				<-release
				return
			}
			act(s, nil, r)
		})
		var letGo sync.Once
		free := func() { letGo.Do(func() { close(release) }) }
		defer free()
		key := b.stored("a", 1)
		var wg sync.WaitGroup
		wg.Go(func() { b.visit(ts, "/wait", key) })
		<-saved
		others := make(chan struct{})
		go func() {
			defer close(others)
			for _, path := range []string{"/read", "/set", "/read"} {
				b.visit(ts, path, key)
				b.visit(ts, path, b.stored("a", 1))
			}
		}()
		select {
		case <-others:
		case <-time.After(10 * time.Second):
			t.Error("other requests wait for one that sleeps")
		}
		free()
		wg.Wait()
		<-others
	}},
	{"a client that hangs up loses nothing that was done", swap, func(t *testing.T, b *bench) {
		var acknowledged atomic.Int32
		var handlers sync.WaitGroup
		handlers.Add(10)
		var begun [10]chan struct{}
		for i := range begun {
			begun[i] = make(chan struct{})
		}
		ts := b.server(func(s *sessions.Session, _ http.ResponseWriter, r *http.Request) {
			if i, err := strconv.Atoi(r.URL.Path[1:]); err == nil {
				defer handlers.Done()
				s.Has("n") // nothing could be loaded for a client that has gone
				close(begun[i])
				<-r.Context().Done()
			}
			sessions.Key[int]("n").Update(s, func(n int) int { return n + 1 })
			if s.Save() == nil {
				acknowledged.Add(1)
			}
		})
		key := b.stored("n", 0)
		inParallel(len(begun), func(i int) {
			ctx, hangUp := context.WithCancel(t.Context())
			defer hangUp()
			go func() { <-begun[i]; hangUp() }()
			req, _ := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("%s/%d", ts.URL, i), nil)
			req.Header.Set("Cookie", "sessionid="+key)
			if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
				res.Body.Close()
			}
		})
		if r := b.visit(ts, "/", key); r.status != 200 {
			t.Errorf("the session is blocked: status %d", r.status)
		}
		handlers.Wait()
		if got := get(b.open(key), "n"); got != int(acknowledged.Load()) || got != 11 {
			t.Errorf("n = %d, %d were saved, want 11", got, acknowledged.Load())
		}
	}},
	{"of two sessions in one request one is used and the other left alone", 0, func(t *testing.T, b *bench) {
		ts := b.server(func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
			var raw json.RawMessage
			s.Get("who", &raw)
			s.Set("used", 1)
			w.Write(raw)
		})
		for range 2 {
			one, two := b.stored("who", 1), b.stored("who", 2, "more", 3)
			r := b.request(ts, "/", "sessionid="+one+"; sessionid="+two)
			if r.status != 200 || r.body != "1" || b.open(two).Has("used") || b.open(r.cookie.Value).Has("more") {
				t.Errorf("status %d, read %q; want the first session and nothing of the second", r.status, r.body)
			}
		}
	}},
	{"a cookie is made of cookie octets and lives 400 days at most", 0, func(t *testing.T, b *bench) {
		ts := b.server(act, func(c *sessions.Config) { c.Age = 10_000 * 24 * time.Hour })
		c := b.request(ts, "/set", "").cookie
		if c == nil || !cookieOctets.MatchString(c.Value) || c.MaxAge != 400*24*3600 {
			t.Errorf("cookie %v", c)
		}
	}},
	{"new sessions can be refused, and old ones go on", 0, func(t *testing.T, b *bench) {
		asked := 0
		ts := b.server(act, func(c *sessions.Config) {
			c.AllowCreate = func(*http.Request) error { asked++; return errors.New("one too many") }
		})
		key := b.stored("a", 1)
		r := b.request(ts, "/set", "")
		if r.status != http.StatusTooManyRequests || r.cookie != nil || r.header.Get("Retry-After") == "" ||
			b.count(sessions.Created) != 1 {
			t.Errorf("a new session: status %d, header %v, events %s", r.status, r.header, b.kinds())
		}
		for _, path := range []string{"/read", "/set", "/cycle"} {
			if r = b.visit(ts, path, key); r.status != 200 {
				t.Errorf("%s: status %d", path, r.status)
			}
			if r.cookie != nil {
				key = r.cookie.Value
			}
		}
		if r := b.request(ts, "/read", ""); r.status != 200 || asked != 1 {
			t.Errorf("status %d, asked %d times; want once, for the new session", r.status, asked)
		}
	}},
	{"a session of 200 kB is kept, and one byte beyond the limit loses nothing", storage, func(t *testing.T, b *bench) {
		s := b.open(b.stored("kept", strings.Repeat("x", 200_000)))
		s.Set("big", strings.Repeat("x", 1<<20-200_000))
		err := s.Save()
		wantIs(t, err, sessions.ErrTooLarge)
		if err != nil && !strings.Contains(err.Error(), "1048576") {
			t.Errorf("%q does not name the limit", err)
		}
		var kept string
		if again := b.open(s.Key()); !again.Get("kept", &kept) || len(kept) != 200_000 || again.Has("big") {
			t.Errorf("%d bytes are left, big is stored: %t", len(kept), again.Has("big"))
		}
	}},
}

// send sends one request and returns the answer's head.
func (b *bench) send(url, method, cookie string) *http.Response {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, url, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Cookie", cookie)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		b.t.Fatal(err)
	}
	res.Body.Close()
	return res
}
