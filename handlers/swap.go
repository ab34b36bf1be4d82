package handlers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"sessionlab/handlers/events"
	"sessionlab/handlers/inprocess"
	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/views"
)

// swap is an order of the layers in which something breaks, and a request that shows it.
type swap struct {
	name, title string
	layer       string // which moves
	outside     string // to the place right outside of this one
	inside      string // or right inside of this one
	sends       string // the request in words
	forged      bool   // the request is a form that another site has sent
	page        http.HandlerFunc
	store       func(sessions.Engine) sessions.Engine // nil: as it is
	why         string
}

// swaps are those that the page /middleware/ offers.
func (a *App) swaps() []swap {
	return []swap{
		{
			name: "account", title: "Accounts before sessions",
			layer: "account", outside: "sessions",
			sends: "A page that says who is signed in.",
			page: func(w http.ResponseWriter, r *http.Request) {
				name := "nobody"
				if u := a.user(r); u != nil {
					name = u.Name
				}
				fmt.Fprintf(w, "Signed in: %s.", name)
			},
			why: "The account layer looks into the session. When it stands outside, the " +
				"request has none yet: its code panics, and no page works any more. In " +
				"Django, request.user fails in the same way when " +
				"AuthenticationMiddleware comes before SessionMiddleware.",
		},
		{
			name: "errors", title: "Sessions outside of the error handler",
			layer: "sessions", outside: "recoverer",
			sends: "A page that changes the session, with a store whose driver has a bug: " +
				"it panics at the save.",
			page: func(_ http.ResponseWriter, r *http.Request) {
				sessions.From(r).Set("colour", "green") // saved once the page returns
			},
			store: func(e sessions.Engine) sessions.Engine { return buggyStore{e} },
			why: "The session is saved when the page has returned. The error handler sees " +
				"only what happens inside of it. With sessions outside, nobody turns the " +
				"panic into an error page: the server drops the connection.",
		},
		{
			name: "forged", title: "The cross-origin check after sessions",
			layer: "crossOrigin", inside: "sessions",
			sends:  "A form that another site has had your browser send, with your cookie.",
			forged: true,
			page: func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, "The form was accepted.")
			},
			why: "It is refused in both orders. But with the check inside, the refusal uses " +
				"the session: each forged request costs a load from the store. Outside, " +
				"another site cannot make the store work.",
		},
	}
}

// buggyStore is a store whose driver panics when a record is replaced.
type buggyStore struct{ sessions.Engine }

func (buggyStore) Replace(
	context.Context, string, sessions.Record, sessions.Record,
) (string, error) {
	panic("the store's driver has a bug")
}

// Traits says, as the memory engine would, that nobody else can write a record.
func (buggyStore) Traits() sessions.Traits { return sessions.Traits{Private: true} }

// move returns the layers with one of them in another place.
func (s swap) move(stack []layer) []layer {
	named := func(name string) int {
		return slices.IndexFunc(stack, func(l layer) bool { return l.name == name })
	}
	from := named(s.layer)
	moved := stack[from]
	stack = slices.Delete(slices.Clone(stack), from, from+1)
	if s.inside != "" {
		return slices.Insert(stack, named(s.inside)+1, moved)
	}
	return slices.Insert(stack, named(s.outside), moved)
}

// trySwap sends one request through the layers in both orders.
func (a *App) trySwap(r *http.Request, s swap) (*views.Swapped, error) {
	// The visitor's own request holds a place in the crowd already.
	stack := slices.DeleteFunc(append(a.outer(), a.within()...), func(l layer) bool {
		return l.name == "crowd"
	})
	run := &views.Swapped{Title: s.title, Sends: s.sends, Why: s.why}
	var err error
	if run.Right, err = a.runStack(r, s, stack); err != nil {
		return nil, err
	}
	run.Swapped, err = a.runStack(r, s, s.move(stack))
	return run, err
}

// runStack builds the layers in this order around the swap's page, and sends them one
// request inside of this program. Its session is a throw-away one, in a store of its own.
func (a *App) runStack(r *http.Request, s swap, stack []layer) (views.StackRun, error) {
	var told []string
	var engine sessions.Engine = cache.NewMemory(cache.MemoryOptions{MaxEntries: 10})
	if s.store != nil {
		engine = s.store(engine)
	}
	m, err := sessions.New(sessions.Config{
		Engine: engine, ErrorHandler: a.sessionError,
		Observer: func(_ context.Context, e sessions.Event) {
			told = append(told, events.Text(e, sessions.Traits{Private: true}))
		},
	})
	if err != nil {
		return views.StackRun{}, err
	}
	key, err := throwAway(m, sessions.From(r))
	if err != nil {
		return views.StackRun{}, err
	}
	told = nil
	ran := false
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ran = true
		s.page(w, r)
	})
	run := views.StackRun{}
	for _, l := range slices.Backward(stack) {
		if l.session {
			l.wrap = m.Middleware
		}
		h = l.wrap(h)
	}
	for _, l := range stack {
		run.Layers = append(run.Layers, views.StackLayer{
			Name: l.name, Session: l.session, Moves: l.name == s.layer,
		})
	}
	// Not the visitor's context: that has the visitor's own session in it.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	answer := inprocess.Serve(h, s.request(r, m, key).WithContext(ctx))
	run.Status, run.Came, run.Told, run.Ran = answer.Status, came(answer), told, ran
	return run, nil
}

// throwAway stores a session with the sign-in of the visitor's, and returns its key.
func throwAway(m *sessions.Manager, own *sessions.Session) (string, error) {
	s := m.Open(context.Background(), "")
	s.Set("made_for", "this request")
	for _, k := range []sessions.Key[string]{authUser, authBackend, authHash, authSignIn} {
		if v, ok := k.Lookup(own); ok {
			k.Set(s, v)
		}
	}
	err := s.Save()
	return s.Key(), err
}

// request is made from the visitor's own: the same address and browser, another cookie.
func (s swap) request(r *http.Request, m *sessions.Manager, key string) *http.Request {
	made := r.Clone(context.Background())
	made.Body, made.ContentLength = http.NoBody, 0
	made.Header.Set("Cookie", m.Config().Cookie.Name+"="+key)
	made.Header.Set("Accept", "text/html")
	if s.forged {
		made.Method = http.MethodPost
		made.Header.Set("Origin", "https://elsewhere.example")
		made.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	return made
}

// came is an answer in words.
func came(a inprocess.Answer) string {
	if a.Panic != nil {
		return "The connection was dropped. The browser says that the site does not answer."
	}
	if a.Status >= http.StatusBadRequest {
		return "The error page “" + http.StatusText(a.Status) + "”."
	}
	if text := strings.TrimSpace(string(a.Body)); text != "" {
		return text
	}
	return "An empty page."
}
