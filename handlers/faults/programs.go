package faults

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/signedcookies"
)

// Each fault is a pair of programs: the faulty one, and the same one repaired.

// greetFirst greets in the visitor's language, which the session holds.
func greetFirst(site Site) http.Handler {
	m := manager(site, sessions.Config{Engine: site.Store})
	return inLanguage(m.Middleware(withTest(welcome)))
}

// sessionFirst greets in the visitor's language, which the session holds.
func sessionFirst(site Site) http.Handler {
	m := manager(site, sessions.Config{Engine: site.Store})
	return m.Middleware(inLanguage(withTest(welcome)))
}

// oldDomain was copied from the shop's former host, with its settings.
func oldDomain(site Site) http.Handler {
	return manager(site, sessions.Config{
		Engine: site.Store,
		Cookie: sessions.Cookie{Domain: "shop.example"},
	}).Middleware(withTest(countVisits))
}

// ownHost leaves the domain out: the cookie is for the host that set it.
func ownHost(site Site) http.Handler {
	return manager(site, sessions.Config{
		Engine: site.Store,
		Cookie: sessions.Cookie{},
	}).Middleware(withTest(countVisits))
}

// endsAtOnce wants sessions that last until the browser is closed, and says "after 0 s".
func endsAtOnce(site Site) http.Handler {
	page := func(w http.ResponseWriter, r *http.Request) {
		sessions.From(r).SetExpiry(sessions.After(0))
		countVisits(w, r)
	}
	m := manager(site, sessions.Config{Engine: site.Store})
	return m.Middleware(withTest(page))
}

// endsWithTheBrowser has sessions that last until the browser is closed.
func endsWithTheBrowser(site Site) http.Handler {
	page := func(w http.ResponseWriter, r *http.Request) {
		sessions.From(r).SetExpiry(sessions.AtBrowserClose)
		countVisits(w, r)
	}
	m := manager(site, sessions.Config{Engine: site.Store})
	return m.Middleware(withTest(page))
}

// adminPath has a cookie for the admin's pages, and counts on the public ones.
func adminPath(site Site) http.Handler {
	return manager(site, sessions.Config{
		Engine: site.Store,
		Cookie: sessions.Cookie{Path: site.Path + "admin/"},
	}).Middleware(withTest(countVisits))
}

// wholePath has a cookie for all pages of the program.
func wholePath(site Site) http.Handler {
	return manager(site, sessions.Config{
		Engine: site.Store,
		Cookie: sessions.Cookie{Path: site.Path},
	}).Middleware(withTest(countVisits))
}

// appendsInPlace keeps a list of wishes.
func appendsInPlace(site Site) http.Handler {
	page := func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		list := wishes.Get(s)
		if r.Method == http.MethodPost {
			addTo(&list, "a book")
			http.Redirect(w, r, site.Path, http.StatusSeeOther)
			return
		}
		visits.Update(s, addOne)
		fmt.Fprintf(w, "Wishes: %d", len(list))
	}
	m := manager(site, sessions.Config{Engine: site.Store})
	return m.Middleware(withTest(page))
}

// updatesTheList keeps a list of wishes.
func updatesTheList(site Site) http.Handler {
	page := func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		if r.Method == http.MethodPost {
			wishes.Update(s, func(list []string) []string {
				addTo(&list, "a book")
				return list
			})
			http.Redirect(w, r, site.Path, http.StatusSeeOther)
			return
		}
		visits.Update(s, addOne)
		fmt.Fprintf(w, "Wishes: %d", len(wishes.Get(s)))
	}
	m := manager(site, sessions.Config{Engine: site.Store})
	return m.Middleware(withTest(page))
}

// answersFirst writes its answer, and counts the visit afterwards.
func answersFirst(site Site) http.Handler {
	page := func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		n := visits.Get(s) + 1
		fmt.Fprintf(w, "Visits: %d", n)
		visits.Set(s, n)
	}
	m := manager(site, sessions.Config{Engine: site.Store})
	return m.Middleware(withTest(page))
}

// countsFirst counts the visit, and writes its answer afterwards.
func countsFirst(site Site) http.Handler {
	page := func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		n := visits.Update(s, addOne)
		fmt.Fprintf(w, "Visits: %d", n)
	}
	m := manager(site, sessions.Config{Engine: site.Store})
	return m.Middleware(withTest(page))
}

// newSecret makes up a SECRET_KEY when it starts.
func newSecret(site Site) http.Handler {
	engine, err := signedcookies.New(signedcookies.Config{
		Secret: rand.Text(),
	})
	must(err)
	m := manager(site, sessions.Config{Engine: engine})
	return m.Middleware(withTest(countVisits))
}

// keptSecret is given its SECRET_KEY by whoever starts it.
func keptSecret(site Site) http.Handler {
	engine, err := signedcookies.New(signedcookies.Config{
		Secret: site.Secret,
	})
	must(err)
	m := manager(site, sessions.Config{Engine: engine})
	return m.Middleware(withTest(countVisits))
}

// ownMemory keeps sessions in its own memory.
func ownMemory(site Site) http.Handler {
	return manager(site, sessions.Config{
		Engine: cache.NewMemory(cache.MemoryOptions{MaxEntries: 100}),
	}).Middleware(withTest(countVisits))
}

// sharedStore keeps sessions where every copy of the program finds them.
func sharedStore(site Site) http.Handler {
	return manager(site, sessions.Config{
		Engine: site.Store,
	}).Middleware(withTest(countVisits))
}

// What the programs have in common.

const (
	visits   = sessions.Key[int]("visits")
	wishes   = sessions.Key[[]string]("wishes")
	language = sessions.Key[string]("language")
	testKey  = sessions.Key[string]("test_key")
)

func addOne(n int) int { return n + 1 }

func addTo(list *[]string, wish string) { *list = append(*list, wish) }

// countVisits counts, and says the number.
func countVisits(w http.ResponseWriter, r *http.Request) {
	n := visits.Update(sessions.From(r), addOne)
	fmt.Fprintf(w, "Visits: %d", n)
}

type greetingKey struct{}

// inLanguage has pages greet in the language that the visitor has chosen.
func inLanguage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		greeting := "Welcome!"
		s, ok := sessions.FromContext(r.Context())
		if ok && language.Get(s) == "de" {
			greeting = "Willkommen!"
		}
		ctx := context.WithValue(r.Context(), greetingKey{}, greeting)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// welcome greets, and takes the choice of a language.
func welcome(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	if r.Method == http.MethodPost {
		language.Set(s, "de")
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return
	}
	visits.Update(s, addOne)
	fmt.Fprint(w, r.Context().Value(greetingKey{}))
}

// withTest puts the tutorial's test view beside a page: it sets a value, and says the one
// that was there.
func withTest(page http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !r.URL.Query().Has("test") {
			page(w, r)
			return
		}
		s := sessions.From(r)
		before, ok := testKey.Lookup(s)
		if !ok {
			before = "Not set"
		}
		testKey.Set(s, "Set at "+now())
		fmt.Fprintf(w, "Previous value: %s. New value has been set.", before)
	})
}
