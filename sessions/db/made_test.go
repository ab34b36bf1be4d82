package db

import (
	"database/sql"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sessionlab/sessions"
)

// What somebody puts together by hand is an error that says what is wrong, at once.
func TestConstructorsSayWhatIsWrongWithThePools(t *testing.T) {
	sqlitePools := openDB(t, stores["SQLite"](t))
	other := openDB(t, stores["SQLite"](t))
	pool := openDB(t, stores["PostgreSQL"](t)).Writer
	open := func(name string, conns int) *sql.DB {
		t.Helper()
		d, err := sql.Open("sqlite", name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		d.SetMaxOpenConns(conns)
		return d
	}
	rollback := "file:" + filepath.Join(t.TempDir(), "rollback.db")
	closed := open(rollback, 1)
	closed.Close()
	r, w := sqlitePools.Reader, sqlitePools.Writer
	for name, c := range map[string]struct {
		make func() (*Engine, error)
		want string
	}{
		"no pools":         {func() (*Engine, error) { return SQLite(nil, nil, Options{}) }, "one of them is nil"},
		"no writer":        {func() (*Engine, error) { return SQLite(r, nil, Options{}) }, "one of them is nil"},
		"no reader":        {func() (*Engine, error) { return SQLite(nil, w, Options{}) }, "one of them is nil"},
		"one pool":         {func() (*Engine, error) { return SQLite(w, w, Options{}) }, "must be different pools"},
		"one checkpointer": {func() (*Engine, error) { return SQLite(r, w, Options{Checkpoints: w}) }, "must be different pools"},
		"many writers":     {func() (*Engine, error) { return SQLite(w, r, Options{}) }, "SetMaxOpenConns(1)"},
		"no limit":         {func() (*Engine, error) { return SQLite(r, open("file:"+sqlitePools.Path, 0), Options{}) }, "SetMaxOpenConns(1)"},
		"two files":        {func() (*Engine, error) { return SQLite(other.Reader, w, Options{}) }, "two files"},
		"in memory":        {func() (*Engine, error) { return SQLite(r, open(":memory:", 1), Options{}) }, "in memory"},
		"rollback journal": {func() (*Engine, error) { return SQLite(open(rollback, 4), open(rollback, 1), Options{}) }, "must be wal"},
		"PostgreSQL":       {func() (*Engine, error) { return SQLite(r, pool, Options{}) }, "SetMaxOpenConns(1)"},
		"reads PostgreSQL": {func() (*Engine, error) { return SQLite(pool, w, Options{}) }, "does not answer as SQLite"},
		"closed":           {func() (*Engine, error) { return SQLite(r, closed, Options{}) }, "closed"},
		"no table":         {func() (*Engine, error) { return SQLite(r, w, Options{}) }, "no such table: django_session"},
		"no table, where":  {func() (*Engine, error) { return SQLite(r, w, Options{}) }, sqlitePools.Path},
		"negative":         {func() (*Engine, error) { return SQLite(r, w, Options{MaxBatch: -1}) }, "negative"},
		"no PostgreSQL":    {func() (*Engine, error) { return Postgres(nil, Options{}) }, "nil"},
		"SQLite":           {func() (*Engine, error) { return Postgres(w, Options{}) }, "does not answer as PostgreSQL"},
		"out of range":     {func() (*Engine, error) { return Postgres(pool, Options{Timeout: -1}) }, "negative"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := c.make()
			if e != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("engine %v, err = %v, want one with %q", e != nil, err, c.want)
			}
		})
	}
	for _, create := range []error{CreateSQLiteTable(t.Context(), nil), CreatePostgresTable(t.Context(), nil)} {
		wantOwnError(t, "CreateTable without a pool", create)
	}
}

// The engine works on pools with the settings that its documentation names, too.
func TestEngineWithoutAConnectionForCheckpoints(t *testing.T) {
	d := openDB(t, stores["SQLite"](t))
	createSessionTable(t, d)
	e, err := SQLite(d.Reader, d.Writer, Options{Name: "my file"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	key := create(t, e, "0")
	increment(t, e, key, 50)
	wantData(t, e, key, "50")
	if got := e.Locate(key).Store; got != "my file" {
		t.Errorf("Locate names %q, want the name in the options", got)
	}
}

// An engine that was made by hand must not end the program.
func TestZeroEngineAnswersWithAnError(t *testing.T) {
	key := sessions.NewKey()
	for name, e := range map[string]*Engine{"zero": {}, "nil": nil} {
		for call, f := range calls(e, key) {
			if err := f(t.Context()); !errors.Is(err, errNotMade) {
				t.Errorf("%s of the %s engine: err = %v, want %v", call, name, err, errNotMade)
			}
		}
		if _, err := e.Clear(t.Context(), nil, nil); !errors.Is(err, errNotMade) {
			t.Errorf("Clear of the %s engine: err = %v", name, err)
		}
		if err := e.List(t.Context(), nil); !errors.Is(err, errNotMade) {
			t.Errorf("List of the %s engine: err = %v", name, err)
		}
		if l, err := e.Locate(key), e.Close(); l != (sessions.Location{}) || err != nil {
			t.Errorf("Locate and Close of the %s engine: %v, %v", name, l, err)
		}
	}
}

// Nobody is signed out because a pool or an engine was closed too early.
func TestClosedPoolsAreAnError(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		e := openEngine(t, url, Options{})
		key := create(t, e, "old")
		if e.sqlite() {
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			_, err := e.Load(t.Context(), key)
			wantOwnError(t, "Load after the engine closed", err)
		}
		if err := errors.Join(e.reader.Close(), e.writer.Close()); err != nil {
			t.Fatal(err)
		}
		for call, f := range calls(e, key) {
			wantOwnError(t, call+" after the pools closed", f(t.Context()))
		}
	})
}

// nobody is signed out because a visitor has gone or a deadline has passed.
func TestEndedContextIsAnError(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		e := openEngine(t, url, Options{})
		key := create(t, e, "old")
		ctx := ended(t)
		for call, f := range calls(e, key) {
			wantOwnError(t, call+" with an ended context", f(ctx))
		}
		_, err := e.Clear(ctx, nil, nil)
		wantOwnError(t, "Clear with an ended context", err)
		wantOwnError(t, "List with an ended context", e.List(ctx, nil))
		wantData(t, e, key, "old")
	})
}

// The program brings the driver: one that uses PostgreSQL alone compiles no SQLite.
func TestPackageImportsNoDriver(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(out)) {
		dep = strings.TrimSpace(dep)
		host, _, _ := strings.Cut(dep, "/")
		ours := strings.Contains(dep, "/scs/") || strings.Contains(dep, "/go-json-experiment/") // of the layer
		if strings.Contains(host, ".") && !ours {
			t.Errorf("package db imports %s", dep)
		}
	}
}
