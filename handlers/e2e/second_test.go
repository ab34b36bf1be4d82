package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestTheSecondVisitor opens a page as another browser beside the own one, and uses both.
func TestTheSecondVisitor(t *testing.T) {
	t.Parallel()
	axe := axeSource(t)
	for _, w := range []way{withMouse, withoutScripts} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			v := serve(t).visitor(t, w)
			v.open("/counter/")
			v.reload()
			v.reads("#visit-count", "2")
			v.press(".top form.other button[name=open]")
			v.reads("#visit-count", "3")
			v.inOther(`doc.querySelector("#visit-count").textContent === "1"`)
			v.inOther(`doc.documentElement.dataset.visitor === "second"`)
			v.inOther(`doc.querySelector(".top").innerText.includes("Second visitor")`)

			// A link and a form in the frame lead to the second visitor's pages.
			v.clickInOther(".turn .next", `doc.URL.endsWith("/other/preferences/")`)
			v.open("/cart/")
			v.inOther(`doc.querySelector("#cart-quantity").textContent === "0"`)
			v.clickInOther(`form[action="/other/cart/add/1/"] button`, `doc.querySelector("#cart-quantity").textContent === "1"`)
			v.press(`form[action="/cart/add/2/"] button`)
			v.press(`form[action="/cart/add/2/"] button`)
			v.reads("#cart-quantity", "2")
			v.inOther(`doc.querySelector("#cart-quantity").textContent === "1"`)

			if !w.noScripts { // a page without scripts cannot be measured
				v.secondIsBeside(t, axe)
			}
			v.press(".top form.other button[name=open]")
			v.lacks("#second")
			v.open("/other/form/step-one/")
			v.fill("#full_name", "Ben")
			v.fill("#email", "ben@example.org")
			v.press("form.fields button, main form[action='/other/form/step-one/'] button")
			v.on("/other/form/step-two/")
			v.open("/form/step-two/")
			v.on("/form/step-one/") // the first visitor has sent no first step
		})
	}
}

// secondIsBeside measures where the second visitor's page stands, and looks at the whole.
func (v *visitor) secondIsBeside(t *testing.T, axe string) {
	t.Helper()
	for _, size := range []window{narrow, wide} {
		v.resize(size)
		own := ask[[4]float64](v, `(r => [r.left, r.right, r.top, r.bottom])(document.querySelector("main").getBoundingClientRect())`)
		other := ask[[4]float64](v, `(r => [r.left, r.right, r.top, r.bottom])(document.querySelector("#second").getBoundingClientRect())`)
		if beside := other[0] >= own[1]; beside != (size == wide) || !beside && other[2] < own[3] {
			t.Errorf("%s: the page is at %v, the second visitor at %v", size.name, own, other)
		}
		v.do("load axe-core", chromedp.Evaluate[chromedp.Void](axe+";undefined"))
		for _, fault := range append(ask[[]string](v, layoutFaults), ask[[]string](v, axeFaults, "true")...) {
			t.Errorf("%s: %s", size.name, fault)
		}
	}
}

// inOther waits until something holds in the second visitor's page, as doc.
func (v *visitor) inOther(holds string) {
	v.t.Helper()
	v.framed("#second iframe", holds)
}

// clickInOther clicks on an element in the second visitor's page, and waits until something
// holds in the page that comes of it.
func (v *visitor) clickInOther(css, holds string) {
	v.t.Helper()
	at := ask[[2]float64](v, `(() => {
		const frame = document.querySelector("#second iframe"), e = frame.contentDocument.querySelector(%q);
		e.scrollIntoView({block: "center"});
		const around = frame.getBoundingClientRect(), box = e.getBoundingClientRect();
		return [around.x + box.x + box.width / 2, around.y + box.y + box.height / 2];
	})()`, css)
	v.do("click "+css, chromedp.MouseClickXY(at[0], at[1]))
	v.inOther(holds)
}
