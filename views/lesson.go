package views

import (
	"slices"
	"strings"
)

// Place says where the engine of a request keeps sessions.
type Place bool

// The two places. What a page says of a session's data depends on nothing else.
const (
	OnServer Place = false // under a key, in whatever store
	InCookie Place = true  // in the visitor's own browser
)

// pick returns the words that are true of the place.
func (p Place) pick(onServer, inCookie string) string {
	if p == InCookie {
		return inCookie
	}
	return onServer
}

// Lesson is what a chapter teaches around its page: a question before the click, and what to
// try and to remember after it.
type Lesson struct {
	Question
	Try      []NextStep
	Sentence string   // what was learned
	Words    []string // further words of the trade on the page
	More     []string // names of further reading, see library
}

// Question asks for a prediction. Its explanation is shown once the click is done that
// settles it.
type Question struct {
	ID      string   // the first part of the path of its page: "cart"; one of several there: "race:sign-out"
	Text    string   // "" for none
	Answers []string // they are numbered from 1
	Right   int
	Why     string
	Do      string   // what settles it, as a request to the visitor
	Settles []string // names of the handlers that do; none: the answer itself does
}

// Predicted is a visitor's answer to a question.
type Predicted struct {
	Answer  int  `json:"answer"`
	Settled bool `json:"settled,omitzero"` // the visitor has seen what happens
}

// NextStep is something to try next, and what one sees.
type NextStep struct {
	Title, Do, See string
	Debug          bool // it needs what is there with DEBUG only
}

// lessons are all of them, by the first part of a path.
var lessons = map[Place]map[string]Lesson{
	OnServer: byID(useASession(OnServer), realExamples(OnServer), lookInside(OnServer), exampleLessons(OnServer)),
	InCookie: byID(useASession(InCookie), realExamples(InCookie), lookInside(InCookie), exampleLessons(InCookie)),
}

func byID(all ...[]Lesson) map[string]Lesson {
	found := map[string]Lesson{}
	for _, l := range slices.Concat(all...) {
		found[l.ID] = l
	}
	return found
}

// QuestionOf returns the question of a chapter by its id; ok is false if there is none. Which
// answer is right may depend on the engine: that of the page counts.
func QuestionOf(id string) (q Question, ok bool) {
	q = lessons[OnServer][id].Question
	return q, q.Text != ""
}

// SettledBy returns the ids of the questions that a handler settles.
func SettledBy(handler string) []string { return settledBy[handler] }

var settledBy = func() map[string][]string {
	all := map[string][]string{}
	for _, l := range lessons[OnServer] {
		for _, handler := range l.Settles {
			all[handler] = append(all[handler], l.ID)
		}
	}
	return all
}()

// lessonID is the lesson that a path belongs to.
func lessonID(path string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case id == "signup" || id == "account":
		return "login"
	case strings.HasPrefix(path, "/debug/faults/"): // a program with a fault asks questions of its own
		return ""
	}
	return id
}

// lesson is the one around this page, the zero lesson if there is none.
func (p Frame) lesson() Lesson {
	l := lessons[p.Place][lessonID(p.Path)]
	l.Try = slices.DeleteFunc(slices.Clone(l.Try), func(t NextStep) bool { return t.Debug && !p.Debug })
	return l
}

// predicted is the visitor's answer to a question, nil if there is none. A session is input,
// so an answer that nobody could give counts as none.
func (p Frame) predicted(q Question) *Predicted {
	if one, ok := p.Predicted[q.ID]; ok && one.Answer >= 1 && one.Answer <= len(q.Answers) {
		return &one
	}
	return nil
}

// asks reports whether a chapter asks for a prediction.
func (c Chapter) asks() bool {
	return slices.ContainsFunc(append(c.also, c.Path), func(path string) bool {
		return path == "/race/" || lessons[OnServer][lessonID(path)].Text != ""
	})
}

// done reports whether the visitor has made a prediction in this chapter, and seen what
// came of it.
func (p Frame) done(c Chapter) bool {
	for id, one := range p.Predicted {
		of, _, _ := strings.Cut(id, ":")
		mine := func(path string) bool { return lessonID(path) == of }
		if one.Settled && slices.ContainsFunc(append(c.also, c.Path), mine) {
			return true
		}
	}
	return false
}
