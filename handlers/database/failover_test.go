package database

import (
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"sessionlab/sessions"
	"sessionlab/sessions/db"
	"sessionlab/sessions/sessionstest/testserver"
)

// pair is a primary with its standby, and a pool and an engine whose URL names both.
type pair struct {
	one, two *testserver.PostgresServer
	d        *DB
	e        *db.Engine
	key      string // of a record
}

func openPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{one: testserver.NewPostgres(t)}
	url := p.one.NewDatabase(t)
	p.two = p.one.NewStandby(t)
	p.d = openDB(t, strings.Replace(url, p.one.Addr, p.one.Addr+","+p.two.Addr, 1))
	if err := db.CreatePostgresTable(t.Context(), p.d.W); err != nil {
		t.Fatal(err)
	}
	var err error
	if p.e, err = p.d.Sessions(db.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.e.Close() })
	if p.key, err = p.e.Create(t.Context(), record("old")); err != nil {
		t.Fatal(err)
	}
	return p
}

func record(data string) sessions.Record {
	return sessions.Record{Data: []byte(data), Expires: time.Now().Add(time.Hour)}
}

// save loads and saves the record of the pair.
func (p *pair) save(t *testing.T) error {
	rec, err := p.e.Load(t.Context(), p.key)
	if err == nil {
		_, err = p.e.Replace(t.Context(), p.key, rec, record(string(rec.Data)))
	}
	return err
}

// fill makes as many connections as the pool takes.
func (p *pair) fill(t *testing.T) {
	t.Helper()
	for range defaultConns {
		conn, err := p.d.W.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
}

// heals wants saves to go well within a time of now, and from then on always.
func (p *pair) heals(t *testing.T, limit time.Duration) {
	t.Helper()
	start := time.Now()
	for err := p.save(t); err != nil; err = p.save(t) {
		if time.Since(start) > limit {
			t.Fatalf("no save within %v of the failover: %v", limit, err)
		}
	}
	t.Logf("saves again after %v", time.Since(start))
	var wg sync.WaitGroup
	for range 2 * defaultConns {
		wg.Go(func() {
			if err := p.save(t); err != nil {
				t.Errorf("after the first save that went well: %v", err)
			}
		})
	}
	wg.Wait()
}

// The primary stops, its standby takes over, and the old primary comes back as a standby.
func TestSavesGoOnAfterAFailoverToTheStandby(t *testing.T) {
	p := openPair(t)
	p.fill(t)
	p.one.Stop(t, syscall.SIGINT)
	p.two.Promote(t)
	p.heals(t, 5*time.Second)

	p.one.Follow(t, p.two) // the first host of the URL answers again, and takes no writes
	p.two.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`)
	p.heals(t, 5*time.Second)
}

// A primary that became read-only with its connections open.
func TestAConnectionThatTakesNoWritesIsDropped(t *testing.T) {
	p := openPair(t)
	p.fill(t)
	p.one.Exec(t, "ALTER SYSTEM SET default_transaction_read_only = on")
	p.one.Exec(t, "SELECT pg_reload_conf()")
	p.two.Promote(t)
	p.heals(t, 5*time.Second)
}

func TestAStandbyAloneIsNoDatabaseToOpen(t *testing.T) {
	one := testserver.NewPostgres(t)
	url := strings.Replace(one.NewDatabase(t), one.Addr, one.NewStandby(t).Addr, 1)
	if d, err := Open(t.Context(), url); err == nil || !strings.Contains(err.Error(), "it is a standby") {
		t.Errorf("Open of a standby: %v, %v, want an error that says so", d, err)
	}
	openDB(t, url+"&target_session_attrs=any")
}

func TestConnectionsHaveAnAge(t *testing.T) {
	d := openDB(t, testserver.Postgres(t)+"&pool_max_conns=1&pool_max_conn_lifetime=1ms")
	process := func() (pid int) {
		if err := d.R.QueryRow("SELECT pg_backend_pid()").Scan(&pid); err != nil {
			t.Fatal(err)
		}
		return pid
	}
	first := process()
	for deadline := time.Now().Add(5 * time.Second); process() == first; {
		if time.Now().After(deadline) {
			t.Fatal("a connection of 1 ms lives for 5 s")
		}
	}
}

// Connections that the server closed while nobody used them cost nobody anything.
func TestConnectionsThatWereCutAreNotUsed(t *testing.T) {
	server := testserver.NewPostgres(t)
	d := openDB(t, server.NewDatabase(t))
	p := &pair{d: d}
	for range 3 {
		p.fill(t)
		server.Stop(t, syscall.SIGINT)
		server.Start(t)
		if _, err := d.W.Exec("CREATE TABLE IF NOT EXISTS t (n int)"); err != nil {
			t.Errorf("the first statement after a restart: %v", err)
		}
	}
}

func TestAPoolerThatMixesUpStatementsIsExplained(t *testing.T) {
	server := testserver.NewPostgres(t)
	url := strings.Replace(server.NewDatabase(t), server.Addr, server.NewPgBouncer(t).Addr, 1)
	query := func(d *DB) (err error) {
		var wg sync.WaitGroup
		failed := make(chan error, 40)
		for range cap(failed) { // at once, so that the pooler has several connections
			wg.Go(func() {
				_, err := d.W.Exec("SELECT $1::int, pg_sleep(0.01)", 1)
				failed <- err
			})
		}
		wg.Wait()
		for range cap(failed) {
			err = errors.Join(err, <-failed)
		}
		return err
	}
	if err := query(openDB(t, url)); err == nil || !strings.Contains(err.Error(), "its URL needs ?pooler=transaction") {
		t.Errorf("err = %v, want one that says what to do", err)
	}
	if err := query(openDB(t, url+"&pooler=transaction")); err != nil {
		t.Errorf("with ?pooler=transaction: %v", err)
	}
}

// BenchmarkQuiet is what a look at a connection costs, beside the shortest statement.
func BenchmarkQuiet(b *testing.B) {
	d := openDB(b, testserver.Postgres(b)+"&pool_max_conns=1")
	b.Run("statement", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.W.Exec("SELECT 1"); err != nil {
				b.Fatal(err)
			}
		}
	})
	conn, err := d.W.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(driver any) error {
		socket := driver.(*stdlib.Conn).Conn().PgConn().Conn()
		b.Run("look", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !quiet(socket) {
					b.Fatal("it is not quiet")
				}
			}
		})
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
