package e2e

import (
	"testing"
	"time"
)

// TestAccountsInTheBrowser makes accounts, signs in and out, and changes passwords.
func TestAccountsInTheBrowser(t *testing.T) {
	inEveryWay(t, []walk{{"signing up and in", signing}, {"ending other sessions", endingOthers}})
}

// signIn sends the sign-in form, wherever it is shown.
func (v *visitor) signIn(name, password string, remember bool) {
	v.t.Helper()
	v.fill("#username", name)
	v.fill("#password", password)
	if remember {
		v.tick("#remember")
	}
	v.press(`form[action="/login/"] button`)
}

func (v *visitor) signOut() {
	v.t.Helper()
	v.press(`.leave button`)
	v.at("/")
	v.shows(`.top a[href="/login/"]`, "Sign in")
	if v.cookie("sessionid") != nil {
		v.fatal("the cookie is still there after signing out")
	}
}

func signing(v *visitor) {
	v.open("/counter/")
	stranger := v.cookie("sessionid").Value
	v.open("/account/")
	v.at("/login/?next=/account/")
	v.press(`a.ghost[href^="/signup/"]`)
	v.fill("#username", "carol")
	v.fill("#password1", "a few words")
	v.fill("#password2", "other words")
	v.press(`form[action="/signup/"] button`)
	v.answered(422)
	v.shows("#password2-error", "not the same")
	v.fill("#password1", "a few words")
	v.fill("#password2", "a few words")
	v.press(`form[action="/signup/"] button`)
	v.at("/account/")
	v.shows(".messages .note", "Welcome, carol.")
	v.shows(".note.success[role=status]", "carol")
	if c := v.cookie("sessionid"); c == nil || !c.Session || c.Value == stranger {
		v.fatal("the cookie after signing up is %+v, want a new one that ends with the browser", c)
	}
	v.open("/nowhere/")
	v.shows(".top", "carol") // an error page knows its visitor too
	v.open("/counter/")
	v.reads("#visit-count", "2") // the data came along
	v.signOut()

	v.press(`.top a[href="/login/"]`)
	v.signIn("carol", "wrong words", false)
	v.answered(422)
	v.shows(".note.error", "Wrong user name or password.")
	v.holds("#username", "carol")
	v.signIn("carol", "a few words", true)
	v.at("/account/")
	v.shows("#try", "yes: you stay signed in when you close the browser")
	twoWeeks := float64(time.Now().Add(13 * 24 * time.Hour).Unix())
	if c := v.cookie("sessionid"); c == nil || c.Session || c.Expires < twoWeeks {
		v.fatal("the cookie of somebody to be remembered is %+v", c)
	}
	v.signOut()
	v.open("/login/?next=/cart/")
	v.signIn("carol", "a few words", false)
	v.at("/cart/")
	if c := v.cookie("sessionid"); c == nil || !c.Session {
		v.fatal("the cookie of somebody not to be remembered is %+v", c)
	}
}

func endingOthers(v *visitor) {
	phone := v.site.visitor(v.t, withMouse)
	for _, at := range []*visitor{v, phone} {
		at.open("/login/")
		at.signIn("alice", "wonderland-2026", false)
		at.at("/account/")
	}
	v.open("/account/")
	v.shows("#sessions", "2 sessions")
	v.shows("#sessions", "Chrome on Linux")
	v.fill("#old_password", "wrong")
	v.fill("#new_password1", "looking-glass")
	v.fill("#new_password2", "looking-glass")
	v.press(`form[action="/account/password/"] button`)
	v.shows("#old_password-error", "not your password")
	v.fill("#old_password", "wonderland-2026")
	v.fill("#new_password1", "looking-glass")
	v.fill("#new_password2", "looking-glass")
	v.press(`form[action="/account/password/"] button`)
	v.at("/account/")
	v.shows("#try", "Your session has a new key") // this one stays, under a new key
	v.shows("#sessions", "1 session")
	phone.open("/account/")
	phone.at("/login/?next=/account/")
	phone.shows(".messages .note", "You are signed out here")

	phone.signIn("alice", "looking-glass", false)
	phone.at("/account/")
	v.reload()
	v.fill("#password", "looking-glass")
	v.press(`form[action="/account/sign-out-everywhere/"] button`)
	v.shows(".messages .note", "All your other sessions have ended.")
	phone.reload()
	phone.at("/login/?next=/account/")
	phone.signIn("alice", "looking-glass", false)
	v.reload()
	v.press(`form[action="/account/end/"] button`) // one of them, from the list
	v.shows("#sessions", "1 session")
	phone.open("/account/")
	phone.at("/login/?next=/account/")
}
