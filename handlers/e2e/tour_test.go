package e2e

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"

	"sessionlab/views"
)

// stop is a page in one of its states, and how to get there.
type stop struct {
	name   string
	before func(*visitor) // what has to be done first, once; nil for nothing
	open   func(*visitor) // may be done again
}

// tour leads past every page: first as a stranger, then signed in, with something in every
// corner of the session.
func tour() []stop {
	at := func(name, path string) stop {
		return stop{name, nil, func(v *visitor) {
			v.open(path)
			if path == "/events/" { // it has settled when its stream is there
				v.await("[data-stream-state][data-on=yes]")
			}
		}}
	}
	sent := func(name, path string, fields ...string) stop {
		return stop{name, nil, func(v *visitor) { v.open("/"); v.send(path, fields...) }}
	}
	all := []stop{
		at("home-stranger", "/"),
		at("cart-empty", "/cart/"),
		at("debug-stranger", "/debug/"),
		at("security-stranger", "/security/"),
		at("thank-you-empty", "/form/thank-you/"),
		at("login-away", "/login/?next=/cart/&away=900"),
		sent("login-refused", "/login/", "username", "alice", "password", ""),
		at("signup", "/signup/"),
		sent("signup-refused", "/signup/", "username", "a", "password1", "long enough", "password2", "long enough"),
		sent("step-one-refused", "/form/step-one/", "full_name", "", "email", "nowhere"),
		{"error-403", nil, func(v *visitor) { v.fromElsewhere("/theme/") }},
		at("error-404", "/nowhere/"),
		at("error-405", "/cart/clear/"),
		sent("error-413", "/preferences/", "q", strings.Repeat("q", 1<<20+1000)),
		sent("error-500", "/lab/panic"),
	}
	first := len(all)
	for _, g := range views.Chapters() {
		for _, c := range g.Chapters {
			path, _, _ := strings.Cut(c.Path, "#")
			if name := strings.Trim(strings.ReplaceAll(path, "/", "-"), "-"); !slices.ContainsFunc(all, func(s stop) bool { return s.name == name }) {
				all = append(all, at(name, path))
			}
		}
	}
	all[first].before = settleIn
	return append(all,
		at("home", "/"),
		sent("account-refused", "/account/password/", "old_password", "x", "new_password1", "one", "new_password2", "two"),
		at("preferences-found", "/preferences/?q=session"),
		sent("preferences-refused", "/preferences/", "theme", "dark", "font_size", "huge"),
		sent("methods-tried", "/methods/", "action", "set", "key", "fruit", "value", `["pear", "plum"]`),
		sent("cart-refused", "/cart/update/1/", "quantity", "1000000000"),
		sent("security-tried", "/security/try/", "attack", "all"),
		sent("fault-found", "/debug/faults/in-place/", "tip", "3", "repair", "on"),
		at("faults", "/debug/faults/"),
		at("fault-program", "/debug/faults/late/faulty/"),
		sent("settings-tried", "/settings/", "age", "on", "samesite", "strict"),
		at("form-step-two", "/form/step-two/"),
		sent("step-two-refused", "/form/step-two/", "track", "cobol", "seats", "99", "notes", "none"),
		stop{"thank-you", func(v *visitor) {
			v.post("/form/step-two/", "track", "both", "seats", "2", "notes", "A table by the window.")
		}, func(v *visitor) { v.open("/form/thank-you/") }},
	)
}

// settleIn signs a visitor in who has used everything.
func settleIn(v *visitor) {
	v.t.Helper()
	v.post("/login/", "username", "alice", "password", "wonderland-2026", "remember", "on")
	v.post("/recent/start/")
	for _, path := range []string{"/counter/", "/counter/", "/cart/", "/theme/"} {
		v.open(path)
	}
	for _, id := range []string{"1", "1", "2", "5", "12"} {
		v.post("/cart/add/" + id + "/")
	}
	v.post("/preferences/", "theme", "dark", "font_size", "large", "sidebar", "on")
	v.post("/preferences/", "q", strings.Repeat("a long search without a gap ", 2)+strings.Repeat("w", 40))
	v.post("/preferences/", "q", "cookie")
	v.post("/form/step-one/", "full_name", "Ann "+strings.Repeat("van ", 20)+"Example", "email", strings.Repeat("long", 15)+"@example.org")
	v.post("/debug/", "action", "test")
	v.post("/account/idle/", "seconds", "900")
	for _, test := range []string{"button_text", "offer"} {
		v.post("/experiments/", "test", test, "action", "join")
		v.post("/experiments/", "test", test, "action", "convert")
	}
	for _, run := range []string{"measure", "race"} {
		v.post("/engines/" + run + "/")
		v.open("/engines/")
		v.awaitRun()
	}
}

// post sends a form in the background; any answer below 400 will do.
func (v *visitor) post(path string, fields ...string) {
	v.t.Helper()
	if ask[string](v, `location.origin`) != v.site.URL {
		v.open("/healthz")
	}
	script := fmt.Sprintf(`fetch(%q, {method: "POST", headers: {"Content-Type": "application/x-www-form-urlencoded"}, body: %q}).then(r => r.status)`, path, values(fields).Encode())
	if status := ask[int](v, "%s", script); status >= 400 {
		v.fatal("POST %s: status %d", path, status)
	}
}

// send posts a form of its own making, and waits for the page that answers.
func (v *visitor) send(path string, fields ...string) {
	v.t.Helper()
	const script = `(() => {
		const form = document.createElement("form");
		form.method = "post";
		form.action = %q;
		for (const [name, value] of new URLSearchParams(%q)) {
			const input = document.createElement("input");
			input.type = "hidden";
			input.name = name;
			input.value = value;
			form.append(input);
		}
		document.body.append(form);
		form.submit();
	})()`
	v.load("POST "+path, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(script, v.site.URL+path, values(fields).Encode())))
}

// fromElsewhere posts a form from a page that is not of this site.
func (v *visitor) fromElsewhere(path string) {
	v.t.Helper()
	v.do("leave the site", chromedp.Navigate("about:blank"))
	v.send(path, "theme", "dark")
	v.answered(403)
}

// values are the fields of a form, given as name, value, name, value.
func values(fields []string) url.Values {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return form
}
