package race

import (
	"iter"
	"net/http"
	"strconv"
)

// request is one request under way. It is a coroutine: it runs when it is stepped, and
// stands still otherwise, so that a run is the same each time.
type request struct {
	step   func() (struct{}, bool)
	stop   func() // lets it run to its end
	sees   func() []Entry
	status int
}

// begin prepares a request that runs up to its next pause, or its end, with each step.
func begin(body func(r *request, pause func())) *request {
	r := &request{}
	r.step, r.stop = iter.Pull(func(yield func(struct{}) bool) {
		body(r, func() { yield(struct{}{}) })
	})
	return r
}

func (r *request) next() { r.step() }

// session is what a handler does with its session, whichever library keeps it.
type session interface {
	load() error
	count() int         // what visit_count holds, for all that the request knows
	click(seen int)     // adds one to visit_count; seen is what count said
	set(name, v string) // keeps a text
	cycle()             // asks for a new key
	end()               // signs out
	save() (status int) // and answers
	entries() []Entry   // the request's own copy, looked at from outside
}

// handler is what a request does with its session, in two steps: reads, then changes.
type handler struct {
	does    string // "adds 1 to visit_count"
	compute string // what its third step is called
	read    func(session) int
	change  func(s session, seen int)
}

// serve is a request with the four steps of every request.
func (h handler) serve(s session) *request {
	return begin(func(r *request, pause func()) {
		if s.load() != nil {
			r.status = http.StatusServiceUnavailable
			return
		}
		r.sees = s.entries
		pause()
		seen := h.read(s)
		pause()
		h.change(s, seen)
		pause()
		r.status = s.save()
	})
}

var (
	click = handler{
		"adds 1 to visit_count", "adds 1",
		session.count, func(s session, seen int) { s.click(seen) },
	}
	slowPage = handler{
		"is a slow page that adds 1 to visit_count", "adds 1",
		session.count, func(s session, seen int) { s.click(seen) },
	}
	signIn = handler{
		"signs in: a new key, and user = ann", "asks for a new key, sets user",
		nothing, func(s session, _ int) { s.cycle(); s.set("user", "ann") },
	}
	signOut = handler{
		"signs out", "ends the session",
		nothing, func(s session, _ int) { s.end() },
	}
)

// sets is a handler that keeps one text.
func sets(name, value string) handler {
	return handler{
		"sets " + name + " = " + value, "sets " + name,
		nothing, func(s session, _ int) { s.set(name, value) },
	}
}

func nothing(session) int { return 0 }

// number is a JSON number, 0 for anything else.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}
