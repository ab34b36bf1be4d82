package handlers

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"sessionlab/handlers/faults"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/source"
	"sessionlab/sessions"
	"sessionlab/views"
)

// faultState is what a visitor has done about one fault.
type faultState struct {
	Tip      faults.Tip `json:"tip"` // the last answer, 0 for none
	Repaired bool       `json:"repaired"`
}

type faultsByName map[string]faultState

// faultStates is the one entry that keeps what a visitor has done.
var faultStates = sessions.Key[faultsByName]("_faults")

// faultsDone counts the faults of which a visitor has found the cause, and those whose
// repair is on.
func faultsDone(s *sessions.Session) (found, repaired int) {
	states := faultStates.Get(s)
	for _, f := range faults.All {
		if slices.Contains(f.Finds, states[f.Name].Tip) {
			found++
		}
		if states[f.Name].Repaired {
			repaired++
		}
	}
	return found, repaired
}

// listFaults lists the small programs with a fault each. GET /debug/faults/
func (a *App) listFaults(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	states := faultStates.Get(s)
	var page views.Faults
	page.Found, page.Repaired = faultsDone(s)
	for _, f := range faults.All {
		state := states[f.Name]
		page.Faults = append(page.Faults, views.FaultLink{
			Name: f.Name, Title: f.Title, Happens: f.Happens, Path: faultPath(f),
			Found: slices.Contains(f.Finds, state.Tip), Repaired: state.Repaired,
		})
	}
	return a.render(w, r, page)
}

// showFault shows a program beside the tips, the repair and its code.
// GET /debug/faults/{fault}/
func (a *App) showFault(w http.ResponseWriter, r *http.Request) error {
	f, err := askedFault(r)
	if err != nil {
		return err
	}
	state := faultStates.Get(sessions.From(r))[f.Name]
	before, after := f.Code(faults.Faulty), f.Code(faults.Repaired)
	page := views.Fault{
		Name: f.Name, Title: f.Title, Should: f.Should, Happens: f.Happens,
		App: f.Path(faults.Faulty), Tip: int(state.Tip), Repaired: state.Repaired,
		Found: slices.Contains(f.Finds, state.Tip), Code: before,
		Before: source.Highlight("The code with its fault", "go", before),
	}
	if page.Found {
		page.Cause = f.Cause
	}
	if page.Repaired {
		page.App = f.Path(faults.Repaired)
		page.Repair, page.Django, page.Fixed = f.Repair, f.Django, after
		page.After = source.Changed("The code after the repair", "go", after, before)
	}
	for _, t := range faults.Tips {
		page.Tips = append(page.Tips, views.FaultTip{
			N: int(t.Tip), Title: t.Title, Find: t.Find,
		})
	}
	isThis := func(other faults.Fault) bool { return other.Name == f.Name }
	if next := slices.IndexFunc(faults.All, isThis) + 1; next < len(faults.All) {
		page.Next = faultPath(faults.All[next])
	}
	return a.render(w, r, page)
}

// actOnFault keeps which tip the visitor has chosen, or whether the repair is on.
// POST /debug/faults/{fault}/
func (a *App) actOnFault(w http.ResponseWriter, r *http.Request) error {
	f, err := askedFault(r)
	if err != nil {
		return err
	}
	var form struct {
		Tip    int    `form:"tip" validate:"between=0 4"`
		Repair string `form:"repair" validate:"omitempty,oneof=on off"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	faultStates.Update(sessions.From(r), func(all faultsByName) faultsByName {
		state := all[f.Name]
		if form.Tip > 0 {
			state.Tip = faults.Tip(form.Tip)
		}
		if form.Repair != "" {
			state.Repaired = form.Repair == "on"
		}
		kept := faultsByName{f.Name: state}
		for _, other := range faults.All { // no more: a session is input
			if s, ok := all[other.Name]; ok && other.Name != f.Name {
				kept[other.Name] = s
			}
		}
		return kept
	})
	part := "#tips"
	if form.Repair != "" {
		part = "#repair"
	}
	return a.redirect(w, r, faultPath(f)+part)
}

// runFault has a program answer, in a page that shows what happened. The lab's own
// session has no part in it. GET and POST /debug/faults/{fault}/{version}/
func (a *App) runFault(w http.ResponseWriter, r *http.Request) error {
	f, err := askedFault(r)
	if err != nil {
		return err
	}
	version := faults.Version(r.PathValue("version"))
	if version != faults.Faulty && version != faults.Repaired {
		return errNoFault
	}
	answer, report := a.faults.Run(r, f, version)
	maps.Copy(w.Header(), answer.Header)
	allowFraming(w.Header())
	if answer.Status != http.StatusOK {
		w.WriteHeader(answer.Status)
		_, _ = w.Write(answer.Body) // a client that has hung up is nobody to tell
		return nil
	}
	return writePage(w, r, http.StatusOK, views.FaultApp{
		Title: f.Title, Path: f.Path(version), Button: f.Button, Post: f.Post,
		Repaired: version == faults.Repaired, Report: report,
	}.HTML(views.Frame{}))
}

// allowFraming lets this site's own pages show an answer in a frame, and nobody else's.
func allowFraming(h http.Header) {
	const policy, nobody, own = "Content-Security-Policy",
		"frame-ancestors 'none'", "frame-ancestors 'self'"
	h.Set(policy, strings.Replace(h.Get(policy), nobody, own, 1))
	h.Set("X-Frame-Options", "SAMEORIGIN")
}

var errNoFault = &statusError{
	status: http.StatusNotFound, public: "There is no such program.",
}

// askedFault is the fault that the path names.
func askedFault(r *http.Request) (faults.Fault, error) {
	f, ok := faults.Named(r.PathValue("fault"))
	if !ok {
		return faults.Fault{}, errNoFault
	}
	return f, nil
}

func faultPath(f faults.Fault) string { return "/debug/faults/" + f.Name + "/" }
