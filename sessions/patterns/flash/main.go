// Flash shows a message once, on the page that the visitor is sent to after a form.
//
// The trap: A message in the address, such as /?saved=1, is shown again at every reload,
// and anybody can send a link that makes the page say it. Here the message waits in the
// session. It is shown once, and messages of parallel requests all arrive.
//
// When not to use it: A form with mistakes is drawn again at once, with the mistakes
// beside its fields. What has to stay, such as "your trial ends in three days", is data
// of its own.
//
// In Django: messages.success(request, "Saved.") in the view, and a loop over messages
// in the template. The entry has the form of Django's SessionStorage, so a Go page shows
// what a Django page has left, and the other way round.
package main

import (
	"cmp"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><title>Flash message</title>
{{range .}}<p role="status" class="{{.Level}}">{{.Text}}</p>
{{end}}<form method="post" action="/save">
<label>City <input name="city" required></label> <button>Save</button>
</form></html>
`))

// home shows what waits for this visitor, and takes it away.
func home(w http.ResponseWriter, r *http.Request) {
	waiting := sessions.From(r).Messages()
	page.Execute(w, waiting)
}

// save answers with a redirect, so that a reload does not send the form again.
func save(w http.ResponseWriter, r *http.Request) {
	city := r.PostFormValue("city")
	if city == "" || len(city) > 100 {
		http.Error(w, "A city has 1 to 100 bytes.", http.StatusUnprocessableEntity)
		return
	}
	sessions.From(r).AddMessage(sessions.Success, city+" is saved.")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func newServer() (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /save", save)
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
	fmt.Printf("http://%s/ : save a city, then reload the page.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
