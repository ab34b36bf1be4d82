package handlers

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sessionlab/handlers/forms"
	"sessionlab/sessions"
	"sessionlab/views"
)

// trialPrefix stands before every name that this page writes: a visitor tries the methods
// on entries of this page's own, and on nothing that another page relies on.
const trialPrefix = "try_"

// trial is what was typed, and which button was pressed.
type trial struct {
	Action  string `form:"action" validate:"required"`
	Key     string `form:"key" validate:"max=60,line"`
	Value   string `form:"value" validate:"max=200,text"`
	Default string `form:"default" validate:"max=200,text"`
}

// methods offers every method of a session to be tried. GET /methods/
func (a *App) methods(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	page := views.Methods{
		Keys: s.Keys(), ExpiryAge: int64(s.ExpiryAge() / time.Second),
		ExpireAtBrowserClose: s.ExpireAtBrowserClose(), Ends: endOf(s),
	}
	page.Typed, page.MethodResult = triedBefore(r)
	page.Errors = refused(r, &page.Typed)
	return a.render(w, r, page)
}

// tryMethod carries out one method on the visitor's own session. POST /methods/
func (a *App) tryMethod(w http.ResponseWriter, r *http.Request) error {
	var form trial
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	s := sessions.From(r)
	result, ok := form.run(s)
	if !ok {
		const unknown = "There is no such method."
		return &statusError{status: http.StatusBadRequest, public: unknown}
	}
	if result == nil {
		return views.Errors{"key": "Type the name of a key."}
	}
	result.Modified = s.Modified()
	if form.Action == "modified" {
		result.Answer = strconv.FormatBool(result.Modified)
	}
	return a.redirect(w, r, "/methods/?tried="+keepTried(w, r, form, *result))
}

// endOf says when the session ends as things stand.
func endOf(s *sessions.Session) string {
	switch v := sessions.Peek(s); {
	case s.ExpireAtBrowserClose():
		return "when the browser is closed"
	case v.Stored && !v.Ends.IsZero():
		return views.When(v.Ends)
	}
	return views.Span(s.ExpiryAge()) + " after its first save"
}

// typed reads what was typed as JSON if it is JSON, and as text otherwise.
func typed(text string) any {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return text
}

// run calls the method of the button that was pressed. It reports false if there is none,
// and returns nil if the method needs a key and none was typed.
func (t trial) run(s *sessions.Session) (result *views.MethodResult, ok bool) {
	for _, m := range trials {
		if m.action == t.Action && m.needsKey && t.Key == "" {
			return nil, true
		} else if m.action != t.Action {
			continue
		}
		name := t.name(s, m.writes)
		answer, means := m.run(s, name, t)
		fill := strings.NewReplacer("KEY", strconv.Quote(name),
			"VALUE", asJSON(typed(t.Value)), "DEFAULT", asJSON(typed(t.Default)))
		return &views.MethodResult{
			Call: fill.Replace(m.call), Django: fill.Replace(m.django),
			Answer: answer, Means: means,
		}, true
	}
	return nil, false
}

// name is the entry that a key means: one that this page wrote, and for a method that
// only reads, any other.
func (t trial) name(s *sessions.Session, writes bool) string {
	own := trialPrefix + strings.TrimPrefix(t.Key, trialPrefix)
	if writes || s.Has(own) {
		return own
	}
	return t.Key
}

// tryOut calls a method on the entry of this name, and says what it answered and what
// that means.
type tryOut func(s *sessions.Session, name string, t trial) (answer, means string)

// trials are the methods that can be tried.
var trials = []struct {
	action           string
	needsKey, writes bool
	call, django     string
	run              tryOut
}{
	{"has", true, false, "s.Has(KEY)", "KEY in request.session",
		func(s *sessions.Session, name string, _ trial) (string, string) {
			return tell(s.Has(name), "There is a value under this key.",
				"There is no value under this key.")
		}},
	{"get", true, false, "s.Get(KEY, &value)", "request.session.get(KEY, DEFAULT)",
		func(s *sessions.Session, name string, t trial) (string, string) {
			var value json.RawMessage
			if s.Get(name, &value) {
				return string(value), "This is the stored value, as JSON."
			}
			return asJSON(t.Default), "There is no such value: this is the default."
		}},
	{"set", true, true, "s.Set(KEY, VALUE)", "request.session[KEY] = VALUE",
		func(s *sessions.Session, name string, t trial) (string, string) {
			s.Set(name, typed(t.Value))
			return stored(s, name), "It is encoded now, and saved with the response."
		}},
	{"delete", true, true, "s.Delete(KEY)", "del request.session[KEY]",
		func(s *sessions.Session, name string, _ trial) (string, string) {
			return tell(s.Delete(name), "The value was removed.",
				"There was nothing to remove; in Django this is a KeyError.")
		}},
	{"pop", true, true, "s.Pop(KEY, &value)", "request.session.pop(KEY, DEFAULT)",
		func(s *sessions.Session, name string, t trial) (string, string) {
			var value json.RawMessage
			if s.Pop(name, &value) {
				return string(value), "The value is returned, and is not stored any more."
			}
			return asJSON(t.Default), "There was no such value: this is the default."
		}},
	{"setdefault", true, true, "s.SetDefault(KEY, DEFAULT)",
		"request.session.setdefault(KEY, DEFAULT)",
		func(s *sessions.Session, name string, t trial) (string, string) {
			_, means := tell(s.Has(name),
				"There was a value under this key, and it stays.",
				"There was no value under this key, so the default was stored.")
			s.SetDefault(name, typed(t.Default))
			return stored(s, name), means
		}},
	{"modified", false, false, "s.Modified()", "request.session.modified",
		does(func(*sessions.Session) {},
			"This request changed nothing, so nothing is saved.")},
	{"expiry-300", false, false, "s.SetExpiry(sessions.After(300 * time.Second))",
		"request.session.set_expiry(300)",
		does(func(s *sessions.Session) { s.SetExpiry(sessions.After(300 * time.Second)) },
			"The session expires five minutes after each save.")},
	{"expiry-browser", false, false, "s.SetExpiry(sessions.AtBrowserClose)",
		"request.session.set_expiry(0)",
		does(func(s *sessions.Session) { s.SetExpiry(sessions.AtBrowserClose) },
			"The cookie has no Max-Age, so the browser drops it when it is closed.")},
	{"expiry-default", false, false, "s.SetExpiry(sessions.DefaultExpiry)",
		"request.session.set_expiry(None)",
		does(func(s *sessions.Session) { s.SetExpiry(sessions.DefaultExpiry) },
			"The settings decide again when the session expires.")},
	{"cycle", false, false, "s.CycleKey()", "request.session.cycle_key()",
		does((*sessions.Session).CycleKey,
			"The same data is under a new key, and the old key names nothing.")},
	{"test-set", false, false, "s.SetTestCookie()", "request.session.set_test_cookie()",
		does((*sessions.Session).SetTestCookie,
			"An entry was stored. If the next request finds it, cookies are kept.")},
	{"test-check", false, false, "s.TestCookieWorked()",
		"request.session.test_cookie_worked()",
		func(s *sessions.Session, _ string, _ trial) (string, string) {
			return tell(s.TestCookieWorked(),
				"The entry came back: your browser keeps cookies.",
				"There is no such entry. Set it first. If it is missing even then, "+
					"your browser keeps no cookies.")
		}},
	{"test-delete", false, false, "s.DeleteTestCookie()",
		"request.session.delete_test_cookie()",
		does((*sessions.Session).DeleteTestCookie, "The entry is gone.")},
	{"clear", false, false, "s.Clear()", "request.session.clear()",
		does((*sessions.Session).Clear, "All entries are gone, and so are record and "+
			"cookie. You are signed out, too.")},
	{"flush", false, false, "s.Flush()", "request.session.flush()",
		does((*sessions.Session).Flush, "The record is deleted, and so is the cookie. "+
			"The next value makes a new session.")},
}

// does is a method that answers nothing.
func does(f func(*sessions.Session), means string) tryOut {
	return func(s *sessions.Session, _ string, _ trial) (string, string) {
		f(s)
		return "", means
	}
}

// tell is a yes or no, with what it means.
func tell(is bool, yes, no string) (answer, means string) {
	if is {
		return "true", yes
	}
	return "false", no
}

// stored is the value under name, as JSON.
func stored(s *sessions.Session, name string) string {
	var value json.RawMessage
	s.Get(name, &value)
	return string(value)
}

func asJSON(v any) string {
	text, _ := json.Marshal(v) // a text, or JSON already
	return string(text)
}

// triedCookie carries what was tried to the page that shows it, past a session that may
// have been ended by it. It is shown to nobody but its owner.
const triedCookie = "lab_tried"

// tried is what the cookie holds.
type tried struct {
	ID     string             `json:"id"`
	Form   views.MethodForm   `json:"form"`
	Result views.MethodResult `json:"result"`
}

// keepTried sets the cookie, and returns the id under which the next page finds it.
func keepTried(
	w http.ResponseWriter, r *http.Request, t trial, result views.MethodResult,
) string {
	result.Answer = views.Clip(result.Answer, 300)
	typed := views.MethodForm{Key: t.Key, Value: t.Value, Default: t.Default}
	v := tried{rand.Text()[:10], typed, result}
	cookie := sessions.From(r).Manager().Config().Cookie
	http.SetCookie(w, &http.Cookie{
		Name: triedCookie, Value: base64.RawURLEncoding.EncodeToString([]byte(asJSON(v))),
		Path: "/methods/", MaxAge: 600, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: cookie.Secure == sessions.SecureAlways ||
			cookie.Secure == sessions.SecureAuto && cookie.HTTPS(r),
	})
	return v.ID
}

// triedBefore is what was tried before this page, nil if its address names nothing.
func triedBefore(r *http.Request) (typed views.MethodForm, result *views.MethodResult) {
	c, err := r.Cookie(triedCookie)
	if err != nil {
		return typed, nil
	}
	var v tried
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || json.Unmarshal(text, &v) != nil ||
		v.ID != r.URL.Query().Get("tried") {
		return typed, nil
	}
	return v.Form, &v.Result
}
