package handlers

import (
	"net/http"
	"time"

	"sessionlab/handlers/forms"
	"sessionlab/handlers/learners"
	"sessionlab/views"
)

// leadClass shows a page of the lab to all. POST /teach/lead/
func (a *App) leadClass(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Path string `form:"path" validate:"required,max=100,line"`
		Stop bool   `form:"stop"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	title := chapterOf(form.Path)
	switch {
	case form.Stop:
		a.room.Lead("", "")
	case title == "" || localPath(form.Path, "") == "":
		return views.Errors{"": "There is no such page in the lab."}
	default:
		a.room.Lead(form.Path, title)
	}
	return a.redirect(w, r, "/teach/")
}

// hintForAll opens the next hint of a mission for everybody. POST /teach/hint/
func (a *App) hintForAll(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Mission string `form:"mission" validate:"required"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	if err := a.room.OpenHint(r.Context(), form.Mission); err != nil {
		return err
	}
	return a.redirect(w, r, "/teach/")
}

// askClass asks everybody a question. POST /teach/ask/
func (a *App) askClass(w http.ResponseWriter, r *http.Request) error {
	var form views.ClassAsk
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	if err := a.room.Ask(form.Text, form.Answers(), form.Right); err != nil {
		return err
	}
	return a.redirect(w, r, "/teach/")
}

// revealAnswer shows which answer is right. POST /teach/reveal/
func (a *App) revealAnswer(w http.ResponseWriter, r *http.Request) error {
	a.room.Reveal()
	return a.redirect(w, r, "/teach/")
}

// clearScreen takes the question and the last experiment off the screens.
// POST /teach/dismiss/
func (a *App) clearScreen(w http.ResponseWriter, r *http.Request) error {
	a.room.Dismiss()
	return a.redirect(w, r, "/teach/")
}

// onOff is a form that switches something.
type onOff struct {
	On bool `form:"on"`
}

// freezeClass stops everybody's work, or lets it go on. POST /teach/freeze/
func (a *App) freezeClass(w http.ResponseWriter, r *http.Request) error {
	var form onOff
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	a.room.Freeze(form.On)
	return a.redirect(w, r, "/teach/")
}

// lockDoor closes the door to newcomers, or opens it. POST /teach/lock/
func (a *App) lockDoor(w http.ResponseWriter, r *http.Request) error {
	var form onOff
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	a.room.Lock(form.On)
	return a.redirect(w, r, "/teach/")
}

// countDown begins a countdown; 0 minutes end it. POST /teach/countdown/
func (a *App) countDown(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Minutes int `form:"minutes" validate:"between=0 180"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	a.room.Countdown(time.Duration(form.Minutes) * time.Minute)
	return a.redirect(w, r, "/teach/")
}

// runExperiment begins an experiment with the whole room, which ends by itself.
// POST /teach/run/
func (a *App) runExperiment(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Kind string `form:"kind" validate:"required,oneof=counter outage restart time"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	if err := a.room.Start(form.Kind, a); err != nil {
		return err
	}
	return a.redirect(w, r, "/teach/")
}

// stealCookie asks two learners whether one may have the other's session.
// POST /teach/steal/
func (a *App) stealCookie(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Owner string `form:"owner" validate:"required"`
		Thief string `form:"thief" validate:"required"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	var two [2]learners.Learner
	for i, id := range []string{form.Owner, form.Thief} {
		l, err := a.room.Learners.Get(r.Context(), id)
		if err != nil {
			return err
		}
		two[i] = l
	}
	err := a.room.Steal(two[0].ID, two[1].ID, two[0].Name, two[1].Name)
	if err != nil {
		return err
	}
	return a.redirect(w, r, "/teach/")
}
