package handlers

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/handlers/speed"
)

// face is what GET path answers as JSON.
func face[T any](v *visitor, path string) (got T) {
	v.app.t.Helper()
	r := v.wantStatus(v.get(path, "Accept", "application/json"), http.StatusOK)
	if err := json.Unmarshal([]byte(r.body), &got); err != nil {
		v.app.t.Fatalf("GET %s: %v in %.300s", path, err, r.body)
	}
	return got
}

type enginesJSON struct {
	Engine  string
	Engines map[string]struct {
		Ready      bool
		HasSession bool `json:"has_session"`
	}
	Running *struct{ Done, Total int }
	Measure *struct {
		Engines map[string]struct {
			Read  float64 `json:"read_us"`
			Save  float64 `json:"save_us"`
			State string
		}
	}
	Race *struct {
		Clicks  int
		Engines map[string]struct {
			Counted, Django int
			State           string
		}
		Plain int `json:"plain_scs"`
	}
}

func TestAVisitorFindsTheSessionAgainWhenComingBackToAnEngine(t *testing.T) {
	v := newTestApp(t).scripted()
	v.want("/counter/", `{"visit_count":1}`)
	v.want("/counter/", `{"visit_count":2}`)
	for _, name := range []string{"file", "cache", "cached_db", "signed_cookies"} {
		v.wantStatus(v.post("/engines/", "engine", name), http.StatusSeeOther)
		if got := face[enginesJSON](v, "/engines/"); got.Engine != name || got.Engines[name].HasSession || !got.Engines["db"].HasSession {
			t.Errorf("after choosing %s: %+v", name, got)
		}
		v.want("/counter/", `{"visit_count":1}`)
	}
	v.wantStatus(v.post("/engines/", "engine", "db"), http.StatusSeeOther)
	v.want("/counter/", `{"visit_count":3}`)
	if got := face[enginesJSON](v, "/engines/"); !got.Engines["signed_cookies"].HasSession || !got.Engines["file"].HasSession {
		t.Errorf("the sessions in the other engines are not found: %+v", got)
	}
}

func TestDataComeAlongToEveryEngine(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, a *testApp) {
		for _, target := range allEngines {
			if target == a.app.engines.Default {
				continue
			}
			v := a.scripted()
			v.want("/counter/", `{"visit_count":1}`)
			v.wantStatus(v.post("/theme/", "theme", "dark"), http.StatusSeeOther)
			r := v.wantStatus(v.post("/engines/", "engine", target, "carry", "1"), http.StatusSeeOther)
			if len(r.header["Set-Cookie"]) < 2 || r.location() != "/engines/" {
				t.Errorf("to %s: %q to %q, want the session's cookie and the choice", target, r.header["Set-Cookie"], r.location())
			}
			if got := face[enginesJSON](v, "/engines/"); got.Engine != target || !got.Engines[target].HasSession {
				t.Errorf("after choosing %s: %+v", target, got)
			}
			v.want("/theme/", `{"theme_preference":"dark"}`)
			v.want("/counter/", `{"visit_count":2}`)
			v.post("/engines/", "engine", a.app.engines.Default)
			v.want("/counter/", `{"visit_count":2}`) // the first session went on where it was left
		}
	})
}

func TestWhatComesAlongTakesThePlaceOfWhatWasThereUnderANewKey(t *testing.T) {
	v := newTestApp(t).scripted()
	v.post("/engines/", "engine", "file")
	v.want("/counter/", `{"visit_count":1}`)
	v.post("/theme/", "theme", "dark")
	v.post("/engines/", "engine", "db")
	for want := range 3 {
		v.want("/counter/", `{"visit_count":`+string(rune('1'+want))+`}`)
	}
	v.post("/engines/", "engine", "file", "carry", "1")
	v.want("/counter/", `{"visit_count":4}`)
	v.want("/theme/", `{"theme_preference":"light"}`)
}

func TestASignInStaysWithTheSessionThatItWasMadeIn(t *testing.T) {
	v := newTestApp(t).scripted()
	v.wantStatus(v.post("/login/", "username", "alice", "password", "wonderland-2026"), http.StatusSeeOther)
	v.want("/counter/", `{"visit_count":1}`)
	v.post("/engines/", "engine", "file", "carry", "1")
	v.want("/counter/", `{"visit_count":2}`)
	if r := v.get("/account/"); r.status != http.StatusSeeOther && r.status != http.StatusFound {
		t.Errorf("GET /account/ in the other engine: %d, want to be sent to sign in", r.status)
	}
	v.post("/engines/", "engine", "db")
	v.wantStatus(v.get("/account/"), http.StatusOK)
}

func TestDataThatDoNotFitTheOtherEngineChangeNothing(t *testing.T) {
	a := newTestApp(t)
	v := a.scripted()
	v.want("/counter/", `{"visit_count":1}`)
	s := a.app.engines.Manager("db").Open(t.Context(), v.cookie())
	s.Set("long", randomText(6000))
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	r := v.post("/engines/", "engine", "signed_cookies", "carry", "1")
	if r.status != http.StatusRequestEntityTooLarge || !strings.Contains(r.body, "long") || r.header["Set-Cookie"] != nil {
		t.Errorf("%d %s, cookies %q, want 413 that names the largest entry and no cookie", r.status, r.body, r.header["Set-Cookie"])
	}
	v.want("/counter/", `{"visit_count":2}`)
}

// randomText is text of n characters that compresses badly.
func randomText(n int) string {
	var b strings.Builder
	x := uint32(1)
	for range n {
		x = x*1664525 + 1013904223
		b.WriteByte('!' + byte(x>>24)%90)
	}
	return b.String()
}

func TestAnEngineThatIsNotThereCannotBeChosen(t *testing.T) {
	v := newTestApp(t).scripted()
	for _, name := range []string{"", "mongo", "../db"} {
		r := v.wantStatus(v.post("/engines/", "engine", name), http.StatusBadRequest)
		if r.header["Set-Cookie"] != nil {
			t.Errorf("engine %q: a cookie was sent: %q", name, r.header["Set-Cookie"])
		}
	}
	v.setCookie(engineCookie, "mongo")
	v.want("/counter/", `{"visit_count":1}`)
}

func TestLookingAtTheEnginesIsNoUseOfThem(t *testing.T) {
	v := newTestApp(t).visitor()
	if r := v.wantStatus(v.get("/engines/"), http.StatusOK); r.header["Set-Cookie"] != nil {
		t.Errorf("a cookie was sent: %q", r.header["Set-Cookie"])
	}
}

// run starts a run and returns the page when it is over.
func run(v *visitor, path string) enginesJSON {
	v.app.t.Helper()
	v.wantStatus(v.post(path), http.StatusSeeOther)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got := face[enginesJSON](v, "/engines/"); got.Running == nil {
			return got
		}
	}
	v.app.t.Fatal("the run does not end")
	return enginesJSON{}
}

func TestTheRaceIsWonByEnginesOnTheServer(t *testing.T) {
	a := newTestApp(t)
	v := a.scripted()
	got := run(v, "/engines/race/").Race
	if got == nil || len(got.Engines) != len(allEngines) || got.Clicks != speed.Clicks {
		t.Fatalf("race: %+v", got)
	}
	for name, row := range got.Engines {
		want := speed.Clicks
		if name == "signed_cookies" {
			want = 1
		}
		if row.Counted != want {
			t.Errorf("%s counted %d, want %d: %s", name, row.Counted, want, row.State)
		}
		if row.Django != 1 {
			t.Errorf("%s counted %d by Django's rule, which loses all clicks but one", name, row.Django)
		}
	}
	if got.Plain != 1 {
		t.Errorf("plain scs counted %d, and loses all clicks but one", got.Plain)
	}
	page := v.get("/engines/", "Accept", "text/html").body
	for _, want := range []string{"<svg", "50 of 50", "cannot count right", "Plain scs, its own store", "1 of 50"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	sessionsLeft(t, a, 0)
}

func TestTheMeasurementHasFiguresOfAllEngines(t *testing.T) {
	a := newTestApp(t)
	v := a.scripted()
	got := run(v, "/engines/measure/").Measure
	if got == nil || len(got.Engines) != len(allEngines) {
		t.Fatalf("measure: %+v", got)
	}
	for name, row := range got.Engines {
		if row.Read <= 0 || row.Save <= 0 || row.State != "ran" {
			t.Errorf("%s: %+v", name, row)
		}
	}
	sessionsLeft(t, a, 0)
}

// sessionsLeft checks how many records the table holds.
func sessionsLeft(t *testing.T, a *testApp, want int) {
	t.Helper()
	var got int
	if err := a.app.db.R.QueryRowContext(t.Context(), "SELECT count(*) FROM django_session").Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%d sessions in the table, want %d", got, want)
	}
}

func TestARunIsShownWhileItIsUnderWay(t *testing.T) {
	v := newTestApp(t).visitor()
	v.wantStatus(v.post("/engines/measure/"), http.StatusSeeOther)
	page := v.get("/engines/").body
	if !strings.Contains(page, "<progress") || !strings.Contains(page, "data-again") || !strings.Contains(page, "Look again") {
		t.Errorf("the page has no progress: %.200s", page)
	}
	v.wantStatus(v.post("/engines/race/"), http.StatusSeeOther)
	if page := v.get("/engines/").body; !strings.Contains(page, "A run is under way already") {
		t.Error("a second run was not refused in words")
	}
}

func TestWithoutDebugThereIsOneEngineAndNothingToTry(t *testing.T) {
	a := newTestApp(t, func(s *config.Settings) { s.Debug, s.SessionCookieSecure = "false", "false" })
	v := a.scripted()
	for _, path := range []string{"/engines/", "/engines/measure/", "/engines/race/", "/security/try/", "/debug/"} {
		if r := v.post(path, "engine", "db"); r.status != http.StatusNotFound && r.status != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d, want 404 or 405", path, r.status)
		}
	}
	v.wantStatus(v.get("/debug/"), http.StatusNotFound)
	page := v.wantStatus(v.get("/engines/", "Accept", "text/html"), http.StatusOK).body
	for _, inside := range []string{"row in django_session", "lab.db", "/engines/race/", `name="engine"`} {
		if strings.Contains(page, inside) {
			t.Errorf("the page shows %q", inside)
		}
	}
}
