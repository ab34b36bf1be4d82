package e2e

import (
	"strings"

	"github.com/chromedp/chromedp"
)

// text is what an element shows; the second result tells whether it is there and in sight.
func (v *visitor) text(css string) (string, bool) {
	v.t.Helper()
	got := ask[*string](v, `[...document.querySelectorAll(%q)].find(e => e.checkVisibility({visibilityProperty: true}))?.innerText ?? null`, css)
	if got == nil {
		return "", false
	}
	return strings.Join(strings.Fields(*got), " "), true
}

// reads checks the whole text of an element.
func (v *visitor) reads(css, want string) {
	v.t.Helper()
	if got, _ := v.text(css); got != want {
		v.fatal("%s reads %q, want %q", css, got, want)
	}
}

// shows checks that an element is in sight, and contains a text.
func (v *visitor) shows(css, want string) {
	v.t.Helper()
	if got, ok := v.text(css); !ok || !strings.Contains(got, want) {
		v.fatal("%s shows %q (there: %v), want %q in it", css, got, ok, want)
	}
}

// lacks checks that no such element is in sight.
func (v *visitor) lacks(css string) {
	v.t.Helper()
	if got, ok := v.text(css); ok {
		v.fatal("%s is there and shows %q", css, got)
	}
}

// holds checks the value of a field.
func (v *visitor) holds(css, want string) {
	v.t.Helper()
	if got := ask[string](v, `document.querySelector(%q)?.value ?? "(no such field)"`, css); got != want {
		v.fatal("%s holds %q, want %q", css, got, want)
	}
}

// count checks how many elements there are.
func (v *visitor) count(css string, want int) {
	v.t.Helper()
	if got := ask[int](v, `document.querySelectorAll(%q).length`, css); got != want {
		v.fatal("there are %d of %s, want %d", got, css, want)
	}
}

// at checks the path and the query of the page.
func (v *visitor) at(want string) {
	v.t.Helper()
	if got := ask[string](v, `location.pathname + location.search`); got != want {
		v.fatal("the page is %s, want %s", got, want)
	}
}

// on checks the path of the page, whatever its query.
func (v *visitor) on(want string) {
	v.t.Helper()
	if got := ask[string](v, `location.pathname`); got != want {
		v.fatal("the page is %s, want %s", got, want)
	}
}

// refused checks that the page is the one of a form that was not accepted, at an address of
// its own: there Reload and Back show the same again.
func (v *visitor) refused(path string) {
	v.t.Helper()
	v.on(path)
	if !ask[bool](v, `new URLSearchParams(location.search).has("refused")`) {
		v.fatal("the form was accepted")
	}
	v.answered(200)
}

// answered checks the status of the page.
func (v *visitor) answered(want int) {
	v.t.Helper()
	if v.status != want {
		v.fatal("status %d, want %d", v.status, want)
	}
}

// await waits until an element is in sight.
func (v *visitor) await(css string) {
	v.t.Helper()
	v.do("wait for "+css, chromedp.WaitVisible(chromedp.CSS(css)))
}
