package browser

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"sessionlab/handlers/settings"
)

// window is a size in pixels.
type window struct {
	name          string
	width, height int64
}

var (
	wide   = window{"wide", 1440, 900}
	medium = window{"medium", 768, 1024}
	narrow = window{"narrow", 360, 740}
)

// TestEveryPage looks at each page in each width and theme: nothing scrolls sideways or is cut
// off, nothing jumps when the page settles, the console is quiet, no request leaves the site,
// there is one main heading, and axe-core finds no fault.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	axe := axeSource(t)
	for theme, windows := range map[string][]window{
		"light": {wide, medium, narrow}, // loaded in the first, then resized
		"dark":  {narrow, medium, wide},
	} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			v := serve(t).visitor(t, withMouse)
			v.wear(theme)
			for _, s := range tour() {
				if s.before != nil {
					s.before(v)
				}
				v.resize(windows[0])
				s.open(v)
				if moved := ask[string](v, jump); moved != "" {
					t.Errorf("%s, %d px: %s", s.name, windows[0].width, moved)
				}
				v.do("load axe-core", chromedp.Evaluate[chromedp.Void](axe+";undefined"))
				for i, w := range windows {
					if i > 0 {
						v.resize(w)
					}
					faults := append(v.complaints(), ask[[]string](v, layoutFaults)...)
					if w != medium {
						faults = append(faults, ask[[]string](v, axeFaults, axeScope(i))...)
					}
					for _, fault := range faults {
						t.Errorf("%s, %d px: %s", s.name, w.width, fault)
					}
				}
			}
		})
	}
}

// TestPagesWithoutDebug looks at pages as a site shows them that others can reach: without
// what is under the hood, and with cookies that want HTTPS.
func TestPagesWithoutDebug(t *testing.T) {
	t.Parallel()
	axe := axeSource(t)
	v := serve(t, func(s *settings.Settings) { s.Debug = "false" }).visitor(t, withMouse)
	v.open("/counter/")
	v.reload()
	v.reads("#visit-count", "2") // this computer counts as secure enough for such a cookie
	if c := v.cookie("sessionid"); c == nil || !c.Secure || !c.HTTPOnly {
		t.Errorf("the cookie is %+v", c)
	}
	for _, path := range []string{"/", "/counter/", "/cart/", "/engines/", "/settings/", "/security/", "/login/", "/debug/"} {
		v.resize(wide)
		v.open(path)
		v.lacks("#hood")
		v.lacks("#source-0")
		v.do("load axe-core", chromedp.Evaluate[chromedp.Void](axe+";undefined"))
		faults := append(ask[[]string](v, layoutFaults), ask[[]string](v, axeFaults, axeScope(0))...)
		v.resize(narrow)
		for _, fault := range append(faults, ask[[]string](v, layoutFaults)...) {
			t.Errorf("%s: %s", path, fault)
		}
	}
	v.answered(404) // the last one shows internals, and is not there
}

// wear chooses a theme for the session, and as the device's own, which pages without a session
// follow.
func (v *visitor) wear(theme string) {
	v.t.Helper()
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
	v.post("/theme/", "theme", theme)
}

// resize changes the window, and waits until the page that is open has been drawn in it.
func (v *visitor) resize(w window) {
	v.t.Helper()
	call(v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: w.width, Height: w.height, DeviceScaleFactor: 1})
	if got := ask[int64](v, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(innerWidth))))`); got != w.width {
		v.fatal("the window is %d px wide, want %d", got, w.width)
	}
}

// axeSource is axe-core, the accessibility checker.
func axeSource(t *testing.T) string {
	t.Helper()
	text, err := readAxe()
	needs(t, "axe-core", err)
	return text
}

var readAxe = sync.OnceValues(func() (string, error) {
	text, err := os.ReadFile("../../.cache/axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		return "", fmt.Errorf("read: %w", err)
	}
	return string(text), nil
})

// jump says what has moved since the page was drawn first, once it has settled; "" for
// nothing that one would notice.
const jump = `(async () => {
	let sum = 0;
	const moved = new Set();
	const add = list => {
		for (const e of list) {
			sum += e.value;
			for (const { node } of e.sources) if (node) moved.add((node.parentElement?.closest("[id]")?.id ?? "") + " " + node.nodeName + "." + (node.className ?? ""));
		}
	};
	const observer = new PerformanceObserver(list => add(list.getEntries()));
	observer.observe({type: "layout-shift", buffered: true});
	await document.fonts.ready;
	await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));
	add(observer.takeRecords());
	return sum < 0.02 ? "" : "the page jumps by " + sum.toFixed(3) + ": " + [...moved].join(", ");
})()`

// layoutFaults says what is wrong with the page's layout.
const layoutFaults = `(() => {
	const faults = [], root = document.documentElement;
	const name = e => e.localName + (e.id && "#" + e.id) + [...e.classList].map(c => "." + c).join("");

	const mains = document.querySelectorAll("h1").length;
	if (mains !== 1) faults.push(mains + " main headings");
	if (root.scrollWidth > root.clientWidth) faults.push("scrolls sideways: " + root.scrollWidth + " px in " + root.clientWidth);

	const cut = new Set();
	for (const e of document.body.querySelectorAll("*")) {
		const box = e.getBoundingClientRect();
		if (!e.checkVisibility() || box.width === 0 || e.closest(".unseen, .skip, .cut")) continue;
		for (let around = e.parentElement; around; around = around.parentElement) {
			const how = getComputedStyle(around).overflowX;
			if (how === "visible") continue;
			if (getComputedStyle(around).clipPath !== "none") break; // kept out of sight on purpose
			if ((how === "hidden" || how === "clip") && box.right > around.getBoundingClientRect().right + 1) cut.add(name(e) + " in " + name(around));
			break;
		}
	}
	for (const what of [...cut].slice(0, 5)) faults.push("cut off: " + what);
	return faults;
})()`

// axeScope leaves code out when the same page is looked at again in another width: that would
// find the same, and is a third of the work.
func axeScope(turn int) string {
	if turn == 0 {
		return `document`
	}
	return `{exclude: ["pre.chroma"]}`
}

// axeFaults are what axe-core finds against WCAG 2.2, levels A and AA.
const axeFaults = `axe.run(%s, {
	runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}, resultTypes: ["violations"],
	preload: false, // of style sheets, for rules that are not among these
}).then(found => found.violations.map(v => v.id + ": " + v.help + ": " +
	v.nodes.slice(0, 3).map(n => n.target.join(" ") + " (" + (n.any[0]?.message ?? "") + ")").join("; ")))`
