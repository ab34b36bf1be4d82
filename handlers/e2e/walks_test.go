package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
)

// walk is what a person does on one page or a few that belong together.
type walk struct {
	name string
	walk func(*visitor)
}

// inEveryWay has each walk done with scripts, without scripts, and with a keyboard alone.
func inEveryWay(t *testing.T, walks []walk) {
	t.Parallel()
	for _, w := range []way{withMouse, withoutScripts, withKeyboard} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			v := serve(t).visitor(t, w)
			for _, one := range walks {
				t.Run(one.name, func(t *testing.T) {
					v.becomeStranger(t)
					one.walk(v)
				})
			}
		})
	}
}

// becomeStranger lets the tab go on as that of somebody new, for test t: to open a profile for
// each costs a second.
func (v *visitor) becomeStranger(t *testing.T) {
	t.Helper()
	before := v.t
	v.t = t
	call(v, network.ClearBrowserCookies, cdp.Empty{})
	t.Cleanup(func() {
		v.complainTo(t)
		v.t = before
	})
}
