package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sessionlab/handlers/config"
	"sessionlab/handlers/exercise"
	"sessionlab/views"
)

// unfinished is an app that meets the first criterion of exercise 1 and no other.
func unfinished(t *testing.T) string {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/recent/" {
			fmt.Fprint(w, `{"recent": []}`)
		}
	}))
	t.Cleanup(app.Close)
	return app.URL + "/"
}

func (v *visitor) exercise(n int) (face views.Exercise) {
	v.app.t.Helper()
	r := v.get(fmt.Sprintf("/exercises/%d/", n), "Accept", "application/json")
	if err := json.Unmarshal([]byte(r.body), &face); r.status != 200 || err != nil {
		v.app.t.Fatalf("exercise %d: %d %v %s", n, r.status, err, r.body)
	}
	return face
}

// Hints open one by one, and stay open when a check or a later visit shows the page anew.
func TestHintsOpenOneByOneAndStayOpen(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	open := func(hint string, want int) {
		t.Helper()
		r := v.post("/exercises/2/hint/", "hint", hint)
		if got := v.exercise(2).OpenHints; r.status != 303 || got != want {
			t.Errorf("hint %s: %d, %d are open, want %d", hint, r.status, got, want)
		}
	}
	open("2", 0) // not before the first
	open("1", 1)
	open("1", 1) // a second click
	open("2", 2)
	open("4", 2)
	v.wantStatus(v.post("/exercises/2/check/", "url", unfinished(t)), 303)
	body := v.get("/exercises/2/").body
	if !strings.Contains(body, "<h3>Hint 2</h3>") || strings.Contains(body, "<h3>Hint 3</h3>") {
		t.Error("after a check the page does not show the two hints that were open")
	}
	if v.exercise(1).OpenHints != 0 {
		t.Error("the hints of another exercise have opened")
	}
}

func TestEveryExerciseHasItsPage(t *testing.T) {
	for name, change := range map[string]func(*config.Settings){"with DEBUG": func(*config.Settings) {}, "without": withoutDebug} {
		t.Run(name, func(t *testing.T) {
			app := newTestApp(t, change)
			v := app.visitor()
			for _, e := range exercise.All() {
				page := v.wantStatus(v.get(fmt.Sprintf("/exercises/%d/", e.Number)), 200)
				if page.header.Get("Set-Cookie") != "" {
					t.Errorf("exercise %d begins a session", e.Number)
				}
				if got := strings.Contains(page.body, fmt.Sprintf(`action="/exercises/%d/check/"`, e.Number)); got != app.app.debug {
					t.Errorf("exercise %d offers a check: %v", e.Number, got)
				}
				face := v.exercise(e.Number)
				if len(face.Criteria) != len(e.Criteria) || len(face.Starters) != 2 || len(face.Solutions) != 2 || face.Checked != nil {
					t.Errorf("exercise %d as JSON: %+v", e.Number, face)
				}
				for i, ext := range []string{"go", "py"} {
					file := v.get(fmt.Sprintf("/exercises/%d/starter.%s", e.Number, ext))
					if file.status != 200 || file.body != face.Starters[i].Text || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment;") {
						t.Errorf("starter.%s of exercise %d: %d %v", ext, e.Number, file.status, file.header)
					}
				}
				if example := face.Example; example != "" {
					if got := v.get(example).status; got >= 400 {
						t.Errorf("exercise %d leads to %s, which answers %d", e.Number, example, got)
					}
				}
			}
			for _, path := range []string{"/exercises/0/", "/exercises/6/", "/exercises/x/", "/exercises/1/starter.rb"} {
				v.wantStatus(v.get(path), 404)
			}
		})
	}
}

func TestACheckSaysWhatIsMissing(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v, url := app.visitor(), unfinished(t)
		r := v.wantStatus(v.post("/exercises/1/check/", "url", url), 303)
		if r.location() != "/exercises/1/#check" {
			t.Errorf("the check leads to %s", r.location())
		}
		found := v.exercise(1).Checked
		if found == nil || found.Met != 1 || found.URL != url || !found.Results[0].Met || found.Results[1].Met || len(found.Results) != 6 {
			t.Fatalf("found: %+v", found)
		}
		if says := found.Results[1].Says; !strings.Contains(says, "; back came ") || !strings.Contains(says, "; expected: ") {
			t.Errorf("it says %q", says)
		}
		if page := v.get("/exercises/1/").body; !strings.Contains(page, "1 of 6 met by "+url) {
			t.Error("the page does not show the score")
		}
		if v.exercise(2).Checked != nil {
			t.Error("another exercise shows the result")
		}
	})
}

func TestTheCheckVisitsAppsOnThisComputerOnly(t *testing.T) {
	app := newTestApp(t)
	v := app.scripted()
	for url, want := range map[string]string{
		"":                        "required",
		"http://192.0.2.1:9000/":  "this computer only",
		"https://127.0.0.1:9000/": "this computer only",
		"http://example.com/":     "this computer only",
		app.URL + "/":             "the lab itself",
		strings.Replace(app.URL, "127.0.0.1", "localhost", 1): "the lab itself",
	} {
		r := v.post("/exercises/1/check/", "url", url)
		if r.status != 422 || !strings.Contains(r.body, want) || r.header.Get("Set-Cookie") != "" {
			t.Errorf("%q: %d %s, want 422 and %q", url, r.status, r.body, want)
		}
	}
	app.app.checking.Lock()
	if r := v.post("/exercises/1/check/", "url", unfinished(t)); r.status != 422 || !strings.Contains(r.body, "Another check is running") {
		t.Errorf("beside another check: %d %s", r.status, r.body)
	}
	app.app.checking.Unlock()
	v.wantStatus(v.post("/exercises/6/check/", "url", unfinished(t)), 404)
	without := newTestApp(t, withoutDebug).scripted()
	without.wantStatus(without.post("/exercises/1/check/", "url", unfinished(t)), 404)
}

// Whoever is at another computer may not have this one send requests to itself.
func TestOnlyVisitorsOnThisComputerMayCheck(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) { s.TrustedProxies = []string{"127.0.0.1"} })
	v := app.visitor()
	page := v.get("/exercises/1/", "X-Forwarded-For", "203.0.113.7")
	if strings.Contains(page.body, `action="/exercises/1/check/"`) {
		t.Error("the page offers a check to a visitor at another computer")
	}
	r := v.do("POST", "/exercises/1/check/", map[string][]string{"url": {unfinished(t)}}, "X-Forwarded-For", "203.0.113.7")
	if r.status != 403 {
		t.Errorf("the check answers %d, want 403", r.status)
	}
}
