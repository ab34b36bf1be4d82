// Wizard asks over several pages, with a way back, drafts that stay, and in two tabs at
// once.
//
// The trap: A draft under one name in the session is shared by all tabs: who books two
// journeys side by side gets a mixture of both. Here each run has an id of its own,
// which stands in the address, and the session holds at most five drafts. Sending the
// last page twice books once: the draft is taken out in the step that finds it.
//
// When not to use it: A form that fits on one page needs no session. Hidden fields do
// for two pages, if the visitor may see and change all that is in them. A draft that has
// to outlive the session belongs into the database.
//
// In Django: the package django-formtools has SessionWizardView, with one prefix for all
// tabs of a visitor.
package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

var questions = []string{"From where?", "To where?", "When?"}

// draft is one journey that is being booked.
type draft struct {
	Begun   time.Time
	Answers map[int]string // by question
}

var drafts = sessions.Key[map[string]draft]("drafts") // by id

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Book a journey</title>
{{range .Messages}}<p role="status">{{.Text}}</p>{{end}}
{{with .Question}}<form method="post"><label>{{.}}
<input name="answer" value="{{$.Answer}}" required maxlength="100"></label>
<button>Next</button></form>{{end}}
{{with .Back}}<a href="{{.}}">Back</a>{{end}}
<form method="post" action="/new"><button>Book a new journey</button></form></html>
`))

func home(w http.ResponseWriter, r *http.Request) {
	page.Execute(w, map[string]any{"Messages": sessions.From(r).Messages()})
}

// begin makes a draft, and drops the oldest one if there are five.
func begin(w http.ResponseWriter, r *http.Request) {
	id, now := rand.Text(), time.Now()
	drafts.Update(sessions.From(r), func(all map[string]draft) map[string]draft {
		if len(all) >= 5 {
			delete(all, slices.MinFunc(slices.Collect(maps.Keys(all)), func(a, b string) int {
				return all[a].Begun.Compare(all[b].Begun)
			}))
		}
		if all == nil {
			all = map[string]draft{}
		}
		all[id] = draft{now, map[int]string{}}
		return all
	})
	http.Redirect(w, r, "/"+id+"/0", http.StatusSeeOther)
}

// show asks question n of a draft. An earlier one without an answer comes first.
func show(w http.ResponseWriter, r *http.Request) {
	s, id := sessions.From(r), r.PathValue("id")
	d, ok := drafts.Get(s)[id]
	n, err := strconv.Atoi(r.PathValue("n"))
	if !ok || err != nil || n < 0 || n >= len(questions) {
		http.NotFound(w, r)
		return
	}
	back := ""
	for i := range n {
		back = fmt.Sprintf("/%s/%d", id, i)
		if d.Answers[i] == "" {
			http.Redirect(w, r, back, http.StatusSeeOther)
			return
		}
	}
	page.Execute(w, map[string]any{
		"Question": questions[n], "Answer": d.Answers[n], "Back": back})
}

var errGone = errors.New("this journey is booked already, or was dropped")

// answer stores the answer to question n, and books after the last one.
func answer(w http.ResponseWriter, r *http.Request) {
	s, id, text := sessions.From(r), r.PathValue("id"), r.PostFormValue("answer")
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(questions) || text == "" || len(text) > 100 {
		http.Error(w, "An answer has 1 to 100 bytes.", http.StatusUnprocessableEntity)
		return
	}
	var d draft
	_, err = drafts.TryUpdate(s, func(all map[string]draft) (map[string]draft, error) {
		var ok bool
		if d, ok = all[id]; !ok {
			return nil, errGone
		}
		if d.Answers[n] = text; len(d.Answers) == len(questions) && n == len(questions)-1 {
			delete(all, id)
		}
		return all, nil
	})
	switch {
	case errors.Is(err, errGone):
		http.Error(w, err.Error(), http.StatusConflict)
	case n+1 < len(questions):
		http.Redirect(w, r, fmt.Sprintf("/%s/%d", id, n+1), http.StatusSeeOther)
	case len(d.Answers) < len(questions): // somebody has jumped ahead
		http.Redirect(w, r, fmt.Sprintf("/%s/%d", id, n), http.StatusSeeOther)
	case s.Save() == nil: // now the draft is ours alone; if not, the middleware answers
		s.AddMessage(sessions.Success, fmt.Sprintf("Booked: %s to %s, %s.",
			d.Answers[0], d.Answers[1], d.Answers[2]))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func newServer() (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /new", begin)
	mux.HandleFunc("GET /{id}/{n}", show)
	mux.HandleFunc("POST /{id}/{n}", answer)
	site := http.NewCrossOriginProtection().Handler(m.Middleware(mux))
	return http.MaxBytesHandler(site, 64<<10), nil
}

func main() {
	h, err := newServer()
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/ : book two journeys in two tabs, and go back on the way.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
