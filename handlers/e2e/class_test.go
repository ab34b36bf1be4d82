package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"sessionlab/handlers/class"
	"sessionlab/handlers/config"
)

// serveClass starts a class.
func serveClass(t *testing.T) *site {
	t.Helper()
	return serve(t, func(s *config.Settings) {
		s.ForClass(t.TempDir())
		s.Addr = "127.0.0.1:0"
	})
}

// teacher is in front of the class, by the link from the terminal.
func (s *site) teacher(t *testing.T, w way) *visitor {
	t.Helper()
	v := s.visitor(t, w)
	v.load("the teacher's link", chromedp.Navigate(s.URL+"/teach/#"+s.app.Room().TeacherCode()))
	v.await("#class")
	if at := ask[string](v, `location.href`); strings.Contains(at, "#") {
		t.Errorf("the teacher's code is still in the address: %s", at)
	}
	return v
}

// learner has joined the class.
func (s *site) learner(t *testing.T, w way, name string) *visitor {
	t.Helper()
	v := s.visitor(t, w)
	v.open("/counter/")
	v.on("/join/") // there is nothing else for who has not joined
	v.fill("#code", strings.ToLower(strings.ReplaceAll(s.app.Room().JoinCode(), "-", "")))
	v.fill("#name", name)
	v.press("#join .btn")
	v.on("/join/")
	v.shows("#pass", name)
	return v
}

// until waits until an element shows a text, which the page's stream brings.
func (v *visitor) until(css, want string) {
	v.t.Helper()
	v.do("wait until "+css+" shows "+want, chromedp.Poll[chromedp.Void](fmt.Sprintf(
		`[...document.querySelectorAll(%q)].some(e => e.innerText.replace(/\s+/g, " ").includes(%q))`, css, want)))
}

// A whole class: three learners join, solve missions by doing them, answer a question, click
// together, live through an outage; the teacher exports and resets, and the next group sees
// nothing of them.
func TestAClass(t *testing.T) {
	t.Parallel()
	s := serveClass(t)
	teacher := s.teacher(t, withMouse)
	wall := teacher.tab()
	wall.open("/screen/")
	wall.shows("#screen", s.app.Room().JoinCode())
	wall.await(".qr path")

	amber, birch, cedar := s.learner(t, withMouse, "Amber"), s.learner(t, withMouse, "Birch"), s.learner(t, withMouse, "Cedar <b>")
	teacher.until("#class", "Cedar <b>")
	amber.open("/counter/")
	for range 5 {
		amber.reload()
	}
	teacher.until(".tile", "Amber Visit counter")
	teacher.until(".tile", "2 of") // a first cookie, and a count of five

	// Follow me: those who follow are led, who has left is not.
	birch.open("/counter/")
	cedar.open("/counter/")
	teacher.do("choose the cart", chromedp.SetValue(chromedp.CSS("#lead"), "/cart/"))
	teacher.press(`form[action="/teach/lead/"] .btn:not([name])`)
	birch.await(`.side a[aria-current][href="/cart/"]`)
	birch.press("#class-follow") // leaves
	birch.open("/counter/")
	teacher.do("choose the theme", chromedp.SetValue(chromedp.CSS("#lead"), "/theme/"))
	teacher.press(`form[action="/teach/lead/"] .btn:not([name])`)
	birch.until("#class-bar", "Teacher shows: Theme")
	amber.await(`.side a[aria-current][href="/theme/"]`)
	cedar.await(`.side a[aria-current][href="/theme/"]`)
	birch.on("/counter/")

	// A question, with its bars and then the answer.
	teacher.tap("#asking summary")
	teacher.fill("#text", "Who is signed out?")
	teacher.fill("#answer1", "everybody")
	teacher.fill("#answer2", "nobody")
	teacher.do("choose the right answer", chromedp.SetValue(chromedp.CSS("#right"), "2"))
	teacher.press(`form[action="/teach/ask/"] .btn`)
	for i, v := range []*visitor{amber, birch, cedar} {
		v.until("#class-bar", "Who is signed out?")
		v.press(fmt.Sprintf("#class-answer-%d", min(i, 1)))
	}
	teacher.until("#question", "nobody 2")
	wall.until("#screen", "everybody 1")
	teacher.press(`form[action="/teach/reveal/"] .btn`)
	birch.until("#class-bar", "nobody · right · your answer")
	teacher.press(`form[action="/teach/dismiss/"] .btn`)

	// One counter for everybody: what was answered "saved" is there on the layer.
	teacher.press(`button[value="counter"]`)
	for _, v := range []*visitor{amber, birch, cedar} {
		v.await("#class-click")
		ask[bool](v, `(() => { // a finger that clicks until the button goes
			const tap = setInterval(() => { const b = document.getElementById("class-click"); if (b) b.click(); else clearInterval(tap); }, 150);
			return true;
		})()`)
	}
	wall.until("#screen", "One counter for everybody")
	amber.until("#class-bar", "Plain scs kept")
	got := ask[struct{ Plain, PlainSaid, Layer, LayerSaid int }](wall, `(() => {
		const n = id => Number(document.getElementById(id).textContent);
		return {Plain: n("plain-kept"), PlainSaid: n("plain-said"), Layer: n("layer-kept"), LayerSaid: n("layer-said")};
	})()`)
	if got.Layer != got.LayerSaid || got.LayerSaid < 10 || got.Plain >= got.PlainSaid {
		t.Errorf("%+v: the layer must keep every click, and plain scs must lose some", got)
	}
	teacher.press(`form[action="/teach/dismiss/"] .btn`)

	// The store is silent: a page cannot be had, and nobody is signed out.
	amber.open("/login/")
	amber.signInAs(t)
	before := amber.cookie("class_session").Value
	teacher.press(`button[value="outage"]`)
	amber.open("/counter/")
	amber.answered(503)
	amber.until("#class-bar", "Nobody's session is gone")
	if after := amber.cookie("class_session"); after == nil || after.Value != before {
		t.Error("the outage cost Amber her cookie")
	}
	amber.open("/account/")
	amber.on("/account/")
	teacher.until("#run", "db")
	if rows := ask[[]string](teacher, `[...document.querySelectorAll("#run tbody tr")].map(r => [...r.cells].map(c => c.innerText).join(" "))`); len(rows) != 1 || rows[0] != "db 3 3" {
		t.Errorf("after the outage the board says %q, want all three sessions", rows)
	}

	export := ask[string](teacher, `fetch("/teach/export.csv").then(a => a.text())`)
	for _, want := range []string{"Amber,mission,", "Birch,question,Who is signed out?,", "nobody,yes", `Cedar <b>,question`} {
		if !strings.Contains(export, want) {
			t.Errorf("the export lacks %q:\n%s", want, export)
		}
	}

	// The next group.
	code := s.app.Room().JoinCode()
	teacher.tap("#resetting summary")
	teacher.tick(`input[name="sure"]`)
	teacher.press(`.danger`)
	teacher.until("#class", "Nobody has joined yet")
	if s.app.Room().JoinCode() == code {
		t.Error("the next group has the code of the last one")
	}
	amber.open("/counter/")
	amber.on("/join/")
	amber.fill("#code", s.app.Room().JoinCode())
	amber.fill("#name", "Dune")
	amber.press("#join .btn")
	amber.open("/counter/")
	amber.reads("#visit-count", "1")
	amber.open("/account/")
	amber.on("/login/")
	teacher.until("#class", "Dune")
	teacher.lacks("#question")
	if all := ask[string](teacher, `document.body.innerText`); strings.Contains(all, "Amber") || strings.Contains(all, "Birch") {
		t.Errorf("the second group's board still has the first:\n%s", all)
	}
}

// signInAs signs a learner in with the account that they were given.
func (v *visitor) signInAs(t *testing.T) {
	t.Helper()
	v.open("/join/")
	name, _ := v.text("#account-name")
	code, _ := v.text("#personal-code")
	v.open("/login/")
	v.fill("#username", name)
	v.fill("#password", code)
	v.press(`form[action="/login/"] .btn:not(.ghost)`)
	v.on("/account/")
}

// The class's pages in every width and theme: nothing scrolls sideways or is cut off, the focus
// can be seen, and axe-core finds nothing. With SCREENSHOTS it takes pictures.
func TestPagesOfAClass(t *testing.T) {
	t.Parallel()
	axe := axeSource(t)
	s := serveClass(t)
	room := s.app.Room()
	teacher, amber := s.teacher(t, withMouse), s.learner(t, withMouse, "Amber")
	for _, name := range strings.Fields("Birch Cedar Dune Ember Fjord Grove Heron Iris Juniper Kelp Lark Maple Nettle Otter Pine Quartz Reed Sage Thistle Umber Vale Willow Yarrow") {
		if _, err := room.Join(t.Context(), "a network", room.JoinCode(), name); err != nil {
			t.Fatal(err)
		}
	}
	amber.open("/counter/")
	amber.reload()
	stranger := s.visitor(t, withMouse)
	pages := []struct {
		name, path string
		v          *visitor
		before     func()
	}{
		{"join", "/join/?code=ABC-DEF", stranger, nil},
		{"entrance", "/teach/", stranger, nil},
		{"joined", "/join/", amber, nil},
		{"board", "/teach/", teacher, nil},
		{"start", "/screen/", teacher, nil},
		{"plan", "/teach/plan/", teacher, nil},
		{"story", "", teacher, nil},
		{"screen-story", "/screen/", teacher, func() {
			teacher.open("/counter/")
			room.Lead("/counter/", "Visit counter")
		}},
		{"bar", "/counter/", amber, func() {
			if err := room.Ask("One counter, all click: who counts right?", []string{"both", "neither", "one loses clicks"}, 3); err != nil {
				t.Fatal(err)
			}
		}},
		{"screen-question", "/screen/", teacher, nil},
		{"clicking", "/counter/", amber, func() {
			if err := room.Start(class.OneCounter, s.app); err != nil {
				t.Fatal(err)
			}
			amber.await("#class-click")
		}},
		{"screen-counter", "/screen/", teacher, func() { teacher.open("/screen/"); teacher.until("#screen", "A click counts") }},
		{"board-counter", "/teach/", teacher, nil},
		{"frozen", "/counter/", amber, func() { room.Freeze(true) }},
	}
	for _, p := range pages {
		if p.before != nil {
			p.before()
		}
		for _, theme := range []string{"light", "dark"} {
			for _, w := range []window{wide, medium, narrow, {"projector", 1280, 720}} {
				p.v.resize(w)
				path := p.path
				if path == "" {
					path = ask[string](teacher, `new URL(document.querySelector(".tile")?.href ?? location.href).pathname`)
				}
				if p.name == "story" && !strings.HasPrefix(path, "/teach/learners/") {
					p.v.open("/teach/")
					path = ask[string](teacher, `new URL(document.querySelector(".tile").href).pathname`)
				}
				p.v.open(path)
				ask[bool](p.v, `document.documentElement.dataset.theme = %q, true`, theme)
				if dir := os.Getenv("SCREENSHOTS"); dir != "" {
					p.v.photograph(filepath.Join(dir, "class-"+p.name+"-"+w.name+"-"+theme+".png"))
				}
				p.v.do("load axe-core", chromedp.Evaluate[chromedp.Void](axe+";undefined"))
				faults := append(p.v.complaints(), ask[[]string](p.v, layoutFaults)...)
				faults = append(faults, ask[[]string](p.v, axeFaults, "true")...)
				for _, fault := range faults {
					t.Errorf("%s, %s, %d px: %s", p.name, theme, w.width, fault)
				}
			}
		}
	}
}
