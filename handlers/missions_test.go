package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sessionlab/handlers/config"
	"sessionlab/handlers/missions"
	"sessionlab/views"
)

// pupil is a learner with a first browser and others.
type pupil struct{ *visitor }

// newPupil is a learner who has opened the missions.
func newPupil(a *testApp) pupil {
	p := pupil{a.scripted()}
	p.wantStatus(p.get("/missions/"), http.StatusOK)
	return p
}

var linkText = regexp.MustCompile(`/missions/\?me=([^<"]+)`)

// other is another browser, which has followed the learner's link.
func (p pupil) other() pupil {
	p.app.t.Helper()
	m := linkText.FindStringSubmatch(p.get("/missions/", "Accept", "text/html").body)
	if m == nil {
		p.app.t.Fatal("the page has no link for another browser")
	}
	o := pupil{p.app.scripted()}
	if page := o.get("/missions/?me="+m[1], "Accept", "text/html"); !strings.Contains(page.body, "/missions/here/") {
		p.app.t.Fatal("the link leads to no button")
	}
	o.wantStatus(o.post("/missions/here/", "me", m[1]), http.StatusSeeOther)
	return o
}

// done are the missions that the page calls solved.
func (p pupil) done() (ids []string) {
	p.app.t.Helper()
	for _, m := range face[views.Missions](p.visitor, "/missions/").Missions {
		if m.Done {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// id is who the learner is.
func (p pupil) id() string {
	u, _ := url.Parse(p.app.URL)
	for _, c := range p.Jar.Cookies(u) {
		if id, _, ok := strings.Cut(c.Value, "."); ok && c.Name == "learner" {
			return id
		}
	}
	return ""
}

func TestAMissionIsSolvedByWhatSolvesItAndByNothingThatComesClose(t *testing.T) {
	a := newTestApp(t)
	for _, m := range missions.All() {
		t.Run(m.ID, func(t *testing.T) {
			way, ok := solutions[m.ID]
			if !ok {
				t.Fatal("there is no solution")
			}
			p := newPupil(a)
			if got := p.done(); len(got) > 0 {
				t.Errorf("at the start %v are solved", got)
			}
			way.near(p)
			if slices.Contains(p.done(), m.ID) {
				t.Error("what comes close solves it")
			}
			p = newPupil(a)
			way.solve(p)
			if got := p.done(); !slices.Contains(got, m.ID) {
				t.Errorf("after the solution: %v are solved", got)
			}
		})
	}
}

func TestMissionsStandInTheOrderOfTheChapters(t *testing.T) {
	var chapters []string
	for _, g := range views.Chapters() {
		for _, c := range g.Chapters {
			chapters = append(chapters, c.Path)
		}
	}
	last := 0
	for _, m := range missions.All() {
		at := slices.Index(chapters, m.Path)
		if at < last {
			t.Errorf("%s belongs to %s, which comes before the mission ahead of it", m.ID, m.Path)
		}
		last = max(last, at)
	}
	if n := len(missions.All()); n < 20 {
		t.Errorf("there are %d missions", n)
	}
}

func TestProgressOutlivesTheSessionAndARestartAndEndsWithAReset(t *testing.T) {
	var settings *config.Settings
	a := newTestApp(t, func(s *config.Settings) { settings = s })
	p := newPupil(a)
	p.visits(5)
	p.post("/missions/flush/hint/", "hint", "1")
	p.post("/lab/flush")
	p.use("file")
	want := []string{"first-cookie", "count-to-five"}
	if got := p.done(); !slices.Equal(got, want) {
		t.Fatalf("solved: %v, want %v", got, want)
	}
	again := newTestApp(t, func(s *config.Settings) { s.DatabaseURL = settings.DatabaseURL })
	u, _ := url.Parse(again.URL)
	old, _ := url.Parse(a.URL)
	moved := pupil{again.scripted()}
	moved.Jar.SetCookies(u, p.Jar.Cookies(old))
	if got := moved.done(); !slices.Equal(got, want) {
		t.Errorf("after a restart: %v, want %v", got, want)
	}
	stranger := newPupil(a)
	stranger.visits(1)
	stranger.post("/missions/reset/", "mission", "")
	p.post("/missions/reset/", "mission", "first-cookie")
	if got := p.done(); !slices.Equal(got, want[1:]) {
		t.Errorf("with one mission begun anew: %v, want %v", got, want[1:])
	}
	p.post("/missions/reset/")
	page := face[views.Missions](p.visitor, "/missions/")
	for _, m := range page.Missions {
		if m.Done || m.OpenHints > 0 {
			t.Errorf("with all begun anew: %+v", m)
		}
	}
	if r := p.post("/missions/reset/", "mission", "nothing"); r.status != http.StatusNotFound {
		t.Errorf("a mission that is not there: %d", r.status)
	}
}

func TestWhatHappenedBeforeTheMissionsWereOpenedCounts(t *testing.T) {
	p := pupil{newTestApp(t).scripted()}
	p.visits(4)
	if p.id() != "" {
		t.Error("the counter has made a learner")
	}
	p.signIn("alice") // under another key
	p.visits(1)
	want := []string{"first-cookie", "count-to-five", "sign-in"}
	if got := p.done(); !slices.Equal(got, want) {
		t.Errorf("solved: %v, want %v", got, want)
	}
}

func TestHintsOfAMissionOpenOneByOneAndStayOpen(t *testing.T) {
	p := newPupil(newTestApp(t))
	opened := func() int { return face[views.Missions](p.visitor, "/missions/").Missions[0].OpenHints }
	for _, c := range []struct{ hint, want int }{{2, 0}, {1, 1}, {1, 1}, {3, 1}, {2, 2}, {1, 2}, {3, 3}} {
		p.wantStatus(p.post("/missions/first-cookie/hint/", "hint", fmt.Sprint(c.hint)), http.StatusSeeOther)
		if got := opened(); got != c.want {
			t.Errorf("after asking for hint %d: %d are open, want %d", c.hint, got, c.want)
		}
	}
	p.wantStatus(p.post("/missions/nothing/hint/", "hint", "1"), http.StatusNotFound)
	p.wantStatus(p.post("/missions/nothing/answer/", "answer", "1"), http.StatusNotFound)
	p.wantStatus(p.post("/missions/flush/answer/", "answer", "1"), http.StatusNotFound)
	page := p.get("/missions/", "Accept", "text/html").body
	m, _ := missions.Find("first-cookie")
	if !strings.Contains(page, m.Hints[2]) || strings.Contains(page, m.Learned) {
		t.Error("the page does not show the hints that are open, or explains what is not solved")
	}
	p.visits(1)
	if page := p.get("/missions/", "Accept", "text/html").body; !strings.Contains(page, m.Learned) {
		t.Error("the page does not explain a mission that is solved")
	}
}

func TestAForgedLearnerIsNobody(t *testing.T) {
	a := newTestApp(t)
	p := newPupil(a)
	p.visits(1)
	for name, value := range map[string]string{
		"id alone": p.id(), "no signature": p.id() + ".browser", "another's signature": p.id() + ".b:1xWZJt:AAAA",
	} {
		thief := pupil{a.scripted()}
		thief.setCookie("learner", value)
		if got := thief.done(); len(got) > 0 {
			t.Errorf("%s: %v are solved", name, got)
		}
	}
	thief := pupil{a.scripted()}
	thief.wantStatus(thief.post("/missions/here/", "me", p.id()), http.StatusBadRequest)
}

func TestAnOutageIsTheLearnersOwn(t *testing.T) {
	a := newTestApp(t)
	p, q := newPupil(a), newPupil(a)
	p.visits(1)
	q.visits(1)
	kept := p.cookie()
	p.post("/missions/outage/silence/")
	p.wantStatus(p.get("/counter/"), http.StatusServiceUnavailable)
	q.want("/counter/", `{"visit_count":2}`)
	p.restore()
	p.want("/counter/", `{"visit_count":2}`)
	if p.cookie() != kept {
		t.Error("the outage has changed the cookie")
	}
	p.use("signed_cookies")
	p.visits(1)
	p.post("/missions/outage/silence/")
	p.want("/counter/", `{"visit_count":2}`)
}

func TestWithoutDebugThereAreNoMissions(t *testing.T) {
	v := newTestApp(t, withoutDebug).visitor()
	v.wantStatus(v.get("/missions/"), http.StatusNotFound)
	v.wantStatus(v.post("/missions/first-cookie/hint/", "hint", "1"), http.StatusNotFound)
	for _, path := range []string{"/", "/counter/", "/methods/"} {
		if strings.Contains(v.get(path).body, "issions") {
			t.Errorf("%s speaks of missions", path)
		}
	}
}

func TestAChapterNamesItsMissions(t *testing.T) {
	p := newPupil(newTestApp(t))
	page := p.get("/counter/", "Accept", "text/html").body
	if !strings.Contains(page, `href="/missions/#two-browsers"`) || strings.Contains(page, `href="/missions/#flush"`) {
		t.Error("the counter's page does not name its missions, or names those of another chapter")
	}
	if strings.Count(page, "solved:") != 1 {
		t.Error("the mission that this very request has solved is not marked")
	}
}

// What a request costs without DEBUG: the look at whether there is anything to note.
func BenchmarkNoteWithoutDebug(b *testing.B) {
	a := &App{settings: &config.Settings{Debug: "false", Addr: "127.0.0.1:0"}}
	r, _ := http.NewRequest(http.MethodGet, "http://127.0.0.1/counter/", nil)
	for b.Loop() {
		a.note(r, http.StatusOK, "")
	}
}

func TestTheAttacksOfTheSecurityPageSolveMissions(t *testing.T) {
	a := newTestApp(t)
	for _, name := range []string{"hijack", "replay"} {
		p := newPupil(a)
		p.visits(1)
		p.post("/security/try/", "attack", "unknown")
		if slices.Contains(p.done(), name) {
			t.Errorf("another attack solves %s", name)
		}
		p.post("/security/try/", "attack", name)
		if !slices.Contains(p.done(), name) {
			t.Errorf("after the attack %s is not solved", name)
		}
	}
}

func TestTheSecondVisitorIsAnotherBrowser(t *testing.T) {
	p := newPupil(newTestApp(t))
	p.visits(1)
	p.get("/other/counter/")
	if got := p.done(); !slices.Contains(got, "two-browsers") {
		t.Errorf("solved: %v", got)
	}
}
