package handlers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/sessions"
)

// everything is what a visitor can see: every page in both faces, and the stream.
func (v *visitor) everything() map[string]string {
	v.app.t.Helper()
	all := map[string]string{}
	for _, path := range append(v.app.routes("GET"), "/nothing/", "/debug/pprof/", "/debug/vars", "/metrics", "/lab/get?k=secret") {
		if path == "/events/stream" {
			continue
		}
		for _, accept := range []string{"text/html", "application/json"} {
			r := v.get(path, "Accept", accept)
			all[path+" as "+accept] = fmt.Sprint(r.header, r.body)
		}
	}
	if !v.app.app.debug {
		return all
	}
	ctx, cancel := context.WithTimeout(v.app.t.Context(), 200*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", v.app.URL+"/events/stream?after=0", nil)
	if err != nil {
		v.app.t.Fatal(err)
	}
	res, err := v.Do(req)
	if err != nil {
		v.app.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(bufio.NewReader(res.Body)) // until the time is over
	all["the stream"] = string(text)
	return all
}

func TestAVisitorSeesTheOwnSessionAlone(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		a, b := app.visitor(), app.visitor()
		a.post("/preferences/", "q", "mine of A")
		keys := map[string]bool{}
		for _, do := range []func(){
			func() { b.post("/preferences/", "q", "MARK of B") },
			func() { b.post("/lab/set", "k", "secret", "v", "MARK of B") },
			func() { b.post("/form/step-one/", "full_name", "MARK of B", "email", "mark@example.org") },
			func() { b.post("/methods/", "action", "set", "key", "MARK of B", "value", "1") },
			func() { b.post("/debug/") },
			func() { b.post("/recent/start/") },
			func() { b.get("/counter/") },
			func() { b.get("/account/?MARK") },
			func() { b.get("/MARK/") },
			func() { b.post("/methods/", "action", "cycle") },
			func() { b.get("/theme/", "User-Agent", "MARK of B") },
		} {
			do()
			keys[b.cookie()] = true
		}
		m := app.app.engines.Manager(app.app.engines.Default)
		if page := b.get("/preferences/").body; !strings.Contains(page, "MARK of B") {
			t.Fatal("B does not see the own session: this test sees nothing")
		}
		for where, text := range a.everything() {
			if strings.Contains(text, "MARK") || strings.Contains(text, "mark@example.org") || strings.Contains(text, testSecret) {
				t.Errorf("%s shows A what is B's, or the secret key", where)
			}
			for key := range keys {
				if strings.Contains(text, key) || strings.Contains(text, m.ID(key).String()) {
					t.Errorf("%s shows A a key of B or its short hash", where)
				}
			}
		}
		for key := range keys {
			if logs := app.logs.String(); strings.Contains(logs, key) || strings.Contains(logs, testSecret) || strings.Contains(logs, "MARK of B") {
				t.Error("the log holds a key, the secret, or what a visitor typed")
			}
		}
	})
}

func TestWithoutDebugNothingIsShownOfAnySession(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) { s.Debug, s.SessionCookieSecure = "false", "false" })
	v := app.visitor()
	v.get("/counter/")
	short := app.app.engines.Manager("db").ID(v.cookie()).String()
	for where, text := range v.everything() {
		text = strings.ReplaceAll(text, "sessionid="+v.cookie(), "") // of Set-Cookie
		for _, inside := range []string{`id="hood"`, `id="record"`, `id="source-0"`, short, v.cookie()} {
			if strings.Contains(text, inside) {
				t.Errorf("%s shows %s", where, inside)
			}
		}
	}
	for _, path := range []string{"/debug/", "/debug/pprof/", "/debug/vars", "/events/", "/events/stream", "/lab/get?k=n", "/metrics"} {
		if r := v.get(path); r.status != 404 {
			t.Errorf("GET %s: status %d, want 404", path, r.status)
		}
	}
}

func TestDebugForEverybodyWarnsOnEveryPage(t *testing.T) {
	for addr, want := range map[string]bool{"127.0.0.1:0": false, "0.0.0.0:0": true} {
		app := newTestApp(t, func(s *config.Settings) { s.Addr = addr })
		if got := strings.Contains(app.visitor().get("/cart/").body, "OTHER COMPUTERS CAN REACH THIS SERVER"); got != want {
			t.Errorf("ADDR=%s: the page warns: %t, want %t", addr, got, want)
		}
	}
}

func TestEachEventIsALineOfTheLog(t *testing.T) {
	app := newTestApp(t)
	m := app.app.engines.Manager("db")
	v := app.scripted()
	table := func(query string, args ...any) {
		t.Helper()
		if _, err := app.app.db.W.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	begin := func() { v.wantStatus(v.post("/lab/incr"), 303) }
	for _, step := range []struct {
		kind sessions.EventKind
		do   func()
	}{
		{sessions.Created, begin},
		{sessions.KeyCycled, func() { v.post("/methods/", "action", "cycle") }},
		{sessions.Flushed, func() { v.post("/lab/flush") }},
		{sessions.Unknown, func() { v.get("/cart/", "Cookie", "sessionid="+sessions.NewKey()) }},
		{sessions.Expired, func() {
			begin()
			table("UPDATE django_session SET expire_date = '2001-01-01 00:00:00' WHERE session_key = ?", v.cookie())
			v.get("/cart/")
		}},
		{sessions.Corrupt, func() { // a signature that does not fit
			begin()
			table("UPDATE django_session SET session_data = session_data || 'x' WHERE session_key = ?", v.cookie())
			v.get("/cart/")
		}},
		{sessions.Interrupted, func() {
			begin()
			old := m.Open(t.Context(), v.cookie())
			old.Has("n")
			v.post("/lab/flush")
			old.Set("n", 1)
			if old.Save() == nil {
				t.Error("an ended session was saved")
			}
		}},
		{sessions.Retried, func() { // a conflict that was solved
			begin()
			old := m.Open(t.Context(), v.cookie())
			old.Has("other")
			v.post("/lab/incr")
			old.Set("more", 1)
			if err := old.Save(); err != nil {
				t.Error(err)
			}
		}},
		{sessions.Failed, func() { // a conflict that cannot be
			old := m.Open(t.Context(), v.cookie())
			old.Has("n")
			v.post("/lab/incr")
			old.Set("n", 1)
			if old.Save() == nil {
				t.Error("an update was lost")
			}
		}},
	} {
		what := fmt.Sprintf("event=%s ", step.kind)
		if strings.Contains(string(step.kind), " ") {
			what = fmt.Sprintf("event=%q ", step.kind)
		}
		what = strings.ReplaceAll(what, "event=", "session.event=")
		before := app.count(what)
		step.do()
		if got := app.count(what) - before; got != 1 {
			t.Errorf("%s: %d lines, want 1", step.kind, got)
		}
	}

	before := app.count("msg=session")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 400 {
				m.Open(t.Context(), sessions.NewKey()).Has("n")
			}
		})
	}
	wg.Wait()
	if got := app.count("msg=session") - before; got > 1000 || got < 100 {
		t.Errorf("1,600 made-up keys are %d lines, want a sample", got)
	}
}
