package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"sessionlab/handlers/config"
	"sessionlab/views"
)

// chapter is what a learner does in a chapter after predicting.
type chapter struct {
	path    string
	do      func(*visitor)
	changed string // what the story then shows as changed, "" if it shows no entry of the app's
}

var lessons = []chapter{
	{"/counter/", func(v *visitor) { v.press(`#try a[href="/counter/"]`) }, "visit_count"},
	{"/preferences/", func(v *visitor) { v.press(`button[value=save]`) }, "preferences"},
	{"/methods/", func(v *visitor) { v.fill("#key", "fruit"); v.press(`button[value=set]`) }, "try_fruit"},
	{"/cart/", func(v *visitor) { v.press(addButton) }, "cart"},
	{"/theme/", func(v *visitor) { v.press(`.look[value=light]`) }, "theme_preference"},
	{"/form/step-one/", func(v *visitor) {
		v.fill("#full_name", "Ann")
		v.fill("#email", "ann@example.org")
		v.press(`form[action="/form/step-one/"] button`)
	}, "step_one_data"},
	{"/recent/", func(v *visitor) { v.press(`form[action="/recent/start/"] button`) }, "recent_pages"},
	{"/experiments/", func(v *visitor) { v.press(`#test-0 button[value=join]`) }, "ab_tests"},
	{"/debug/", func(v *visitor) { v.press(`button[value=test]`) }, "test_key"},
	{"/settings/", func(v *visitor) { v.tick("#readable"); v.press(`#trial button:not(.ghost)`) }, ""},
	{"/middleware/", nil, ""},
	{"/login/", func(v *visitor) {
		v.fill("#username", "alice")
		v.fill("#password", "wonderland-2026")
		v.press(`#try form[action="/login/"] button`)
	}, ""},
}

// TestChapters goes through chapters as a learner: predict, click, read what came of it, see
// the change beside the button, open what there is to try, and see the progress at home.
func TestChapters(t *testing.T) {
	inEveryWay(t, []walk{{"predict, click, see", predicting}, {"a race", predictingARace}})
}

func predicting(v *visitor) {
	windows := []window{{"zoomed to 150 %", 960, 640}, narrow, wide}
	for i, c := range lessons {
		w := windows[i%len(windows)]
		call(v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: w.width, Height: w.height, DeviceScaleFactor: 1})
		v.open(c.path)
		v.lacks("#predict .why")
		v.press(`#predict button[name=answer][value="2"]`)
		if c.do != nil {
			v.shows("#predict", "You said: “")
			v.lacks("#predict .why")
			c.do(v)
		}
		v.shows("#predict", "“")
		if got, ok := v.text("#predict .why"); !ok || len(got) < 40 {
			v.fatal("%s: the click brings no explanation", c.path)
		}
		if c.changed != "" {
			v.seesChange(w, c)
		}
		v.tap(`.trials li:first-child summary`)
		if got, _ := v.text(".trials li:first-child details p"); len(got) < 20 {
			v.fatal("%s: what to see is not said", c.path)
		}
		v.shows(".learned", ".")
		v.shows("#library", ":")
	}
	v.open("/")
	v.shows("#progress label", "12 of ")
	v.shows(".go .btn", "Go on with “Engines, side by side”")
}

// seesChange checks that the change of the click is in sight at once, beside what was clicked
// or in the strip that stays in sight.
func (v *visitor) seesChange(w window, c chapter) {
	v.t.Helper()
	css := "#story .diff"
	if w.width < 900 {
		css = ".strip"
	}
	at := ask[struct {
		Scrolled, Top, Bottom, Height float64
		Says                          string
	}](v, `(() => {
		const e = [...document.querySelectorAll(%q)].find(e => e.checkVisibility() && e.innerText.includes(%q)), box = e?.getBoundingClientRect();
		return {Scrolled: scrollY, Top: box?.top ?? -1, Bottom: box?.bottom ?? -1, Height: innerHeight, Says: e?.innerText ?? ""};
	})()`, css, c.changed)
	if at.Top < 0 || at.Bottom > at.Height || at.Scrolled != 0 {
		v.fatal("%s, %s: the change is not in sight: %+v", c.path, w.name, at)
	}
}

func predictingARace(v *visitor) {
	v.open("/race/?preset=sign-out")
	v.press(`#predict button[name=answer][value="2"]`)
	v.at("/race/?preset=sign-out")
	v.shows("#predict", "You said: “The ended session comes back, signed in.”")
	v.press(`#steps .row a.btn:first-child`)
	v.shows("#predict", "Yes. “The ended session comes back")
	v.shows("#predict .why", "Plain scs: ")
}

// TestEveryChapterInOneGo follows “Next” from the home page to the end, answers every question
// on the way, and finds no fault on a page with its explanation. Nothing is left to predict then.
func TestEveryChapterInOneGo(t *testing.T) {
	t.Parallel()
	axe := axeSource(t)
	v := serve(t, func(s *config.Settings) { s.SessionEngine = "signed_cookies" }).visitor(t, withMouse)
	v.open("/")
	pages := 0
	for ask[bool](v, `!!document.querySelector("a[rel=next]")`) {
		v.press("a[rel=next]")
		pages++
		if ask[bool](v, `!!document.querySelector("#predict form")`) {
			v.press(`#predict button[name=answer][value="1"]`)
			v.shows("#predict", "“")
		}
		v.do("load axe-core", chromedp.Evaluate[chromedp.Void](axe+";undefined"))
		for _, fault := range append(ask[[]string](v, layoutFaults), ask[[]string](v, axeFaults, "true")...) {
			t.Errorf("%s: %s", ask[string](v, `location.pathname`), fault)
		}
	}
	want := 0
	for _, g := range views.Chapters() {
		want += len(g.Chapters)
	}
	if pages != want {
		t.Errorf("“Next” led through %d pages, want %d", pages, want)
	}
}

// TestPrint prints a lesson: its code is there from the first line to the last, and so is what
// is folded on the screen, but no cookie that is covered.
func TestPrint(t *testing.T) {
	t.Parallel()
	v := serve(t).visitor(t, withMouse)
	v.open("/cart/")
	v.press(addButton)
	code := ask[string](v, `document.querySelector("#source-0").textContent`)
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	v.resize(window{"paper", 794, 1123})
	for _, css := range []string{".top", ".side", ".strip", ".turn", ".copy"} {
		v.lacks(css)
	}
	for _, css := range []string{"#try", "#story .diff", "#wire .wired", "#record .entry", ".trials details p", ".learned", "#library"} {
		if got, ok := v.text(css); !ok || got == "" {
			t.Errorf("%s is not printed", css)
		}
	}
	cut := ask[[]string](v, `[...document.querySelectorAll("pre, .side-story, .wired")].filter(e => e.checkVisibility() &&
		(e.scrollHeight > e.clientHeight + 1 && getComputedStyle(e).overflowY !== "visible" || e.scrollWidth > e.clientWidth + 1)).map(e => e.outerHTML.slice(0, 80))`)
	for _, e := range cut {
		t.Errorf("cut off on paper: %s", e)
	}
	if shown, _ := v.text("#source-0"); len(shown) < 1000 || !strings.Contains(code, "func (a *App) clearCart") || !strings.Contains(shown, "func (a *App) clearCart") {
		t.Error("the code is not printed whole")
	}
	if body, _ := v.text("body"); strings.Contains(body, v.cookie("sessionid").Value) {
		t.Error("the covered cookie is printed")
	}
}
