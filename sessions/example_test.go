package sessions_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"sync"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// newManager keeps sessions in memory; a real program checks the error.
func newManager() *sessions.Manager {
	m, err := sessions.New(sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})})
	if err != nil {
		panic(err)
	}
	return m
}

// browse asks for pages one after another, as one browser would.
func browse(h http.Handler, paths ...string) {
	server := httptest.NewServer(h)
	defer server.Close()
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar}
	for _, path := range paths {
		res, err := client.Get(server.URL + path)
		if err != nil {
			panic(err)
		}
		res.Body.Close()
	}
}

// A counter that is exact when requests run in parallel.
func ExampleKey_Update() {
	visits := sessions.Key[int]("visit_count")
	page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		visits.Update(s, func(n int) int { return n + 1 })
		if err := s.Save(); err != nil {
			return // the middleware answers
		}
		fmt.Println("visits:", visits.Get(s))
	})
	browse(newManager().Middleware(page), "/", "/", "/")
	// Output:
	// visits: 1
	// visits: 2
	// visits: 3
}

// A cart: a dictionary under one key, changed in one step.
func ExampleKey() {
	cart := sessions.Key[map[string]int]("cart")
	add := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		items := cart.Update(sessions.From(r), func(items map[string]int) map[string]int {
			if items == nil {
				items = map[string]int{}
			}
			items[r.URL.Path[1:]]++
			return items
		})
		fmt.Println(items)
	})
	browse(newManager().Middleware(add), "/pen", "/ink", "/pen")
	// Output:
	// map[pen:1]
	// map[ink:1 pen:1]
	// map[ink:1 pen:2]
}

// At sign-in the key changes, so that a key planted before is worth nothing; at sign-out
// everything goes.
func ExampleSession_CycleKey() {
	user := sessions.Key[string]("user")
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		before := s.ID().String()
		s.CycleKey()
		s.StartAbsoluteAge()
		user.Set(s, "ann")
		if s.Save() == nil {
			fmt.Println("new key:", s.ID().String() != before)
		}
	})
	mux.HandleFunc("/logout", func(_ http.ResponseWriter, r *http.Request) {
		sessions.From(r).Flush()
	})
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		name, ok := user.Lookup(sessions.From(r))
		fmt.Println(name, ok)
	})
	browse(newManager().Middleware(mux), "/login", "/", "/logout", "/")
	// Output:
	// new key: true
	// ann true
	//  false
}

// A notice that a POST leaves for the page after its redirect.
func ExampleSession_AddMessage() {
	mux := http.NewServeMux()
	mux.HandleFunc("/save", func(w http.ResponseWriter, r *http.Request) {
		sessions.From(r).AddMessage(sessions.Success, "Saved.")
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		for _, m := range sessions.From(r).Messages() {
			fmt.Println(m.Level, m.Text)
		}
	})
	browse(newManager().Middleware(mux), "/save")
	// Output: success Saved.
}

// mapEngine is an engine of one's own: four methods. Package sessionstest checks such an
// engine.
type mapEngine struct {
	mu      sync.Mutex
	records map[string]sessions.Record
}

func (e *mapEngine) Load(_ context.Context, key string) (sessions.Record, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.valid(key)
}

func (e *mapEngine) valid(key string) (sessions.Record, error) {
	rec, ok := e.records[key]
	if !ok || rec.Expired(time.Now()) {
		return sessions.Record{}, sessions.ErrNotFound
	}
	return rec, nil
}

func (e *mapEngine) Create(_ context.Context, rec sessions.Record) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := sessions.NewKey()
	e.records[key] = rec
	return key, nil
}

func (e *mapEngine) Replace(_ context.Context, key string, old, rec sessions.Record) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now, err := e.valid(key)
	switch {
	case err != nil:
		return "", err
	case string(now.Data) != string(old.Data):
		return "", sessions.ErrConflict
	case rec.Expired(time.Now()):
		delete(e.records, key)
	default:
		e.records[key] = rec
	}
	return key, nil
}

func (e *mapEngine) Delete(_ context.Context, key string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.records, key)
	return nil
}

func ExampleEngine() {
	m, err := sessions.New(sessions.Config{
		Engine: &mapEngine{records: map[string]sessions.Record{}},
		Codec:  sessions.InsecureUnsigned{}, // nobody else can write to this map
	})
	if err != nil {
		panic(err)
	}
	s := m.Open(context.Background(), "")
	s.Set("colour", "green")
	if err := s.Save(); err != nil {
		panic(err)
	}
	var colour string
	m.Open(context.Background(), s.Key()).Get("colour", &colour)
	fmt.Println(colour)
	// Output: green
}
