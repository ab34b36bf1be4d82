package db

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/sessionstest/testdb"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		os.Exit(child(url, os.Getenv(childKey)))
	}
	os.Exit(testserver.Main(m))
}

// stores are the databases that the tests of this package run on.
var stores = map[string]func(t testing.TB) (url string){
	"SQLite": func(t testing.TB) string {
		return "sqlite:" + filepath.Join(t.TempDir(), "sessions.db")
	},
	"PostgreSQL": func(t testing.TB) string { return testserver.Postgres(t) },
}

// onEach runs a test on each store.
func onEach(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	for name, url := range stores {
		t.Run(name, func(t *testing.T) { test(t, url(t)) })
	}
}

func openDB(t testing.TB, url string) *testdb.DB {
	t.Helper()
	d, err := testdb.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func createSessionTable(t testing.TB, d *testdb.DB) {
	t.Helper()
	make := CreatePostgresTable
	if d.Path != "" {
		make = CreateSQLiteTable
	}
	if err := make(t.Context(), d.Writer); err != nil {
		t.Fatal(err)
	}
}

// newEngine makes an engine on d, whose table is there.
func newEngine(d *testdb.DB, opts Options) (*Engine, error) {
	if d.Path == "" {
		return Postgres(d.Writer, opts)
	}
	opts.Checkpoints = d.Checkpoints
	return SQLite(d.Reader, d.Writer, opts)
}

// openEngine makes the table, where it is not there, and an engine.
func openEngine(t testing.TB, url string, opts Options) *Engine {
	t.Helper()
	d := openDB(t, url)
	createSessionTable(t, d)
	e, err := newEngine(d, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// patient is for tests that are about what is stored and not about how long it takes: a busy
// machine must not make an answer late.
var patient = Options{Timeout: 20 * time.Second}

func TestConformance(t *testing.T) {
	for name, url := range stores {
		t.Run(name, func(t *testing.T) {
			sessionstest.Run(t, func(t *testing.T) sessions.Engine { return openEngine(t, url(t), patient) })
		})
	}
}

// record returns a record that is valid for an hour.
func record(data string) sessions.Record {
	return sessions.Record{Data: []byte(data), Expires: time.Now().UTC().Add(time.Hour)}
}

func create(t testing.TB, e *Engine, data string) string {
	t.Helper()
	key, err := e.Create(t.Context(), record(data))
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return key
}

func load(t testing.TB, e *Engine, key string) sessions.Record {
	t.Helper()
	rec, err := e.Load(t.Context(), key)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return rec
}

func replace(t testing.TB, e *Engine, key, old, data string) {
	t.Helper()
	if _, err := e.Replace(t.Context(), key, record(old), record(data)); err != nil {
		t.Fatalf("Replace: %v", err)
	}
}

func wantData(t testing.TB, e *Engine, key, want string) {
	t.Helper()
	if got := load(t, e, key); string(got.Data) != want {
		t.Errorf("data = %q, want %q", got.Data, want)
	}
}

// wantOwnError checks that err is about the database and does not say that the
// visitor's session is gone.
func wantOwnError(t testing.TB, call string, err error) {
	t.Helper()
	if err == nil || errors.Is(err, sessions.ErrNotFound) || errors.Is(err, sessions.ErrConflict) {
		t.Errorf("%s: err = %v, want an error of its own", call, err)
	}
}

// eventually waits until a condition holds that other goroutines bring about.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited 10 s in vain: %s", what)
		}
	}
}

// increment adds one to the number under key, n times, as the layer would.
func increment(t testing.TB, e *Engine, key string, n int) {
	t.Helper()
	for tries := 0; n > 0; tries++ {
		old, err := e.Load(t.Context(), key)
		if err != nil {
			t.Errorf("Load: %v", err)
			return
		}
		count, err := strconv.Atoi(string(old.Data))
		if err != nil {
			t.Error(err)
			return
		}
		_, err = e.Replace(t.Context(), key, old, record(strconv.Itoa(count+1)))
		switch {
		case err == nil:
			n--
		case !errors.Is(err, sessions.ErrConflict) || tries > 10_000:
			t.Errorf("Replace: %v", err)
			return
		default:
			time.Sleep(rand.N(5 * time.Millisecond))
		}
	}
}
