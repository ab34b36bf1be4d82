// Package tryout lets one visitor try session settings on the own session: what they chose
// travels in a cookie of its own, as a few words out of a closed list, and a manager with
// those settings serves them. Nobody else's session is touched.
package tryout

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// Cookie is the name of the cookie that holds a Trial.
const Cookie = "lab_settings"

// The lengths of time that can be tried.
const (
	Age  = 30 * time.Second
	Idle = 20 * time.Second
)

// Trial is what a visitor tries. The zero value tries nothing.
type Trial struct {
	Age      bool   // SESSION_COOKIE_AGE is the constant Age
	Close    bool   // SESSION_EXPIRE_AT_BROWSER_CLOSE is on
	Every    bool   // SESSION_SAVE_EVERY_REQUEST is on
	SameSite string // SESSION_COOKIE_SAMESITE: "strict", "lax", "out" to leave it out, "" as set
	Readable bool   // SESSION_COOKIE_HTTPONLY is off
	Idle     bool   // SESSION_IDLE_TIMEOUT is the constant Idle
}

var sameSites = map[string]http.SameSite{
	"strict": http.SameSiteStrictMode,
	"lax":    http.SameSiteLaxMode,
	"out":    http.SameSiteDefaultMode,
}

// KnownSameSite reports whether a Trial can have this SameSite.
func KnownSameSite(name string) bool { return name == "" || sameSites[name] != 0 }

// switches are the words for what is on or off, in the order in which they are written.
func (t *Trial) switches() []struct {
	word string
	on   *bool
} {
	return []struct {
		word string
		on   *bool
	}{
		{"age", &t.Age}, {"close", &t.Close}, {"every", &t.Every},
		{"readable", &t.Readable}, {"idle", &t.Idle},
	}
}

// String writes the trial as its cookie holds it, "" for the zero value.
func (t Trial) String() string {
	var words []string
	for _, s := range t.switches() {
		if *s.on {
			words = append(words, s.word)
		}
	}
	if t.SameSite != "" {
		words = append(words, t.SameSite)
	}
	return strings.Join(words, ".")
}

// Of is the trial in the request's cookie, the zero value if there is none. A cookie is
// input: one that String has not written counts as none.
func Of(r *http.Request) Trial {
	c, err := r.Cookie(Cookie)
	if err != nil {
		return Trial{}
	}
	return parse(c.Value)
}

func parse(text string) (t Trial) {
	for word := range strings.SplitSeq(text, ".") {
		for _, s := range t.switches() {
			*s.on = *s.on || s.word == word
		}
		if sameSites[word] != 0 {
			t.SameSite = word
		}
	}
	if t.String() != text {
		return Trial{}
	}
	return t
}

// Managers makes managers for trials, each once. There are a few hundred of them at most.
// The zero value is ready, and safe for concurrent use.
type Managers struct{ made sync.Map }

type variant struct {
	of *sessions.Manager
	Trial
}

// Under returns the manager that has the settings of m but for what is tried, and m itself
// if nothing is.
func (all *Managers) Under(m *sessions.Manager, t Trial) (*sessions.Manager, error) {
	if t == (Trial{}) {
		return m, nil
	}
	if made, ok := all.made.Load(variant{m, t}); ok {
		return made.(*sessions.Manager), nil
	}
	cfg := m.Config()
	if t.Age {
		cfg.Age = Age
	}
	if t.Idle {
		cfg.IdleTimeout = Idle
	}
	if t.SameSite != "" {
		cfg.Cookie.SameSite = sameSites[t.SameSite]
	}
	cfg.ExpireAtBrowserClose = cfg.ExpireAtBrowserClose || t.Close
	cfg.SaveEveryRequest = cfg.SaveEveryRequest || t.Every
	cfg.Cookie.ReadableByScripts = cfg.Cookie.ReadableByScripts || t.Readable
	tried, err := sessions.New(cfg)
	if err != nil {
		return nil, err
	}
	made, _ := all.made.LoadOrStore(variant{m, t}, tried)
	return made.(*sessions.Manager), nil
}

// SetCookie is the Set-Cookie line with which m would answer a request like r that saves a
// session with this expiry; shown stands for the key. The line is the layer's own: it
// comes from a session that is stored in memory and forgotten.
func SetCookie(m *sessions.Manager, r *http.Request, expiry any, shown string) (string, error) {
	cfg := m.Config()
	cfg.Engine = cache.NewMemory(cache.MemoryOptions{MaxEntries: 1})
	cfg.Codec, cfg.Observer, cfg.AllowCreate = sessions.InsecureUnsigned{}, nil, nil
	sample, err := sessions.New(cfg)
	if err != nil {
		return "", err
	}
	key, answer := "", nowhere{http.Header{}}
	bare := r.Clone(r.Context())
	bare.Header.Del("Cookie")
	sample.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.Set("visit_count", 1)
		if expiry != nil {
			s.Set("_session_expiry", expiry)
		}
		_ = s.Save() // in memory
		key = s.Key()
	})).ServeHTTP(answer, bare)
	return strings.Replace(answer.header.Get("Set-Cookie"), key, shown, 1), nil
}

// nowhere takes an answer of which only the header counts.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header       { return n.header }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}
