package handlers

import (
	"errors"
	"net/http"
	"strings"

	"sessionlab/handlers/class"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/limit"
	"sessionlab/handlers/proxy"
	"sessionlab/sessions"
	"sessionlab/views"
)

// teach is the teacher's screen, and for everybody else the way to it. GET /teach/
func (a *App) teach(w http.ResponseWriter, r *http.Request) error {
	if !isTeacher(r) {
		return a.show(w, r, http.StatusOK, views.ClassCode{})
	}
	var ask views.ClassAsk
	wrong := refused(r, &ask)
	b, err := a.board(r)
	if err != nil {
		return err
	}
	b.Ask, b.Errors = ask, wrong
	return a.show(w, r, http.StatusOK, b)
}

func (a *App) board(r *http.Request) (views.ClassBoard, error) {
	b, err := a.room.Board(r.Context())
	for _, g := range views.Chapters() {
		b.Chapters = append(b.Chapters, g.Chapters...)
	}
	return b, err
}

// enterAsTeacher has the browser be the teacher's, for who knows the code.
// POST /teach/enter/
func (a *App) enterAsTeacher(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Code string `form:"teacher_password" validate:"required"`
	}
	err := forms.Read(r, &form)
	if err == nil {
		err = a.room.SignIn(w, limit.Network(proxy.Client(r)), form.Code)
	}
	if err != nil {
		status, _ := explain(err)
		return a.show(w, r, status, views.ClassCode{Errors: wrongIn(err)})
	}
	return a.redirect(w, r, "/teach/")
}

// leaveAsTeacher ends the teacher's sign-in on every machine. POST /teach/leave/
func (a *App) leaveAsTeacher(w http.ResponseWriter, r *http.Request) error {
	if err := a.room.SignOutEverywhere(r.Context(), w); err != nil {
		return err
	}
	return a.redirect(w, r, "/teach/")
}

// boardStream sends the board as it changes. GET /teach/stream
func (a *App) boardStream(w http.ResponseWriter, r *http.Request) error {
	defer a.room.Look()()
	return a.stream(w, r, func(f class.Frame) string { return f.Board })
}

// exportClass gives missions, times and answers as a spreadsheet. GET /teach/export.csv
func (a *App) exportClass(w http.ResponseWriter, r *http.Request) error {
	var csv strings.Builder
	if err := a.room.Export(r.Context(), &csv); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="class.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(csv.String())) // a client that has hung up is nobody to tell
	return nil
}

// learnerStory is what happened to one learner's sessions. GET /teach/learners/{id}/
func (a *App) learnerStory(w http.ResponseWriter, r *http.Request) error {
	b, err := a.room.Board(r.Context())
	if err != nil {
		return err
	}
	for _, t := range b.Tiles {
		if t.ID == r.PathValue("id") {
			page := views.ClassStory{ClassTile: t, Events: a.room.Story(t.ID)}
			page.Errors = refused(r, &page)
			return a.show(w, r, http.StatusOK, page)
		}
	}
	return &statusError{
		status: http.StatusNotFound, public: "There is no such learner in the class.",
	}
}

// renameLearner gives a learner another name. POST /teach/learners/{id}/rename/
func (a *App) renameLearner(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Name string `form:"name" validate:"required"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := a.room.Learners.Rename(r.Context(), id, form.Name); err != nil {
		return atClassField(err)
	}
	return a.redirect(w, r, "/teach/learners/"+id+"/")
}

// removeLearner takes a learner out of the class, with all that they have.
// POST /teach/learners/{id}/remove/
func (a *App) removeLearner(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	user, err := a.room.Account(r.Context(), id)
	if err != nil {
		return err
	}
	if err := a.room.Learners.Remove(r.Context(), id); err != nil { // nobody from now on
		return err
	}
	if user != 0 {
		err = a.accounts.Disable(r.Context(), user)
	}
	err = errors.Join(err, a.room.Forget(r.Context(), id))
	if err != nil {
		return err
	}
	return a.redirect(w, r, "/teach/")
}

// resetLearner has one learner begin all missions anew. POST /teach/learners/{id}/reset/
func (a *App) resetLearner(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if _, err := a.room.Learners.Get(r.Context(), id); err != nil {
		return err
	}
	if err := a.room.ResetMissions(r.Context(), id, ""); err != nil {
		return err
	}
	return a.redirect(w, r, "/teach/learners/"+id+"/")
}

// handDown takes a learner's hand down. POST /teach/learners/{id}/hand/
func (a *App) handDown(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := a.room.Learners.Raise(r.Context(), id, false); err != nil {
		return err
	}
	a.room.Raise(id, false)
	return a.redirect(w, r, "/teach/")
}

// resetMission has all learners begin one mission anew. POST /teach/reset/mission/
func (a *App) resetMission(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Mission string `form:"mission" validate:"required"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	if err := a.room.ResetMissions(r.Context(), "", form.Mission); err != nil {
		return err
	}
	return a.redirect(w, r, "/teach/")
}

// resetClass sends everybody home and deletes what they left, for the next group.
// POST /teach/reset/class/
func (a *App) resetClass(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Sure bool `form:"sure"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	if !form.Sure {
		return views.Errors{"": "Tick the box if you are sure: it cannot be undone."}
	}
	if err := a.room.Reset(r.Context()); err != nil {
		return err
	}
	if err := a.endAll(r.Context()); err != nil {
		return butFirst(err, "Everybody has left the class, and its tables are empty. "+
			"Some sessions could not be ended: nobody can use them. Try again.")
	}
	sessions.From(r).Flush()
	return a.redirect(w, r, "/teach/")
}

// screen is for the projector. GET /screen/
func (a *App) screen(w http.ResponseWriter, r *http.Request) error {
	b, err := a.room.Board(r.Context())
	if err != nil {
		return err
	}
	return a.show(w, r, http.StatusOK, a.room.Screen(b))
}

// screenStream sends the projector's page as it changes. GET /screen/stream
func (a *App) screenStream(w http.ResponseWriter, r *http.Request) error {
	defer a.room.Look()()
	return a.stream(w, r, func(f class.Frame) string { return f.Screen })
}

// classPlan is how a workshop goes, minute by minute. GET /teach/plan/
func (a *App) classPlan(w http.ResponseWriter, r *http.Request) error {
	return a.show(w, r, http.StatusOK, views.ClassPlan{
		Sheets: views.ClassSheets(), Worksheet: views.ClassWorksheet(),
	})
}
