package e2e

import (
	"testing"
	"time"

	"sessionlab/handlers/config"
)

// idleSite signs people out after a few seconds without a request.
func idleSite(t *testing.T) *site {
	t.Helper()
	return serve(t, func(s *config.Settings) { s.SessionIdleTimeout = 8 })
}

// TestIdleTimeoutInTheBrowser is exercise 5. The page warns, and who presses its button stays
// signed in without leaving the page: what was typed is still there, so is the focus, and the
// clock begins anew. In the end the page says that it is over, and after signing in again one
// is back where one was.
func TestIdleTimeoutInTheBrowser(t *testing.T) {
	t.Parallel()
	v := idleSite(t).visitor(t, withMouse)
	v.open("/login/?next=/form/step-one/%3Fa=b")
	v.signIn("bob", "builder-2026", true)
	v.at("/form/step-one/?a=b")
	v.await(".idle form") // at once: less than a minute is left
	v.shows(".idle [role=alert]", "Within a minute you will be signed out, as always after 8 seconds without activity.")
	v.fill("#full_name", "Ann, half-way")
	before := time.Now()
	v.tap(".idle button")
	v.await(".idle[data-state=stayed]")
	v.shows(".idle [role=alert]", "You stay signed in. The clock starts again, with 8 seconds.")
	v.lacks(".idle form")
	v.at("/form/step-one/?a=b")
	v.holds("#full_name", "Ann, half-way")
	v.count("#full_name:focus", 1)

	v.await(".idle[data-state=ended]")
	if d := time.Since(before); d < 7*time.Second {
		t.Errorf("the clock ran out after %v, want 8 s from the press of the button", d)
	}
	v.shows(".idle [role=alert]", "You were away for 8 seconds, so your sign-in has ended")
	v.lacks(".idle form")
	v.press(".idle > a")
	v.at("/login/?next=/form/step-one/%3Fa%3Db&away=8")
	v.shows("#try .note", "You were away for 8 seconds, so you were signed out.")
	v.signIn("bob", "builder-2026", true)
	v.at("/form/step-one/?a=b")
}

// A button that is pressed when the sign-in is over already says so, and the form stays.
func TestStayingSignedInTooLateIsTold(t *testing.T) { // exercise 5
	t.Parallel()
	v := idleSite(t).visitor(t, withKeyboard)
	v.open("/login/?next=/form/step-one/")
	v.signIn("bob", "builder-2026", true)
	v.await(".idle form")
	v.fill("#full_name", "Ann, half-way")
	v.tab().post("/logout/")
	v.tap(".idle button")
	v.await(".idle[data-state=ended]")
	ask[bool](v, `new Promise(done => { // the clock ticks once more
		new MutationObserver(() => done(true)).observe(document.querySelector(".idle [data-clock]"), {childList: true});
	})`)
	v.holds("#full_name", "Ann, half-way")
	v.shows(".idle > a", "Carry on")
}

// Without scripts nothing warns, so the page says when the sign-in ends. Each page starts the
// clock anew.
func TestIdleTimeoutWithoutScripts(t *testing.T) { // exercise 5
	t.Parallel()
	v := serve(t).visitor(t, withoutScripts)
	v.open("/login/")
	v.signIn("alice", "wonderland-2026", false)
	v.lacks("noscript")
	v.choose("seconds", "300")
	v.press(`form[action="/account/idle/"] button`)
	v.shows("noscript", "or you will be signed out, as always after 5 minutes without activity.")
	v.lacks(".idle")
	v.press(`form[action="/account/stay/"] .ghost`)
	v.at("/account/")
	v.shows("#story .click", "/account/stay/")
	v.press(`form[action="/account/password/"] button`)
	v.shows("#old_password-error", "This field is required.")
}
