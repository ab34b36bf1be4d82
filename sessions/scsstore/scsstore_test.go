package scsstore

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/sessionstest"
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
