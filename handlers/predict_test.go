package handlers

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"sessionlab/handlers/config"
	"sessionlab/views"
)

// predict answers the question of the page at path, and returns the page that follows.
func (v *visitor) predict(path, question, answer string) string {
	v.app.t.Helper()
	r := v.wantStatus(v.do(http.MethodPost, "/predict/", url.Values{"question": {question}, "answer": {answer}},
		"Referer", v.app.URL+path), http.StatusSeeOther)
	return html.UnescapeString(v.follow(r).body)
}

// settlings are, for each question, what a visitor does who has answered it.
var settlings = map[string]struct {
	page string
	do   func(*visitor) reply
}{
	"counter":     {"/counter/", func(v *visitor) reply { return v.get("/counter/") }},
	"preferences": {"/preferences/", posts("/preferences/", "theme", "dark", "font_size", "large", "action", "save")},
	"methods":     {"/methods/", posts("/methods/", "action", "has", "key", "x")},
	"cart":        {"/cart/", posts("/cart/add/1/")},
	"theme":       {"/theme/", posts("/theme/", "theme", "dark")},
	"form":        {"/form/step-one/", posts("/form/step-one/", "full_name", "Ann", "email", "ann@example.org")},
	"login":       {"/login/", posts("/login/", "username", "alice", "password", "wonderland-2026")},
	"engines":     {"/engines/", posts("/engines/race/")},
	"security":    {"/security/", posts("/security/try/", "attack", "flip")},
	"debug":       {"/debug/", posts("/debug/", "action", "test")},
	"events": {"/events/", func(v *visitor) reply {
		v.follow(v.post("/login/", "username", "alice", "password", "wonderland-2026"))
		return v.get("/events/")
	}},
	"recent":      {"/recent/", func(v *visitor) reply { return v.get("/recent/") }},
	"experiments": {"/experiments/", posts("/experiments/", "test", "offer", "action", "join")},
	"settings":    {"/settings/", posts("/settings/", "readable", "on")},
	"middleware":  {"/middleware/", nil}, // the answer itself settles it
}

func posts(path string, fields ...string) func(*visitor) reply {
	return func(v *visitor) reply { return v.follow(v.post(path, fields...)) }
}

// Each chapter keeps the answer, and explains after the click that settles it, not before.
func TestEveryQuestionIsExplainedByTheClickThatSettlesIt(t *testing.T) {
	for _, engine := range []string{"db", "signed_cookies"} {
		app := newTestApp(t, func(s *config.Settings) { s.SessionEngine = engine })
		for id, c := range settlings {
			q, ok := views.QuestionOf(id)
			if !ok {
				t.Errorf("there is no question %q", id)
				continue
			}
			v := app.visitor()
			if asked := v.get(c.page).body; strings.Count(asked, `name="answer"`) != len(q.Answers) || strings.Contains(asked, `class="why"`) {
				t.Errorf("%s, %s: the page does not ask, or explains before anybody has answered", engine, id)
			}
			page := v.predict(c.page, id, "1")
			if c.do != nil {
				if !strings.Contains(page, "You said: “") || !strings.Contains(page, q.Do) || strings.Contains(page, `class="why"`) {
					t.Errorf("%s, %s: after the answer the page says %s", engine, id, between(page, `id="predict"`, "</section>"))
				}
				c.do(v)
				page = v.get(c.page).body
			}
			said := between(page, `id="predict"`, "</section>")
			if !strings.Contains(said, `class="why"`) || !strings.Contains(said, "Yes.") && !strings.Contains(said, "Not quite.") {
				t.Errorf("%s, %s: the click does not bring the explanation: %s", engine, id, said)
			}
			if v.predict(c.page, id, "2"); strings.Contains(v.get(c.page).body, q.Answers[1]+"” ") {
				t.Errorf("%s, %s: a settled answer can be changed", engine, id)
			}
		}
	}
}

// Where no click can settle a question, its answer does: without DEBUG nobody can race engines.
func TestWithoutDebugTheQuestionsAreSettledToo(t *testing.T) {
	app := newTestApp(t, withoutDebug)
	for id, c := range settlings {
		if c.page == "/debug/" || c.page == "/events/" {
			continue
		}
		v := app.visitor()
		page := v.predict(c.page, id, "1")
		early := slices.Contains([]string{"engines", "security", "settings", "middleware"}, id)
		if got := strings.Contains(page, `class="why"`); got != early {
			t.Errorf("%s: explained with the answer: %t, want %t", id, got, early)
		}
	}
}

func TestOnlyAnAnswerIsKept(t *testing.T) {
	app := newTestApp(t)
	for _, form := range []string{"question=cart", "question=cart&answer=0", "question=cart&answer=4", "question=x&answer=1", "question=race:x&answer=1", "answer=1"} {
		v, fields := app.visitor(), []string{}
		values, _ := url.ParseQuery(form)
		for name := range values {
			fields = append(fields, name, values.Get(name))
		}
		v.wantStatus(v.post("/predict/", fields...), http.StatusBadRequest)
		if v.cookie() != "" {
			t.Errorf("%s began a session", form)
		}
	}
	v := app.visitor()
	v.get("/cart/") // a page that was only looked at
	v.get("/race/")
	if v.cookie() != "" {
		t.Error("a question that nobody answered is in the session")
	}
	v.predict("/cart/", "cart", "3")
	s := app.app.engines.Manager("db").Open(t.Context(), v.cookie())
	if got := fmt.Sprint(s.Keys()); got != "[_predictions]" {
		t.Errorf("the session holds %s", got)
	}
	if body := v.get("/").body; !strings.Contains(body, "Go on with “Visit counter”") || !strings.Contains(body, "0 of ") {
		t.Error("the home page does not show how far the visitor has come")
	}
	v.post("/cart/add/1/")
	if body := v.get("/").body; !strings.Contains(body, "1 of ") || strings.Count(body, "✓</span> predicted") != 1 {
		t.Error("the home page does not count the prediction of the cart")
	}
}

// The panel names the entry, and does not take it for the app's.
func TestThePanelNamesThePredictionsAsTheLabsOwn(t *testing.T) {
	v := newTestApp(t).visitor()
	if page := v.predict("/cart/", "cart", "1"); !strings.Contains(page, "1 entry of the lab's own: your predictions") {
		t.Errorf("the story says %s", between(page, `id="story"`, "</section>"))
	}
}

// A form that was not accepted settles nothing.
func TestARefusedFormSettlesNothing(t *testing.T) {
	v := newTestApp(t).visitor()
	v.predict("/form/step-one/", "form", "1")
	v.follow(v.post("/form/step-one/", "full_name", "", "email", ""))
	if strings.Contains(v.get("/form/step-one/").body, `class="why"`) {
		t.Error("the explanation came although the form was refused")
	}
}
