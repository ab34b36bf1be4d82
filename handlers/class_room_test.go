package handlers

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"sessionlab/views"
)

// whole runs an experiment with the whole room to its end, and returns what came of it.
func (a *testApp) whole(teacher *visitor, kind string) views.ClassRun {
	a.t.Helper()
	teacher.json = false
	teacher.expect(http.StatusSeeOther, "POST", "/teach/run/", "kind", kind)
	teacher.expect(http.StatusConflict, "POST", "/teach/run/", "kind", "counter") // one at a time
	teacher.json = true
	defer func() { teacher.json = false }()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var b views.ClassBoard
		if err := json.Unmarshal([]byte(teacher.get("/teach/").body), &b); err != nil {
			a.t.Fatal(err)
		}
		if b.Run != nil && b.Run.Phase == "over" {
			return *b.Run
		}
	}
	a.t.Fatal("the experiment does not end")
	return views.ClassRun{}
}

func TestARestartForgetsWhatIsInMemoryAlone(t *testing.T) {
	app, _ := newTestClass(t)
	teacher := app.teacher()
	for _, engine := range []string{"db", "file", "cache", "cached_db", "signed_cookies"} {
		v := app.joined("uses " + engine)
		v.expect(http.StatusSeeOther, "POST", "/engines/", "engine", engine)
		v.expect(http.StatusOK, "GET", "/counter/")
	}
	left := map[string]int{}
	for _, row := range app.whole(teacher, "restart").Rows {
		if row.Before != 1 {
			t.Errorf("%s had %d sessions, want 1", row.Engine, row.Before)
		}
		left[row.Engine] = row.After
	}
	for engine, want := range map[string]int{"db": 1, "file": 1, "cache": 0, "cached_db": 1, "signed_cookies": 1} {
		if got, ok := left[engine]; !ok || got != want {
			t.Errorf("%s has %d sessions after the restart, want %d", engine, got, want)
		}
	}
}

func TestTwentyMinutesEndWhatHasAnIdleTimeout(t *testing.T) {
	app, _ := newTestClass(t)
	teacher, amber, birch := app.teacher(), app.joined("Amber"), app.joined("Birch")
	birch.expect(http.StatusOK, "GET", "/counter/")
	l, err := app.app.learners.Get(t.Context(), app.learnerID("Amber"))
	if err != nil {
		t.Fatal(err)
	}
	code := app.app.learners.Code(l)
	amber.expect(http.StatusSeeOther, "POST", "/login/", "username", "amber", "password", code)
	amber.expect(http.StatusSeeOther, "POST", "/account/idle/", "seconds", "600")
	amber.expect(http.StatusOK, "GET", "/account/")
	run := app.whole(teacher, "time")
	if len(run.Rows) != 1 || run.Rows[0].Before != 2 || run.Rows[0].After != 1 {
		t.Errorf("%+v: of two sessions the one with the idle timeout must have ended", run.Rows)
	}
	amber.expect(http.StatusSeeOther, "GET", "/account/") // sign in again
}

// A class that was reset leaves nothing behind, whatever the engine, on the same browser too.
func TestTheNextGroupFindsNothingOfTheLast(t *testing.T) {
	app, _ := newTestClass(t)
	teacher, v := app.teacher(), app.joined("Amber")
	for _, engine := range allEngines {
		v.expect(http.StatusSeeOther, "POST", "/engines/", "engine", engine)
		for range 3 {
			v.expect(http.StatusOK, "GET", "/counter/")
		}
	}
	code := app.app.room.JoinCode()
	teacher.expect(http.StatusSeeOther, "POST", "/teach/reset/class/") // not sure: nothing happens
	app.learnerID("Amber")
	teacher.expect(http.StatusSeeOther, "POST", "/teach/reset/class/", "sure", "on")
	v.expect(http.StatusSeeOther, "GET", "/counter/")
	v.expect(http.StatusUnprocessableEntity, "POST", "/join/", "code", code, "name", "Birch")
	v.expect(http.StatusSeeOther, "POST", "/join/", "code", app.app.room.JoinCode(), "name", "Amber")
	v.json = true
	for _, engine := range allEngines {
		v.expect(http.StatusSeeOther, "POST", "/engines/", "engine", engine)
		if got := v.expect(http.StatusOK, "GET", "/counter/"); got.body != `{"visit_count":1}`+"\n" && got.body != `{"visit_count":1}` {
			t.Errorf("%s: %s", engine, got.body)
		}
	}
}
