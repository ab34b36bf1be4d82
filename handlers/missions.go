package handlers

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"sessionlab/handlers/forms"
	"sessionlab/handlers/learners"
	"sessionlab/handlers/missions"
	"sessionlab/sessions"
	"sessionlab/views"
)

// missionList shows the missions and how far this learner has come. GET /missions/
func (a *App) missionList(w http.ResponseWriter, r *http.Request) error {
	me, err := a.learner(w, r)
	if err != nil {
		return err
	}
	progress, err := a.missions.Of(r.Context(), me.ID)
	if err != nil {
		return err
	}
	page := views.Missions{Missions: []views.Mission{}}
	if a.learners.Alone() {
		page.Link = a.site(r) + "/missions/?me=" + a.learners.Link(me)
	}
	for _, m := range missions.All() {
		at := progress[m.ID]
		one := views.Mission{
			ID: m.ID, Title: m.Title, Path: m.Path, Purpose: m.Purpose,
			Done: !at.Solved.IsZero(), Hints: m.Hints[:], OpenHints: at.Hints,
		}
		if one.Done {
			page.Done++
			one.Learned = m.Learned
		} else {
			one.Tried = a.missions.Tried(me.ID, m.ID)
		}
		if m.Ask != nil {
			one.Question = m.Ask.Text
			for _, c := range m.Ask.Choices {
				o := views.Option{Value: c.Value, Label: c.Text}
				one.Choices = append(one.Choices, o)
			}
		}
		for _, t := range m.Try {
			one.Try = append(one.Try, views.MissionTry(t))
		}
		page.Missions = append(page.Missions, one)
	}
	if l, err := a.learners.Follow(r.URL.Query().Get("me")); err == nil && l.ID != me.ID {
		page.Follow = r.URL.Query().Get("me")
	}
	page.Errors = refused(r, &page)
	return a.render(w, r, page)
}

// site is the address of this site as the visitor sees it, without a slash at its end.
func (a *App) site(r *http.Request) string {
	if a.proxies.HTTPS(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// openMissionHint opens a hint, if those before it are open.
// POST /missions/{mission}/hint/
func (a *App) openMissionHint(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Hint int `form:"hint" validate:"between=1 3"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	me, err := a.learner(w, r)
	if err != nil {
		return err
	}
	mission := r.PathValue("mission")
	err = a.missions.Hint(r.Context(), me.ID, mission, form.Hint)
	if err != nil {
		return err
	}
	return a.redirect(w, r, "/missions/#"+mission)
}

// answerMission takes an answer. What it is compared with is what the session really
// holds, so the session is loaded; the answer itself becomes a fact, see note.
// POST /missions/{mission}/answer/
func (a *App) answerMission(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Answer string `form:"answer" validate:"required,max=100,line"`
	}
	mission, ok := missions.Find(r.PathValue("mission"))
	if !ok || mission.Ask == nil {
		return missions.ErrUnknown
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	if _, err := a.learner(w, r); err != nil {
		return err
	}
	visitCount.Has(sessions.From(r))
	return a.redirect(w, r, "/missions/#"+mission.ID)
}

var secretWord = sessions.Key[string](missions.WordEntry)

// hideWord puts a word into the session that no page shows by itself.
// POST /missions/read-signed-cookie/word/
func (a *App) hideWord(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	if !s.Manager().Traits().InCookie {
		s.AddMessage(sessions.Warning, "Choose the engine signed_cookies first, "+
			"on the page Engines: here your cookie holds a key and nothing else.")
	} else {
		secretWord.Update(s, func(word string) string {
			return cmp.Or(word, rand.Text()[:6])
		})
		s.AddMessage(sessions.Info, "The word is in your cookie now.")
	}
	return a.redirect(w, r, "/missions/#read-signed-cookie")
}

// addBallast stores another 1,000 random characters. POST /missions/outgrow/ballast/
func (a *App) addBallast(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	text := ""
	for len(text) < 1000 {
		text += rand.Text()
	}
	s.Set("ballast_"+rand.Text()[:6], text[:1000])
	s.AddMessage(sessions.Info, "1,000 characters more are in your session.")
	return a.redirect(w, r, "/missions/#outgrow")
}

// silenceTime is how long an outage lasts.
const silenceTime = 20 * time.Second

// silenceStore has the session store answer this learner nothing for a while.
// POST /missions/outage/silence/
func (a *App) silenceStore(w http.ResponseWriter, r *http.Request) error {
	me, err := a.learner(w, r)
	if err != nil {
		return err
	}
	s := sessions.From(r)
	if s.Manager().Traits().InCookie {
		s.AddMessage(sessions.Warning,
			"This engine has no store that could fall silent. Choose another one first.")
		return a.redirect(w, r, "/missions/#outage")
	}
	a.missions.Silence(me.ID, silenceTime)
	return a.redirect(w, r, "/account/")
}

// resetMissions has the learner begin anew: with one mission, or with all of them.
// POST /missions/reset/
func (a *App) resetMissions(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Mission string `form:"mission" validate:"max=40,line"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	me, err := a.learner(w, r)
	if err != nil {
		return err
	}
	if err := a.missions.Reset(r.Context(), me.ID, form.Mission); err != nil {
		return err
	}
	return a.redirect(w, r, "/missions/#"+form.Mission)
}

// becomeMe has this browser be the learner's whose link it has followed.
// POST /missions/here/
func (a *App) becomeMe(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Me string `form:"me" validate:"required,max=200,line"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	l, err := a.learners.Follow(form.Me)
	if errors.Is(err, learners.ErrCode) {
		return &statusError{status: http.StatusBadRequest, err: err,
			public: "This link is too old. Get a new one in your first browser."}
	}
	if err != nil {
		return err
	}
	a.learners.SetCookie(w, r, l)
	return a.redirect(w, r, "/missions/")
}
