package browser

import (
	"context"
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
	inEveryWay(t, []walk{{"the source", source}, {"the chapters on a narrow screen", drawer}})
}

// source looks at the source beside a result: its tabs, and one click that copies.
func source(v *visitor) {
	v.open("/counter/")
	v.shows(".panel:has(#source-0)", "func (a *App) counter(")
	if v.keyboard {
		v.choose("source", "1")
	} else {
		v.tap(`label[for=source-tab-1]`)
	}
	v.shows(".panel:has(#source-1)", "def ")
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
	v.tap(".panel:has(#source-1) button.copy")
	v.do("wait for the copy", chromedp.Poll[chromedp.Void](`document.querySelector(".panel:has(#source-1) button.copy").textContent === "Copied"`))
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
	v.open("/counter/") // the style sheet is in the browser's cache from here on
	call(v, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Latency: 50, DownloadThroughput: 20_000, UploadThroughput: -1}}, // bytes a second
	})
	for _, path := range []string{"/counter/", "/cart/", "/engines/"} {
		v.open(path)
		if moved := ask[string](v, jump); moved != "" {
			t.Errorf("%s: %s", path, moved)
		}
	}
}
