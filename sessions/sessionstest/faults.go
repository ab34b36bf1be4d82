package sessionstest

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"sessionlab/sessions"
)

var errFault = errors.New("sessionstest: the store is on fire")

// broken has the case's manager run over its engine with a hook; what b.open gives then is
// under its influence too, as long as it fails calls.
func (b *bench) broken(hook func(call string) error) {
	b.t.Helper()
	b.manager(func(c *sessions.Config) { c.Engine = &Faulty{Engine: c.Engine, Hook: hook} })
}

// faultCases are what stays true when a store fails or somebody else is quicker at any step.
var faultCases = []layerCase{
	{"a change of key that fails at any step leaves one key that works", storage, func(t *testing.T, b *bench) {
		var fault func(string) error
		b.broken(func(call string) error { return fault(call) })
		none := func(string) error { return nil }
		for _, call := range []string{"before create", "after create", "before remove", "after remove", "before load"} {
			fault = none
			key := b.stored("a", 1)
			s := b.open(key)
			s.CycleKey()
			s.Set("user", "ann")
			get(s, "a")
			fault = FailAt(call, errFault)
			err := s.Save()
			fault = none
			if alive := b.open(key); err != nil && (get(alive, "a") != 1 || alive.Has("user")) {
				t.Errorf("%s: refused with %v, and the old key holds %v", call, err, alive.Keys())
			}
			if moved := b.open(s.Key()); err == nil && (b.open(key).Has("a") || get(moved, "a") != 1 || !moved.Has("user")) {
				t.Errorf("%s: saved, and the new key holds %v", call, moved.Keys())
			}
		}
	}},
	{"a sign-out at any step of another request is final", storage, func(t *testing.T, b *bench) {
		var pause string
		var meanwhile func()
		b.broken(func(call string) error {
			if call == pause {
				pause = "" // what happens meanwhile is not paused
				meanwhile()
			}
			return nil
		})
		for name, change := range map[string]func(*sessions.Session){
			"an update":       func(s *sessions.Session) { sessions.Key[int]("n").Update(s, func(n int) int { return n + 1 }) },
			"a change of key": func(s *sessions.Session) { s.CycleKey() },
			"emptying":        func(s *sessions.Session) { s.Clear() },
			"a renewal":       func(s *sessions.Session) { s.MarkModified() },
		} {
			for _, step := range []string{
				"before load", "after load", "before create", "after create", "before replace", "after replace", "before remove",
			} {
				key := b.stored("user", "ann", "n", 1)
				meanwhile = func() {
					out := b.open(key)
					out.Flush()
					b.save(out)
				}
				pause = step
				s := b.open(key)
				change(s)
				err := s.Save()
				if pause != "" { // this change does not come by this step
					continue
				}
				if b.open(key).Has("user") {
					t.Errorf("%s, %s: the ended session is back", name, step)
				}
				if err == nil && s.Key() != "" && step != "after replace" && b.open(s.Key()).Has("user") {
					t.Errorf("%s, %s: its data live on under another key", name, step)
				}
			}
		}
	}},
	{"a store that fails is neither a success nor a sign-out", 0, func(t *testing.T, b *bench) {
		fault := func(string) error { return nil }
		ts := b.server(func(s *sessions.Session, w http.ResponseWriter, r *http.Request) {
			act(s, w, r)
			w.Header().Set("Location", "/next")
			w.WriteHeader(http.StatusSeeOther)
			io.WriteString(w, "a page")
		}, func(c *sessions.Config) {
			c.Engine = &Faulty{Engine: c.Engine, Hook: func(step string) error { return fault(step) }}
		})
		key := b.stored("a", 1)
		for call, path := range map[string]string{
			"before load": "/read", "after load": "/set", "before replace": "/set", "before create": "/cycle",
			"before delete": "/flush", "before remove": "/clear",
		} {
			fault = FailAt(call, errFault)
			r := b.visit(ts, path, key)
			fault = func(string) error { return nil }
			if r.status != http.StatusServiceUnavailable || r.cookie != nil || r.header.Get("Location") != "" ||
				strings.Contains(r.body, "a page") || r.header.Get("Retry-After") == "" {
				t.Errorf("%s fails: %d %v %q", call, r.status, r.header, r.body)
			}
			if s := b.open(key); get(s, "a") != 1 || s.Has("b") {
				t.Errorf("%s failed, and the session holds %v", call, s.Keys())
			}
		}
		fault = FailAt("before create", errFault)
		if r := b.request(ts, "/set", ""); r.status != http.StatusServiceUnavailable || r.cookie != nil {
			t.Errorf("a first save fails: %d, cookie %v", r.status, r.cookie)
		}
	}},
	{"a record that cannot be read is a fresh session, and stays until that stores something", storage, func(t *testing.T, b *bench) {
		ts := b.server(act)
		for name, damaged := range map[string]string{
			"cut": "", "letters": "q9", "HTML": "<html><h1>502</h1></html>", "a list": "[1]", "a number": "1", "null": "null",
			"900 kB": strings.Repeat("x", 900_000), "10,000 lists": strings.Repeat("[", 10_000),
			"other names": `{"a":{"b":`, "an unfit signature": "e30:1r31eq:AAAA",
		} {
			key := b.stored("a", 1, "pad", strings.Repeat("x", 100))
			rec, err := b.m.Config().Engine.Load(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			broken := rec
			if broken.Data = []byte(damaged); name == "cut" {
				broken.Data = rec.Data[:len(rec.Data)/2]
			}
			if broken.Expires.IsZero() {
				broken.Expires = time.Now().Add(time.Hour)
			}
			if _, err := b.m.Config().Engine.Replace(t.Context(), key, rec, broken); err != nil {
				t.Fatal(err)
			}
			told := b.count(sessions.Corrupt)
			if r := b.visit(ts, "/read", key); r.status != 200 || r.cookie != nil {
				t.Errorf("%s: status %d, cookie %v; want 200 and the cookie left alone", name, r.status, r.cookie)
			}
			if got := b.count(sessions.Corrupt) - told; got != 1 {
				t.Errorf("%s: told %d times, want once", name, got)
			}
			if r := b.visit(ts, "/set", key); r.status != 200 || r.cookie == nil || r.cookie.Value == key ||
				get(b.open(r.cookie.Value), "b") != 2 {
				t.Errorf("%s: writing gives %d and the cookie %v, want a new session", name, r.status, r.cookie)
			}
		}
	}},
}
