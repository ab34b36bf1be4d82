package handlers

import (
	"html"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sessionlab/handlers/config"
	"sessionlab/handlers/faults"
	"sessionlab/views"
)

// worksAs is what a program says once its button was pressed twice: with its fault, and
// repaired.
var worksAs = map[string]struct{ faulty, repaired string }{
	"order":    {"Welcome!", "Willkommen!"},
	"in-place": {"Wishes: 0", "Wishes: 2"},
	"domain":   {"Visits: 1", "Visits: 3"}, "age": {"Visits: 1", "Visits: 3"},
	"path": {"Visits: 1", "Visits: 3"}, "late": {"Visits: 1", "Visits: 3"},
	"secret": {"Visits: 1", "Visits: 3"}, "memory": {"Visits: 1", "Visits: 3"},
}

// says is what the program on this page has answered.
func says(r reply) string { return html.UnescapeString(between(r.body, `id="says">`, "<")) }

// A program's own page, opened once and then used twice, by a client with a real cookie jar.
func TestEachFaultMisbehavesAndItsRepairCuresIt(t *testing.T) {
	app := newTestApp(t)
	if len(faults.All) != 8 {
		t.Fatalf("there are %d faults, want 8", len(faults.All))
	}
	for _, f := range faults.All {
		v := app.visitor()
		for version, want := range map[faults.Version]string{
			faults.Faulty: worksAs[f.Name].faulty, faults.Repaired: worksAs[f.Name].repaired,
		} {
			path := f.Path(version)
			last := v.wantStatus(v.get(path), http.StatusOK)
			for range 2 {
				if f.Post {
					v.wantStatus(v.post(path), http.StatusSeeOther)
				}
				last = v.wantStatus(v.get(path), http.StatusOK)
			}
			if got := says(last); got != want {
				t.Errorf("%s, %s: it says %q, want %q", f.Name, version, got, want)
			}
		}
		if v.cookie() != "" {
			t.Errorf("%s gave the lab's own session a cookie", f.Name)
		}
	}
	sessionsLeft(t, app, 0)
}

// What the page shows below the answer is what the tip that finds the fault needs.
func TestTheTipThatFindsAFaultHasSomethingToShow(t *testing.T) {
	v := newTestApp(t).visitor()
	for name, want := range map[string]struct{ part, has, lacks string }{
		"domain": {"sent", "Domain=shop.example", "shop=••"},
		"age":    {"sent", "no Set-Cookie", "shop="},
		"path":   {"sent", "Path=/debug/faults/path/faulty/admin/", "nothing"},
		"late":   {"sent", "no Set-Cookie", "shop="},
		"secret": {"told", "not one that this server has signed", "no session cookie"},
		"memory": {"told", "no session under this key", "no session cookie"},
		"order":  {"stored", "language: \"de\"", "nothing"},
		"in-place": {
			"stored", "visits: ", "wishes",
		},
	} {
		f, _ := faults.Named(name)
		v.get(f.Path(faults.Faulty))
		if f.Post {
			v.post(f.Path(faults.Faulty))
		}
		r := v.get(f.Path(faults.Faulty))
		part := html.UnescapeString(between(r.body, `id="`+want.part+`">`, "</dl>"))
		if !strings.Contains(part, want.has) || strings.Contains(part, want.lacks) {
			t.Errorf("%s: #%s shows %s, want %q and not %q", name, want.part, part, want.has, want.lacks)
		}
	}
}

// The simplest test view tells a fault of the page from one of all that is around it.
func TestTheTestViewWorksWhereThePageIsAtFault(t *testing.T) {
	v := newTestApp(t).visitor()
	for _, f := range faults.All {
		v.get(f.Path(faults.Faulty) + "?test")
		works := strings.Contains(says(v.get(f.Path(faults.Faulty)+"?test")), "Set at")
		inPage := slices.Contains(f.Finds, faults.Test) || f.Name == "order"
		if works != inPage {
			t.Errorf("%s: the test view keeps its value: %t", f.Name, works)
		}
		v.get(f.Path(faults.Repaired) + "?test")
		if got := says(v.get(f.Path(faults.Repaired) + "?test")); !strings.Contains(got, "Set at") {
			t.Errorf("%s, repaired: the test view says %q", f.Name, got)
		}
	}
}

func TestWhatAVisitorFoundAndRepairedIsKept(t *testing.T) {
	v := newTestApp(t).scripted()
	for i, f := range faults.All {
		path := faultPath(f)
		p := face[views.Fault](v, path)
		if p.Found || p.Cause != "" || p.Repaired || p.App != f.Path(faults.Faulty) || p.Fixed != "" {
			t.Errorf("%s tells too early: %+v", path, p)
		}
		for tip := faults.Order; tip <= faults.Stored; tip++ {
			v.wantStatus(v.post(path, "tip", string('0'+rune(tip))), http.StatusSeeOther)
			right := slices.Contains(f.Finds, tip)
			if p := face[views.Fault](v, path); p.Found != right || (p.Cause != "") != right {
				t.Errorf("%s, tip %d: found is %t", path, tip, p.Found)
			}
		}
		v.post(path, "tip", string('0'+rune(f.Finds[0])))
		v.wantStatus(v.post(path, "repair", "on"), http.StatusSeeOther)
		p = face[views.Fault](v, path)
		repaired := p.Repaired && p.App == f.Path(faults.Repaired) && p.Code != p.Fixed
		if !p.Found || !repaired || !strings.Contains(p.Fixed, "func ") {
			t.Errorf("%s after the repair: %+v", path, p)
		}
		if list := face[views.Faults](v, "/debug/faults/"); list.Found != i+1 || list.Repaired != i+1 {
			t.Errorf("the list says %d found, %d repaired, want %d", list.Found, list.Repaired, i+1)
		}
	}
	v.post("/debug/faults/order/", "repair", "off")
	if p := face[views.Faults](v, "/debug/faults/"); p.Repaired != 7 || p.Found != 8 {
		t.Errorf("one repair is off: %d are on, %d found", p.Repaired, p.Found)
	}
	v.wantStatus(v.post("/debug/faults/order/", "tip", "5"), http.StatusUnprocessableEntity)
	v.wantStatus(v.get("/debug/faults/nothing/"), http.StatusNotFound)
	v.wantStatus(v.get("/debug/faults/order/mended/"), http.StatusNotFound)
}

// The lab's pages may be in nobody's frame. These may be in the lab's own.
func TestOnlyAProgramMayStandInAFrameOfThisSite(t *testing.T) {
	v := newTestApp(t).visitor()
	for path, want := range map[string]string{"/debug/faults/late/": "'none'", "/debug/faults/late/faulty/": "'self'"} {
		h := v.get(path).header
		if got := between(h.Get("Content-Security-Policy"), "frame-ancestors ", ";"); got != want {
			t.Errorf("%s: frame-ancestors %s, want %s", path, got, want)
		}
		if got := h.Get("X-Frame-Options"); got != map[string]string{"'none'": "DENY", "'self'": "SAMEORIGIN"}[want] {
			t.Errorf("%s: X-Frame-Options %s", path, got)
		}
	}
}

func TestWithoutDebugThereAreNoFaultyPrograms(t *testing.T) {
	v := newTestApp(t, func(s *config.Settings) { s.Debug = "false" }).visitor()
	for _, path := range []string{"/debug/faults/", "/debug/faults/late/", "/debug/faults/late/faulty/"} {
		v.wantStatus(v.get(path), http.StatusNotFound)
		v.wantStatus(v.post(path), http.StatusNotFound)
	}
}
