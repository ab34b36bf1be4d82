package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"sessionlab/handlers/forms"
	"sessionlab/sessions"
)

var labCount = sessions.Key[int]("n")

const (
	labCountPath = "/lab/get?k=n"
	labMaxWait   = 10_000 // milliseconds: well below the server's limit for an answer
)

// labSet stores the text v under the name k. POST /lab/set
func (a *App) labSet(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Name  string `form:"k"`
		Value string `form:"v"`
	}
	if err := forms.Read(r, &form); err != nil {
		return err
	}
	switch {
	case form.Name == "":
		return badLab("Say in k under which name to store v.")
	case strings.HasPrefix(form.Name, "_"):
		return badLab("Names that begin with an underscore belong to the session layer " +
			"and to accounts.")
	}
	sessions.From(r).Set(form.Name, form.Value)
	return a.redirect(w, r, "/lab/get?k="+url.QueryEscape(form.Name))
}

// labValue is what labGet answers.
type labValue struct {
	Value   jsontext.Value `json:"value"`             // null if there is none
	NotJSON bool           `json:"not_json,omitzero"` // Value is the stored text
}

// labGet answers with the value of the name k. Python stores some values that are no
// JSON, such as NaN or half a surrogate pair: those are shown as the text that is stored.
// GET /lab/get?k=
func (a *App) labGet(w http.ResponseWriter, r *http.Request) error {
	k := r.URL.Query().Get("k")
	if k == "" {
		return badLab("Say in k which value to get.")
	}
	s := sessions.From(r)
	face := labValue{Value: jsontext.Value("null")}
	for name, stored := range s.Items() {
		if name != k {
			continue
		}
		face.Value = jsontext.Value(stored)
		if face.NotJSON = !face.Value.IsValid(); face.NotJSON {
			text := strings.ToValidUTF8(string(stored), "\uFFFD")
			face.Value, _ = jsontext.AppendQuote(nil, text)
		}
	}
	if err := sessions.Commit(s, http.StatusOK); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, face)
}

// labIncr waits and adds one to n, and loses no count when requests run in parallel.
// POST /lab/incr?ms=
func (a *App) labIncr(w http.ResponseWriter, r *http.Request) error {
	wait, err := labNumber(r, "ms", 0, labMaxWait)
	if err != nil {
		return err
	}
	s := sessions.From(r)
	labCount.Has(s) // loads the session, which others may change from now on
	if !sleep(r, wait) {
		return nil // the client has hung up, and nothing was done yet
	}
	labCount.Update(s, func(n int) int { return n + 1 })
	return a.redirect(w, r, labCountPath)
}

// sleep waits for some milliseconds, and reports whether the client is still there.
func sleep(r *http.Request, ms int) bool {
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return true
	case <-r.Context().Done():
		return false
	}
}

// labSlow reads n, waits, and sets n to one more than it had read: what Update is there
// to avoid. If n has changed meanwhile, the answer is 409 and nothing is lost in silence.
// POST /lab/slow?ms=
func (a *App) labSlow(w http.ResponseWriter, r *http.Request) error {
	wait, err := labNumber(r, "ms", 0, labMaxWait)
	if err != nil {
		return err
	}
	s := sessions.From(r)
	n := labCount.Get(s)
	if !sleep(r, wait) {
		return nil // the client has hung up, and nothing was done yet
	}
	labCount.Set(s, n+1)
	return a.redirect(w, r, labCountPath)
}

// labFail adds one to n and answers with the status that was asked for: from 500 on,
// nothing is saved. POST /lab/fail?code=
func (a *App) labFail(w http.ResponseWriter, r *http.Request) error {
	code, err := labNumber(r, "code", 400, 599)
	if err != nil {
		return err
	}
	s := sessions.From(r)
	labCount.Update(s, func(n int) int { return n + 1 })
	if err := sessions.Commit(s, code); err != nil {
		return err
	}
	text := fmt.Sprintf("This is the status %d that was asked for.", code)
	return writeJSON(w, code, map[string]string{"error": text})
}

// labPanic adds one to n, and panics: nothing is saved. POST /lab/panic
func (a *App) labPanic(_ http.ResponseWriter, r *http.Request) error {
	labCount.Update(sessions.From(r), func(n int) int { return n + 1 })
	panic("lab: a panic was asked for")
}

// labStream sends a first line, then adds one to n, and says in a second line how that
// went: it is stored if the client holds the session's key already, and refused if not,
// since a cookie cannot be sent any more. GET /lab/stream
func (a *App) labStream(w http.ResponseWriter, r *http.Request) error {
	s := sessions.From(r)
	labCount.Has(s) // loads the session, while a failure can still be an error page
	if err := sessions.Commit(s, http.StatusOK); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines := json.NewEncoder(w)
	_ = lines.Encode(map[string]string{"sent": "the first byte"})
	if err := http.NewResponseController(w).Flush(); err != nil {
		return nil // the client has hung up
	}
	labCount.Update(s, func(n int) int { return n + 1 })
	if err := s.Save(); err != nil {
		_ = lines.Encode(map[string]any{"stored": false, "error": err.Error()})
		return nil
	}
	_ = lines.Encode(map[string]any{"stored": true, "n": labCount.Get(s)})
	return nil
}

// labFlush ends the session. POST /lab/flush
func (a *App) labFlush(w http.ResponseWriter, r *http.Request) error {
	sessions.From(r).Flush()
	return a.redirect(w, r, labCountPath)
}

// badLab is a 400 with a sentence about what was sent.
func badLab(public string) error {
	return &statusError{status: http.StatusBadRequest, public: public}
}

// labNumber reads a number from the form or the query. None is 0, where 0 is allowed.
func labNumber(r *http.Request, name string, least, most int) (int, error) {
	if _, err := forms.Values(r); err != nil {
		return 0, err
	}
	text := r.Form.Get(name)
	if text == "" && least == 0 {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		text := fmt.Sprintf("%s must be a number from %d to %d.", name, least, most)
		return 0, badLab(text)
	}
	return n, nil
}
