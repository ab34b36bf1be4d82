package e2e

import "testing"

// TestTutorial walks through the examples of the tutorial.
func TestTutorial(t *testing.T) {
	inEveryWay(t, []walk{
		{"the counter", counter}, {"the cart", cart}, {"the theme", theme}, {"the form", form},
		{"preferences", preferences}, {"methods", methods},
	})
}

func counter(v *visitor) {
	v.open("/")
	v.press(".go a")
	v.at("/counter/")
	v.reads("#visit-count", "1")
	v.press(`#try a[href="/counter/"]`)
	v.reload()
	v.reads("#visit-count", "3")
	v.press(`form[action="/counter/forget/"] button`)
	v.reads("#visit-count", "1")
	v.shows(".messages .note", "Forgotten")
	v.shows("#story .click", "/counter/forget/") // the request that led here, and its redirect
	v.reload()
	v.reads("#visit-count", "2")
	v.lacks(".messages .note")
}

func cart(v *visitor) {
	figures := func(quantity, total string) {
		v.t.Helper()
		v.at("/cart/")
		v.reads("#cart-quantity", quantity)
		v.reads("#cart-total", total)
	}
	v.open("/cart/")
	figures("0", "0.00")
	v.press(`form[action="/cart/add/1/"] button`)
	figures("1", "19.99")
	v.shows(".messages .note", "Field notebook is in your cart.")
	v.press(`form[action="/cart/add/1/"] button`)
	v.press(`form[action="/cart/add/12/"] button`)
	figures("3", "168.98")

	v.fill("#quantity-1", "5")
	v.press(`form[action="/cart/update/1/"] button`)
	figures("6", "228.95")
	v.fill("#quantity-12", "0")
	v.press(`form[action="/cart/update/12/"] button`)
	v.refused("/cart/")
	v.shows("#quantity-12-error", "whole number")
	v.holds("#quantity-12", "0") // what was typed is still there
	v.reads("#cart-total", "228.95")

	v.open("/cart/")
	v.press(`form[action="/cart/remove/12/"] button`)
	figures("5", "99.95")
	v.press(`form[action="/cart/clear/"] button`)
	figures("0", "0.00")
}

// The colours of --paper in static/css/base.css.
const lightPaper, darkPaper = "rgb(250, 249, 246)", "rgb(17, 19, 21)"

// paper is the colour of the page.
func (v *visitor) paper() string {
	v.t.Helper()
	return ask[string](v, `getComputedStyle(document.body).backgroundColor`)
}

func theme(v *visitor) {
	looks := func(name, paper string) {
		v.t.Helper()
		v.count("html[data-theme="+name+"]", 1)
		if got := v.paper(); got != paper {
			v.fatal("the page is %s, want %s", got, paper)
		}
	}
	v.open("/preferences/?q=cart")
	v.count("html[data-theme=system]", 1)
	v.press(`.top button[name=theme][value=dark]`)
	v.at("/preferences/?q=cart") // the way back
	looks("dark", darkPaper)
	v.open("/theme/")
	v.count("html[data-theme=dark] .look[value=dark][aria-pressed=true]", 1)
	v.press(`.look[value=light]`)
	v.at("/theme/")
	looks("light", lightPaper)
	v.press(`.look[value=system]`)
	v.count("html[data-theme=system]", 1)
}

func form(v *visitor) {
	v.open("/form/step-two/")
	v.at("/form/step-one/") // there is no second step before the first
	v.fill("#full_name", "Ann Example")
	v.press(`form[action="/form/step-one/"] button`)
	v.refused("/form/step-one/")
	v.shows("#email-error", "This field is required.")
	v.shows(".note.error", "1 field needs")
	v.count(".note.error:focus", 1) // those who hear the page hear this first
	v.count("#email[aria-invalid=true]", 1)
	v.holds("#full_name", "Ann Example")
	v.fill("#email", "ann@example.org")
	v.press(`form[action="/form/step-one/"] button`)
	v.on("/form/step-two/")
	v.shows(".given", "ann@example.org")

	v.press(`#try a[href^="/form/step-one/"]`)
	v.holds("#email", "ann@example.org")
	v.press(`form[action="/form/step-one/"] button`)
	v.choose("track", "go")
	v.fill("#seats", "11")
	v.fill("#notes", "A table by the window")
	v.press(`form[action="/form/step-two/"] button`)
	v.refused("/form/step-two/")
	v.shows("#seats-error", "from 1 to 10")
	v.holds("#notes", "A table by the window")
	v.count("input[name=track][value=go]:checked", 1)
	v.fill("#seats", "2")
	v.press(`form[action="/form/step-two/"] button`)

	v.on("/form/thank-you/")
	v.shows("#try", "Your sign-up was stored as no. 1")
	v.shows(".given", "A table by the window")
	v.reload()
	v.shows("#try", "Your sign-up was stored as no. 1")
	v.press(`#try a[href^="/form/step-one/"]`)
	v.holds("#email", "") // the session holds the first step no longer
	v.fill("#full_name", "Bo Example")
	v.fill("#email", "bo@example.org")
	v.press(`form[action="/form/step-one/"] button`)
	v.press(`form[action="/form/step-two/"] button`)
	v.shows("#try", "Your sign-up was stored as no. 2") // so the reload stored nothing
}

func preferences(v *visitor) {
	v.open("/preferences/")
	v.choose("theme", "dark")
	v.choose("font_size", "large")
	v.tick("#sidebar")
	v.press(`button[value=save]`)
	v.shows(".messages .note", "Your preferences are saved.")
	v.count(`.sheet.large[data-theme=dark]`, 1)
	v.lacks(".sheet .rail")
	v.count("input[name=theme][value=dark]:checked", 1)
	v.count("#sidebar:checked", 0)
	v.shows("#story .diff", "preferences")

	for _, word := range []string{"cart", "cookie", "cart"} {
		v.fill("#q", word)
		v.press(`button[value=search]`)
	}
	v.at("/preferences/?q=cart")
	v.shows(".found", "Shopping cart")
	v.reads(".recent", "cart cookie") // the newest first, each once
	v.press(`button[value=clear]`)
	v.lacks(".recent")
	v.fill("#q", "")
	v.press(`button[value=search]`)
	v.refused("/preferences/")
	v.shows("#q-error", "This field is required.")
}

func methods(v *visitor) {
	try := func(action, call, answer string, modified bool) {
		v.t.Helper()
		v.press(`button[name=action][value="` + action + `"]`)
		v.shows(".console .call", call)
		if answer != "" {
			v.reads(".console .answer", "→ "+answer)
		}
		want := map[bool]string{true: "modified", false: "not modified"}[modified]
		v.reads(".console .tag", want)
	}
	v.open("/methods/")
	v.fill("#key", "fruit")
	v.fill("#value", "pear")
	v.fill("#default", "none")
	try("get", `s.Get("fruit"`, `"none"`, false)
	try("set", `s.Set("try_fruit", "pear")`, `"pear"`, true)
	try("has", `s.Has("try_fruit")`, "true", false)
	try("get", `s.Get("try_fruit"`, `"pear"`, false)
	try("modified", "s.Modified()", "false", false)
	try("expiry-300", "s.SetExpiry", "", true)
	if c := v.cookie("sessionid"); c == nil || c.Session {
		v.fatal("after 300 s the cookie is %+v, want one with an end", c)
	}
	try("expiry-browser", "s.SetExpiry", "", true)
	if c := v.cookie("sessionid"); c == nil || !c.Session {
		v.fatal("the cookie is %+v, want one that ends with the browser", c)
	}
	before := v.cookie("sessionid").Value
	try("cycle", "s.CycleKey()", "", true)
	if after := v.cookie("sessionid"); after == nil || after.Value == before {
		v.fatal("the key is the same after it was cycled")
	}
	try("test-set", "s.SetTestCookie()", "", true)
	try("test-check", "s.TestCookieWorked()", "true", false)
	try("delete", `s.Delete("try_fruit")`, "true", true)
	try("flush", "s.Flush()", "", true)
	if v.cookie("sessionid") != nil {
		v.fatal("the cookie is still there after a flush")
	}
	v.fill("#key", "")
	v.press(`button[value=set]`)
	v.refused("/methods/")
	v.shows("#key-error", "name of a key")
}
