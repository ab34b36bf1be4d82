package handlers

import (
	"encoding/json"
	"strings"
	"testing"

	"sessionlab/handlers/abtest"
	"sessionlab/handlers/config"
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
		if err := app.app.abtests.Reset(t.Context(), findTestT(t, "button_text")); err != nil {
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
		if err := app.app.abtests.Expose(t.Context(), findTestT(t, "button_text"), 1, mine); err != nil {
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

// Who may end a test is a matter of the account, with DEBUG and without.
func TestOnlyAnAdminsAccountEndsATest(t *testing.T) {
	for _, debug := range []string{"true", "false"} {
		t.Run("DEBUG="+debug, func(t *testing.T) {
			app := newTestApp(t, func(s *config.Settings) { s.Debug, s.SessionCookieSecure = debug, "false" })
			v := app.scripted()
			v.wantStatus(v.post("/signup/", "username", "ann", "password1", "a-long-sentence-7", "password2", "a-long-sentence-7"), 303)
			abAct(t, v, 303, "join")
			abAct(t, v, 403, "end", "winner", "friendly")
			abAct(t, v, 403, "reset")
			if abRead(t, v).Admin {
				t.Error("everybody who is signed in is an admin")
			}
			if err := app.app.accounts.SetAdmin(t.Context(), "Ann", true); err != nil {
				t.Fatal(err)
			}
			if !abRead(t, v).Admin {
				t.Error("an admin's account is not an admin")
			}
			abAct(t, v, 303, "end", "winner", "friendly")
			if err := app.app.accounts.SetAdmin(t.Context(), "ann", false); err != nil {
				t.Fatal(err)
			}
			abAct(t, v, 403, "reset")
		})
	}
}

func TestADemoAccountThatIsNoAdminEndsNoTest(t *testing.T) {
	v := newTestApp(t).scripted()
	v.wantStatus(v.post("/login/", "username", "bob", "password", "builder-2026"), 303)
	abAct(t, v, 403, "end", "winner", "friendly")
}

// The page promises that the group stays as long as the session, and no longer.
func TestAGroupOutlivesTheSignInAndNotTheSignOut(t *testing.T) {
	v := newTestApp(t).scripted()
	abAct(t, v, 303, "join")
	mine := abRead(t, v).Experiments["button_text"].Group
	v.wantStatus(v.post("/login/", "username", "alice", "password", "wonderland-2026"), 303)
	if got := abRead(t, v).Experiments["button_text"].Group; got != mine {
		t.Errorf("after the sign-in the group is %q, want %q", got, mine)
	}
	if page := v.get("/experiments/", "Accept", "text/html").body; !strings.Contains(page, "Signing out ends the session") {
		t.Error("the page does not say what a sign-out does to the group")
	}
	v.wantStatus(v.post("/logout/"), 303)
	if got := abRead(t, v).Experiments["button_text"].Group; got != "" {
		t.Errorf("after the sign-out the group is %q, want none", got)
	}
}

// What counts is the interval of the difference, and one look at it.
func TestThePageTeachesToReadAnABTest(t *testing.T) {
	app := newTestApp(t)
	test := findTestT(t, "button_text")
	for variant, counts := range map[string][2]int{"plain": {100, 24}, "friendly": {100, 40}} {
		for i := range counts[0] {
			if err := app.app.abtests.Expose(t.Context(), test, 1, variant); err != nil {
				t.Fatal(err)
			}
			if i >= counts[1] {
				continue
			}
			if err := app.app.abtests.Convert(t.Context(), test, 1, variant); err != nil {
				t.Fatal(err)
			}
		}
	}
	page := app.visitor().get("/experiments/").body
	for _, want := range []string{
		"“friendly” less “plain”: +16.0 percentage points", // the intervals of the rates overlap here
		"The interval leaves out 0: “friendly” does better.", "Looking every hour is a trap.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "know nothing") {
		t.Error("the page says that overlapping intervals say nothing")
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

func TestTheTestsOfThisSiteAreSound(t *testing.T) {
	page := newTestApp(t).visitor().get("/experiments/").body
	for _, test := range abtest.All() {
		if err := test.Check(); err != nil {
			t.Error(err)
		}
		if !strings.Contains(page, `value="`+test.Name+`"`) {
			t.Errorf("%s is not on the page", test.Name)
		}
	}
}

func findTestT(t *testing.T, name string) abtest.Experiment {
	t.Helper()
	found, err := abtest.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
