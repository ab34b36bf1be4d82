// Package dbtest gives tests a real database with all migrations: a SQLite file,
// and a PostgreSQL server where one is installed.
//
//	func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }
//
// Without PostgreSQL its half of each test is skipped, but fails where the
// environment has CI=true.
package dbtest

import (
	"path/filepath"
	"testing"

	"sessionlab/handlers/database"
	"sessionlab/migrations"
	"sessionlab/sessions/sessionstest/testserver"
)

// Each runs f as two subtests, on SQLite and on PostgreSQL, each with a database of
// its own.
func Each(t *testing.T, f func(t *testing.T, d *database.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, open(t, testserver.Postgres(t))) })
}

// SQLite returns a new database in a file.
func SQLite(t testing.TB) *database.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"))
}

func open(t testing.TB, url string) *database.DB {
	t.Helper()
	d, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := migrations.Up(t.Context(), d.W, string(d.Dialect)); err != nil {
		t.Fatal(err)
	}
	return d
}
