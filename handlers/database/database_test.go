package database

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/db"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

func sqliteURL(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "sessions.db")
}

func openDB(t testing.TB, url string) *DB {
	t.Helper()
	d, err := Open(t.Context(), url)
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

func createTable(t testing.TB, d *DB) {
	t.Helper()
	if err := db.CreateSQLiteTable(t.Context(), d.W); err != nil {
		t.Fatal(err)
	}
}

func TestSQLiteURLNamesAFile(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ url, path, synchronous string }{
		{"sqlite:a.db", filepath.Join(wd, "a.db"), "FULL"},
		{"sqlite:dir/a.db", filepath.Join(wd, "dir/a.db"), "FULL"},
		{"sqlite:/var/lib/a.db", "/var/lib/a.db", "FULL"},
		{"sqlite:///var/lib/a.db", "/var/lib/a.db", "FULL"},
		{"sqlite:a%20b%3Fc.db", filepath.Join(wd, "a b?c.db"), "FULL"},
		{"sqlite:a.db?synchronous=NORMAL", filepath.Join(wd, "a.db"), "NORMAL"},
		{"sqlite:a.db?synchronous=full", filepath.Join(wd, "a.db"), "FULL"},
	} {
		path, synchronous, err := parseSQLite(strings.TrimPrefix(c.url, "sqlite:"))
		if path != c.path || synchronous != c.synchronous || err != nil {
			t.Errorf("%s: path %q, synchronous %q, err %v, want %q, %q", c.url, path, synchronous, err, c.path, c.synchronous)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ url, want string }{
		"no scheme":                {"sessions.db", "starts with sqlite: or postgres://"},
		"empty":                    {"", "starts with sqlite: or postgres://"},
		"another scheme":           {"mysql://root:geheim@localhost/x", "starts with sqlite: or postgres://"},
		"postgres without slashes": {"postgres:geheim", "starts with sqlite: or postgres://"},
		"no path":                  {"sqlite:", "needs the path of a file"},
		"memory":                   {"sqlite::memory:", "needs a file"},
		"a host":                   {"sqlite://sessions.db", "third slash"},
		"broken escape":            {"sqlite:a%zz", "invalid URL escape"},
		"zero byte":                {"sqlite:a%00b", "zero byte"},
		"unknown option":           {"sqlite:a.db?journal=off", `no option "journal=off"`},
		"unknown value":            {"sqlite:a.db?synchronous=OFF", `no option "synchronous=OFF"`},
		"missing directory":        {"sqlite:" + dir + "/no/such/a.db", "the directory " + dir + "/no/such does not exist"},
		"a directory":              {"sqlite:" + dir, dir + " is a directory"},
		"not a database":           {"sqlite:" + text, text + " is not a SQLite database"},
		"postgres broken":          {"postgres://me:geheim%zz@localhost/x", "database: "},
		"postgres port":            {"postgres://me:geheim@localhost:port/x", "database: "},
		"postgres pool":            {"postgres://me:geheim@localhost/x?pool_max_conns=0", "pool_max_conns"},
		"postgres lifetime":        {"postgres://me:geheim@localhost/x?pool_max_conn_lifetime=5", "a time such as 5m"},
		"postgres pooler":          {"postgres://me:geheim@localhost/x?pooler=session", "the only value is transaction"},
		"postgres refused":         {"postgres://me:geheim@127.0.0.1:1/x", "PostgreSQL at 127.0.0.1:1/x does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Open(t.Context(), c.url)
			if err == nil {
				d.Close()
				t.Fatalf("Open(%q): no error, want one with %q", c.url, c.want)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("Open(%q): err = %q, want one with %q", c.url, err, c.want)
			}
			if strings.Contains(err.Error(), "geheim") {
				t.Errorf("Open: the error shows the password: %q", err)
			}
		})
	}
	if got, err := os.ReadFile(text); err != nil || !strings.HasPrefix(string(got), "no database") {
		t.Errorf("the file that is no database was changed: %.20q, %v", got, err)
	}
}

// The engine gets what it needs from d: its name, and the connection for checkpoints.
func TestSessionsMakesAnEngine(t *testing.T) {
	for dialect, url := range map[Dialect]string{SQLite: sqliteURL(t), Postgres: testserver.Postgres(t)} {
		t.Run(string(dialect), func(t *testing.T) {
			d := openDB(t, url)
			if dialect == SQLite {
				createTable(t, d)
			} else if err := db.CreatePostgresTable(t.Context(), d.W); err != nil {
				t.Fatal(err)
			}
			e, err := d.Sessions(db.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if got := e.Locate("").Store; got != d.Name {
				t.Errorf("Locate names %q, want %q", got, d.Name)
			}
			key, err := e.Create(t.Context(), sessions.Record{Data: []byte("x"), Expires: time.Now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			if rec, err := e.Load(t.Context(), key); string(rec.Data) != "x" || err != nil {
				t.Errorf("Load = %q, %v", rec.Data, err)
			}
		})
	}
}

func TestSQLiteClosesToASingleFile(t *testing.T) {
	d := openDB(t, sqliteURL(t))
	createTable(t, d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(filepath.Dir(d.Name))
	if len(files) != 1 || err != nil {
		t.Errorf("files left after Close: %v, %v, want the database alone", files, err)
	}
}

// What a URL for the driver misspells is ignored without a word, so look.
func TestSQLitePragmasAreInForce(t *testing.T) {
	for option, synchronous := range map[string]string{"": "2", "?synchronous=FULL": "2", "?synchronous=NORMAL": "1"} {
		d := openDB(t, sqliteURL(t)+option)
		for _, c := range []struct{ pragma, w, r string }{
			{"journal_mode", "wal", "wal"},
			{"synchronous", synchronous, ""},
			{"busy_timeout", "5000", "5000"},
			{"foreign_keys", "1", "1"},
			{"query_only", "0", "1"},
			{"wal_autocheckpoint", "32000", ""},
		} {
			var w, r string
			if err := d.W.QueryRow("PRAGMA " + c.pragma).Scan(&w); err != nil || w != c.w {
				t.Errorf("%q: %s of the writer = %q, %v, want %q", option, c.pragma, w, err, c.w)
			}
			if err := d.R.QueryRow("PRAGMA " + c.pragma).Scan(&r); err != nil || c.r != "" && r != c.r {
				t.Errorf("%q: %s of the readers = %q, %v, want %q", option, c.pragma, r, err, c.r)
			}
		}
	}
}

func TestSQLiteReadersCannotWrite(t *testing.T) {
	d := openDB(t, sqliteURL(t))
	createTable(t, d)
	for _, query := range []string{"PRAGMA query_only = 0", "DELETE FROM django_session"} {
		conn, err := d.R.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(t.Context(), "PRAGMA query_only = 0"); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.ExecContext(t.Context(), query); err == nil && strings.HasPrefix(query, "DELETE") {
			t.Error("a reader wrote, although it was opened read-only")
		}
	}
	if _, err := d.R.Exec(`SELECT "no such column"`); err == nil {
		t.Error(`a text in double quotes passed for a string`)
	}
	if got := d.W.Stats().MaxOpenConnections; got != 1 {
		t.Errorf("the writer has %d connections, want 1", got)
	}
}

func TestPostgresPoolIsBoundedAndInUTC(t *testing.T) {
	url := testserver.Postgres(t)
	for option, want := range map[string]int{"": 16, "&pool_max_conns=3": 3} {
		d := openDB(t, url+option)
		if d.R != d.W {
			t.Error("R and W are two pools, want one")
		}
		if got := d.W.Stats().MaxOpenConnections; got != want {
			t.Errorf("%q: %d connections at most, want %d", option, got, want)
		}
		var zone string
		if err := d.R.QueryRow("SHOW timezone").Scan(&zone); err != nil || zone != "UTC" {
			t.Errorf("timezone = %q, %v, want UTC", zone, err)
		}
		if !strings.Contains(url, d.Name) {
			t.Errorf("Name = %q, want a part of %q", d.Name, url)
		}
	}
}

func TestQNumbersTheParameters(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"SELECT 1", "SELECT 1"},
		{"SELECT ? , ?", "SELECT $1 , $2"},
		{"a = ? AND b = '?' AND c = ?", "a = $1 AND b = '?' AND c = $2"},
		{`"?" = ? AND 'it''s ?' = ?`, `"?" = $1 AND 'it''s ?' = $2`},
		{strings.Repeat("?,", 11), "$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,"},
	} {
		if got := (&DB{Dialect: Postgres}).Q(c.query); got != c.want {
			t.Errorf("Q(%q) = %q, want %q", c.query, got, c.want)
		}
		if got := (&DB{Dialect: SQLite}).Q(c.query); got != c.query {
			t.Errorf("Q(%q) = %q on SQLite, want it unchanged", c.query, got)
		}
	}
}

// a program that starts with a damaged file says which.
func TestFileThatIsDamagedAtTheStartIsNamed(t *testing.T) {
	d := openDB(t, sqliteURL(t))
	createTable(t, d)
	path := d.Name
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"cut in its first page":  func(b []byte) []byte { return b[:3000] },
		"overwritten from start": func(b []byte) []byte { return append(bytes.Repeat([]byte("x"), 4096), b[4096:]...) },
	} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		spoilt := filepath.Join(t.TempDir(), "spoilt.db")
		if err := os.WriteFile(spoilt, change(content), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Open(t.Context(), "sqlite:"+spoilt)
		if err == nil {
			_, err = d.Sessions(db.Options{})
			err = errors.Join(err, d.Close())
		}
		if err == nil || !strings.Contains(err.Error(), spoilt) {
			t.Errorf("a file that was %s: err = %v, want one that names it", name, err)
		}
	}
}
