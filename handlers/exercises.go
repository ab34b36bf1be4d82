package handlers

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"

	"sessionlab/handlers/exercise"
	"sessionlab/handlers/forms"
	"sessionlab/handlers/proxy"
	"sessionlab/handlers/source"
	"sessionlab/sessions"
	"sessionlab/views"
)

// checkedExercise is what the visitor's last check found.
var checkedExercise = sessions.Key[checkResult]("exercise_check")

// maxFinding is how many characters are kept of what the app answered, and of what was
// expected: an app may answer at length, and the session may have to fit into a cookie.
const maxFinding = 160

// openedHints is how many hints of each exercise the visitor has opened.
var openedHints = sessions.Key[map[int]int]("exercise_hints")

type checkResult struct {
	Number  int           `json:"number"`
	Checked views.Checked `json:"checked"`
}

// exercise shows an exercise, and what the last check of it found. GET /exercises/{n}/
func (a *App) exercise(w http.ResponseWriter, r *http.Request) error {
	e, err := askedExercise(r)
	if err != nil {
		return err
	}
	page := views.Exercise{
		Number: e.Number, Title: e.Title, Task: e.Task, Hints: e.Hints,
		Difference: e.Difference, MayCheck: a.mayCheck(r),
	}
	if !slices.Contains(a.hidden(r), e.Example) {
		page.Example = e.Example
	}
	for _, address := range e.Addresses {
		page.Addresses = append(page.Addresses, views.Address(address))
	}
	for _, criterion := range e.Criteria {
		page.Criteria = append(page.Criteria, views.Criterion(criterion))
	}
	for _, lang := range exercise.Languages() {
		starter, err := e.Starter(lang)
		if err != nil {
			return err
		}
		solution, err := e.Solution(lang)
		if err != nil {
			return err
		}
		page.Starters = append(page.Starters, program(starter))
		page.Solutions = append(page.Solutions, program(solution))
	}
	s := sessions.From(r)
	page.OpenHints = min(max(openedHints.Get(s)[e.Number], 0), len(e.Hints))
	last, ok := checkedExercise.Lookup(s)
	if ok && last.Number == e.Number {
		page.Checked = &last.Checked
	}
	page.Errors = refused(r, &page)
	return a.render(w, r, page)
}

// program is a program as a page shows it.
func program(p exercise.Program) views.Program {
	title, lexer := "Go", "go"
	if p.Language == "django" {
		title, lexer = "Django", "python"
	}
	return views.Program{
		Language: p.Language, File: p.File, Needs: p.Needs, Run: p.Run, Text: p.Text,
		Source: source.Highlight(title, lexer, p.Text),
	}
}

// exerciseStarter is a starter as a file. GET /exercises/{n}/starter.{ext}
func (a *App) exerciseStarter(w http.ResponseWriter, r *http.Request) error {
	e, err := askedExercise(r)
	if err != nil {
		return err
	}
	lang := map[string]string{"go": "go", "py": "django"}[r.PathValue("ext")]
	starter, err := e.Starter(lang)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	name := path.Base(starter.File)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write([]byte(starter.Text)) // a client that has hung up is nobody to tell
	return nil
}

// openHint opens a hint, if those before it are open. It stays open as long as the
// session lasts. POST /exercises/{n}/hint/
func (a *App) openHint(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Hint int `form:"hint" validate:"min=1,max=3"`
	}
	e, err := askedExercise(r)
	if err != nil {
		return err
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	openedHints.Update(sessions.From(r), func(opened map[int]int) map[int]int {
		if opened[e.Number]+1 == form.Hint { // a second click changes nothing
			if opened == nil {
				opened = map[int]int{}
			}
			opened[e.Number] = form.Hint
		}
		return opened
	})
	return a.redirect(w, r, fmt.Sprintf("/exercises/%d/#hints", e.Number))
}

// checkExercise plays visitors against the learner's own app, and keeps what they found
// in the session. There is one check at a time. POST /exercises/{n}/check/
func (a *App) checkExercise(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		URL string `form:"url" validate:"required,max=200,line"`
	}
	e, err := askedExercise(r)
	if err != nil {
		return err
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	switch {
	case !a.mayCheck(r):
		return &statusError{status: http.StatusForbidden,
			public: "Only visitors on this computer may check an app. Nothing was done."}
	case isOurs(r, form.URL):
		return views.Errors{"url": "This is the lab itself. Use another port."}
	case !a.checking.TryLock():
		return views.Errors{"url": "Another check is running. Try again in 20 seconds."}
	}
	defer a.checking.Unlock()
	found, err := exercise.Check(r.Context(), e.Number, form.URL, nil)
	if errors.Is(err, exercise.ErrAddress) {
		return views.Errors{"url": "The check visits apps on this computer only, " +
			"at an address like http://127.0.0.1:9000/."}
	}
	if err != nil {
		return err
	}
	result := checkResult{e.Number, checked(e, form.URL, found)}
	checkedExercise.Set(sessions.From(r), result)
	return a.redirect(w, r, fmt.Sprintf("/exercises/%d/#check", e.Number))
}

// checked puts what was found into one sentence for each criterion.
func checked(e exercise.Exercise, at string, found exercise.Summary) views.Checked {
	texts := map[string]string{}
	for _, c := range e.Criteria {
		texts[c.ID] = c.Text
	}
	all := views.Checked{URL: at, Met: found.Met}
	for _, one := range found.Results {
		one.Got = views.Clip(one.Got, maxFinding)
		one.Want = views.Clip(one.Want, maxFinding)
		says := one.String()
		if one.After != "" {
			says = "Not looked at before this is met: " + texts[one.After]
		}
		all.Results = append(all.Results, views.Result{
			Criterion: one.Criterion, Met: one.Met, Waits: one.After != "",
			Says: says,
		})
	}
	return all
}

// askedExercise is the exercise that the path names.
func askedExercise(r *http.Request) (exercise.Exercise, error) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return exercise.Exercise{}, exercise.ErrUnknown
	}
	return exercise.Find(n)
}

// mayCheck reports whether the visitor may have an app checked: the check sends requests
// from this computer, so only with DEBUG, and for somebody who sits at it.
func (a *App) mayCheck(r *http.Request) bool {
	return a.debugOn(r) && proxy.Client(r).IsLoopback() && (a.room == nil || isTeacher(r))
}

// isOurs reports whether an address is the lab's own: its check would wait for itself.
func isOurs(r *http.Request, address string) bool {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	u, err := url.Parse(address)
	if err != nil || local == nil {
		return false
	}
	return cmp.Or(u.Port(), "80") == strconv.Itoa(local.Port)
}
