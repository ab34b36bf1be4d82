package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sessionlab/handlers/class"
	"sessionlab/handlers/config"
)

// newTestClass starts a class, and tells its directory.
func newTestClass(t *testing.T) (*testApp, string) {
	t.Helper()
	dir := t.TempDir()
	app := newTestApp(t, func(s *config.Settings) {
		s.ForClass(dir)
		s.Addr = "127.0.0.1:0"
	})
	return app, dir
}

// joined is a visitor who has joined under this name.
func (a *testApp) joined(name string) *visitor {
	a.t.Helper()
	v := a.visitor()
	v.expect(http.StatusSeeOther, "POST", "/join/", "code", a.app.room.JoinCode(), "name", name)
	return v
}

// teacher is a visitor who knows the teacher's code.
func (a *testApp) teacher() *visitor {
	a.t.Helper()
	v := a.visitor()
	v.expect(http.StatusSeeOther, "POST", "/teach/enter/", "teacher_password", a.app.room.TeacherCode())
	return v
}

// ask sends a request with the fields of a form.
func (v *visitor) ask(method, path string, fields ...string) reply {
	v.app.t.Helper()
	if method == "GET" {
		return v.get(path)
	}
	return v.post(path, fields...)
}

func (v *visitor) expect(status int, method, path string, fields ...string) reply {
	v.app.t.Helper()
	got := v.ask(method, path, fields...)
	if got.status != status {
		v.app.t.Fatalf("%s %s: status %d, want %d: %.300s", method, path, got.status, status, got.body)
	}
	return got
}

func (a *testApp) learnerID(name string) string {
	a.t.Helper()
	all, err := a.app.learners.List(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	for _, l := range all {
		if l.Name == name {
			return l.ID
		}
	}
	a.t.Fatalf("%s is not in the class", name)
	return ""
}

func TestWithoutAClassNoneOfItsPagesIsThere(t *testing.T) {
	v := newTestApp(t).visitor()
	for _, path := range []string{"/join/", "/teach/", "/teach/plan/", "/teach/export.csv", "/screen/", "/join/bar/"} {
		v.expect(http.StatusNotFound, "GET", path)
	}
}

func TestWhoHasNotJoinedGetsTheWayInAlone(t *testing.T) {
	app, _ := newTestClass(t)
	v := app.visitor()
	for _, path := range []string{"/", "/counter/", "/settings/", "/debug/", "/missions/", "/screen/", "/teach/plan/"} {
		if got := v.expect(http.StatusSeeOther, "GET", path); got.header.Get("Location") != "/join/" {
			t.Errorf("%s leads to %q", path, got.header.Get("Location"))
		}
	}
	for _, path := range []string{"/counter/forget/", "/lab/incr", "/teach/freeze/", "/join/click/"} {
		v.expect(http.StatusUnauthorized, "POST", path)
	}
	for _, path := range []string{"/events/stream", "/teach/stream", "/screen/stream", "/join/stream"} {
		v.expect(http.StatusUnauthorized, "GET", path)
	}
	if got := v.expect(http.StatusOK, "GET", "/join/"); strings.Contains(got.body, app.app.room.JoinCode()) {
		t.Error("the page for strangers has the join code")
	}
}

func TestALearnerSeesNoPathAndNoSecretOfTheTeachersMachine(t *testing.T) {
	app, dir := newTestClass(t)
	v := app.joined("Amber")
	v.expect(http.StatusOK, "GET", "/counter/")
	for _, engine := range config.EngineNames() {
		v.expect(http.StatusSeeOther, "POST", "/engines/", "engine", engine)
		for _, path := range []string{"/counter/", "/settings/", "/debug/", "/engines/", "/security/", "/", "/middleware/"} {
			got := v.expect(http.StatusOK, "GET", path)
			for _, secret := range []string{dir, app.app.settings.SecretKey, app.app.room.TeacherCode()} {
				if strings.Contains(got.body, secret) {
					t.Errorf("with engine %s, %s shows %q", engine, path, secret)
				}
			}
		}
	}
}

func TestTheTeachersCodeCannotBeGuessed(t *testing.T) {
	app, _ := newTestClass(t)
	v := app.joined("Mallory")
	for range 10 {
		v.expect(http.StatusUnprocessableEntity, "POST", "/teach/enter/", "teacher_password", "AAAA-AAAA-AAAA-AAAA")
	}
	v.expect(http.StatusTooManyRequests, "POST", "/teach/enter/", "teacher_password", app.app.room.TeacherCode())
	v.expect(http.StatusForbidden, "GET", "/screen/")
	if strings.Contains(app.logs.String(), app.app.room.TeacherCode()) {
		t.Error("the log has the teacher's code")
	}
}

func TestALearnerIsNoTeacher(t *testing.T) {
	app, _ := newTestClass(t)
	app.joined("Amber")
	v, amber := app.joined("Mallory"), app.learnerID("Amber")
	for _, path := range []string{
		"/screen/", "/screen/stream", "/teach/stream", "/teach/export.csv", "/teach/plan/",
		"/teach/learners/" + amber + "/",
	} {
		v.expect(http.StatusForbidden, "GET", path)
	}
	for _, rt := range app.app.routes() {
		if rt.open == toTeacher && rt.method == http.MethodPost {
			v.expect(http.StatusForbidden, "POST", strings.ReplaceAll(rt.path, "{id}", amber), "sure", "on", "on", "true",
				"kind", "outage", "name", "x", "owner", amber, "thief", app.learnerID("Mallory"))
		}
	}
	app.learnerID("Amber") // is still there
	if app.app.room.Frozen() {
		t.Error("a learner has frozen the class")
	}
}

func TestAForgedLearnersCookieIsNobodys(t *testing.T) {
	app, _ := newTestClass(t)
	v := app.joined("Amber")
	at, _ := url.Parse(app.URL)
	for _, c := range v.Jar.Cookies(at) {
		if c.Name != app.app.settings.LearnerCookie() {
			continue
		}
		forged := *c
		forged.Value = "A" + c.Value[1:]
		if forged.Value == c.Value {
			forged.Value = "B" + c.Value[1:]
		}
		mallory := app.visitor()
		mallory.Jar.SetCookies(at, []*http.Cookie{&forged})
		mallory.expect(http.StatusSeeOther, "GET", "/counter/")
	}
	// Who was removed is nobody either, at once.
	app.teacher().expect(http.StatusSeeOther, "POST", "/teach/learners/"+app.learnerID("Amber")+"/remove/")
	v.expect(http.StatusSeeOther, "GET", "/counter/")
}

func TestNobodyJoinsTwice(t *testing.T) {
	app, _ := newTestClass(t)
	v := app.joined("Amber")
	v.expect(http.StatusSeeOther, "POST", "/join/", "code", app.app.room.JoinCode(), "name", "Amber the second")
	w := app.visitor()
	w.expect(http.StatusUnprocessableEntity, "POST", "/join/", "code", app.app.room.JoinCode(), "name", "AMBER")
	w.expect(http.StatusUnprocessableEntity, "POST", "/join/", "code", "AAA-AAA", "name", "Birch")
	w.expect(http.StatusUnprocessableEntity, "POST", "/join/back/", "name", "Amber", "personal_password", "AAAA-AAAA")
	if all, _ := app.app.learners.List(t.Context()); len(all) != 1 {
		t.Errorf("%d learners, want Amber alone", len(all))
	}
	amber, err := app.app.learners.Get(t.Context(), app.learnerID("Amber"))
	if err != nil {
		t.Fatal(err)
	}
	w.expect(http.StatusSeeOther, "POST", "/join/back/", "name", "amber", "personal_password", app.app.learners.Code(amber))
	w.expect(http.StatusOK, "GET", "/counter/")
}

// Ten thousand joins fill the class, and nothing more; and one network has 200 tries.
func TestTenThousandJoinsFillTheClassAndNothingMore(t *testing.T) {
	app, _ := newTestClass(t)
	room, in, refused := app.app.room, 0, 0
	for i := range 10_000 {
		_, err := room.Join(t.Context(), fmt.Sprint("network ", i/10), room.JoinCode(), fmt.Sprint("Learner ", i))
		if err == nil {
			in++
		}
		if _, err := room.Join(t.Context(), "one network", "AAA-AAA", "x"); err != nil && err != class.ErrCode {
			refused++
		}
	}
	if in != 100 || refused < 9_700 {
		t.Errorf("%d joined, and %d guesses from one network were refused; want 100, and nearly all", in, refused)
	}
	app.teacher().expect(http.StatusOK, "GET", "/teach/")
}

func TestANameIsTextEverywhere(t *testing.T) {
	app, _ := newTestClass(t)
	const name = `=<script>alert(1)</script>`
	v, teacher := app.joined(name), app.teacher()
	v.expect(http.StatusOK, "GET", "/counter/")
	teacher.expect(http.StatusSeeOther, "POST", "/teach/ask/", "text", name, "answer1", name, "answer2", "no")
	v.expect(http.StatusSeeOther, "POST", "/join/answer/", "question", "1", "answer", "0")
	pages := map[string]reply{
		"join": v.get("/join/"), "counter": v.get("/counter/"), "bar": v.get("/join/bar/"), "board": teacher.get("/teach/"),
		"screen": teacher.get("/screen/"), "story": teacher.get("/teach/learners/" + app.learnerID(name) + "/"),
	}
	for page, got := range pages {
		if got.status != http.StatusOK || strings.Contains(got.body, "<script>alert") {
			t.Errorf("%s: status %d, or the name is markup there", page, got.status)
		}
	}
	csv := teacher.get("/teach/export.csv").body
	if !strings.Contains(csv, "'=<script>") || strings.Contains(csv, ",=") || strings.HasPrefix(csv, "=") || strings.Contains(csv, "\n=") {
		t.Errorf("a spreadsheet takes a cell for a formula:\n%s", csv)
	}
}

func TestSignOutEverywhereEndsEveryTeachersBrowser(t *testing.T) {
	app, _ := newTestClass(t)
	laptop, tablet := app.teacher(), app.teacher()
	laptop.expect(http.StatusSeeOther, "POST", "/teach/leave/")
	for _, v := range []*visitor{laptop, tablet} {
		if got := v.expect(http.StatusSeeOther, "GET", "/screen/"); got.header.Get("Location") != "/join/" {
			t.Errorf("after the sign-out /screen/ leads to %q", got.header.Get("Location"))
		}
	}
}

func TestAFrozenClassWaitsAndTheTeacherDoesNot(t *testing.T) {
	app, _ := newTestClass(t)
	v, teacher := app.joined("Amber"), app.teacher()
	teacher.expect(http.StatusSeeOther, "POST", "/teach/freeze/", "on", "true")
	v.expect(http.StatusLocked, "GET", "/counter/")
	v.expect(http.StatusOK, "GET", "/join/bar/")
	teacher.expect(http.StatusOK, "GET", "/counter/")
	teacher.expect(http.StatusSeeOther, "POST", "/teach/freeze/", "on", "false")
	if got := v.expect(http.StatusOK, "GET", "/counter/"); !strings.Contains(got.body, `id="visit-count"`) {
		t.Error("the counter is not there again")
	}
}

// A stolen cookie takes the consent of both, and ends when its owner signs out everywhere.
func TestAStolenCookieTakesTwoWhoAgree(t *testing.T) {
	app, _ := newTestClass(t)
	owner, thief, teacher := app.joined("Amber"), app.joined("Birch"), app.teacher()
	for range 3 {
		owner.expect(http.StatusOK, "GET", "/counter/")
	}
	thief.expect(http.StatusOK, "GET", "/counter/")
	count := func(v *visitor, want string) {
		t.Helper()
		got := v.expect(http.StatusOK, "GET", "/counter/")
		if !strings.Contains(got.body, `id="visit-count">`+want+`<`) {
			_, after, _ := strings.Cut(got.body, `id="visit-count">`)
			t.Errorf("the counter says %.5s, want %s", after, want)
		}
	}
	steal := func() {
		teacher.expect(http.StatusSeeOther, "POST", "/teach/steal/", "owner", app.learnerID("Amber"), "thief", app.learnerID("Birch"))
	}
	steal()
	owner.expect(http.StatusSeeOther, "POST", "/join/consent/", "agree", "true")
	count(thief, "2") // one consent is none
	thief.expect(http.StatusSeeOther, "POST", "/join/consent/", "agree", "false")
	count(thief, "3")
	steal()
	owner.expect(http.StatusSeeOther, "POST", "/join/consent/", "agree", "true")
	thief.expect(http.StatusSeeOther, "POST", "/join/consent/", "agree", "true")
	count(thief, "4") // of the owner's session
	count(owner, "5")
	owner.expect(http.StatusSeeOther, "POST", "/methods/", "action", "flush")
	app.app.room.Watch(t.Context(), app.app)
	count(thief, "4") // of the thief's own again
}
