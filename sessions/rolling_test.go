package sessions_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/signedcookies"
)

var errRefused = errors.New("refused by the test")

func clockAgo(seconds int) time.Time {
	return time.Now().Add(-time.Duration(seconds) * time.Second).UTC().Truncate(time.Second)
}

// Two copies of a program over one store, of which one has the new key or codec already.
func TestARollingChangeOfKeyOrCodecSignsNobodyOut(t *testing.T) {
	type shared = func(t *testing.T) func(sessions.Config) sessions.Config
	stored := func(t *testing.T) func(sessions.Config) sessions.Config {
		engine := struct{ sessions.Engine }{memory()}
		return func(c sessions.Config) sessions.Config { c.Engine = engine; return c }
	}
	cookies := func(t *testing.T) func(sessions.Config) sessions.Config {
		return func(c sessions.Config) sessions.Config {
			e, err := signedcookies.New(signedcookies.Config{Secret: c.Secret, Fallbacks: c.Fallbacks})
			must(t, err)
			c.Engine = e
			return c
		}
	}
	for name, c := range map[string]struct {
		over     shared
		old, now sessions.Config
		reads    bool // the copies read each other's records
	}{
		"a new key at once":                     {stored, sessions.Config{Secret: "old secret"}, sessions.Config{Secret: "new secret", Fallbacks: []string{"old secret"}}, false},
		"a new key, a fallback everywhere":      {stored, sessions.Config{Secret: "old secret", Fallbacks: []string{"new secret"}}, sessions.Config{Secret: "new secret", Fallbacks: []string{"old secret"}}, true},
		"from unsigned to signed":               {stored, sessions.Config{Codec: sessions.InsecureUnsigned{}}, sessions.Config{Secret: "new secret"}, false},
		"cookies, a new key at once":            {cookies, sessions.Config{Secret: "old secret"}, sessions.Config{Secret: "new secret", Fallbacks: []string{"old secret"}}, false},
		"cookies, a fallback everywhere before": {cookies, sessions.Config{Secret: "old secret", Fallbacks: []string{"new secret"}}, sessions.Config{Secret: "new secret", Fallbacks: []string{"old secret"}}, true},
	} {
		for _, setting := range []string{"", "SaveEveryRequest", "IdleTimeout"} {
			t.Run(name+" "+setting, func(t *testing.T) {
				over := c.over(t)
				managers := map[string]*sessions.Manager{}
				for who, cfg := range map[string]sessions.Config{"old": c.old, "now": c.now} {
					cfg.SaveEveryRequest = setting == "SaveEveryRequest"
					if setting == "IdleTimeout" {
						cfg.IdleTimeout = time.Hour
					}
					managers[who] = open(t, over(cfg))
				}
				s := managers["now"].Open(t.Context(), "")
				s.Set("a", 1)
				must(t, s.Save())
				v := &visitor{t: t, key: s.Key()}
				if there := v.reads(managers["old"]); there != c.reads || v.key == "" {
					t.Errorf("the old copy reads it: %t; the cookie is now %.8q", there, v.key)
				}
				if !v.reads(managers["now"]) {
					t.Error("signed out by a visit to the old copy")
				}
				if c.reads {
					v.saves(managers["old"], func(s *sessions.Session) { s.Set("b", 2) })
					if !v.reads(managers["now"]) || !managers["now"].Open(t.Context(), v.key).Has("b") {
						t.Error("what the old copy saved is lost")
					}
				}
			})
		}
	}
}

func TestAnUnreadableRecordIsLeftAloneWhenTheVisitorStoresSomething(t *testing.T) {
	engine := struct{ sessions.Engine }{memory()}
	first, second := open(t, sessions.Config{Engine: engine, Secret: "one secret"}), open(t, sessions.Config{Engine: engine, Secret: "another secret"})
	key := saved(t, first, map[string]any{"a": 1})
	h := second.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { sessions.From(r).Set("b", 2) }))
	res := ask(h, "/", "sessionid="+key)
	if len(res.Cookies()) != 1 || res.Cookies()[0].Value == key {
		t.Errorf("Set-Cookie %q, want a new session", res.Header["Set-Cookie"])
	}
	if !first.Open(t.Context(), key).Has("a") {
		t.Error("the record that could not be read is gone")
	}
	h = second.Middleware(http.HandlerFunc(readAndFlush))
	if ask(h, "/flush", "sessionid="+key); first.Open(t.Context(), key).Has("a") {
		t.Error("a sign-out left it alive")
	}
}

// What Python's json module writes, and JSON does not know.
func TestWhatOnlyPythonTakesForJSONIsKeptAndShown(t *testing.T) {
	engine := memory()
	var corrupt int
	m := manager(t, sessions.Config{Engine: engine, Observer: func(_ context.Context, e sessions.Event) {
		if e.Kind == sessions.Corrupt {
			corrupt++
		}
	}})
	const data = `{"nan":NaN,"half":"\ud83d","inf":[-Infinity],"n":1,"deep":{"x":Infinity}}`
	key, err := engine.Create(t.Context(), sessions.Record{Data: []byte(data), Saved: time.Now(), Used: time.Now(), Expires: time.Now().Add(time.Hour)})
	must(t, err)
	s := m.Open(t.Context(), key)
	var shown []string
	for name, raw := range s.Items() {
		shown = append(shown, `"`+name+`":`+string(raw))
	}
	if got := "{" + strings.Join(shown, ",") + "}"; got != data {
		t.Errorf("shown is %s, want %s", got, data)
	}
	var f float64
	if s.Get("nan", &f) || s.Err() != nil || corrupt != 1 {
		t.Errorf("NaN: %v, error %v, %d events; want it absent, with an event", f, s.Err(), corrupt)
	}
	var text string
	if !s.Get("half", &text) || text != "\ufffd" || !s.Has("nan") {
		t.Errorf("half a pair reads as %q", text)
	}
	s.Set("n", 2)
	must(t, s.Save())
	rec, err := engine.Load(t.Context(), key)
	must(t, err)
	if want := strings.Replace(data, `"n":1`, `"n":2`, 1); string(rec.Data) != want {
		t.Errorf("stored again is %s, want %s", rec.Data, want)
	}
	if entries := sessions.Peek(s).Entries; len(entries) != 5 {
		t.Errorf("a panel sees %d entries", len(entries))
	}
}

func TestAManagerNeedsASecretWhereRecordsLeaveTheProcess(t *testing.T) {
	for name, c := range map[string]struct {
		cfg sessions.Config
		ok  bool
	}{
		"private":             {sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})}, true},
		"not private":         {sessions.Config{Engine: struct{ sessions.Engine }{memory()}}, false},
		"a secret":            {sessions.Config{Engine: struct{ sessions.Engine }{memory()}, Secret: "a secret of tests"}, true},
		"the unsafe choice":   {sessions.Config{Engine: struct{ sessions.Engine }{memory()}, Codec: sessions.InsecureUnsigned{}}, true},
		"signed by no signer": {sessions.Config{Engine: memory(), Codec: sessions.Signed{}}, false},
	} {
		if _, err := sessions.New(c.cfg); (err == nil) != c.ok {
			t.Errorf("%s: New says %v", name, err)
		}
	}
}
