package handlers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"sessionlab/handlers/attack"
	"sessionlab/handlers/config"
	"sessionlab/sessions"
)

// letIn are the attacks that succeed by the nature of sessions, on every engine or where the
// cookie is the session.
func letIn(name attack.Name, inCookie bool) bool {
	return name == attack.Hijack || name == attack.Replay && inCookie
}

func offeredOn(name attack.Name, inCookie bool) bool {
	return name != attack.Delete && name != attack.Tamper || inCookie == (name == attack.Tamper)
}

func TestEveryAttackEndsAsItMustAndLeavesTheSessionAlone(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, a *testApp) {
		inCookie := a.app.engines.Default == "signed_cookies"
		v, other := a.scripted(), a.scripted()
		v.want("/counter/", `{"visit_count":1}`)
		other.want("/counter/", `{"visit_count":1}`)
		before := v.cookie()
		for _, one := range attack.Names() {
			want := http.StatusSeeOther
			if !offeredOn(one, inCookie) {
				want = http.StatusBadRequest
			}
			r := v.wantStatus(v.post("/security/try/", "attack", string(one)), want)
			if want == http.StatusSeeOther && !strings.HasPrefix(r.location(), "/security/") {
				t.Errorf("%s leads to %q", one, r.location())
			}
		}
		got := face[securityJSON](v, "/security/").Attacks // of all attacks, not only the last
		for _, one := range attack.Names() {
			o := got[string(one)].Outcome
			if !offeredOn(one, inCookie) {
				continue
			}
			if o == nil || o.Came == "" {
				t.Errorf("%s: nothing is told of it", one)
				continue
			}
			if want := !letIn(one, inCookie); o.Blocked != want {
				t.Errorf("%s: blocked: %t, want %t: %s %s", one, o.Blocked, want, o.Came, o.Told)
			}
			if strings.Contains(o.Told+o.Came, before) {
				t.Errorf("%s shows the key: %s %s", one, o.Came, o.Told)
			}
		}
		if page := v.get("/security/", "Accept", "text/html").body; strings.Contains(page, "must not happen") {
			t.Error("the page says that an attack succeeded")
		}
		if v.cookie() != before && !inCookie { // there the cookie holds the outcomes too
			t.Error("the session has another key now")
		}
		v.want("/counter/", `{"visit_count":2}`)
		other.want("/counter/", `{"visit_count":2}`)
		if a.app.engines.Default == "db" {
			sessionsLeft(t, a, 2)
		}
	})
}

func TestWhatCameBackIsWhatTheAppAnswers(t *testing.T) {
	v := newTestApp(t, func(s *config.Settings) { s.SessionEngine = "file" }).scripted() // it tells expired and unknown apart
	v.want("/counter/", `{"visit_count":1}`)
	v.post("/security/try/", "attack", "all")
	got := face[securityJSON](v, "/security/").Attacks
	const none, unknown = `200 {"value":null}`, "The store has no session under this key"
	for name, want := range map[string][2]string{
		"hijack":    {`200 {"value":1}`, "A record was read from the store"},
		"replay":    {none, unknown},
		"fixation":  {"303 to /login/?next=/account/", unknown},
		"unknown":   {none, unknown},
		"flip":      {none, unknown},
		"forged":    {`403 {"error":"Your browser says that another site sent this form.`, ""},
		"xss":       {"Set-Cookie: sessionid=••••; Path=/; Expires=", ""},
		"oversized": {none, ""},
		"expire":    {none, "The session has expired"},
		"delete":    {none, unknown},
	} {
		o := got[name].Outcome
		if o == nil || !strings.HasPrefix(o.Came, want[0]) || !strings.Contains(o.Told, want[1]) || want[1] == "" && o.Told != "" && name != "xss" {
			t.Errorf("%s: %+v, want %q", name, o, want)
		}
	}
	if o := got["xss"].Outcome; !strings.HasSuffix(o.Came, "; HttpOnly; SameSite=Lax") {
		t.Errorf("xss: %s", o.Came)
	}
}

// The verdict follows what is in force: with HttpOnly off, a script gets the cookie.
func TestAScriptIsLetInWhereHttpOnlyIsOff(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, a *testApp) {
		v := a.scripted()
		v.get("/counter/")
		for _, readable := range []bool{true, false} {
			if v.post("/settings/"); readable {
				v.post("/settings/", "readable", "on")
			}
			v.post("/security/try/", "attack", "xss")
			if o := face[securityJSON](v, "/security/").Attacks["xss"].Outcome; o == nil || o.Blocked == readable {
				t.Errorf("readable %t: %+v", readable, o)
			}
		}
	})
}

// Each engine's session keeps the outcomes of its own, and the page shows all.
func TestOutcomesAreShownForEveryEngine(t *testing.T) {
	v := newTestApp(t).scripted()
	for _, name := range allEngines {
		v.post("/engines/", "engine", name)
		v.get("/counter/")
		v.post("/security/try/", "attack", "replay")
	}
	got := face[securityJSON](v, "/security/")
	var said []string
	for _, e := range got.Attacks["replay"].Engines {
		said = append(said, e.Engine+map[bool]string{true: " blocked", false: " let in"}[e.Blocked])
	}
	want := []string{"db blocked", "file blocked", "cache blocked", "cached_db blocked", "signed_cookies let in"}
	if got.Engine != "signed_cookies" || !slices.Equal(said, want) {
		t.Errorf("on %s: %q, want %q", got.Engine, said, want)
	}
	page := v.get("/security/", "Accept", "text/html").body
	for _, words := range []string{"cached_db: Blocked", "signed_cookies: Let in"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
}

// anyKey is an engine that has a session under every key, and ends none.
type anyKey struct{}

func (anyKey) Load(context.Context, string) (sessions.Record, error) {
	return sessions.Record{Data: []byte(`{"twin": true}`), Expires: time.Now().Add(time.Hour)}, nil
}

func (anyKey) Create(context.Context, sessions.Record) (string, error) { return sessions.NewKey(), nil }

func (anyKey) Replace(_ context.Context, key string, _, _ sessions.Record) (string, error) {
	return key, nil
}

func (anyKey) Delete(context.Context, string) error { return nil }

// A layer that lets attacks through is told of: the verdict is computed, not known.
func TestAWeakLayerIsLetIn(t *testing.T) {
	m, err := sessions.New(sessions.Config{Engine: anyKey{}, Codec: sessions.InsecureUnsigned{}})
	if err != nil {
		t.Fatal(err)
	}
	weak := m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		switch r.URL.Path {
		case "/lab/get":
			var twin any
			s.Get("twin", &twin)
			_ = writeJSON(w, http.StatusOK, map[string]any{"value": twin})
		case "/lab/set":
			s.Set(r.FormValue("k"), r.FormValue("v"))
			w.WriteHeader(http.StatusSeeOther)
		case "/login/":
			w.WriteHeader(http.StatusSeeOther)
		}
	}))
	s := m.Open(t.Context(), sessions.NewKey())
	s.Has("twin")
	lab := attack.Lab{App: weak, Like: httptest.NewRequest("POST", "/security/try/", nil), Session: s}
	for _, name := range attack.Names() {
		if attack.CanTry(s, name) != nil {
			continue
		}
		o, err := lab.Try(name)
		if want := name == attack.Script || name == attack.Oversized; err != nil || o.Blocked != want {
			t.Errorf("%s: %+v, %v, want blocked: %t", name, o, err, want) // HttpOnly and the size are the cookie's
		}
	}
}

// What a visitor was told of an attack is input when it comes back with the session.
func TestOutcomesInTheSessionThatMakeNoSenseAreNotShown(t *testing.T) {
	a := newTestApp(t)
	v := a.scripted()
	v.get("/counter/")
	for _, odd := range []any{"no object", 7, map[string]any{"rm -rf": map[string]any{"came": "<b>"}}, map[string]any{"flip": 1}} {
		s := a.app.engines.Manager("db").Open(t.Context(), v.cookie())
		s.Set("_attacks", odd)
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		for name, one := range face[securityJSON](v, "/security/").Attacks {
			if one.Outcome != nil {
				t.Errorf("%v: %s has an outcome", odd, name)
			}
		}
		v.wantStatus(v.post("/security/try/", "attack", "flip"), http.StatusSeeOther)
		if got := face[securityJSON](v, "/security/").Attacks["flip"].Outcome; got == nil || !got.Blocked {
			t.Errorf("after %v the outcome of flip is not kept", odd)
		}
	}
}

func TestAttacksKeepASignIn(t *testing.T) {
	v := newTestApp(t).scripted()
	v.wantStatus(v.post("/login/", "username", "alice", "password", "wonderland-2026"), http.StatusSeeOther)
	v.wantStatus(v.post("/security/try/", "attack", "all"), http.StatusSeeOther)
	v.wantStatus(v.get("/account/"), http.StatusOK)
}

func TestWithoutASessionThereIsNothingToAttack(t *testing.T) {
	v := newTestApp(t).scripted()
	for name, e := range face[securityJSON](v, "/security/").Attacks {
		if e.Ready {
			t.Errorf("%s is offered", name)
		}
	}
	r := v.wantStatus(v.post("/security/try/", "attack", "flip"), http.StatusBadRequest)
	if r.header["Set-Cookie"] != nil {
		t.Errorf("a cookie was sent: %q", r.header["Set-Cookie"])
	}
	v.want("/counter/", `{"visit_count":1}`)
	v.wantStatus(v.post("/security/try/", "attack", "rm -rf"), http.StatusBadRequest)
}

func TestTheOutcomeIsTheVisitorsOwn(t *testing.T) {
	a := newTestApp(t)
	mine, others := a.scripted(), a.scripted()
	mine.get("/counter/")
	others.get("/counter/")
	mine.post("/security/try/", "attack", "replay")
	if got := face[securityJSON](others, "/security/").Attacks["replay"].Outcome; got != nil {
		t.Errorf("somebody else reads %q", got.Came)
	}
}

func TestTheScriptsFrameMayRunItsScriptAndNothingElse(t *testing.T) {
	r := newTestApp(t).visitor().get("/security/xss/")
	const policy = "sandbox allow-scripts allow-same-origin; default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
	if r.status != http.StatusOK || r.header.Get("Content-Security-Policy") != policy || r.header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("%d %v", r.status, r.header)
	}
	for _, line := range r.header["Set-Cookie"] {
		name, attributes, _ := strings.Cut(line, "=")
		if !strings.Contains(attributes, "; Path=/security/xss/;") || strings.Contains(attributes, "HttpOnly") != (name == "lab_hidden") {
			t.Errorf("Set-Cookie: %s", line)
		}
	}
	a := newTestApp(t, withoutDebug)
	a.visitor().wantStatus(a.visitor().get("/security/xss/"), http.StatusNotFound)
}
