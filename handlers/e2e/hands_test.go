package e2e

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// open goes to a page by its address.
func (v *visitor) open(path string) {
	v.t.Helper()
	v.load("open "+path, chromedp.Navigate(v.site.URL+path))
}

// reload loads the page again.
func (v *visitor) reload() {
	v.t.Helper()
	v.load("reload", chromedp.Reload())
}

// press presses a button or follows a link, and waits for the page that comes of it.
func (v *visitor) press(css string) {
	v.t.Helper()
	v.load("press "+css, v.activate(css, kb.Enter))
}

// tap presses something that loads no page.
func (v *visitor) tap(css string) {
	v.t.Helper()
	v.do("tap "+css, v.activate(css, kb.Enter))
}

// tick changes a check box.
func (v *visitor) tick(css string) {
	v.t.Helper()
	v.do("tick "+css, v.activate(css, " "))
}

// activate is a click, or a key once the focus is there.
func (v *visitor) activate(css, key string) chromedp.Action[chromedp.Void] {
	v.t.Helper()
	if v.keyboard {
		v.tabTo(css)
		return chromedp.KeyEvent(key)
	}
	return v.click(css)
}

// click is a click on the middle of the one element of this kind, which must be in sight, with
// nothing above it.
func (v *visitor) click(css string) chromedp.Action[chromedp.Void] {
	v.t.Helper()
	at := ask[struct {
		N    int
		X, Y float64
		Over string
	}](v, `(() => {
		const all = [...document.querySelectorAll(%q)].filter(e => e.checkVisibility());
		if (all.length !== 1) return {N: all.length, X: 0, Y: 0, Over: ""};
		all[0].scrollIntoView({block: "center"});
		const box = all[0].getClientRects()[0], X = box.x + box.width / 2, Y = box.y + box.height / 2;
		const over = document.elementFromPoint(X, Y);
		return {N: 1, X, Y, Over: all[0].contains(over) || over?.closest("label")?.control === all[0] ? "" : over?.outerHTML.slice(0, 100) ?? "nothing"};
	})()`, css)
	if at.N != 1 || at.Over != "" {
		v.fatal("%s cannot be clicked: %d are in sight, under %q", css, at.N, at.Over)
	}
	return chromedp.MouseClickXY(at.X, at.Y)
}

// fill types text into a field, in the place of what is in it.
func (v *visitor) fill(css, text string) {
	v.t.Helper()
	if v.keyboard {
		v.tabTo(css)
	} else {
		v.do("click "+css, v.click(css))
	}
	v.do("select "+css, chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent(text))
}

// choose picks one of several radio buttons.
func (v *visitor) choose(name, value string) {
	v.t.Helper()
	css := fmt.Sprintf(`input[type=radio][name=%q][value=%q]`, name, value)
	if !v.keyboard {
		v.do("choose "+css, v.click(css))
		return
	}
	v.tabTo(fmt.Sprintf(`input[type=radio][name=%q]`, name))
	for range 10 {
		switch ask[string](v, `document.activeElement.matches(%q) ? (document.activeElement.checked ? "chosen" : "there") : "elsewhere"`, css) {
		case "chosen":
			return
		case "there":
			v.key(" ")
		default:
			v.key(kb.ArrowDown)
		}
	}
	v.fatal("the arrow keys do not lead to %s", css)
}

func (v *visitor) key(key string, opts ...chromedp.KeyOption) {
	v.t.Helper()
	v.do("a key", chromedp.KeyEvent(key, opts...))
}

// focus is where the keyboard is.
type focus struct {
	There bool   // on the element that was asked for
	Shows bool   // a person sees it
	Tag   string // the element's own tag
}

// focusOn tells where the focus is. It is seen by an outline of the element itself, of the
// label around it, or of what stands for it; in a frame by that of the element in it.
const focusOn = `(() => {
	const at = document.activeElement, inside = at.contentDocument?.activeElement;
	const outlined = (e, part) => {
		if (!e) return false;
		const s = getComputedStyle(e, part);
		return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0;
	};
	return {
		There: at.matches(%q),
		Shows: at === document.body || at.id === "main" || outlined(at) || outlined(inside) || outlined(at, "::after") || outlined(at.closest("label")) ||
			(at.matches(".tabs input") && outlined(at.nextElementSibling)),
		Tag: (at.outerHTML.match(/<[^>]*>/) ?? [""])[0],
	};
})()`

// tabTo brings the focus to an element as a person with a keyboard does: over the skip link if
// it is on the page proper, then with the tab key. An address with a fragment has the browser
// begin there already.
func (v *visitor) tabTo(css string) {
	v.t.Helper()
	if ask[bool](v, `document.activeElement === document.body && !location.hash && !!document.querySelector(".skip") && !!document.querySelector("main")?.querySelector(%q)`, css) {
		v.key(kb.Tab)
		if !ask[bool](v, `document.activeElement.matches(".skip") && document.activeElement.getBoundingClientRect().top >= 0`) {
			v.fatal("the first stop of the tab key is not the skip link, in sight")
		}
		v.key(kb.Enter)
	}
	at := ask[focus](v, focusOn, css)
	var passed []string
	for len(passed) < 150 && !at.There {
		v.key(kb.Tab)
		at = ask[focus](v, focusOn, css)
		if !at.Shows {
			v.t.Errorf("the focus cannot be seen on %s", at.Tag)
		}
		passed = append(passed, at.Tag)
	}
	if !at.There {
		v.fatal("the tab key does not lead to %s; it went to\n%s\n", css, strings.Join(passed, "\n"))
	}
}

// cookie is one of the visitor's cookies, nil if there is none of this name.
func (v *visitor) cookie(name string) *network.Cookie {
	v.t.Helper()
	for _, c := range call(v, network.GetCookies, network.GetCookiesParams{}).Cookies {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// call sends the browser a command of its protocol.
func call[P, R any](v *visitor, command cdp.Command[P, R], params P) R {
	v.t.Helper()
	ctx, cancel := v.step()
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		v.t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}
