package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"sessionlab/handlers/config"
	"sessionlab/views"
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

// panelled are pages whose panel is looked at when it is open too: with every kind of story.
var panelled = []string{"counter", "preferences", "methods-tried", "cart", "cart-refused", "theme", "form-step-two", "thank-you", "error-404"}

// TestEveryPage looks at each page in each width and theme: nothing scrolls sideways or is cut
// off, nothing jumps when the page settles, the console is quiet, no request leaves the site,
// there is one main heading, the focus can be seen wherever it goes, code and charts stand out
// from what is behind them, and axe-core finds no fault, with the panel closed and open.
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
				if slices.Contains(panelled, s.name) {
					ask[bool](v, `document.querySelectorAll("#story, #wire, #record").forEach(c => c.querySelectorAll("details").forEach(d => d.open = true)), true`)
					for _, fault := range append(ask[[]string](v, layoutFaults), ask[[]string](v, axeFaults, "true")...) {
						t.Errorf("%s, %d px, with the panel open: %s", s.name, windows[0].width, fault)
					}
					ask[bool](v, `document.querySelectorAll("#story, #wire, #record").forEach(c => c.querySelectorAll("details").forEach(d => d.open = false)), true`)
				}
				for i, w := range windows {
					if i > 0 {
						v.resize(w)
					}
					faults := append(v.complaints(), ask[[]string](v, layoutFaults)...)
					switch {
					case i == 0:
						faults = append(faults, ask[[]string](v, axeFaults, "true")...)
						faults = append(faults, ask[[]string](v, contrastFaults)...)
					case w != medium: // the same colours, so those are not looked at again
						faults = append(faults, ask[[]string](v, axeFaults, "false")...)
						v.key(kb.Tab) // from here on the browser takes the focus for a keyboard's
						faults = append(faults, ask[[]string](v, focusFaults)...)
					}
					for _, fault := range faults {
						t.Errorf("%s, %d px: %s", s.name, w.width, fault)
					}
				}
			}
		})
	}
}

// TestPagesWithoutDebug looks at every page as a site shows it that others can reach: without
// what is under the hood, and with cookies that want HTTPS.
func TestPagesWithoutDebug(t *testing.T) {
	t.Parallel()
	axe := axeSource(t)
	v := serve(t, func(s *config.Settings) { s.Debug = "false" }).visitor(t, withMouse)
	v.open("/counter/")
	v.reload()
	v.reads("#visit-count", "2") // this computer counts as secure enough for such a cookie
	if c := v.cookie("sessionid"); c == nil || !c.Secure || !c.HTTPOnly {
		t.Errorf("the cookie is %+v", c)
	}
	v.post("/signup/", "username", "carol", "password1", "a few words", "password2", "a few words")
	v.post("/form/step-one/", "full_name", "Ann", "email", "ann@example.org")
	paths, hidden := []string{"/", "/account/", "/form/step-two/", "/form/thank-you/"}, []string{"/debug/", "/events/", "/missions/"}
	for _, g := range views.Chapters() {
		for _, c := range g.Chapters {
			if !strings.Contains(c.Path, "#") && !slices.Contains(hidden, c.Path) {
				paths = append(paths, c.Path)
			}
		}
	}
	for _, path := range append(paths, hidden...) {
		v.resize(wide)
		v.open(path)
		v.answered(map[bool]int{true: 404, false: 200}[slices.Contains(hidden, path)])
		v.lacks("#story, #wire, #record, .strip, #source-0, #runs, #attacks")
		v.do("load axe-core", chromedp.Evaluate[chromedp.Void](axe+";undefined"))
		faults := append(ask[[]string](v, layoutFaults), ask[[]string](v, axeFaults, "false")...) // the colours are those of the pages above
		v.resize(narrow)
		for _, fault := range append(faults, ask[[]string](v, layoutFaults)...) {
			t.Errorf("%s: %s", path, fault)
		}
	}
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
