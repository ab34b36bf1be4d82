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
