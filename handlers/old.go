package handlers

import (
	"net/http"

	"github.com/a-h/templ"

	"sessionlab/handlers/accept"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/internal/compat"
	"sessionlab/sessions"
	"sessionlab/views"
)

// What pages in the old shape use. The file goes with the last of them.

// badRequest is a 400 with a sentence for the visitor.
func badRequest(public string) error {
	return &statusError{status: http.StatusBadRequest, public: public}
}

// answer is what a page says, once its session is saved: as JSON, and as a component.
type answer struct {
	json any
	page templ.Component
}

// orFaults is what a form page says: its state, or as JSON what is wrong with the form.
func orFaults(faults views.Errors, a answer) answer {
	if len(faults) > 0 {
		a.json = map[string]any{"error": faults.Error(), "errors": faults}
	}
	return a
}

// show saves the session, and then has draw make the answer.
func (a *App) show(w http.ResponseWriter, r *http.Request, status int, draw func(f views.Frame) answer) error {
	s := sessions.From(r)
	asJSON := accept.JSON(r)
	w.Header().Add("Vary", "Accept")
	if err := compat.Load(s); err != nil {
		return err
	}
	var f views.Frame
	if !asJSON {
		f = a.frame(r)
	}
	if err := compat.Commit(s, status); err != nil {
		return err
	}
	if asJSON {
		return writeJSON(w, status, draw(f).json)
	}
	a.look(&f, w, r)
	return writePage(w, r, status, draw(f).page)
}

// parseForm parses the body, into r.PostForm.
func parseForm(r *http.Request) error {
	_, err := forms.Values(r)
	return err
}
