package sessions_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/db"
	"sessionlab/sessions/file"
	"sessionlab/sessions/signedcookies"
	"sessionlab/sessions/signing"
)

// visits is the entry that the benchmarks' pages count in. The sessions hold what a
// visitor of a small shop leaves there, about 250 bytes.
const visits = sessions.Key[int]("visit_count")

const benchSecret = "benchmarks have no secrets, but fifty characters of it"

// fillSession puts the entries of a small shop's visitor into s.
func fillSession(s *sessions.Session) {
	visits.Set(s, 41)
	s.Set("theme_preference", "dark")
	s.Set("preferences", map[string]any{"language": "en", "items_per_page": 20})
	s.Set("cart", map[string]map[string]any{
		"1": {"name": "Blank notebook", "price": "4.50", "quantity": 2},
		"7": {"name": "Desk lamp", "price": "39.90", "quantity": 1},
	})
	s.Set("recent_searches", []string{"lamp", "paper"})
}

// benchConfigs are the engines with the codec and the settings under which programs use them.
var benchConfigs = []struct {
	name string
	open func(testing.TB) sessions.Config
}{
	{"cache", func(testing.TB) sessions.Config {
		return sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{})}
	}},
	{"signed_cookies", func(t testing.TB) sessions.Config {
		e, err := signedcookies.New(signedcookies.Config{Secret: benchSecret})
		if err != nil {
			t.Fatal(err)
		}
		return sessions.Config{Engine: e}
	}},
	{"db", func(t testing.TB) sessions.Config {
		return sessions.Config{Engine: benchTable(t), Codec: sessions.Signed{Signer: benchSigner(t)}}
	}},
	{"cached_db", func(t testing.TB) sessions.Config {
		e := cacheddb.New(benchTable(t), cache.NewMemory(cache.MemoryOptions{}), cacheddb.Options{})
		return sessions.Config{Engine: e, Codec: sessions.Signed{Signer: benchSigner(t)}}
	}},
	{"file", func(t testing.TB) sessions.Config {
		e, err := file.Open(file.Config{Dir: filepath.Join(t.TempDir(), "files")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		return sessions.Config{Engine: e, Codec: sessions.Signed{Signer: benchSigner(t)}}
	}},
}

func benchTable(t testing.TB) *db.Engine {
	d, err := db.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "bench.db"))
	if err == nil {
		t.Cleanup(func() { d.Close() })
		err = d.CreateTable(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	e, err := db.New(d, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func benchSigner(t testing.TB) *signing.Signer {
	s, err := signing.New(signing.StoreSalt, benchSecret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// discard is a ResponseWriter that keeps nothing, so that a benchmark counts the layer alone.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// visitor asks one page again and again, as one browser would.
type visitor struct {
	page http.Handler
	w    discard
	r    *http.Request
}

// newVisitor gives a visitor a stored session and has cfg's layer around the page.
func newVisitor(t testing.TB, cfg sessions.Config, page func(*sessions.Session)) *visitor {
	t.Helper()
	m, err := sessions.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://localhost/", nil)
	v := &visitor{w: discard{http.Header{}}, r: r}
	s := m.Open(t.Context(), "")
	fillSession(s)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	v.r.Header.Set("Cookie", "theme=dark; sessionid="+s.Key())
	v.page = m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if page != nil {
			page(sessions.From(r))
		}
		w.WriteHeader(http.StatusOK)
	}))
	return v
}

func (v *visitor) visit() {
	clear(v.w.header)
	v.page.ServeHTTP(v.w, v.r)
}

func readPage(s *sessions.Session)  { visits.Get(s) }
func writePage(s *sessions.Session) { visits.Update(s, func(n int) int { return n + 1 }) }

// pages are what a request can ask of its session. Most requests ask nothing.
var pages = []struct {
	name  string
	page  func(*sessions.Session)
	isNew bool // the visitor comes without a cookie
	most  float64
}{
	{"Untouched", nil, false, 3},
	{"ReadOnly", readPage, false, 0},
	{"ReadModifyWrite", writePage, false, 30},
	{"NewVisitor", writePage, true, 0},
}

// BenchmarkRequest measures what the layer adds to a request, in the memory of the process.
func BenchmarkRequest(b *testing.B) {
	for _, p := range pages {
		b.Run(p.name, func(b *testing.B) {
			v := newVisitor(b, benchConfigs[0].open(b), p.page)
			if p.isNew {
				v.r.Header.Del("Cookie")
			}
			b.ReportAllocs()
			for b.Loop() {
				v.visit()
			}
		})
	}
}

var _ = fmt.Sprint
var _ = time.Now
