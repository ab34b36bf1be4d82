package sessionstest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/sessionstest"
)

// What does a visitor see when a record was stored but the answer of the store was lost?
func ExampleFaulty() {
	engine := &sessionstest.Faulty{
		Engine: cache.NewMemory(cache.MemoryOptions{}),
		Hook:   sessionstest.FailAt("after create", errors.New("connection reset")),
	}
	m, err := sessions.New(sessions.Config{Engine: engine})
	if err != nil {
		fmt.Println(err)
		return
	}
	page := m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sessions.From(r).Set("theme", "dark")
		fmt.Fprint(w, "Saved.")
	}))
	answer := httptest.NewRecorder()
	page.ServeHTTP(answer, httptest.NewRequest("POST", "/theme/", nil))
	fmt.Println(answer.Code, answer.Body)
	// Output: 503 Sessions cannot be reached right now. Nothing was saved; please try again soon.
}

// An engine that nothing happens to keeps all promises, so a Faulty adds no faults of its own.
func TestAFaultyEngineWithoutFaultsIsSound(t *testing.T) {
	sessionstest.Run(t, func(*testing.T) sessions.Engine {
		return &sessionstest.Faulty{Engine: cache.NewMemory(cache.MemoryOptions{}), Hook: func(string) error { return nil }}
	})
}

func TestEachStepOfAFaultyEngineCanFail(t *testing.T) {
	broken := errors.New("broken")
	for _, name := range []string{"load", "create", "replace", "remove", "delete", "touch"} {
		for _, when := range []string{"before ", "after "} {
			memory := cache.NewMemory(cache.MemoryOptions{})
			e := &sessionstest.Faulty{Engine: memory, Hook: sessionstest.FailAt(when+name, broken)}
			rec, gone := record(), record()
			gone.Expires = gone.Saved.Add(-1)
			key, err := memory.Create(t.Context(), rec)
			if err != nil {
				t.Fatal(err)
			}
			switch name {
			case "load":
				_, err = e.Load(t.Context(), key)
			case "create":
				_, err = e.Create(t.Context(), rec)
			case "replace":
				_, err = e.Replace(t.Context(), key, rec, rec)
			case "remove":
				_, err = e.Replace(t.Context(), key, rec, gone)
			case "delete":
				err = e.Delete(t.Context(), key)
			case "touch":
				_, err = e.Touch(t.Context(), key, rec)
			}
			if !errors.Is(err, broken) {
				t.Errorf("%s%s: %v, want the error of the hook", when, name, err)
			}
			want := map[string]int{"after create": 2, "after remove": 0, "after delete": 0}
			n, ok := want[when+name]
			if !ok {
				n = 1
			}
			if memory.Len() != n {
				t.Errorf("%s%s: %d records afterwards, want %d", when, name, memory.Len(), n)
			}
		}
	}
}

func record() sessions.Record {
	now := time.Now()
	return sessions.Record{Data: []byte("{}"), Saved: now, Used: now, Expires: now.Add(time.Hour)}
}
