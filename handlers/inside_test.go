package handlers

import (
	"html"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sessionlab/handlers/config"
)

type securityJSON struct {
	Checks  []struct{ State, Title, Found string }
	Engine  string
	Attacks map[string]struct {
		Ready   bool
		Outcome *struct {
			Blocked    bool
			Came, Told string
		}
		Engines []struct {
			Engine  string
			Blocked bool
		}
	}
}

func (s securityJSON) check(t *testing.T, title string) (state, found string) {
	t.Helper()
	for _, c := range s.Checks {
		if c.Title == title {
			return c.State, c.Found
		}
	}
	t.Errorf("nothing is said of %q", title)
	return "", ""
}

func TestTheChecklistSaysWhatTheEngineCannotDo(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, a *testApp) {
		v := a.scripted()
		v.get("/counter/")
		got := face[securityJSON](v, "/security/")
		ending, _ := got.check(t, "Ending a session")
		title := "Reading keys from the store"
		if a.app.engines.Default == "signed_cookies" {
			title = "Reading your cookie"
		}
		reading, found := got.check(t, title)
		wantEnding, wantReading := "pass", "warn"
		switch a.app.engines.Default {
		case "signed_cookies":
			wantEnding = "warn"
		case "cache":
			wantReading = "pass"
		default:
			if !strings.Contains(found, "in clear") {
				t.Errorf("it is not said that keys are stored in clear: %q", found)
			}
		}
		if ending != wantEnding || reading != wantReading {
			t.Errorf("ending a session: %s, want %s; reading keys: %s, want %s", ending, wantEnding, reading, wantReading)
		}
	})
}

func TestTheChecklistIsAboutThisVeryRequest(t *testing.T) {
	v := newTestApp(t, func(s *config.Settings) { s.TrustedProxies = []string{"127.0.0.1/32"} }).scripted()
	plain := face[securityJSON](v, "/security/")
	if state, found := plain.check(t, "The connection"); state != "warn" || !strings.Contains(found, "plain HTTP") {
		t.Errorf("over HTTP on this computer: %s, %s", state, found)
	}
	if _, found := plain.check(t, "Your session cookie"); strings.Contains(found, "Secure") || !strings.Contains(found, "HttpOnly; SameSite=Lax") {
		t.Errorf("the cookie over HTTP: %s", found)
	}
	for headers, want := range map[[2]string]string{{"X-Forwarded-Proto", "https"}: "pass", {"X-Forwarded-For", "192.0.2.7"}: "fail"} {
		r := v.get("/security/", "Accept", "application/json", headers[0], headers[1])
		if !strings.Contains(r.body, `"state":"`+want+`","title":"The connection"`) {
			t.Errorf("%s: %s: the connection is not %q: %s", headers[0], headers[1], want, r.body)
		}
	}
}

func TestWithoutDebugSettingsAndChecklistShowNoInternals(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "MARKER-dir")
	v := newTestApp(t, func(s *config.Settings) {
		s.Debug, s.SessionFilePath, s.TrustedProxies, s.SecretKeyFallbacks = "false", dir, []string{"203.0.113.9"}, []string{testSecret + "former"}
	}).visitor()
	for _, path := range []string{"/settings/", "/security/", "/engines/", "/middleware/"} {
		for _, accept := range []string{"text/html", "application/json"} {
			body := v.wantStatus(v.get(path, "Accept", accept), http.StatusOK).body
			for _, internal := range []string{"MARKER", "203.0.113.9", "lab.db", testSecret, "SECRET_KEY\"", "characters)", "TRUSTED_PROXIES\"", "/security/try/", "/security/xss/", "data-cookie"} {
				if strings.Contains(body, internal) {
					t.Errorf("GET %s (%s) shows %q", path, accept, internal)
				}
			}
		}
	}
}

func TestSettingsSayWhatIsInForce(t *testing.T) {
	v := newTestApp(t, func(s *config.Settings) {
		s.SessionCookieAge = 3600
		s.Sources = map[string]string{"SESSION_COOKIE_AGE": "environment"}
	}).scripted()
	got := face[struct {
		Settings map[string]struct{ Value, From string }
	}](v, "/settings/").Settings
	if age := got["SESSION_COOKIE_AGE"]; age.Value != "3600" || age.From != "environment" {
		t.Errorf("SESSION_COOKIE_AGE: %+v", age)
	}
	if key := got["SECRET_KEY"]; key.Value != "set (51 characters)" {
		t.Errorf("SECRET_KEY: %+v", key)
	}
	v.post("/engines/", "engine", "file")
	if page := v.get("/settings/", "Accept", "text/html").body; !strings.Contains(page, "You have chosen file for yourself.") || strings.Contains(page, testSecret) {
		t.Error("the page does not say that another engine was chosen, or shows the key")
	}
}

func TestTheStackIsTheOneOfTheRouter(t *testing.T) { // B-144
	a := newTestApp(t)
	got := face[struct {
		Stack []struct {
			Name    string
			Session bool
		}
	}](a.scripted(), "/middleware/").Stack
	want := append(a.app.outer(), a.app.within()...)
	if len(got) != len(want) {
		t.Fatalf("%d layers, want %d", len(got), len(want))
	}
	for i, l := range want {
		if got[i].Name != l.name || got[i].Session != l.session {
			t.Errorf("layer %d: %+v, want %s", i, got[i], l.name)
		}
	}
}

type debugJSON struct {
	TestKey   string `json:"test_key"`
	Previous  string
	Questions []struct{ State, Title, Found string }
	Session   map[string]any
}

func (d debugJSON) states() string {
	var all []string
	for _, q := range d.Questions {
		all = append(all, q.State)
	}
	return strings.Join(all, " ")
}

func TestTheFourQuestionsAreAnsweredFromTheRequest(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, a *testApp) {
		v := a.scripted()
		if got := face[debugJSON](v, "/debug/"); got.states() != "pass warn warn warn" || got.Session != nil || got.TestKey != "" {
			t.Errorf("a first visit: %+v", got)
		}
		v.wantStatus(v.post("/debug/", "action", "test"), http.StatusSeeOther)
		first := face[debugJSON](v, "/debug/")
		if first.states() != "pass pass pass pass" || !strings.HasPrefix(first.TestKey, "Set at 20") || first.Previous != "" {
			t.Errorf("after the test: %+v", first)
		}
		v.post("/debug/")
		if second := face[debugJSON](v, "/debug/"); second.Previous != first.TestKey || second.TestKey == first.TestKey || second.Session["test_key"] != second.TestKey {
			t.Errorf("after the second test: %+v, want the previous value %q", second, first.TestKey)
		}
	})
}

func TestACookieThatNamesNothingIsTold(t *testing.T) {
	a := newTestApp(t)
	for cookie, want := range map[string]string{"junk": "fail", "abcdefghijklmnopqrstuvwxyz012345": "warn"} {
		v := a.scripted()
		v.setCookie("sessionid", cookie)
		if got := face[debugJSON](v, "/debug/").Questions[1]; got.State != want || !strings.Contains(got.Found, "sessionid") {
			t.Errorf("cookie %s: %+v, want %s", cookie, got, want)
		}
	}
}

func TestTheInspectorCoversHalfOfTheKey(t *testing.T) {
	onEngines(t, serverEngines, func(t *testing.T, a *testApp) {
		v := a.visitor()
		v.post("/debug/")
		key := v.cookie()
		page := v.wantStatus(v.get("/debug/"), http.StatusOK).body
		_, own, _ := strings.Cut(page, `id="inspector"`)
		own, _, _ = strings.Cut(own, "</section>")
		if strings.Contains(own, key) {
			t.Error("the inspector shows the whole key")
		}
		if !strings.Contains(own, key[:16]+"•") || !strings.Contains(own, "&#34;test_key&#34;: &#34;Set at") {
			t.Errorf("the inspector shows neither half of the key nor the decoded data: %s", own)
		}
	})
}

func TestTheInspectorShowsValuesAsTheyAreStored(t *testing.T) {
	a := newTestApp(t)
	v := a.visitor()
	v.post("/debug/")
	s := a.app.engines.Manager("db").Open(t.Context(), v.cookie())
	s.Set("</code><script>\u202e", "<img src=x onerror=alert(1)>\u202e")
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	page := v.get("/debug/").body
	if strings.Contains(page, "<img src=x") || strings.Contains(page, "<script>\u202e") {
		t.Error("a stored value became markup")
	}
	if _, own, _ := strings.Cut(page, `aria-label="Decoded data"`); !strings.Contains(own, `\u202e`) {
		t.Error("the inspector does not show the escape")
	}
}

// The inspector's command is one that works where somebody learns: from the folder of the
// program, with the key on standard input, out of the shell's history.
func TestTheInspectorNamesACommandThatWorks(t *testing.T) {
	for engine, want := range map[string]string{
		"db": "<code>go run . inspect -</code>", "signed_cookies": "<code>go run . inspect --session-engine=signed_cookies -</code>",
		"cache": "where no other program can read it",
	} {
		v := newTestApp(t).visitor()
		v.post("/engines/", "engine", engine)
		v.post("/debug/")
		page := v.get("/debug/").body
		if !strings.Contains(page, want) || strings.Contains(page, "sessionlab inspect KEY") {
			t.Errorf("%s: the page lacks %q", engine, want)
		}
	}
}

// With DEBUG off, no page links to or posts to what is not there.
func TestWithoutDebugNothingIsOfferedThatIsNotThere(t *testing.T) {
	link := regexp.MustCompile(`(href|action)="(/[^"]*)"`)
	a := newTestApp(t, func(s *config.Settings) { s.Debug, s.SessionCookieSecure = "false", "false" })
	v := a.visitor()
	for _, page := range []string{"/", "/engines/", "/settings/", "/middleware/", "/security/"} {
		body := v.wantStatus(v.get(page), http.StatusOK).body
		for _, words := range []string{"measure, and race", "safe attacks", "Attack your own", "while it happens", "Choose an engine", "Choose one for yourself"} {
			if strings.Contains(body, words) {
				t.Errorf("%s offers %q", page, words)
			}
		}
		for _, found := range link.FindAllStringSubmatch(body, -1) {
			path, _, _ := strings.Cut(html.UnescapeString(found[2]), "#")
			method := map[string]string{"href": "GET", "action": "OPTIONS"}[found[1]] // an address that takes POST alone is a 405 for it
			if r := v.do(method, path, nil); r.status == http.StatusNotFound {
				t.Errorf("%s: %s=%q is not there", page, found[1], path)
			}
		}
	}
}

// Whoever is served by signed_cookies has no record in any store, and is told of none.
func TestWithSignedCookiesNoPageSpeaksOfTheVisitorsRecord(t *testing.T) {
	const engine = "signed_cookies"
	v := newTestApp(t, func(s *config.Settings) { s.SessionEngine = engine }).visitor()
	v.post("/debug/")
	v.get("/counter/")
	v.post("/security/try/", "attack", "all")
	for path, section := range map[string]string{"/": "engine", "/security/": "try", "/debug/": "try", "/events/": "events"} {
		_, own, _ := strings.Cut(v.wantStatus(v.get(path), http.StatusOK).body, `id="`+section+`"`)
		own, _, _ = strings.Cut(own, "</section>")
		for _, words := range []string{"a record", "the record", "The record", "the store", "The store", "a <strong>your own"} {
			if strings.Contains(own, words) {
				t.Errorf("%s speaks of %q: %.600s", path, words, own)
			}
		}
	}
	if page := v.get("/").body; strings.Contains(page, "looks the ticket up") || !strings.Contains(page, "checks the signature") {
		t.Error("the home page says that the server looks a record up")
	}
}
