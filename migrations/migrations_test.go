package migrations

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"sessionlab/handlers/database"
	"sessionlab/sessions/db"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

// databases are empty ones to try the steps on.
var databases = map[string]func(t *testing.T) (url string){
	"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "app.db") },
	"postgres": func(t *testing.T) string { return testserver.Postgres(t) },
}

func onEach(t *testing.T, test func(t *testing.T, dialect, url string)) {
	t.Helper()
	for dialect, url := range databases {
		t.Run(dialect, func(t *testing.T) { test(t, dialect, url(t)) })
	}
}

func open(t *testing.T, url string) *database.DB {
	t.Helper()
	d, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func steps(t *testing.T, dialect string) []string {
	t.Helper()
	names, err := fs.Glob(files, dialect+"/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for i := range names {
		names[i] = filepath.Base(names[i])
	}
	return names
}

func TestBothDialectsHaveTheSameSteps(t *testing.T) {
	sqlite, postgres := steps(t, "sqlite"), steps(t, "postgres")
	if !slices.Equal(sqlite, postgres) || len(sqlite) == 0 {
		t.Errorf("sqlite: %q\npostgres: %q\nwant the same names", sqlite, postgres)
	}
}

func TestUpAppliesEachStepOnce(t *testing.T) {
	onEach(t, func(t *testing.T, dialect, url string) {
		d := open(t, url)
		all := len(steps(t, dialect))
		if current, newest, err := Version(t.Context(), d.W, dialect); current != 0 || int(newest) != all || err != nil {
			t.Errorf("Version before = %d, %d, %v, want 0, %d", current, newest, err, all)
		}
		for _, want := range []int{all, 0} {
			if n, err := Up(t.Context(), d.W, dialect); n != want || err != nil {
				t.Errorf("Up = %d, %v, want %d", n, err, want)
			}
		}
		if current, newest, err := Version(t.Context(), d.W, dialect); current != newest || int(newest) != all || err != nil {
			t.Errorf("Version after = %d, %d, %v, want %d twice", current, newest, err, all)
		}
	})
}

// Several copies of the app may start at the same moment.
func TestUpAtOnceAppliesEachStepOnce(t *testing.T) {
	onEach(t, func(t *testing.T, dialect, url string) {
		var wg sync.WaitGroup
		for range 4 {
			d := open(t, url)
			wg.Go(func() {
				if _, err := Up(t.Context(), d.W, dialect); err != nil {
					t.Errorf("Up: %v", err)
				}
			})
		}
		wg.Wait()
		var rows, versions int
		if err := open(t, url).R.QueryRow("SELECT count(*), count(DISTINCT version_id) FROM goose_db_version").Scan(&rows, &versions); err != nil {
			t.Fatal(err)
		}
		if want := len(steps(t, dialect)) + 1; rows != want || versions != want { // goose counts from a step 0
			t.Errorf("%d entries for %d steps, want %d", rows, versions, want)
		}
	})
}

func TestSessionTableIsTheOneOfTheEngine(t *testing.T) {
	onEach(t, func(t *testing.T, dialect, url string) {
		ours, theirs := open(t, url), open(t, databases[dialect](t))
		if _, err := Up(t.Context(), ours.W, dialect); err != nil {
			t.Fatal(err)
		}
		create := db.CreatePostgresTable
		if theirs.Dialect == database.SQLite {
			create = db.CreateSQLiteTable
		}
		if err := create(t.Context(), theirs.W); err != nil {
			t.Fatal(err)
		}
		if got, want := schema(t, ours.R, dialect), schema(t, theirs.R, dialect); !slices.Equal(got, want) {
			t.Errorf("migrations make\n%q\nthe engine makes\n%q", got, want)
		}
	})
}

// Django B-150: whoever comes first, the other finds the table as it would make it.
func TestDjangoMayHaveMadeTheTable(t *testing.T) {
	python := needDjango(t)
	onEach(t, func(t *testing.T, dialect, url string) {
		for _, djangoFirst := range []bool{true, false} {
			url := url
			if !djangoFirst {
				url = databases[dialect](t)
			}
			d := open(t, url)
			if djangoFirst {
				migrateDjango(t, python, url)
			}
			before := schema(t, d.R, dialect)
			if n, err := Up(t.Context(), d.W, dialect); n != len(steps(t, dialect)) || err != nil {
				t.Fatalf("Up = %d, %v", n, err)
			}
			after := schema(t, d.R, dialect)
			if djangoFirst && !slices.Equal(before, after) {
				t.Errorf("Django made\n%q\nafter our steps it is\n%q", before, after)
			}
			migrateDjango(t, python, url, "--fake-initial") // what a site does with tables that are there
			if got := schema(t, d.R, dialect); !slices.Equal(got, after) || len(got) == 0 {
				t.Errorf("our steps made\n%q\nafter Django's migrate it is\n%q", after, got)
			}
		}
	})
}

func TestUnknownDialectIsAnError(t *testing.T) {
	if _, err := Up(t.Context(), nil, "oracle"); err == nil || !strings.Contains(err.Error(), "oracle") {
		t.Errorf("Up: err = %v, want one that names the dialect", err)
	}
}

func TestUpEndsWithItsContext(t *testing.T) {
	d := open(t, databases["sqlite"](t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Up(ctx, d.W, "sqlite"); err == nil {
		t.Error("Up with an ended context: no error")
	}
}

// schema describes the session table and its indexes.
func schema(t *testing.T, pool *sql.DB, dialect string) []string {
	t.Helper()
	query := "SELECT sql FROM sqlite_master WHERE tbl_name = 'django_session' AND sql IS NOT NULL ORDER BY name"
	if dialect == "postgres" {
		query = `SELECT indexdef FROM pg_indexes WHERE tablename = 'django_session'
			UNION SELECT ordinal_position || ' ' || column_name || ' ' || data_type || ' ' || coalesce(character_maximum_length, 0) || ' ' || is_nullable
			FROM information_schema.columns WHERE table_name = 'django_session' ORDER BY 1`
	}
	rows, err := pool.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// needDjango finds a Python that has Django.
func needDjango(t *testing.T) string {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import django, psycopg2").Run(); err != nil {
		missing(t, "Django is not installed (Debian: apt-get install python3-django python3-psycopg2)")
	}
	return python
}

const djangoMigrate = `
import sys
from urllib.parse import urlsplit
import django
from django.conf import settings
url = urlsplit(sys.argv[1])
if url.scheme == "sqlite":
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": url.path}
else:
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "HOST": url.hostname, "PORT": url.port, "USER": url.username}
settings.configure(INSTALLED_APPS=["django.contrib.sessions"], DATABASES={"default": database}, USE_TZ=True)
django.setup()
from django.core.management import call_command
call_command("migrate", *sys.argv[2:], verbosity=0)
`

func migrateDjango(t *testing.T, python, url string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), python, append([]string{"-c", djangoMigrate, url}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("Django's migrate: %v\n%s", err, out)
	}
}

// missing skips the test, or fails it where nothing may be skipped.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s, and CI=true forbids to skip", what)
	}
	t.Skip(what)
}
