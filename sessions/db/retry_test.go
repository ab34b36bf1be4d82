package db

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest/testserver"
)

// Every connection of a busy pool is cut, again and again. Whoever saves meanwhile fails at
// most once for each cut, since nobody may know what became of that save; connections that
// nobody used cost nobody anything. What was acknowledged is there, and nothing twice.
func TestConnectionsThatAreCutCostNoMoreThanTheSavesUnderWay(t *testing.T) {
	const workers, cuts = 4, 5
	for name, setUp := range map[string]func(t *testing.T) (url string, cut func()){
		"by the server": func(t *testing.T) (string, func()) {
			url := testserver.Postgres(t)
			admin := openDB(t, url)
			return url, func() {
				if _, err := admin.Writer.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE pid <> pg_backend_pid() AND datname = current_database()`); err != nil {
					t.Errorf("cut: %v", err)
				}
			}
		},
		"between": func(t *testing.T) (string, func()) {
			proxy, url := proxied(t, testserver.Postgres(t))
			return url, func() {
				proxy.Set(testserver.Fault{Reset: true})
				proxy.Set(testserver.Fault{})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			url, cut := setUp(t)
			e := openEngine(t, url, Options{Timeout: 10 * time.Second})
			idle := openMany(t, e.writer, 12)
			var keys [workers]string
			var saved [workers]int
			var open [workers]bool // the last save failed, and may have been carried out
			var failed, saves atomic.Int64
			for i := range keys {
				keys[i] = create(t, e, "0")
			}
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for i := range workers {
				wg.Go(func() {
					for ctx.Err() == nil {
						old, err := e.Load(t.Context(), keys[i])
						if err != nil {
							t.Errorf("Load: %v, although a read can be repeated", err)
							return
						}
						stored, _ := strconv.Atoi(string(old.Data))
						if stored != saved[i] && (!open[i] || stored != saved[i]+1) {
							t.Errorf("%d is stored after %d saves", stored, saved[i])
							return
						}
						saved[i] = stored
						_, err = e.Replace(t.Context(), keys[i], old, record(strconv.Itoa(stored+1)))
						if open[i] = err != nil; err == nil {
							saved[i]++
							saves.Add(1)
						} else {
							wantOwnError(t, "Replace", err)
							failed.Add(1)
						}
					}
				})
			}
			idle()
			for range cuts {
				before := saves.Load()
				eventually(t, "saves go on", func() bool { return saves.Load() > before+20 })
				cut()
			}
			before := saves.Load()
			eventually(t, "saves go on", func() bool { return saves.Load() > before+20 })
			stop()
			wg.Wait()
			if n := failed.Load(); n > workers*cuts {
				t.Errorf("%d of %d saves failed, want at most the %d under way", n, saves.Load(), workers*cuts)
			}
			t.Logf("%d saves, %d failed", saves.Load(), failed.Load())
			for i, key := range keys {
				got, want := string(load(t, e, key).Data), strconv.Itoa(saved[i])
				if got != want && !(open[i] && got == strconv.Itoa(saved[i]+1)) {
					t.Errorf("%s is stored after %d saves", got, saved[i])
				}
			}
		})
	}
}

// openMany opens n connections of the pool and returns how to give them back to it.
func openMany(t *testing.T, pool *sql.DB, n int) (giveBack func()) {
	t.Helper()
	var conns []*sql.Conn
	for range n {
		conn, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	return func() {
		for _, conn := range conns {
			conn.Close()
		}
	}
}

// proxied puts a proxy before the server of a URL.
func proxied(t *testing.T, url string) (*testserver.Proxy, string) {
	t.Helper()
	addr := strings.TrimPrefix(url, "postgres://postgres@")
	addr, _, _ = strings.Cut(addr, "/")
	proxy := testserver.NewProxy(t, addr)
	return proxy, strings.Replace(url, addr, proxy.Addr, 1)
}

// Where the engine has the time, a restart of the server is a pause.
func TestARestartOfPostgresIsAPauseForReadsAndNewRecords(t *testing.T) {
	server := testserver.NewPostgres(t)
	e := openEngine(t, server.NewDatabase(t), patient)
	key := create(t, e, "old")
	for range 3 {
		openMany(t, e.writer, 10)()
		server.Stop(t, syscall.SIGINT)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { wantData(t, e, key, "old") })
			wg.Go(func() { create(t, e, "new") })
			wg.Go(func() { replace(t, e, key, "old", "old") })
		}
		server.Start(t)
		wg.Wait()
	}
}

// An answer that got lost on its way: the caller hears what can be told.
func TestAStatementWhoseAnswerWasLost(t *testing.T) {
	proxy, url := proxied(t, testserver.Postgres(t))
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	never := func(context.Context, stdlib.ShouldPingParams) bool { return false } // its answer would be the one
	pool := stdlib.OpenDB(*config, stdlib.OptionShouldPing(never))
	defer pool.Close()
	if err := CreatePostgresTable(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	e, err := Postgres(pool, patient)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		call  func(key string) error
		want  string // part of the error
		data  string // what is stored in the end
		fresh string // how many new records there are in the end
	}{
		{"a save that was carried out", func(key string) error {
			later := record("new")
			later.Expires = later.Expires.Add(time.Minute) // else it may be the same, for which there is another statement
			_, err := e.Replace(t.Context(), key, record("old"), later)
			return err
		}, "by this save or another", "new", "0"},
		{"a touch", func(key string) error {
			_, err := e.Touch(t.Context(), key, record(""))
			return err
		}, "", "old", "0"},
		{"a new record", func(string) error {
			return e.CreateUnder(t.Context(), sessions.NewKey(), record("fresh"))
		}, "", "old", "1"},
		{"a load", func(key string) error {
			_, err := e.Load(t.Context(), key)
			return err
		}, "", "old", "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.call(create(t, e, "old")); err != nil { // the driver prepares its statement
				t.Fatal(err)
			}
			if _, err := e.writer.Exec("DELETE FROM django_session"); err != nil {
				t.Fatal(err)
			}
			key := create(t, e, "old")
			proxy.Set(testserver.Fault{Lose: true})
			err := c.call(key)
			if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
			if err != nil {
				wantOwnError(t, c.name, err)
			}
			wantData(t, e, key, c.data)
			if n := column(t, e.reader, "SELECT count(*) FROM django_session WHERE session_data = 'fresh'")[0]; n != c.fresh {
				t.Errorf("%s new records, want %s", n, c.fresh)
			}
		})
	}
}
