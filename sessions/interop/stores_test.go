package interop

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/db"
	"sessionlab/sessions/file"
	"sessionlab/sessions/sessionstest/testdb"
	"sessionlab/sessions/sessionstest/testserver"
	"sessionlab/sessions/signedcookies"
	"sessionlab/sessions/signing"
)

// store is one place that both sides reach: through Django's commands and through a
// Manager.
type store struct {
	django *django
	layer  *sessions.Manager

	// Django's commands and what comes before the key.
	put, get, cycle, remove, clear []string
	cookie                         bool // the key is the data
}

// stores are all that both have.
var stores = []struct {
	name string
	open func(t *testing.T) store
}{{"SQLite", openSQLite}, {"PostgreSQL", openPostgres}, {"Files", openFiles}, {"Cookies", openCookies}}

func signed(t testing.TB) sessions.Codec {
	t.Helper()
	signer, err := signing.New(signing.StoreSalt, secret)
	if err != nil {
		t.Fatal(err)
	}
	return sessions.Signed{Signer: signer}
}

func manager(t testing.TB, cfg sessions.Config) *sessions.Manager {
	t.Helper()
	m, err := sessions.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func openSQLite(t *testing.T) store {
	path := filepath.Join(t.TempDir(), "django.sqlite3")
	d := startDjango(t, path, t.TempDir())
	d.run(t, "migrate")
	return openTable(t, d, "sqlite:"+path, nil)
}

func openPostgres(t *testing.T) store {
	url := testserver.Postgres(t)
	d := startDjango(t, url, t.TempDir())
	if _, failed := d.try(t, "migrate"); failed != "" {
		absent(t, "Django cannot reach PostgreSQL, is python3-psycopg2 installed? "+failed)
	}
	return openTable(t, d, url, nil)
}

// openTable opens the table that d has made, whose dates are in the zone.
func openTable(t *testing.T, d *django, url string, zone *time.Location) store {
	base, err := testdb.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	var engine *db.Engine
	if base.Path != "" {
		engine, err = db.SQLite(base.Reader, base.Writer, db.Options{Checkpoints: base.Checkpoints, Location: zone})
	} else {
		engine, err = db.Postgres(base.Writer, db.Options{Location: zone})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(engine.Close(), base.Close()); err != nil {
			t.Error(err)
		}
	})
	return store{
		django: d,
		layer:  manager(t, sessions.Config{Engine: engine, Codec: signed(t)}),
		put:    []string{"put"}, get: []string{"get"}, cycle: []string{"cycle"}, remove: []string{"delete"}, clear: []string{"clearsessions"},
	}
}

func openFiles(t *testing.T) store {
	dir := t.TempDir()
	d := startDjango(t, ":memory:", dir)
	cfg := sessions.Config{Codec: signed(t)}
	engine, err := file.Open(file.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	cfg.Engine = engine
	return store{
		django: d,
		layer:  manager(t, cfg),
		put:    []string{"file-put", dir}, get: []string{"file-get", dir}, cycle: []string{"file-cycle", dir},
		remove: []string{"file-delete", dir}, clear: []string{"file-clearsessions", dir},
	}
}

func openCookies(t *testing.T) store {
	d := startDjango(t, ":memory:", t.TempDir())
	engine, err := signedcookies.New(signedcookies.Config{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	return store{
		django: d,
		layer:  manager(t, sessions.Config{Engine: engine, Codec: sessions.InsecureUnsigned{}}),
		put:    []string{"cookie-encode"}, get: []string{"cookie-decode"}, cookie: true,
	}
}

// djangoPut stores text, a JSON object, and returns its key.
func (s store) djangoPut(t testing.TB, text string) string {
	t.Helper()
	return s.django.run(t, append(s.put[:len(s.put):len(s.put)], text)...)
}

// djangoGet returns the session as Django prints it, "null" if there is none.
func (s store) djangoGet(t testing.TB, key string) string {
	t.Helper()
	return s.django.run(t, append(s.get[:len(s.get):len(s.get)], key)...)
}

// goPut stores text through a Session and returns its key.
func (s store) goPut(t testing.TB, text string) (string, error) {
	t.Helper()
	entries, err := sessions.InsecureUnsigned{}.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	session := s.layer.Open(context.Background(), "")
	for _, e := range entries {
		session.Set(e.Name, e.Value)
	}
	err = session.Save()
	return session.Key(), err
}

// goGet returns the session as the text of package sessions, "null" if there is none.
func (s store) goGet(t testing.TB, key string) string {
	t.Helper()
	session := s.layer.Open(context.Background(), key)
	session.Keys() // loads it
	if err := session.Err(); err != nil {
		t.Fatalf("loading a session: %v", err)
	}
	if session.Key() == "" {
		return "null"
	}
	text, err := sessions.InsecureUnsigned{}.Encode(sessions.Peek(session).Entries)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// both checks that the two sides read the same.
func (s store) both(t testing.TB, what, key, want string) {
	t.Helper()
	if got := s.djangoGet(t, key); got != want {
		t.Errorf("%s: Django reads %.200s, want %.200s", what, got, want)
	}
	if got := s.goGet(t, key); got != want {
		t.Errorf("%s: Go reads %.200s, want %.200s", what, got, want)
	}
}

// expiresIn is how long Go lets the stored session live from now on.
func (s store) expiresIn(t testing.TB, key string) time.Duration {
	t.Helper()
	rec, err := s.layer.Config().Engine.Load(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	return time.Until(s.layer.Ends(rec))
}
