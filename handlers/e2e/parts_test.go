package e2e

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPartsOfEveryPage uses what is the same on all pages.
func TestPartsOfEveryPage(t *testing.T) {
	inEveryWay(t, []walk{{"the source", source}, {"what is folded", folded}, {"pages to read", reading}, {"the chapters on a narrow screen", drawer}})
}

// source looks at the source beside a result: its tabs, and one click that copies.
func source(v *visitor) {
	v.open("/counter/")
	v.shows(".code:has(#source-0) mark", "func (a *App) counter(")
	if !v.noScripts {
		v.do("see the lines that ran", chromedp.Poll[chromedp.Void](`(() => {
			const box = document.querySelector("#ran").closest("pre").getBoundingClientRect(), ran = document.querySelector("#ran").getBoundingClientRect();
			return ran.top >= box.top && ran.top < box.bottom;
		})()`))
	}
	if v.noScripts {
		v.press("a[data-tab=django]") // a link
	} else {
		v.tap("a[data-tab=django]")
	}
	v.shows(".code:has(#source-1)", "def ")
	v.lacks("#source-0")
	if v.noScripts {
		v.lacks("button.copy") // it could do nothing
		return
	}
	profile := chromedp.FromContext(v.ctx).BrowserContextID
	allow := browser.SetPermissionParams{Permission: &browser.PermissionDescriptor{Name: "clipboard-write"}, Setting: browser.PermissionSettingGranted, Origin: v.site.URL, BrowserContextID: profile}
	v.do("allow copying", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.CallBrowser(ctx, browser.SetPermission, allow)
		return err
	}))
	v.tap(".code:has(#source-1) button.copy")
	v.do("wait for the copy", chromedp.Poll[chromedp.Void](`document.querySelector(".code:has(#source-1) button.copy").textContent === "Copied"`))
}

// folded opens what a page keeps folded: a record with many long values.
func folded(v *visitor) {
	for i := range 8 {
		v.post("/methods/", "action", "set", "key", "key-"+strconv.Itoa(i), "value", strings.Repeat("long ", 38)+strconv.Itoa(i)+" long")
	}
	v.open("/counter/")
	v.shows("#story .add", "visit_count")
	v.lacks("#record .entry")
	v.tap("#record > details:nth-of-type(1) > summary")
	v.shows("#record .entry:nth-child(2)", `"try_key-0"`)
}

// reading opens the pages on which there is nothing to do, by their links.
func reading(v *visitor) {
	v.open("/")
	v.press(`.tile a[href="/engines/"]`)
	v.at("/engines/")
	v.press(`.side a[href="/settings/"]`)
	v.shows("main", "SESSION_COOKIE_AGE")
	v.press(`.side a[href="/middleware/"]`)
	v.shows(".layers .here", "sessions")
	v.press(`.side a[href="/security/"]`)
	v.shows("#habits", "Keep secrets out of the session")
	v.open("/nowhere/")
	v.answered(404)
	v.shows("#story", "/nowhere/")
	v.press(`.fault .btn`)
	v.at("/")
	v.shows("#session", "That is the session.")
}

// drawer opens the chapters, which is the browser's own doing and needs no script.
func drawer(v *visitor) {
	call(v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: narrow.width, Height: narrow.height, DeviceScaleFactor: 1})
	v.open("/counter/")
	v.lacks("#chapters")
	v.tap(".menu")
	v.shows("#chapters", "Shopping cart")
	v.key(kb.Escape)
	v.lacks("#chapters")
	v.tap(".menu")
	v.press(`#chapters button[value=dark]`)
	v.at("/counter/")
	v.count("html[data-theme=dark]", 1)
	v.tap(".menu")
	v.count(`#chapters a[href="/counter/"][aria-current=page]`, 1)
	v.press(`#chapters a[href="/cart/"]`)
	v.at("/cart/")
	v.lacks("#chapters")
}

// TestTheDeviceDecides has the page follow what the device asks for: its theme, until one is
// chosen, and less motion.
func TestTheDeviceDecides(t *testing.T) {
	t.Parallel()
	v := serve(t).visitor(t, withMouse)
	v.open("/events/")
	for scheme, want := range map[string]string{"light": lightPaper, "dark": darkPaper} {
		call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		if got := v.paper(); got != want {
			t.Errorf("on a %s device the page is %s, want %s", scheme, got, want)
		}
	}
	// Every rule that moves something stands where devices that want no motion do not get it.
	moving := ask[map[string]string](v, `(() => {
		const all = {};
		const walk = (rules, when) => {
			for (const r of rules) {
				const now = r.media ? r.media.mediaText : when;
				const moves = ["transition-duration", "animation-duration"].some(name => parseFloat(r.style?.getPropertyValue(name)) > 0);
				if (moves) all[r.selectorText] = now;
				if (r.cssRules) walk(r.cssRules, now);
			}
		};
		for (const sheet of document.styleSheets) walk(sheet.cssRules, "");
		return all;
	})()`)
	if len(moving) == 0 {
		t.Error("no rule of the style sheet moves anything: is this test still of use?")
	}
	for selector, when := range moving {
		if !strings.Contains(when, "prefers-reduced-motion: no-preference") {
			t.Errorf("%s moves for everybody (%q)", selector, when)
		}
	}
}

// TestSlowConnection loads pages that arrive bit by bit: what is there already stays where it is.
func TestSlowConnection(t *testing.T) {
	t.Parallel()
	v := serve(t).visitor(t, withMouse)
	v.open("/counter/")
	for _, c := range []struct {
		name   string
		speed  float64 // bytes a second
		cached bool    // the style sheet and the scripts are there already
	}{{"the page itself is slow", 20_000, true}, {"style sheet and scripts come late", 60_000, false}} {
		call(v, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: !c.cached})
		call(v, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Latency: 50, DownloadThroughput: c.speed, UploadThroughput: -1}},
		})
		for _, path := range []string{"/counter/", "/cart/", "/events/"} {
			v.open(path)
			if path == "/events/" {
				v.await("[data-stream-state][data-on=yes]")
			}
			if moved := ask[string](v, jump); moved != "" {
				t.Errorf("%s: %s: %s", c.name, path, moved)
			}
		}
	}
}
