package sessions_test

import (
	"context"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/db"
	"sessionlab/sessions/file"
	"sessionlab/sessions/sessionstest/testdb"
	"sessionlab/sessions/signedcookies"
	"sessionlab/sessions/signing"
)

// What one request costs, as a whole and step by step. The sessions hold what a visitor of
// a small shop leaves there, about 250 bytes in five entries.

const visits = sessions.Key[int]("visit_count")

const benchSecret = "no secret of anybody, but fifty characters are asked for"

func fillSession(s *sessions.Session) {
	visits.Set(s, 1000)
	s.Set("theme_preference", "dark")
	s.Set("preferences", map[string]any{"language": "en", "items_per_page": 20})
	s.Set("cart", map[string]map[string]any{
		"1": {"name": "Blank notebook", "price": "4.50", "quantity": 2},
		"7": {"name": "Desk lamp", "price": "39.90", "quantity": 1},
	})
	s.Set("recent_searches", []string{"lamp", "paper"})
}

// requests are what a request can ask of its session; most ask nothing. most is how many
// allocations the layer makes for one on the memory engine, or one more: a number above 255
// in an interface is one.
var requests = []struct {
	name   string
	page   func(*sessions.Session)
	cookie bool
	most   float64
}{
	{"Untouched", nil, true, 3}, // the session, its context, the request that carries it
	{"ReadOnly", func(s *sessions.Session) { visits.Get(s) }, true, 17},
	{"ReadModifyWrite", addVisit, true, 28},
	{"NewVisitor", addVisit, false, 26}, // 24 without the race detector
}

func addVisit(s *sessions.Session) { visits.Update(s, func(n int) int { return n + 1 }) }

// BenchmarkRequest measures what the layer adds to a request on the memory engine.
func BenchmarkRequest(b *testing.B) {
	for _, c := range requests {
		b.Run(c.name, func(b *testing.B) {
			visit := newVisitor(b, inMemory(b), c.page, c.cookie)
			b.ReportAllocs()
			for b.Loop() {
				visit()
			}
		})
	}
}

// These are the numbers that were reached; whoever makes it more has to say why.
func TestARequestMakesFewAllocations(t *testing.T) {
	for _, c := range requests {
		t.Run(c.name, func(t *testing.T) {
			visit := newVisitor(t, inMemory(t), c.page, c.cookie)
			if got := testing.AllocsPerRun(500, visit); got > c.most {
				t.Errorf("%v allocations, want at most %v", got, c.most)
			}
		})
	}
}

// countedEngine counts the calls of an engine's methods.
type countedEngine struct {
	sessions.Engine
	calls atomic.Int32
}

func (e *countedEngine) Load(ctx context.Context, key string) (sessions.Record, error) {
	e.calls.Add(1)
	return e.Engine.Load(ctx, key)
}

func (e *countedEngine) Create(ctx context.Context, rec sessions.Record) (string, error) {
	e.calls.Add(1)
	return e.Engine.Create(ctx, rec)
}

func (e *countedEngine) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	e.calls.Add(1)
	return e.Engine.Replace(ctx, key, old, rec)
}

func (e *countedEngine) Delete(ctx context.Context, key string) error {
	e.calls.Add(1)
	return e.Engine.Delete(ctx, key)
}

func TestARequestCallsTheEngineOnlyForWhatItNeeds(t *testing.T) {
	want := map[string]int32{"Untouched": 0, "ReadOnly": 1, "ReadModifyWrite": 2, "NewVisitor": 1}
	for _, c := range requests {
		e := &countedEngine{Engine: inMemory(t).Engine}
		visit := newVisitor(t, sessions.Config{Engine: e, Codec: sessions.InsecureUnsigned{}}, c.page, c.cookie)
		e.calls.Store(0)
		visit()
		if got := e.calls.Load(); got != want[c.name] {
			t.Errorf("%s: %d calls, want %d", c.name, got, want[c.name])
		}
	}
}

// discard is a ResponseWriter that keeps nothing, so that the layer alone is measured.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// newVisitor returns one request for page, to be made again and again, by a visitor who has
// a session or, without a cookie, is new.
func newVisitor(t testing.TB, cfg sessions.Config, page func(*sessions.Session), cookie bool) (visit func()) {
	t.Helper()
	m := newBenchManager(t, cfg)
	r, err := http.NewRequest("GET", "http://localhost/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if cookie {
		r.Header.Set("Cookie", "theme=dark; sessionid="+storeSession(t, m))
	}
	h := m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if page != nil {
			page(sessions.From(r))
		}
		w.WriteHeader(http.StatusOK)
	}))
	w := discard{http.Header{}}
	return func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

func newBenchManager(t testing.TB, cfg sessions.Config) *sessions.Manager {
	t.Helper()
	m, err := sessions.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func storeSession(t testing.TB, m *sessions.Manager) (key string) {
	t.Helper()
	s := m.Open(t.Context(), "")
	fillSession(s)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	return s.Key()
}

// BenchmarkStep measures each step of a request by itself. Loading and storing are measured
// as the layer does them, decoding and encoding included.
func BenchmarkStep(b *testing.B) {
	m := newBenchManager(b, inMemory(b))
	key := storeSession(b, m)
	r, err := http.NewRequest("GET", "http://localhost/", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Cookie", "theme=dark; sessionid="+key)
	loaded := m.Open(b.Context(), key)
	if err := loaded.Reload(); err != nil {
		b.Fatal(err)
	}
	entries := sessions.Peek(loaded).Entries
	text, err := sessions.InsecureUnsigned{}.Encode(entries)
	if err != nil {
		b.Fatal(err)
	}
	signer := benchSigner(b)
	signed := signer.Dump(text, time.Now())

	for _, step := range []struct {
		name string
		do   func() bool
	}{
		{"ParseCookies", func() bool { return len(sessions.CookieKeys(m, r)) == 1 }},
		{"CheckKey", func() bool { return sessions.ValidKey(key) }},
		{"Decode", func() bool { _, err := sessions.InsecureUnsigned{}.Decode(text); return err == nil }},
		{"TypedGet", func() bool { return visits.Get(loaded) == 1000 }},
		{"Set", func() bool { s := m.Open(b.Context(), ""); visits.Set(s, 1001); return s.Modified() }},
		{"Encode", func() bool { _, err := sessions.InsecureUnsigned{}.Encode(entries); return err == nil }},
		{"Sign", func() bool { return len(signer.Dump(text, time.Now())) > 0 }},
		{"Verify", func() bool { _, _, err := signer.Load(signed, 1<<20); return err == nil }},
	} {
		b.Run(step.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !step.do() {
					b.Fatal("the step failed")
				}
			}
		})
	}
	for _, engine := range benchEngines {
		b.Run("Load/"+engine.name, func(b *testing.B) {
			m := newBenchManager(b, engine.open(b))
			key := storeSession(b, m)
			b.ReportAllocs()
			for b.Loop() {
				if s := m.Open(b.Context(), key); visits.Get(s) != 1000 {
					b.Fatal(s.Err())
				}
			}
		})
		b.Run("Commit/"+engine.name, func(b *testing.B) {
			m := newBenchManager(b, engine.open(b))
			s := m.Open(b.Context(), storeSession(b, m))
			b.ReportAllocs()
			for n := 1; b.Loop(); n++ {
				addVisit(s)
				if err := s.Save(); err != nil {
					b.Fatal(err)
				}
				if n%100 == 0 { // a session remembers all that was done to it
					s = m.Open(b.Context(), s.Key())
				}
			}
		})
	}
}

// benchEngines are the engines, each with its codec.
var benchEngines = []struct {
	name string
	open func(testing.TB) sessions.Config
}{
	{"cache", inMemory},
	{"signed_cookies", func(t testing.TB) sessions.Config {
		e, err := signedcookies.New(signedcookies.Config{Secret: benchSecret})
		if err != nil {
			t.Fatal(err)
		}
		return sessions.Config{Engine: e}
	}},
	{"db", func(t testing.TB) sessions.Config { return signedWith(t, benchTable(t)) }},
	{"cached_db", func(t testing.TB) sessions.Config {
		return signedWith(t, cacheddb.New(benchTable(t), cache.NewMemory(cache.MemoryOptions{}), cacheddb.Options{}))
	}},
	{"file", func(t testing.TB) sessions.Config {
		e, err := file.Open(file.Config{Dir: filepath.Join(t.TempDir(), "files")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		return signedWith(t, e)
	}},
}

func inMemory(testing.TB) sessions.Config {
	return sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})}
}

func signedWith(t testing.TB, e sessions.Engine) sessions.Config {
	return sessions.Config{Engine: e, Codec: sessions.Signed{Signer: benchSigner(t)}}
}

func benchSigner(t testing.TB) *signing.Signer {
	t.Helper()
	s, err := signing.New(signing.StoreSalt, benchSecret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func benchTable(t testing.TB) *db.Engine {
	t.Helper()
	d, err := testdb.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "bench.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := db.CreateSQLiteTable(t.Context(), d.Writer); err != nil {
		t.Fatal(err)
	}
	e, err := db.SQLite(d.Reader, d.Writer, db.Options{Checkpoints: d.Checkpoints})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}
