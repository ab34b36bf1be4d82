package sessionstest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sessionlab/sessions"
)

// slowly runs one request with the key, whose handler reads the session and then lets
// something happen before it answers.
func (b *bench) slowly(key string, happens func(), then handler, change ...func(*sessions.Config)) reply {
	b.t.Helper()
	ts := b.server(func(s *sessions.Session, w http.ResponseWriter, r *http.Request) {
		s.Has("a")
		happens()
		if then != nil {
			then(s, w, r)
		}
	}, change...)
	defer ts.Close()
	return b.visit(ts, "/", key)
}

// meanwhileCases are about what else happens while a request is under way, and when its
// answer is an error or has begun.
var meanwhileCases = []layerCase{
	// Answers of 5xx.
	{"nothing is saved after an answer of 5xx, whatever is changed then", 0, func(t *testing.T, b *bench) {
		for name, after := range map[string]func(*sessions.Session){
			"nothing more":      func(*sessions.Session) {},
			"Set":               func(s *sessions.Session) { s.Set("c", 3) },
			"an explicit Save":  func(s *sessions.Session) { s.Set("c", 3); _ = s.Save() },
			"Save alone":        func(s *sessions.Session) { _ = s.Save() },
			"a message":         func(s *sessions.Session) { s.AddMessage(sessions.Error, "that failed") },
			"Clear":             func(s *sessions.Session) { s.Clear() },
			"CycleKey":          func(s *sessions.Session) { s.CycleKey() },
			"Reload, then Set":  func(s *sessions.Session) { _ = s.Reload(); s.Set("c", 3) },
			"Commit, then more": func(s *sessions.Session) { s.Set("c", 3); _ = sessions.Commit(s, 200) },
		} {
			key := b.stored("a", 1)
			r := b.slowly(key, func() {}, func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
				defer after(s)
				s.Set("b", 2)
				w.WriteHeader(http.StatusInternalServerError)
			})
			s := b.open(key)
			if r.status != 500 || r.cookie != nil || s.Has("b") || s.Has("c") || !s.Has("a") || s.Messages() != nil {
				t.Errorf("%s: status %d, cookie %v, stored are %v", name, r.status, r.cookie, s.Keys())
			}
		}
	}},
	{"a change after a page's own commit is not saved with an answer of 5xx", storage, func(t *testing.T, b *bench) {
		key := b.stored("a", 1)
		r := b.slowly(key, func() {}, func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
			s.Set("b", 2)
			if err := sessions.Commit(s, 200); err != nil {
				t.Error(err)
			}
			s.Set("c", 3)
			w.WriteHeader(http.StatusInternalServerError)
		})
		if s := b.open(key); r.status != 500 || !s.Has("b") || s.Has("c") {
			t.Errorf("status %d, stored are %v; want what was committed alone", r.status, s.Keys())
		}
	}},

	// A session that ends or moves while a request that only reads is under way.
	{"a slow read sends no key that is dead by then", storage, func(t *testing.T, b *bench) {
		for name, end := range map[string]func(*sessions.Session){
			"a sign-in":  func(s *sessions.Session) { s.CycleKey() },
			"a sign-out": func(s *sessions.Session) { s.Flush() },
			"emptying":   func(s *sessions.Session) { s.Clear() },
			"expiry":     func(s *sessions.Session) { s.SetExpiry(sessions.At(time.Now().Add(-time.Hour))) },
		} {
			for setting, change := range map[string]func(*sessions.Config){
				"SaveEveryRequest": func(c *sessions.Config) { c.SaveEveryRequest = true },
				"IdleTimeout":      func(c *sessions.Config) { c.IdleTimeout = time.Hour },
				"neither":          func(*sessions.Config) {},
			} {
				b.m = nil
				b.manager(change)
				key := b.stored("a", 1)
				r := b.slowly(key, func() { b.meanwhile(key, end) }, nil)
				if r.status != 200 || r.cookie != nil {
					t.Errorf("%s, %s: status %d, cookie %v; want 200 and none", setting, name, r.status, r.cookie)
				}
				if b.open(key).Has("a") {
					t.Errorf("%s, %s: the old key is good again", setting, name)
				}
			}
		}
	}},
	{"a renewal between two steps of a sign-in sends no cookie", storage, func(t *testing.T, b *bench) {
		// The old key is dead from the first of these on.
		for _, step := range []string{"after replace", "before delete", "after delete"} {
			b.m = nil
			at, happens := "", func() {}
			b.manager(func(c *sessions.Config) {
				c.SaveEveryRequest = true
				c.Engine = &Faulty{Engine: c.Engine, Hook: func(now string) error {
					if now == at {
						at = ""
						happens()
					}
					return nil
				}}
			})
			key := b.stored("a", 1)
			slow, signIn := make(chan bool), make(chan bool)
			answer := make(chan reply, 1)
			ts := b.server(func(s *sessions.Session, _ http.ResponseWriter, _ *http.Request) {
				s.Has("a")
				slow <- true
				<-signIn
			})
			go func() { answer <- b.visit(ts, "/", key) }()
			<-slow
			var r reply
			happens = func() { signIn <- true; r = <-answer } // the slow one ends at this step
			s := b.open(key)
			s.CycleKey()
			s.Set("user", "ann")
			at = step
			b.save(s)
			if at != "" {
				t.Fatalf("a sign-in does not come by the step %q", at)
			}
			alive := b.open(key).Has("a")
			if r.status != 200 || r.cookie != nil {
				t.Errorf("%s: status %d, cookie %v, and its key is good: %t", step, r.status, r.cookie, alive)
			}
			if alive || !b.open(s.Key()).Has("user") {
				t.Errorf("%s: the old key is good: %t, the new one: %t", step, alive, b.open(s.Key()).Has("user"))
			}
		}
	}},
	{"a page that was only read is answered although its session expired meanwhile", storage, func(t *testing.T, b *bench) {
		for setting, change := range map[string]func(*sessions.Config){
			"SaveEveryRequest": func(c *sessions.Config) { c.SaveEveryRequest = true },
			"IdleTimeout":      func(c *sessions.Config) { c.IdleTimeout = time.Hour },
		} {
			b.m = nil
			b.manager(change)
			s := b.open("")
			s.Set("a", 1)
			end := time.Now().Add(100 * time.Millisecond)
			s.SetExpiry(sessions.At(end))
			b.save(s)
			r := b.slowly(s.Key(), func() { time.Sleep(time.Until(end) + time.Millisecond) }, nil)
			if r.status != 200 || r.cookie != nil && r.cookie.MaxAge > 0 {
				t.Errorf("%s: status %d, cookie %v; want 200", setting, r.status, r.cookie)
			}
			if b.open(s.Key()).Has("a") {
				t.Errorf("%s: the expired session is back", setting)
			}
		}
	}},

	// After the first byte.
	{"a sign-out after the first byte is done, whatever follows it", storage, func(t *testing.T, b *bench) {
		for name, more := range map[string]func(*sessions.Session){
			"nothing":      func(*sessions.Session) {},
			"Set":          func(s *sessions.Session) { s.Set("c", 3) },
			"a message":    func(s *sessions.Session) { s.AddMessage(sessions.Info, "bye") },
			"CycleKey":     func(s *sessions.Session) { s.CycleKey() },
			"Clear":        func(s *sessions.Session) { s.Clear() },
			"Save and Set": func(s *sessions.Session) { _ = s.Save(); s.Set("c", 3) },
		} {
			key := b.stored("a", 1)
			created := b.count(sessions.Created)
			r := b.slowly(key, func() {}, func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte("begun"))
				s.Flush()
				more(s)
			})
			if r.status != 200 || b.open(key).Has("a") || b.count(sessions.Created) != created {
				t.Errorf("Flush, then %s: status %d, it is there: %t, %s", name, r.status, b.open(key).Has("a"), b.kinds())
			}
		}
		if b.count(sessions.Failed) == 0 {
			t.Error("no event tells that what followed was not stored")
		}
	}},
	{"a change after the first byte is stored under the key that the client has", storage, func(t *testing.T, b *bench) {
		key := b.stored("a", 1)
		b.slowly(key, func() {}, func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("begun"))
			s.Set("b", 2)
		})
		if get(b.open(key), "b") != 2 {
			t.Error("not stored")
		}
		r := b.slowly("", func() {}, func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("begun"))
			s.Set("b", 2)
			wantIs(t, s.Save(), sessions.ErrLate)
		})
		if r.cookie != nil || b.count(sessions.Created) != 1 {
			t.Errorf("a new session that its client cannot know: %v, %s", r.cookie, b.kinds())
		}
	}},
	{"a first read after the first byte is told", 0, func(t *testing.T, b *bench) {
		ts := b.server(func(s *sessions.Session, w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/early" {
				s.Has("a")
			}
			_, _ = w.Write([]byte("begun"))
			s.Has("a")
			s.Keys()
		})
		for path, want := range map[string]int{"/early": 0, "/late": 1} {
			before := b.count(sessions.ReadLate)
			r := b.visit(ts, path, b.stored("a", 1))
			if got := b.count(sessions.ReadLate) - before; got != want || varies(r) == (want == 1) {
				t.Errorf("%s: told %d times, Vary %v", path, got, r.header["Vary"])
			}
		}
	}},

	// A second save that fails, and a reload.
	{"a key that was saved reaches the client although a later save fails", storage, func(t *testing.T, b *bench) {
		key := b.stored("a", 1)
		var moved string
		r := b.slowly(key, func() {}, func(s *sessions.Session, w http.ResponseWriter, _ *http.Request) {
			s.CycleKey()
			s.Set("user", "ann")
			b.save(s)
			moved = s.Key()
			b.meanwhile(moved, func(s *sessions.Session) { s.Set("user", "bob") })
			s.Set("user", "eve") // a conflict
			w.Header().Set("Location", "/next")
			w.WriteHeader(http.StatusSeeOther)
		})
		if r.status != http.StatusConflict || r.header.Get("Location") != "" || r.cookie == nil || r.cookie.Value != moved {
			t.Errorf("status %d, cookie %v; want 409 with the key that the session has now", r.status, r.cookie)
		}
	}},
	{"a key that is new before a reload reaches the client", storage, func(t *testing.T, b *bench) {
		for name, before := range map[string]func(*sessions.Session){
			"moved": func(s *sessions.Session) { s.CycleKey() },
			"new":   func(s *sessions.Session) { s.Flush() },
		} {
			var moved string
			r := b.slowly(b.stored("a", 1), func() {}, func(s *sessions.Session, _ http.ResponseWriter, _ *http.Request) {
				before(s)
				s.Set("user", "ann")
				b.save(s)
				if err := s.Reload(); err != nil {
					t.Error(err)
				}
				moved = s.Key()
			})
			if r.cookie == nil || r.cookie.Value != moved || !b.open(moved).Has("user") {
				t.Errorf("%s: cookie %v, want the key that the session has now", name, r.cookie)
			}
		}
	}},

	// Several cookies.
	{"a sign-out ends every session that its cookies name, loaded or not", storage, func(t *testing.T, b *bench) {
		for _, path := range []string{"/unread", "/read", "/reloaded", "/saved"} {
			ts := b.server(func(s *sessions.Session, _ http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/read":
					s.Has("a")
				case "/reloaded":
					s.Has("a")
					_ = s.Reload()
				case "/saved":
					s.CycleKey()
					b.save(s)
				}
				s.Flush()
			})
			var keys []string
			for range 3 {
				keys = append(keys, b.stored("a", 1))
			}
			r := b.request(ts, path, "sessionid="+strings.Join(keys, "; sessionid="))
			for i, key := range keys {
				if b.open(key).Has("a") {
					t.Errorf("%s: session %d of 3 is alive", path, i+1)
				}
			}
			if r.cookie == nil || r.cookie.MaxAge >= 0 {
				t.Errorf("%s: cookie %v, want it deleted", path, r.cookie)
			}
		}
	}},
	{"a session is told to have expired only where no other one was found", 0, func(t *testing.T, b *bench) {
		m := b.manager()
		old := m.Open(context.Background(), "")
		old.Set("a", 1)
		end := time.Now().Add(100 * time.Millisecond)
		old.SetExpiry(sessions.At(end))
		b.save(old)
		good := b.stored("a", 2)
		time.Sleep(time.Until(end) + time.Millisecond)
		for cookie, want := range map[string]bool{
			"": false, "sessionid=" + old.Key(): true,
			"sessionid=" + old.Key() + "; sessionid=" + good: false,
			"sessionid=" + good + "; sessionid=" + old.Key(): false,
		} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Cookie"] = []string{cookie}
			m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				s := sessions.From(r)
				if ended := s.Ended(); ended != want && (b.expiredIsTold(old.Key()) || !want) {
					t.Errorf("%.60s...: Ended is %t, want %t", cookie, ended, want)
				}
				if has := s.Has("a"); has != strings.Contains(cookie, good) {
					t.Errorf("%.60s...: there is a session: %t", cookie, has)
				}
			})).ServeHTTP(w, r)
		}
	}},
}

// expiredIsTold reports whether the engine still has the expired record, as far as the layer
// can see.
func (b *bench) expiredIsTold(key string) bool { return b.open(key).Ended() }
