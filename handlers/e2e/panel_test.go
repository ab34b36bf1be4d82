package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// look is a window as a person has it: its size in CSS pixels, and the zoom.
type look struct {
	name string
	emulation.SetDeviceMetricsOverrideParams
}

var looks = []look{
	{"1440 px", emulation.SetDeviceMetricsOverrideParams{Width: 1440, Height: 900, DeviceScaleFactor: 1}},
	{"1440 px, zoomed to 150 %", emulation.SetDeviceMetricsOverrideParams{Width: 960, Height: 600, DeviceScaleFactor: 1.5}},
	{"360 px", emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 740, DeviceScaleFactor: 1}},
}

// TestPanel follows a learner: a click, what it changed, what was sent, and what is stored.
func TestPanel(t *testing.T) {
	var walks []walk
	for _, l := range looks {
		walks = append(walks, walk{"what changed at " + l.name, func(v *visitor) {
			call(v, emulation.SetDeviceMetricsOverride, l.SetDeviceMetricsOverrideParams)
			changed(v)
		}})
	}
	inEveryWay(t, append(walks, walk{"the wire", wire}, walk{"the record", record}))
}

const addButton = `form[action="/cart/add/1/"] button`

// changed sees the change beside the button that made it, without a scroll; on a telephone in
// a strip that stays in sight.
func changed(v *visitor) {
	v.open("/cart/")
	v.press(addButton)
	v.shows("#story .diff .add", "cart")
	v.press(addButton)
	v.at("/cart/")
	where, narrow := "#story .diff .change", ask[bool](v, `innerWidth < 400`)
	if narrow {
		where = ".strip"
	}
	got, _ := v.text(where)
	for _, want := range []string{"cart", "quantity", "1", "2"} {
		if !strings.Contains(got, want) {
			v.fatal("%s shows %q, want %q in it", where, got, want)
		}
	}
	at := ask[struct {
		Scrolled     float64
		Whole, Right bool // in sight as a whole; right of the button, and level with it or above
	}](v, `(() => {
		const box = css => document.querySelector(css).getBoundingClientRect();
		const change = box(%q), button = box(%q);
		return {
			Scrolled: scrollY,
			Whole: change.top >= 0 && change.bottom <= innerHeight && change.right <= innerWidth,
			Right: change.left >= button.right && change.top <= button.bottom,
		};
	})()`, where, addButton)
	if !at.Whole || at.Scrolled != 0 {
		v.fatal("the change is out of sight: %+v", at)
	}
	if !narrow && !at.Right {
		v.fatal("the change does not stand beside the button: %+v", at)
	}
	if narrow {
		v.tap(".strip") // leads to the whole story
		v.shows("#story .told", "The handler changed cart.")
	}
}

// wire opens the requests of a click, and finds the cookie's line in each.
func wire(v *visitor) {
	v.open("/cart/")
	v.press(addButton)
	v.count("#story .click > li", 2)
	v.shows("#wire", "HTTP/1.1 303 See Other")
	v.lacks("#wire > details:nth-of-type(2) .wired")
	v.tap("#wire > details:nth-of-type(2) > summary")
	line := "#wire > details:nth-of-type(2) .wire > div:first-child .line.mark"
	v.shows(line, "Cookie: sessionid=")
	key := v.cookie("sessionid").Value
	if got, _ := v.text("body"); strings.Contains(got, key) {
		v.fatal("the page shows the key before anybody has uncovered it")
	}
	v.tap(line + " details.own > summary")
	v.shows(line, key)
	v.tap(line + " details.own > summary")
	if got, _ := v.text(line); strings.Contains(got, key) {
		v.fatal("the key cannot be covered again: %q", got)
	}
}

// record decodes what is stored.
func record(v *visitor) {
	v.open("/cart/")
	v.lacks("#record .three") // nothing is stored for somebody who only looks
	v.press(addButton)
	v.press(addButton)
	v.shows("#record .three", ":") // payload:time:signature
	v.lacks("#record .entry")
	v.tap("#record > details:nth-of-type(1) > summary")
	v.shows("#record .entry", `"quantity": 2`)
	v.shows("#record", "HMAC-SHA256")
	v.lacks("#record .command")
	v.tap("#record > details:nth-of-type(2) > summary")
	v.shows("#record .command", "select * from django_session")
}
