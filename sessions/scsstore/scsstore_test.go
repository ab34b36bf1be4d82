package scsstore

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/db"
	"sessionlab/sessions/file"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/sessionstest/testdb"
)

// scs's own memory store is the third-party store here.
func TestConformance(t *testing.T) {
	sessionstest.Run(t, func(*testing.T) sessions.Engine { return Engine(memstore.NewWithCleanupInterval(0)) })
}

func TestLayer(t *testing.T) {
	sessionstest.Layer(t, func(*testing.T) sessions.Config {
		return sessions.Config{Engine: Engine(memstore.NewWithCleanupInterval(0))}
	})
}

// An engine that hashes its keys keeps all promises too.
func TestConformanceWithHashedKeys(t *testing.T) {
	sessionstest.Run(t, func(*testing.T) sessions.Engine {
		return sessions.HashKeys(cache.NewMemory(cache.MemoryOptions{}), []byte("a secret for this test"))
	})
}

func TestHashedKeysAreNotInTheStore(t *testing.T) { // B-317, R-107
	store := memstore.NewWithCleanupInterval(0)
	e := sessions.HashKeys(Engine(store), []byte("a secret for this test"))
	key, err := e.Create(t.Context(), sessions.Record{Data: []byte("x"), Saved: time.Now(), Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	all, err := store.All()
	if err != nil || len(all) != 1 {
		t.Fatalf("%d records, %v", len(all), err)
	}
	if _, ok := all[key]; ok {
		t.Error("the store holds the key itself")
	}
	if _, err := sessions.HashKeys(Engine(store), []byte("another secret")).Load(t.Context(), key); err == nil {
		t.Error("another secret finds the record")
	}
}

func TestAPlainSessionManagerKeepsItsSessionsInAnEngine(t *testing.T) {
	manager := &scs.SessionManager{
		Store: Store(cache.NewMemory(cache.MemoryOptions{}), []byte("a secret for this test")), Codec: scs.GobCodec{}, Lifetime: time.Hour,
		Cookie: scs.SessionCookie{Name: "s", Path: "/", Persist: true},
	}
	server := httptest.NewServer(manager.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/end" {
			_ = manager.Destroy(r.Context())
			return
		}
		n := manager.GetInt(r.Context(), "n") + 1
		manager.Put(r.Context(), "n", n)
		fmt.Fprint(w, n)
	})))
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	for _, c := range []struct{ path, want string }{{"/", "1"}, {"/", "2"}, {"/", "3"}, {"/end", ""}, {"/", "1"}} {
		res, err := client.Get(server.URL + c.path)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if string(got) != c.want {
			t.Errorf("GET %s: %q, want %q", c.path, got, c.want)
		}
	}
}

// What a plain scs.SessionManager asks of a store: a commit is an upsert, whatever is there.
func TestACommitOverAnExpiredSessionSucceeds(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) sessions.Keyed{
		"memory": func(*testing.T) sessions.Keyed { return cache.NewMemory(cache.MemoryOptions{}) },
		"db":     table,
		"file":   files,
		"scs":    func(*testing.T) sessions.Keyed { return Engine(memstore.NewWithCleanupInterval(0)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := Store(open(t), []byte("a secret for this test"))
			wantFound := func(want string) {
				t.Helper()
				b, found, err := s.FindCtx(t.Context(), "token")
				if string(b) != want || found != (want != "") || err != nil {
					t.Errorf("Find = %q, %v, %v, want %q", b, found, err, want)
				}
			}
			expiry := time.Now().Add(300 * time.Millisecond)
			if err := s.CommitCtx(t.Context(), "token", []byte("one\x00\xff"), expiry); err != nil {
				t.Fatal(err)
			}
			wantFound("one\x00\xff")
			time.Sleep(time.Until(expiry) + 2*time.Millisecond)
			wantFound("")
			for _, want := range []string{"two", "three"} {
				if err := s.CommitCtx(t.Context(), "token", []byte(want), time.Now().Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
				wantFound(want)
			}
			if err := s.DeleteCtx(t.Context(), "token"); err != nil {
				t.Fatal(err)
			}
			wantFound("")
		})
	}
}

func table(t *testing.T) sessions.Keyed {
	t.Helper()
	d, err := testdb.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := db.CreateSQLiteTable(t.Context(), d.Writer); err != nil {
		t.Fatal(err)
	}
	e, err := db.SQLite(d.Reader, d.Writer, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func files(t *testing.T) sessions.Keyed {
	t.Helper()
	e, err := file.Open(file.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// A damaged record locks no visitor out of a plain scs.SessionManager.
func TestACommitOverADamagedSessionSucceeds(t *testing.T) {
	e := cache.NewMemory(cache.MemoryOptions{})
	secret := []byte("a secret for this test")
	s := Store(e, secret)
	rec := sessions.Record{Data: []byte("neither a time nor base64"), Saved: time.Now(), Expires: time.Now().Add(time.Hour)}
	if err := sessions.HashKeys(e, secret).CreateUnder(t.Context(), "token", rec); err != nil {
		t.Fatal(err)
	}
	if _, found, err := s.FindCtx(t.Context(), "token"); found || err != nil {
		t.Errorf("Find = %v, %v, want it not found", found, err)
	}
	if err := s.CommitCtx(t.Context(), "token", []byte("two"), time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if b, _, err := s.FindCtx(t.Context(), "token"); string(b) != "two" || err != nil {
		t.Errorf("Find = %q, %v, want two", b, err)
	}
}

// what is damaged in the store is an error that the layer can tell from a failure.
func TestADamagedRecordIsToldApart(t *testing.T) {
	for _, damaged := range []string{"", "x", "1 2 data", "1 2 x data"} {
		store := memstore.NewWithCleanupInterval(0)
		e, key := Engine(store), sessions.NewKey()
		if err := store.Commit(key, []byte(damaged), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if rec, err := e.Load(t.Context(), key); !errors.Is(err, sessions.ErrDecode) || rec.Data != nil {
			t.Errorf("%q: Load = %q, %v, want ErrDecode", damaged, rec.Data, err)
		}
	}
}
