package sessionstest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"sessionlab/sessions"
)

// Layer puts whole sessions, as a handler sees them, over the engine and codec of the
// Config that open returns: the dictionary, the flags, the expiry, the middleware, and what
// happens when requests run at once. open is called once for each case and may leave all
// but Engine and Codec empty; the cases add the settings that they are about. It may return
// one engine every time: each case has sessions of its own. The option
// [Cookie] is for engines whose key is the data.
func Layer(t *testing.T, open func(t *testing.T) sessions.Config, opts ...Option) {
	var s suite
	for _, opt := range opts {
		opt(&s)
	}
	for _, c := range layerCases() {
		t.Run(c.name, func(t *testing.T) {
			if missing := c.needs & s.lacks; missing != 0 {
				t.Skip("cannot be kept by such an engine, see package sessionstest: " + c.name)
			}
			c.check(t, &bench{t: t, cfg: open(t)})
		})
	}
}

func layerCases() []layerCase {
	return slices.Concat(dictionaryCases, expiryCases, passingCases, httpCases, answerCases,
		raceCases, faultCases, everyCallCases, historyCases, transactionCases, afterwardsCases,
		meanwhileCases, ruleCases)
}

// layerCase is one promise of the layer; its name reads as a sentence.
type layerCase struct {
	name  string
	needs ability
	check func(*testing.T, *bench)
}

// bench holds what a case works with.
type bench struct {
	t   *testing.T
	cfg sessions.Config
	m   *sessions.Manager

	mu     sync.Mutex
	events []sessions.Event
}

// manager makes the Manager at its first call; change lets a case set its own settings.
func (b *bench) manager(change ...func(*sessions.Config)) *sessions.Manager {
	b.t.Helper()
	if b.m != nil {
		return b.m
	}
	cfg := b.cfg
	cfg.Cookie.Name = "sessionid" // which the cases send, whatever name the engine was made for
	for _, f := range change {
		f(&cfg)
	}
	cfg.Observer = func(_ context.Context, e sessions.Event) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.events = append(b.events, e)
	}
	if cfg.Codec == nil {
		cfg.Secret = "a secret of tests alone" // for engines whose records leave the program's hands
	}
	m, err := sessions.New(cfg)
	if err != nil {
		b.t.Fatalf("New: %v", err)
	}
	b.m = m
	return m
}

// open gives the session under key, "" for a new one.
func (b *bench) open(key string) *sessions.Session {
	b.t.Helper()
	return b.manager().Open(context.Background(), key)
}

// stored saves a new session with these entries and returns its key.
func (b *bench) stored(entries ...any) string {
	b.t.Helper()
	s := b.open("")
	for i := 0; i < len(entries); i += 2 {
		s.Set(entries[i].(string), entries[i+1])
	}
	b.save(s)
	return s.Key()
}

func (b *bench) save(s *sessions.Session) {
	b.t.Helper()
	if err := s.Save(); err != nil {
		b.t.Fatalf("Save: %v", err)
	}
}

// kinds returns the kinds of the events so far, joined by commas.
func (b *bench) kinds() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var kinds []string
	for _, e := range b.events {
		kinds = append(kinds, string(e.Kind))
	}
	return strings.Join(kinds, ", ")
}

func (b *bench) count(kind sessions.EventKind) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, e := range b.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// get reads an int, -1 if it is not there.
func get(s *sessions.Session, name string) int {
	n := -1
	s.Get(name, &n)
	return n
}

func flags(s *sessions.Session) (accessed, modified bool) { return s.Accessed(), s.Modified() }

func wantFlags(t *testing.T, s *sessions.Session, what string, accessed, modified bool) {
	t.Helper()
	if a, m := flags(s); a != accessed || m != modified {
		t.Errorf("after %s: accessed %v, modified %v; want %v, %v", what, a, m, accessed, modified)
	}
}

func wantIs(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got error %v, want %v", got, want)
	}
}
