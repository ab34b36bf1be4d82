package handlers

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sessionlab/sessions"
	"sessionlab/views"
)

// methods offers every method of a session to be tried. GET /methods/
func (a *App) methods(w http.ResponseWriter, r *http.Request) error {
	return a.showMethods(w, r, http.StatusOK, views.MethodsData{})
}

func (a *App) showMethods(w http.ResponseWriter, r *http.Request, status int, d views.MethodsData) error {
	s := sessions.From(r)
	if tried, ok := a.tried.Get(r.URL.Query().Get("tried")); ok && d.Errors == nil {
		d = tried
	}
	return a.show(w, r, status, func(p views.Page) answer {
		d.Keys = s.Keys()
		d.Expiry = expiryText(s)
		face := map[string]any{
			"keys": append([]string{}, d.Keys...), "expiry_age": int64(s.ExpiryAge() / time.Second),
			"expire_at_browser_close": s.ExpireAtBrowserClose(),
		}
		if d.Result != nil {
			face["call"], face["answer"], face["modified"] = d.Result.Call, d.Result.Answer, d.Result.Modified
		}
		return orFaults(d.Errors, answer{face, views.Methods(p, d)})
	})
}

// tryMethod carries out one method on the visitor's own session. POST /methods/
func (a *App) tryMethod(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	s, form := sessions.From(r), r.PostForm
	d := views.MethodsData{Key: form.Get("key"), Value: form.Get("value"), Default: form.Get("default")}
	action := form.Get("action")
	if faults := checkMethod(action, d); len(faults) > 0 {
		d.Errors = faults
		return a.showMethods(w, r, http.StatusUnprocessableEntity, d)
	}
	result := runMethod(s, action, d)
	if result == nil {
		return badRequest("There is no such method to try.")
	}
	result.Modified = s.Modified()
	if action == "modified" {
		result.Answer = strconv.FormatBool(result.Modified)
	}
	d.Result = result
	token := sessions.NewKey() // names the result for the page that follows; it is no session's key
	a.tried.Add(token, d)
	return a.redirect(w, r, "/methods/?tried="+token, result.Call)
}

// runMethod is the list of methods: what each button calls, and what that means.
func runMethod(s *sessions.Session, action string, d views.MethodsData) *views.MethodResult {
	key := strconv.Quote(d.Key)
	switch action {
	case "has":
		has := s.Has(d.Key)
		return &views.MethodResult{Call: "s.Has(" + key + ")", Django: key + " in request.session", Answer: strconv.FormatBool(has),
			Means: map[bool]string{true: "There is a value under this key.", false: "There is no value under this key."}[has]}
	case "get":
		answer, means := strconv.Quote(d.Default), "There is no value under this key, so the default is returned."
		if raw, ok := s.Raw(d.Key); ok {
			answer, means = string(raw), "This is the stored value, as JSON."
		}
		return &views.MethodResult{Call: "s.Get(" + key + ", &value)", Django: "request.session.get(" + key + ", " + strconv.Quote(d.Default) + ")", Answer: answer, Means: means}
	case "set":
		value := typed(d.Value)
		s.Set(d.Key, value)
		raw, _ := s.Raw(d.Key)
		return &views.MethodResult{Call: "s.Set(" + key + ", " + string(raw) + ")", Django: "request.session[" + key + "] = " + string(raw), Answer: string(raw),
			Means: "The value is encoded as JSON now, and stored when the answer leaves."}
	case "delete":
		there := s.Delete(d.Key)
		return &views.MethodResult{Call: "s.Delete(" + key + ")", Django: "del request.session[" + key + "]", Answer: strconv.FormatBool(there),
			Means: map[bool]string{true: "The value was removed.", false: "There was nothing to remove; in Django this would be a KeyError."}[there]}
	case "pop":
		answer, means := strconv.Quote(d.Default), "There was no value under this key, so the default is returned."
		if raw, ok := s.Raw(d.Key); ok {
			answer, means = string(raw), "The value is returned, and no longer in the session."
			s.Delete(d.Key)
		}
		return &views.MethodResult{Call: "s.Pop(" + key + ", &value)", Django: "request.session.pop(" + key + ", " + strconv.Quote(d.Default) + ")", Answer: answer, Means: means}
	case "setdefault":
		means := "There was a value under this key already, and it stays."
		if !s.Has(d.Key) {
			means = "There was no value under this key, so the default was stored."
		}
		s.SetDefault(d.Key, typed(d.Default))
		raw, _ := s.Raw(d.Key)
		return &views.MethodResult{Call: "s.SetDefault(" + key + ", value)", Django: "request.session.setdefault(" + key + ", " + strconv.Quote(d.Default) + ")", Answer: string(raw), Means: means}
	case "modified":
		return &views.MethodResult{Call: "s.Modified()", Django: "request.session.modified", Means: "This request has only asked, so there is nothing to save."}
	case "expiry-300":
		s.SetExpiry(sessions.After(300 * time.Second))
		return &views.MethodResult{Call: "s.SetExpiry(sessions.After(300 * time.Second))", Django: "request.session.set_expiry(300)", Means: "The session ends five minutes after each save."}
	case "expiry-browser":
		s.SetExpiry(sessions.AtBrowserClose)
		return &views.MethodResult{Call: "s.SetExpiry(sessions.AtBrowserClose)", Django: "request.session.set_expiry(0)", Means: "The cookie is sent without an end, so the browser forgets it when it is closed."}
	case "expiry-default":
		s.SetExpiry(sessions.DefaultExpiry)
		return &views.MethodResult{Call: "s.SetExpiry(sessions.DefaultExpiry)", Django: "request.session.set_expiry(None)", Means: "The settings decide again when the session ends."}
	case "cycle":
		s.CycleKey()
		return &views.MethodResult{Call: "s.CycleKey()", Django: "request.session.cycle_key()", Means: "The same data lies under a new key, and the old key names nothing."}
	case "test-set":
		s.SetTestCookie()
		return &views.MethodResult{Call: "s.SetTestCookie()", Django: "request.session.set_test_cookie()", Means: "An entry was stored; if it is there at the next request, the browser returns cookies."}
	case "test-check":
		worked := s.TestCookieWorked()
		return &views.MethodResult{Call: "s.TestCookieWorked()", Django: "request.session.test_cookie_worked()", Answer: strconv.FormatBool(worked),
			Means: map[bool]string{true: "The entry came back: your browser returns cookies.", false: "There is no such entry. Set it first; if it is still missing then, your browser returns no cookies."}[worked]}
	case "test-delete":
		s.DeleteTestCookie()
		return &views.MethodResult{Call: "s.DeleteTestCookie()", Django: "request.session.delete_test_cookie()", Means: "The entry is gone."}
	case "clear":
		s.Clear()
		return &views.MethodResult{Call: "s.Clear()", Django: "request.session.clear()", Means: "All entries are gone; with nothing left to keep, so are record and cookie. You are signed out, too."}
	case "flush":
		s.Flush()
		return &views.MethodResult{Call: "s.Flush()", Django: "request.session.flush()", Means: "The record is deleted, and so is the cookie. The next thing you store makes a new session."}
	}
	return nil
}

// typed reads what was typed as JSON if it is JSON, and as text otherwise.
func typed(text string) any {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return text
}

func checkMethod(action string, d views.MethodsData) views.Errors {
	faults := views.Errors{}
	for name, text := range map[string]string{"key": d.Key, "value": d.Value, "default": d.Default} {
		if !utf8.ValidString(text) || len(text) > 1000 {
			faults[name] = "At most 1000 characters of valid UTF-8."
		}
	}
	changes := action == "set" || action == "delete" || action == "pop" || action == "setdefault"
	switch {
	case (changes || action == "has" || action == "get") && d.Key == "":
		faults["key"] = "Type the name of a key."
	case changes && strings.HasPrefix(d.Key, "_"):
		faults["key"] = "Names that begin with an underscore belong to the framework."
	}
	return faults
}

// expiryText says when the session ends as things stand.
func expiryText(s *sessions.Session) string {
	switch rec, stored := s.Record(); {
	case s.ExpireAtBrowserClose():
		return "when the browser is closed"
	case stored && !rec.Expires.IsZero():
		return when(rec.Expires)
	}
	return span(s.ExpiryAge()) + " after its first save"
}

// clip shortens text to n characters.
func clip(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n]) + "…"
}
