package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestALiveEventMovesNothingElse has events come in while the page is looked at, on a narrow
// and on a wide screen: the page around them stays where it is, and so do the rows in view,
// until the feed glides up to the new one. Those who want no motion get it at once.
func TestALiveEventMovesNothingElse(t *testing.T) {
	t.Parallel()
	v := serve(t).visitor(t, withMouse)
	v.post("/methods/", "action", "set", "key", "k", "value", "v")
	for range 12 { // more than the feed has room for
		v.post("/methods/", "action", "cycle")
	}
	other := v.tab()
	for _, w := range []window{narrow, wide} {
		for _, motion := range []string{"reduce", "no-preference"} {
			call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: motion}}})
			v.resize(w)
			v.open("/events/")
			v.await("[data-stream-state][data-on=yes]")
			other.post("/methods/", "action", "cycle")
			v.await(".events tr.new[data-kind=cycled]")
			ask[bool](v, `new Promise(done => { // the feed has come to rest, with the new row on top
				const feed = document.querySelector(".feed");
				const look = () => feed.scrollTop === 0 ? done(true) : requestAnimationFrame(look);
				requestAnimationFrame(() => requestAnimationFrame(look));
			})`)
			if moved := ask[string](v, jump); moved != "" {
				t.Errorf("%d px, %s: %s", w.width, motion, moved)
			}
		}
	}
}

// TestALiveFeedCanBePaused: what moves by itself can be stopped (WCAG 2.2.2).
func TestALiveFeedCanBePaused(t *testing.T) {
	t.Parallel()
	for _, w := range []way{withMouse, withKeyboard} {
		v := serve(t).visitor(t, w)
		v.post("/methods/", "action", "set", "key", "k", "value", "v")
		v.open("/events/")
		v.await("[data-stream-state][data-on=yes]")
		v.tap("[data-stream-pause]")
		v.reads("[data-stream-state]", "Paused")
		v.tab().post("/methods/", "action", "cycle")
		v.do("wait for the event", chromedp.Poll[chromedp.Void](`document.querySelector("[data-stream-pause]").textContent === "Go on (1)"`))
		v.lacks(".events tr.new")
		v.tap("[data-stream-pause]")
		v.count(".events tr.new[data-kind=cycled]", 1)
		v.reads("[data-stream-pause]", "Pause")
		v.reads("[data-stream-state]", "Live")
	}
}

// TestAHiddenTabHoldsNoStream: a browser opens six connections to a site and no more, so six
// tabs with the feed would leave none for its pages. A tab that is shown again asks for what it
// has missed.
func TestAHiddenTabHoldsNoStream(t *testing.T) {
	t.Parallel()
	v := serve(t).visitor(t, withMouse)
	v.post("/methods/", "action", "set", "key", "k", "value", "v")
	hide := func(tab *visitor, hidden bool) {
		ask[bool](tab, `(() => {
			Object.defineProperty(document, "hidden", {value: %t, configurable: true});
			return document.dispatchEvent(new Event("visibilitychange"));
		})()`, hidden)
	}
	tabs := []*visitor{v}
	for range 7 {
		tabs = append(tabs, v.tab())
	}
	for _, tab := range tabs {
		tab.open("/events/")
		tab.await("[data-stream-state][data-on=yes]")
		hide(tab, true)
		tab.await("[data-stream-state][data-on=no]")
	}
	last := tabs[len(tabs)-1]
	v.post("/methods/", "action", "cycle") // with eight streams open, this would wait for ever
	v.post("/methods/", "action", "cycle")
	last.lacks(".events tr.new")
	hide(last, false)
	last.await("[data-stream-state][data-on=yes]")
	last.await(".events tr.new[data-kind=cycled] ~ tr.new[data-kind=cycled]") // what it has missed
	hide(last, true)
	hide(last, false)
	last.await("[data-stream-state][data-on=yes]")
	v.post("/methods/", "action", "cycle")
	last.do("wait for the third", chromedp.Poll[chromedp.Void](`document.querySelectorAll(".events tr.new[data-kind=cycled]").length >= 3`))
	last.count(".events tr.new[data-kind=cycled]", 3) // and nothing twice
}
