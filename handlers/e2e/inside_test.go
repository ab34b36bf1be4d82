package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestInsideInTheBrowser uses the pages that look inside, and the exercises.
func TestInsideInTheBrowser(t *testing.T) {
	inEveryWay(t, []walk{
		{"choosing an engine", choosing}, {"measuring and racing", measuring}, {"attacks on the own session", attacking},
		{"trying settings", trying}, {"letting time pass", passing}, {"debugging", debugging}, {"live events", events}, {"recently visited", recently}, {"an A/B test", comparing},
	})
}

func choosing(v *visitor) {
	use := func(name string) {
		v.t.Helper()
		v.press(`button[name=engine][value=` + name + `]`)
		v.at("/engines/")
		v.shows(".engine-card.now h3", name)
	}
	visits := func(want string) {
		v.t.Helper()
		v.open("/counter/")
		v.reads("#visit-count", want)
		v.open("/engines/")
	}
	visits("1")
	visits("2")
	use("file")
	visits("1") // another engine, another session
	use("db")
	visits("3") // and here is the first one again
	v.shows(".engine-card:has(button[value=file])", "has a session of yours")
	v.tick(`form:has(button[value=signed_cookies]) input[name=carry]`)
	use("signed_cookies")
	visits("4")
}

func measuring(v *visitor) {
	run := func(name string) {
		v.t.Helper()
		v.press(`form[action="/engines/` + name + `/"] button`)
		v.at("/engines/")
		if !ask[bool](v, `[...document.querySelectorAll("#runs .card:has(.working)")].every(card => card.offsetWidth === card.parentElement.offsetWidth)`) {
			v.fatal("the progress bar does not span both cards")
		}
		v.awaitRun()
		v.count("#"+name+" .figures tbody tr:not(.remark, .other)", 5)
		v.count("#"+name+" svg.chart[role=img]", map[string]int{"measure": 2, "race": 1}[name])
	}
	v.open("/engines/")
	run("measure")
	run("race")
	v.shows("#race .figures", "signed_cookies")
	v.shows("#race .other", "Plain scs, its own store 1 of 50")
}

// awaitRun waits for the end of a measurement or a race: the page follows it by itself, and
// without scripts by a link.
func (v *visitor) awaitRun() {
	v.t.Helper()
	const over = `#runs:not([data-again])`
	if !v.noScripts {
		v.await(over)
		return
	}
	for range 500 {
		if _, ok := v.text(over); ok {
			return
		}
		v.press(".working a")
	}
	v.fatal("the run does not end")
}

func attacking(v *visitor) {
	v.open("/security/")
	v.lacks(`button[name=attack]`) // there is no session yet
	v.open("/counter/")
	v.open("/security/")
	v.press(`button[name=attack][value=all]`)
	v.at("/security/")
	v.shows("#attack-hijack", "Let in")
	for _, name := range []string{"replay", "fixation", "unknown", "flip", "forged", "xss", "oversized", "expire", "delete"} {
		v.shows("#attack-"+name, "Blocked")
	}
	v.press(`button[name=attack][value=forged]`)
	v.at("/security/")
	v.shows("#attack-forged", `403 {"error":"Your browser says that another site sent this form.`)

	// The frame shows what a script can read in this very browser.
	steals := func(want ...string) {
		v.t.Helper()
		v.open("/security/")
		v.tap("#script a.btn")
		if v.noScripts {
			return // it has nothing to run, and its page says so
		}
		const table = `document.querySelector("iframe[name=xss]").contentDocument?.querySelector("#loot:not(:empty)") && [...document.querySelector("iframe[name=xss]").contentDocument.querySelectorAll("[data-cookie]")].map(e => e.textContent).join(" ")`
		got := ""
		for end := time.Now().Add(patience); got == "" && time.Now().Before(end); {
			got = ask[string](v, "%s", table+` || ""`)
		}
		if got != strings.Join(want, " ") {
			v.fatal("of the hidden, the readable and the session's cookie the script got: %q, want %q", got, want)
		}
	}
	steals("nothing", "stolen", "nothing")
	v.open("/settings/")
	v.tick("#trial #readable")
	v.press(`#trial form:first-of-type .btn:not(.ghost)`)
	steals("nothing", "stolen", "stolen")
	v.open("/counter/")
	v.reads("#visit-count", "2") // the session has survived all of it
}

func trying(v *visitor) {
	v.open("/counter/")
	v.open("/settings/")
	v.shows("#cookie-now", "Max-Age=1209600; HttpOnly; SameSite=Lax")
	v.lacks("#cookie-usual")
	v.tick("#trial #age")
	v.tick("#trial #readable")
	v.press(`#trial form:first-of-type .btn:not(.ghost)`)
	v.at("/settings/")
	v.shows("#cookie-now", "Max-Age=30; SameSite=Lax")
	v.reads("#cookie-now mark", "Max-Age=30")
	v.shows("#cookie-usual", "Max-Age=1209600; HttpOnly; SameSite=Lax")
	if c := v.cookie("sessionid"); c == nil || c.HTTPOnly || time.Until(time.Unix(int64(c.Expires), 0)) > 31*time.Second {
		v.fatal("the browser holds the cookie %+v", c)
	}
	v.press(`#trial .btn.ghost`)
	v.at("/settings/")
	v.lacks("#cookie-usual")
	if c := v.cookie("sessionid"); c == nil || !c.HTTPOnly || time.Until(time.Unix(int64(c.Expires), 0)) < 13*24*time.Hour {
		v.fatal("after the reset the browser holds the cookie %+v", c)
	}
	v.open("/counter/")
	v.reads("#visit-count", "2")
}

func passing(v *visitor) {
	v.open("/settings/")
	v.lacks("#time button")
	v.open("/counter/")
	v.open("/settings/")
	daysLeft := func(want string) { // a moment after it was saved it may still be a whole number
		v.t.Helper()
		if got, _ := v.text("#session-ends"); !regexp.MustCompile(want).MatchString(got) {
			v.fatal("the session ends %q, want %s", got, want)
		}
	}
	daysLeft("in (14 d 0 h|13 d 23 h)$")
	v.press(`#time button[value="86400"]`)
	v.at("/settings/")
	daysLeft("in (13 d 0 h|12 d 23 h)$")
	v.open("/counter/") // a save begins its time anew
	v.reads("#visit-count", "2")
	v.open("/settings/")
	v.press(`#time button[value="1296000"]`)
	v.at("/settings/")
	v.lacks("#session-ends")
	v.open("/counter/")
	v.reads("#visit-count", "1")
}

func debugging(v *visitor) {
	v.open("/debug/")
	v.shows("#test", "Previous value not set")
	v.press(`button[name=action][value=test]`)
	v.shows("#test", "Previous value not set Value now Set at 20")
	v.press(`button[name=action][value=test]`)
	v.shows("#test", "Previous value Set at 20")
	v.count("#try .tag.pass", 4) // the four questions
	v.shows("#inspector pre", `"test_key": "Set at`)
}

func events(v *visitor) {
	v.open("/counter/")
	v.open("/events/")
	v.shows(".events tr[data-kind=created]", "GET /counter/")
	other := v.tab()
	if v.noScripts {
		other = v
	} else {
		v.await("[data-stream-state][data-on=yes]")
	}
	other.open("/methods/")
	other.press(`button[value=cycle]`)
	if v.noScripts {
		v.open("/events/")
		v.press(`#events .foot a[href="/events/"]`)
		v.shows("[data-stream-state]", "As of this page")
	} else {
		v.await(".events tr.new[data-kind=cycled]") // it came by itself
	}
	v.shows(".events tr[data-kind=cycled]", "POST /methods/")
}

func recently(v *visitor) {
	v.open("/recent/")
	v.press(`form[action="/recent/start/"] button`)
	v.open("/counter/")
	v.open("/cart/")
	v.open("/counter/")
	v.open("/recent/")
	v.shows("#try tbody tr:nth-child(1)", "Visit counter 2")
	v.shows("#try tbody tr:nth-child(2)", "Shopping cart 1")
	v.press(`form[action="/recent/stop/"] button`)
	v.open("/cart/")
	v.open("/recent/")
	v.shows("#try tbody tr:nth-child(2)", "Shopping cart 1")
	v.press(`form[action="/recent/clear/"] button`)
	v.lacks("#try table")

	// The hints of the exercise open one after the other, and stay open.
	v.press(`#exercise a[href="/exercises/1/"]`)
	v.lacks("#hints p")
	v.press("#hints button")
	v.press("#hints button")
	v.shows("#hints p", "One entry of the session is enough")
	v.shows("#hints p:last-of-type", "A visit has three steps")
	v.shows("#hints button", "Open hint 3")
}

func comparing(v *visitor) {
	const test = "#test-0"
	v.open("/experiments/")
	v.shows(test, "You have not been put into a group yet.")
	v.press(test + ` button[value=join]`)
	v.shows(test, "You were given")
	group, _ := v.text(test + " .body > p:first-child strong")
	v.press(test + ` button[value=convert]`)
	v.shows(".messages .note", "Counted for the group “"+group+"”.")
	v.shows(test, "You have pressed it")
	v.reload()
	v.reads(test+" .body > p:first-child strong", group)
	v.press(test + ` button[value=convert]`)
	v.shows(".messages .note", "You were counted before.")

	v.lacks(test + " .ender")
	v.press(test + ` a[href^="/login/"]`)
	v.signIn("alice", "wonderland-2026", false) // an admin
	v.at("/experiments/")
	v.reads(test+" .body > p:first-child strong", group)
	v.press(test + ` button[name=winner][value=friendly]`)
	v.shows(test, "Everybody gets friendly now.")
	v.press(test + ` .ender button:not([name])`)
	v.shows(test, "You have not been put into a group yet.")
}
