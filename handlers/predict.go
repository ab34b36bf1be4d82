package handlers

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"sessionlab/handlers/forms"
	"sessionlab/handlers/race"
	"sessionlab/sessions"
	"sessionlab/views"
)

// predictions is what the visitor has answered to the chapters' questions. It is written
// when somebody answers, and when a click settles an answer.
var predictions = sessions.Key[answers]("_predictions")

// answers are the predictions of one visitor, by the ids of the questions.
type answers = map[string]views.Predicted

// predict keeps the answer to the question of a chapter. It can be changed until it is
// settled. POST /predict/ with question and answer, a number from 1
func (a *App) predict(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Question string `form:"question"`
		Answer   int    `form:"answer"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	q, ok := questionOf(form.Question)
	if !ok || form.Answer < 1 || form.Answer > len(q.Answers) {
		return &statusError{
			status: http.StatusBadRequest,
			public: "There is no such question, or no such answer.",
		}
	}
	by := a.settling(r, q)
	answer := views.Predicted{Answer: form.Answer, Settled: by == ""}
	keepPrediction(sessions.From(r), q.ID, answer)
	back := cameFrom(r)
	if by == http.MethodGet { // the page that comes now is not the visit that settles it
		path, _, _ := strings.Cut(back, "?")
		back = path + "?answered=1"
	}
	return a.seeOther(w, r, back)
}

// settling is the method of the request that settles a question, "" if none can in this
// run: then the answer does.
func (a *App) settling(r *http.Request, q views.Question) (method string) {
	for _, rt := range a.routes() {
		served := !rt.open.inDebug() || a.debugOn(r)
		if served && slices.Contains(q.Settles, rt.name) {
			return rt.method
		}
	}
	if strings.HasPrefix(q.ID, racePrefix) {
		return http.MethodPost // the page notes it itself
	}
	return ""
}

const racePrefix = "race:"

// questionOf finds a question: that of a chapter, or that of a race.
func questionOf(id string) (views.Question, bool) {
	if name, ok := strings.CutPrefix(id, racePrefix); ok {
		preset, ok := race.Named(name)
		return raceQuestion(preset, race.Track{}), ok
	}
	return views.QuestionOf(id)
}

// settle notes that the visitor now sees what comes of what they have predicted. Who has
// predicted nothing keeps their session as it is.
func settle(r *http.Request, questions ...string) {
	s := sessions.From(r)
	for _, id := range questions {
		if p, ok := predictions.Get(s)[id]; ok && !p.Settled {
			p.Settled = true
			keepPrediction(s, id, p)
		}
	}
}

// keepPrediction stores an answer, unless another tab has settled the question meanwhile.
func keepPrediction(s *sessions.Session, id string, p views.Predicted) {
	predictions.Update(s, func(all answers) answers {
		if all[id].Settled {
			return all
		}
		all = maps.Clone(all)
		if all == nil {
			all = answers{}
		}
		all[id] = p
		return all
	})
}

// placeOf is where the engine of this request keeps sessions.
func placeOf(r *http.Request) views.Place {
	s, ok := sessions.FromContext(r.Context())
	return views.Place(ok && s.Manager().Traits().InCookie)
}
