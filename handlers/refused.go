package handlers

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"sessionlab/handlers/accept"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/limit"
	"sessionlab/sessions"
	"sessionlab/views"
)

// refusal is a form that was not accepted, as its page shows it again.
type refusal struct {
	ID     string       `json:"id"`
	Form   url.Values   `json:"form"`
	Errors views.Errors `json:"errors"`
}

var refusals = sessions.Key[[]refusal]("_refused")

// The newest refusals stay in the session, for as many tabs, each if its form is no
// larger than this, in bytes.
const (
	maxRefusals = 3
	maxRefusal  = 8 << 10
)

// refuse answers a form that was not accepted. A program gets the errors by field. A
// browser is sent to the form's page at an address of its own, where what was typed
// stands beside what is wrong with it: there it survives Enter, Reload and Back.
func (a *App) refuse(w http.ResponseWriter, r *http.Request, why error) error {
	status, text := explain(why)
	wrong := wrongIn(why)
	s := sessions.From(r)
	if s.Err() != nil { // refused at the save, on what another tab has stored meanwhile
		if err := s.Reload(); err != nil {
			return err
		}
	}
	if accept.JSON(r) {
		if err := sessions.Commit(s, status); err != nil {
			return err
		}
		return writeJSON(w, status, map[string]any{"error": text, "errors": wrong})
	}
	values, err := forms.Values(r)
	if err != nil {
		return err
	}
	kept := refusal{rand.Text()[:10], forms.Keepable(values), wrong}
	if len(values.Encode()) > maxRefusal {
		return &statusError{status, text, why}
	}
	refusals.Update(s, func(all []refusal) []refusal {
		all = append([]refusal{kept}, all...)
		return all[:min(len(all), maxRefusals)]
	})
	return a.seeOther(w, r, formPage(r)+"?refused="+kept.ID)
}

// refuseHere answers a form that was not accepted with its page itself, which keeps no
// session of it: for forms that anybody sends at will, to guess a password or a name. A
// program gets the errors by field, as from refuse.
func (a *App) refuseHere(
	w http.ResponseWriter, r *http.Request, why error, page views.Page,
) error {
	status, _ := explain(why)
	if accept.JSON(r) || status >= 500 {
		return why
	}
	if limited, ok := errors.AsType[*limit.Refused](why); ok {
		limited.SetHeader(w.Header())
	}
	return a.renderAs(w, r, status, page)
}

// wrongIn is what is wrong with a form by its fields, under "" what concerns all of it.
func wrongIn(why error) views.Errors {
	if wrong, ok := errors.AsType[views.Errors](why); ok {
		return wrong
	}
	_, text := explain(why)
	return views.Errors{"": text}
}

// formPage is the page above an address that forms are sent to, or that address itself.
func formPage(r *http.Request) string {
	path := r.URL.EscapedPath()
	for !takes(r, http.MethodGet, path) && path != "/" {
		path = path[:strings.LastIndex(strings.TrimSuffix(path, "/"), "/")+1]
	}
	return path
}

// refused fills page with what was typed into a form that was not accepted, if this is
// the address that shows it, and returns what is wrong with it; nil if nothing is.
func refused(r *http.Request, page any) views.Errors {
	id := r.URL.Query().Get("refused")
	if id == "" {
		return nil
	}
	for _, one := range refusals.Get(sessions.From(r)) {
		if one.ID == id {
			forms.Fill(page, one.Form)
			return one.Errors
		}
	}
	return views.Errors{"": "The form was not accepted, and what you typed is no longer here. " +
		"Nothing was saved. If this comes again, your browser may refuse cookies."}
}
