package handlers

import (
	"encoding/json"
	"strings"
	"testing"

	"sessionlab/handlers/config"
	"sessionlab/handlers/experiments"
)

// abState is what GET /experiments/ answers.
type abState struct {
	Admin       bool
	Experiments map[string]struct {
		Run           int64
		Winner, Group string
		Converted     bool
		Variants      []struct {
			Name                   string
			Exposures, Conversions int
			Low, High              float64
		}
	}
}

// abClient is a visitor who asks for JSON.
type abClient interface {
	get(path string, headers ...string) reply
	post(path string, fields ...string) reply
}

func abRead(t *testing.T, v abClient) (s abState) {
	t.Helper()
	got := v.get("/experiments/")
	if err := json.Unmarshal([]byte(got.body), &s); got.status != 200 || err != nil {
		t.Fatalf("GET /experiments/: %d %v %s", got.status, err, got.body)
	}
	return s
}

// abAct posts an action to the test button_text.
func abAct(t *testing.T, v abClient, want int, fields ...string) reply {
	t.Helper()
	got := v.post("/experiments/", append([]string{"test", "button_text", "action"}, fields...)...)
	if got.status != want {
		t.Errorf("%v: got %d %s, want %d", fields, got.status, got.body, want)
	}
	return got
}

func (s abState) shown() (exposures, conversions int) {
	for _, v := range s.Experiments["button_text"].Variants {
		exposures, conversions = exposures+v.Exposures, conversions+v.Conversions
	}
	return exposures, conversions
}

func TestABTestsOnEveryEngine(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		t.Run("to look at a test puts nobody into a group", func(t *testing.T) { abLook(t, app) })
		t.Run("a visitor keeps the group and is counted once", func(t *testing.T) { abKeep(t, app) })
		if app.app.engines.Default == "signed_cookies" {
			return // parallel writes overwrite each other in the browser
		}
		if err := app.app.experiments.Reset(t.Context(), findTestT(t, "button_text").Experiment); err != nil {
			t.Fatal(err)
		}
		t.Run("parallel clicks count one visitor once", func(t *testing.T) { abParallel(t, app) })
	})
}

func abLook(t *testing.T, app *testApp) {
	v := app.visitor()
	for range 2 {
		got := v.wantStatus(v.get("/experiments/"), 200)
		if got.header.Get("Set-Cookie") != "" {
			t.Errorf("to look set the cookie %q", got.header.Get("Set-Cookie"))
		}
		if !strings.Contains(got.body, "You have not been put into a group yet") || !strings.Contains(got.body, `value="join"`) {
			t.Error("the page offers no way into the test")
		}
	}
	if n, _ := abRead(t, app.scripted()).shown(); n != 0 {
		t.Errorf("%d were counted as having seen a variant, want none", n)
	}
}

func abKeep(t *testing.T, app *testApp) {
	v := app.scripted()
	abAct(t, v, 400, "convert") // in no group yet
	abAct(t, v, 303, "join")
	mine := abRead(t, v).Experiments["button_text"].Group
	if !findTestT(t, "button_text").Has(mine) {
		t.Fatalf("got the group %q, want one of the test's variants", mine)
	}
	for range 9 { // others of the same group, whose clicks are still to come
		if err := app.app.experiments.Expose(t.Context(), findTestT(t, "button_text").Experiment, 1, mine); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		abAct(t, v, 303, "join")
		abAct(t, v, 303, "convert")
		s := abRead(t, v)
		if got := s.Experiments["button_text"]; got.Group != mine || !got.Converted {
			t.Errorf("got group %q, converted %v, want %q to stay and be converted", got.Group, got.Converted, mine)
		}
		if shown, acted := s.shown(); shown != 10 || acted != 1 {
			t.Errorf("got %d shown and %d acted, want 10 and 1", shown, acted)
		}
	}
}

func abParallel(t *testing.T, app *testApp) {
	v := app.scripted()
	v.wantStatus(v.post("/lab/incr"), 303)
	inParallel(30, func(int) { abAct(t, v, 303, "join") })
	inParallel(30, func(int) { abAct(t, v, 303, "convert") })
	if shown, acted := abRead(t, v).shown(); shown != 1 || acted != 1 {
		t.Errorf("got %d shown and %d acted, want one each", shown, acted)
	}
}

func TestAnAdminEndsATestAndStartsItAnew(t *testing.T) {
	app := newTestApp(t)
	v, admin := app.scripted(), app.scripted()
	abAct(t, v, 303, "join")
	for _, action := range []string{"end", "reset"} {
		abAct(t, v, 403, action, "winner", "friendly")
	}
	if s := abRead(t, v); s.Admin || s.Experiments["button_text"].Winner != "" {
		t.Errorf("a visitor who is not signed in could end the test: %+v", s)
	}
	admin.wantStatus(admin.post("/login/", "username", "alice", "password", "wonderland-2026"), 303)
	abAct(t, admin, 400, "end", "winner", "nobody")
	abAct(t, admin, 400, "end")
	abAct(t, admin, 303, "end", "winner", "friendly")
	abAct(t, admin, 303, "end", "winner", "plain") // somebody was first
	s := abRead(t, admin)
	if got := s.Experiments["button_text"]; !s.Admin || got.Winner != "friendly" {
		t.Errorf("got %+v, want the winner to be friendly", got)
	}
	late := app.scripted()
	abAct(t, late, 303, "join")
	abAct(t, v, 303, "convert")
	if shown, acted := abRead(t, v).shown(); shown != 1 || acted != 0 {
		t.Errorf("after the end: got %d shown and %d acted, want 1 and 0", shown, acted)
	}
	if page := app.visitor().get("/experiments/").body; !strings.Contains(page, "Everybody gets <strong>friendly</strong>") {
		t.Error("the page does not say that the test has ended")
	}
	abAct(t, admin, 303, "reset")
	got := abRead(t, v).Experiments["button_text"]
	if got.Run != 2 || got.Winner != "" || got.Group != "" {
		t.Errorf("after the reset: got %+v, want run 2 and nobody in a group", got)
	}
	abAct(t, v, 303, "join")
	if shown, acted := abRead(t, v).shown(); shown != 1 || acted != 0 {
		t.Errorf("in the new run: got %d shown and %d acted, want 1 and 0", shown, acted)
	}
}

func TestWithoutDebugNobodyEndsATest(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) { s.Debug, s.SessionCookieSecure = "false", "false" })
	v := app.scripted()
	v.wantStatus(v.post("/signup/", "username", "ann", "password1", "a-long-sentence-7", "password2", "a-long-sentence-7"), 303)
	abAct(t, v, 303, "join")
	abAct(t, v, 403, "end", "winner", "friendly")
	abAct(t, v, 403, "reset")
	if abRead(t, v).Admin {
		t.Error("somebody is an admin without DEBUG")
	}
}

func TestATestRefusesWhatItDoesNotKnow(t *testing.T) {
	v := newTestApp(t).scripted()
	for _, fields := range [][]string{{}, {"test", "button_text"}, {"test", "nothing", "action", "join"}, {"test", "button_text", "action", "win"}, {"action", "join"}} {
		if got := v.post("/experiments/", fields...); got.status != 400 || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%v: got %d and the cookie %q, want 400 and none", fields, got.status, got.header.Get("Set-Cookie"))
		}
	}
}

func TestWhatASessionSaysOfItsGroupIsChecked(t *testing.T) {
	button := findTestT(t, "button_text")
	for _, c := range []struct {
		name string
		have abGroup
		want bool
	}{
		{"a group of this run counts", abGroup{Run: 3, Variant: "plain"}, true},
		{"a group of an earlier run is void", abGroup{Run: 2, Variant: "plain"}, false},
		{"a variant that is tested no longer is void", abGroup{Run: 3, Variant: "blinking"}, false},
		{"no group is none", abGroup{}, false},
	} {
		if _, got := button.group(map[string]abGroup{"button_text": c.have}, experiments.Status{Run: 3}); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAWrongTypeInTheSessionIsNoGroup(t *testing.T) {
	v := newTestApp(t).scripted()
	v.wantStatus(v.post("/lab/set", "k", "ab_tests", "v", "x"), 303)
	if got := abRead(t, v).Experiments["button_text"].Group; got != "" {
		t.Errorf("got the group %q, want none", got)
	}
	abAct(t, v, 303, "join")
	if got := abRead(t, v).Experiments["button_text"].Group; got == "" {
		t.Error("a session with a wrong type in it cannot join")
	}
}

func TestTheVerdictSaysNoMoreThanTheFigures(t *testing.T) {
	result := func(name string, exposures, conversions int64) experiments.Result {
		return experiments.Result{
			Variant: experiments.Variant{Name: name}, Exposures: exposures, Conversions: conversions,
			Rate: float64(conversions) / float64(max(exposures, 1)), Difference: float64(conversions)/float64(max(exposures, 1)) - .1,
			DifferenceInterval: experiments.Newcombe(conversions, exposures, 10, 100),
		}
	}
	first := result("plain", 100, 10)
	for _, c := range []struct {
		name   string
		second experiments.Result
		want   string
	}{
		{"nobody has seen it", result("friendly", 0, 0), "cannot be compared"},
		{"a small difference", result("friendly", 100, 12), "may be chance"},
		{"much better", result("friendly", 100, 50), "does better"},
		{"much worse", result("friendly", 1000, 10), "does worse"},
	} {
		if got := verdict(experiments.Results{Variants: []experiments.Result{first, c.second}}); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want it to say %q", c.name, got, c.want)
		}
	}
}

func TestTheTestsOfThisSiteAreSound(t *testing.T) {
	for _, test := range abCatalog {
		if err := test.Check(); err != nil {
			t.Error(err)
		}
		for _, v := range test.Variants {
			if test.texts[v.Name] == "" {
				t.Errorf("%s: the variant %s has no text", test.Name, v.Name)
			}
		}
	}
}

func findTestT(t *testing.T, name string) abTest {
	t.Helper()
	found, ok := findTest(name)
	if !ok {
		t.Fatalf("there is no test %q", name)
	}
	return found
}
