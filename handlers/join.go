package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"sessionlab/handlers/accept"
	"sessionlab/handlers/accounts"
	"sessionlab/handlers/class"
	"sessionlab/handlers/config"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/learners"
	"sessionlab/handlers/limit"
	"sessionlab/handlers/proxy"
	"sessionlab/sessions"
	"sessionlab/views"
)

// joinPage is the way into the class. Who is in finds the personal code there.
// GET /join/?code=
func (a *App) joinPage(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	l, err := learnerOf(r)
	if err != nil {
		return a.render(w, r, views.ClassJoin{Code: r.URL.Query().Get("code")})
	}
	pass := &views.ClassPass{
		Name: l.Name, Colour: l.Colour, Code: a.room.Learners.Code(l),
	}
	ctx, cancel := context.WithTimeout(r.Context(), accountTimeout)
	defer cancel()
	id, err := a.room.Account(ctx, l.ID)
	if err != nil {
		return err
	}
	if user, err := a.accounts.ByID(ctx, id); err == nil {
		pass.Account = user.Name
	}
	return a.render(w, r, views.ClassJoin{Joined: pass})
}

// join lets somebody in who knows the code, under a name of their own, and makes them an
// account. Whoever used this browser before takes their session with them. POST /join/
func (a *App) join(w http.ResponseWriter, r *http.Request) error {
	if _, err := learnerOf(r); err == nil {
		return a.redirect(w, r, "/join/") // they are in: there is one seat for each
	}
	var form struct {
		Code string `form:"code" validate:"required"`
		Name string `form:"name" validate:"required"`
	}
	err := forms.Read(r, &form)
	var l learners.Learner
	if err == nil {
		from := limit.Network(proxy.Client(r))
		l, err = a.room.Join(r.Context(), from, form.Code, form.Name)
	}
	if err != nil {
		page := views.ClassJoin{Code: form.Code, Name: form.Name}
		page.Errors = wrongIn(atClassField(err))
		return a.refuseHere(w, r, err, page)
	}
	a.enterClass(w, r, l)
	a.giveAccount(r, l)
	return a.redirect(w, r, "/join/")
}

// comeBack lets a learner in with another browser, who knows the personal code.
// POST /join/back/
func (a *App) comeBack(w http.ResponseWriter, r *http.Request) error {
	if _, err := learnerOf(r); err == nil {
		return a.redirect(w, r, "/join/")
	}
	var form struct {
		Name string `form:"name" validate:"required"`
		Code string `form:"personal_password" validate:"required"`
	}
	err := forms.Read(r, &form)
	var l learners.Learner
	if err == nil {
		l, err = a.room.Learners.Return(r.Context(), form.Name, form.Code)
	}
	if err != nil {
		page := views.ClassJoin{Name: form.Name, Back: true, Errors: wrongIn(err)}
		return a.refuseHere(w, r, err, page)
	}
	a.enterClass(w, r, l)
	return a.redirect(w, r, "/join/")
}

// enterClass has the browser be a learner's, and leaves nothing of whose it was before.
func (a *App) enterClass(w http.ResponseWriter, r *http.Request, l learners.Learner) {
	sessions.From(r).Flush()
	forget := []string{engineCookie, accounts.DeviceCookie}
	for _, name := range config.EngineNames() {
		m := a.engines.Manager(name)
		if m != nil && m != sessions.From(r).Manager() {
			forget = append(forget, m.Config().Cookie.Name)
		}
	}
	for _, name := range forget {
		if _, err := r.Cookie(name); err == nil {
			gone := &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true}
			http.SetCookie(w, gone)
		}
	}
	a.room.Learners.SetCookie(w, r, l)
}

// giveAccount makes a learner's account, whose password is the personal code. Who gets
// none, because the accounts are away, can still sign up.
func (a *App) giveAccount(r *http.Request, l learners.Learner) {
	ctx := context.WithoutCancel(r.Context())
	ctx, cancel := context.WithTimeout(ctx, passwordTimeout)
	defer cancel()
	password := a.room.Learners.Code(l)
	err := accounts.ErrNameTaken
	var user accounts.User
	for n := 1; n <= learners.Most && errors.Is(err, accounts.ErrNameTaken); n++ {
		user, err = a.accounts.Register(ctx, accountName(l.Name, n), password)
	}
	if err == nil {
		err = a.room.GiveAccount(ctx, l.ID, user.ID)
	}
	if err != nil {
		a.log.ErrorContext(ctx, "make a learner's account", "err", err)
	}
}

// accountName is the nth user name that is tried for somebody with this name.
func accountName(name string, n int) string {
	user := strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			return c
		case c == ' ':
			return '-'
		}
		return -1
	}, strings.ToLower(name))
	if user = strings.Trim(user, "-"); len(user) < 3 {
		user = strings.TrimSuffix("learner-"+user, "-")
	}
	if user = user[:min(len(user), 24)]; n > 1 {
		user += "-" + strconv.Itoa(n)
	}
	return user
}

// atClassField puts what is wrong beside the field that it is about.
func atClassField(err error) error {
	_, text := explain(err)
	switch {
	case errors.Is(err, class.ErrCode):
		return views.Errors{
			"code": "This is not the code. It stands at the front of the room.",
		}
	case errors.Is(err, learners.ErrName), errors.Is(err, learners.ErrNameTaken):
		return views.Errors{"name": text}
	}
	return err
}

// classBar is what learners' pages show of the class, alone. GET /join/bar/
func (a *App) classBar(w http.ResponseWriter, r *http.Request) error {
	b := a.bar(r)
	if b == nil {
		_, err := learnerOf(r)
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return writePage(w, r, http.StatusOK, views.ClassLiveBar(b))
}

// classStream tells a learner's pages when their bar has changed. GET /join/stream
func (a *App) classStream(w http.ResponseWriter, r *http.Request) error {
	if memberOf(r.Context()) == nil {
		_, err := learnerOf(r)
		return err
	}
	return a.stream(w, r, func(f class.Frame) string { return f.Bar })
}

// raiseHand raises the learner's hand, or takes it down. POST /join/hand/
func (a *App) raiseHand(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Up bool `form:"up"`
	}
	l, err := a.learnerForm(r, &form)
	if err != nil {
		return err
	}
	if err := a.room.Learners.Raise(r.Context(), l.ID, form.Up); err != nil {
		return err
	}
	a.room.Raise(l.ID, form.Up)
	return a.redirect(w, r, cameFrom(r))
}

// followTeacher says whether the learner's pages follow the teacher. POST /join/follow/
func (a *App) followTeacher(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		On bool `form:"on"`
	}
	l, err := a.learnerForm(r, &form)
	if err != nil {
		return err
	}
	a.room.LeaveTeacher(l.ID, !form.On)
	return a.redirect(w, r, cameFrom(r))
}

// answerQuestion takes the learner's answer to the teacher's question. POST /join/answer/
func (a *App) answerQuestion(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Question int `form:"question"`
		Answer   int `form:"answer"`
	}
	l, err := a.learnerForm(r, &form)
	if err != nil {
		return err
	}
	if err := a.room.Vote(r.Context(), l.ID, form.Question, form.Answer); err != nil {
		return err
	}
	return a.redirect(w, r, cameFrom(r))
}

// clickTogether counts one click on the counter for everybody. POST /join/click/
func (a *App) clickTogether(w http.ResponseWriter, r *http.Request) error {
	l, err := learnerOf(r)
	if err != nil {
		return err
	}
	err = a.room.Click(r.Context(), l.ID)
	if accept.JSON(r) && (err == nil || errors.Is(err, class.ErrOver)) { // the page stays
		return writeJSON(w, http.StatusOK, map[string]bool{"counted": err == nil})
	}
	if err != nil {
		return err
	}
	return a.redirect(w, r, cameFrom(r))
}

// consent is what a learner says to playing a part in the theft of a cookie.
// POST /join/consent/
func (a *App) consent(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Agree bool `form:"agree"`
	}
	l, err := a.learnerForm(r, &form)
	if err != nil {
		return err
	}
	if err := a.room.Consent(l.ID, form.Agree); err != nil {
		return err
	}
	return a.redirect(w, r, cameFrom(r))
}

// learnerForm is the learner who sent the form, which it reads.
func (a *App) learnerForm(r *http.Request, form any) (learners.Learner, error) {
	l, err := learnerOf(r)
	if err != nil {
		return l, err
	}
	return l, forms.Read(r, form)
}
