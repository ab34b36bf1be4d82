package config_test

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sessionlab/handlers/config"
	"sessionlab/handlers/database"
	"sessionlab/migrations"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

// settingsFor are those of a run on an engine.
func settingsFor(engine, databaseURL, cacheURL string) *config.Settings {
	return &config.Settings{
		SecretKey: "T3sts-0nly.aWq9zR7xLm2vKd8sHf4gJp6tYb1nUc5eXo0iQrBz", SessionEngine: engine,
		DatabaseURL: databaseURL, CacheURL: cacheURL,
		SessionCookieAge: 1209600, SessionCookieSameSite: "Lax", SessionCookiePath: "/",
		SessionCookieSecure: "auto", SessionDBTimeZone: "UTC",
	}
}

// checked is what check says of the store, a line for each finding that is not OK.
func checked(t *testing.T, s *config.Settings) string {
	t.Helper()
	// A database that takes no saves is what some tests want.
	if d, err := database.Open(t.Context(), s.DatabaseURL); err == nil {
		_, _ = migrations.Up(t.Context(), d.W, string(d.Dialect))
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	said := ""
	for _, f := range s.CheckStore(t.Context(), slog.New(slog.DiscardHandler)) {
		if f.Level != config.OK {
			said += f.Level.String() + " " + f.Title + ": " + f.Found + "\n"
		}
	}
	return said
}

// want compares what check says with what it should say, a part of a line each.
func want(t *testing.T, name, said string, parts ...string) {
	t.Helper()
	if strings.Count(said, "\n") != len(parts) {
		t.Errorf("%s: check says %q, want %d findings", name, said, len(parts))
	}
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("%s: check says %q, want %q", name, said, part)
		}
	}
}

func TestCheckAsksRedisWhatItCanDo(t *testing.T) {
	sqlite := "sqlite:" + filepath.Join(t.TempDir(), "lab.db")
	master := testserver.NewRedis(t)
	master.Do(t, "CONFIG", "SET", "appendonly", "yes")
	redis := func(s *testserver.RedisServer, user string) string { return "redis://" + user + s.Addr }
	want(t, "a sound server", checked(t, settingsFor("cache", sqlite, redis(master, ""))))

	master.Do(t, "ACL", "SETUSER", "lab", "on", ">word", "~*", "+@all", "-@scripting")
	said := checked(t, settingsFor("cache", sqlite, redis(master, "lab:word@")))
	want(t, "no scripts", said, "runs no scripts for this user", "change the record")
	said = checked(t, settingsFor("cached_db", sqlite, redis(master, "lab:word@")))
	want(t, "no scripts, where it is a cache", said, "warning Redis")

	master.Do(t, "ACL", "SETUSER", "shy", "on", ">word", "~*", "+@all", "-info")
	want(t, "no INFO", checked(t, settingsFor("cache", sqlite, redis(master, "shy:word@"))), "note Redis")

	master.Do(t, "CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru")
	want(t, "evictions", checked(t, settingsFor("cache", sqlite, redis(master, ""))), "maxmemory-policy is allkeys-lru")
	want(t, "evictions of copies", checked(t, settingsFor("cached_db", sqlite, redis(master, ""))))
	master.Do(t, "CONFIG", "SET", "maxmemory", "0")
	want(t, "no bound of memory", checked(t, settingsFor("cache", sqlite, redis(master, ""))))

	replica := testserver.NewRedis(t)
	said = checked(t, settingsFor("cache", sqlite, redis(replica, "")))
	want(t, "no persistence", said, "a restart ends all sessions")
	want(t, "no persistence of copies", checked(t, settingsFor("cached_db", sqlite, redis(replica, ""))))
	replica.Do(t, "CONFIG", "SET", "appendonly", "yes")
	host, port, _ := net.SplitHostPort(master.Addr)
	replica.Do(t, "REPLICAOF", host, port)
	said = checked(t, settingsFor("cache", sqlite, redis(replica, "")))
	if !strings.Contains(said, "error Redis "+replica.Addr+", database 0: is a replica, which takes no saves") {
		t.Errorf("a replica: check says %q", said)
	}
}

func TestCheckAsksPostgreSQLWhatItCanDo(t *testing.T) {
	server := testserver.NewPostgres(t)
	const noSync = "fsync is off" // of all servers of the tests
	want(t, "a server of the tests", checked(t, settingsFor("db", server.NewDatabase(t), "memory:")), noSync)
	for option, part := range map[string]string{
		"default_transaction_isolation=serializable": "note PostgreSQL at " + server.Addr,
		"synchronous_commit=off":                     "synchronous_commit is off",
	} {
		want(t, option, checked(t, settingsFor("db", server.NewDatabase(t)+"&"+option, "memory:")), noSync, part)
	}
	url := server.NewDatabase(t)
	said := checked(t, settingsFor("db", url+"&default_transaction_read_only=on", "memory:"))
	if !strings.Contains(said, "is read-only for this user or database") {
		t.Errorf("a read-only user: check says %q", said)
	}
	want(t, "once it has tables", checked(t, settingsFor("db", url, "memory:")), noSync)
	d, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.W.Exec("ALTER TABLE django_session SET UNLOGGED"); err != nil {
		t.Fatal(err)
	}
	want(t, "an unlogged table", checked(t, settingsFor("db", url, "memory:")), noSync, "UNLOGGED")
}

// The server's clock is set wrong by libfaketime, which this program does not see. Redis does
// not start under it; that its clock is read right, the other test says.
func TestCheckComparesClocks(t *testing.T) {
	libs, _ := filepath.Glob("/usr/lib/*/faketime/libfaketime.so.1")
	if len(libs) == 0 && os.Getenv("CI") == "true" {
		t.Fatal("faketime is not installed, and CI=true forbids to skip")
	} else if len(libs) == 0 {
		t.Skip("needs faketime, which .ci/setup installs")
	}
	t.Setenv("LD_PRELOAD", libs[0])
	t.Setenv("FAKETIME", "+100s")
	postgres := testserver.NewPostgres(t).NewDatabase(t)
	for _, engine := range []string{"db", "signed_cookies"} {
		want(t, "PostgreSQL", checked(t, settingsFor(engine, postgres, "memory:")), "fsync", "1m40s ahead")
	}
}
