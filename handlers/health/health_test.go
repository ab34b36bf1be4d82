package health

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions/cache"

	"sessionlab/handlers/database"
	"sessionlab/migrations"
	"sessionlab/sessions"
	"sessionlab/sessions/db"
	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

// redis returns a server of its own and an engine on it.
func redisServer(t *testing.T) (*testserver.RedisServer, sessions.Engine) {
	t.Helper()
	server := testserver.NewRedis(t)
	return server, redisEngine(t, "redis://"+server.Addr)
}

func redisEngine(t *testing.T, url string) sessions.Engine {
	t.Helper()
	e, err := redis.New(url, redis.Options{HashKey: []byte("test")})
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

// ill wants the probe to fail although reads work.
func ill(t *testing.T, e sessions.Engine, says string) {
	t.Helper()
	if _, err := e.Load(t.Context(), sessions.NewKey()); !errors.Is(err, sessions.ErrNotFound) {
		t.Errorf("control: a read says %v, want ErrNotFound", err)
	}
	if err := New(e).Check(t.Context()); err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want an error that says %q", err, says)
	}
}

func well(t *testing.T, e sessions.Engine) {
	t.Helper()
	if err := New(e).Check(t.Context()); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestARedisThatTakesNoWritesIsIll(t *testing.T) {
	t.Run("a replica", func(t *testing.T) {
		main := testserver.NewRedis(t)
		server, e := redisServer(t)
		well(t, e)
		host, port, _ := strings.Cut(main.Addr, ":")
		server.Do(t, "CONFIG", "SET", "replica-serve-stale-data", "yes")
		server.Do(t, "REPLICAOF", host, port)
		ill(t, e, "READONLY")
		server.Do(t, "REPLICAOF", "NO", "ONE")
		well(t, e)
	})
	t.Run("without enough replicas", func(t *testing.T) {
		server, e := redisServer(t)
		server.Do(t, "CONFIG", "SET", "min-replicas-to-write", "1")
		ill(t, e, "NOREPLICAS")
		server.Do(t, "CONFIG", "SET", "min-replicas-to-write", "0")
		well(t, e)
	})
	t.Run("out of memory", func(t *testing.T) {
		server, e := redisServer(t)
		server.Do(t, "CONFIG", "SET", "maxmemory-policy", "noeviction")
		server.Do(t, "CONFIG", "SET", "maxmemory", "1")
		ill(t, e, "OOM")
		server.Do(t, "CONFIG", "SET", "maxmemory", "0")
		well(t, e)
	})
	t.Run("a user who may run no scripts", func(t *testing.T) {
		server, _ := redisServer(t)
		server.Do(t, "ACL", "SETUSER", "lab", "on", ">secret", "~*", "&*", "+@all", "-@scripting")
		ill(t, redisEngine(t, "redis://lab:secret@"+server.Addr), "NOPERM")
	})
}

func TestAPostgresThatTakesNoWritesIsIll(t *testing.T) {
	url := testserver.Postgres(t) + "&target_session_attrs=any" // or the second one would not open
	open := func() (*database.DB, sessions.Engine) {
		d, err := database.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		e, err := d.Sessions(db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		return d, e
	}
	d, e := open()
	if _, err := migrations.Up(t.Context(), d.W, string(d.Dialect)); err != nil {
		t.Fatal(err)
	}
	well(t, e)
	var name string
	if err := d.R.QueryRowContext(t.Context(), `SELECT quote_ident(current_database())`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	if _, err := d.W.ExecContext(t.Context(), `ALTER DATABASE `+name+` SET default_transaction_read_only = on`); err != nil {
		t.Fatal(err)
	}
	_, e = open() // the setting is for new connections
	ill(t, e, "read-only")
}

func TestTheProbeLeavesNothingBehind(t *testing.T) {
	d, err := database.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "lab.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := migrations.Up(t.Context(), d.W, string(d.Dialect)); err != nil {
		t.Fatal(err)
	}
	e, err := d.Sessions(db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	well(t, e)
	var n int
	if err := d.R.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM django_session`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d records, %v, want none", n, err)
	}
}

// counting is an engine that counts the records it is given, and can be slow or fail.
type counting struct {
	sessions.Engine
	created atomic.Int32
	slow    time.Duration
	err     error
}

func (c *counting) Create(ctx context.Context, rec sessions.Record) (string, error) {
	c.created.Add(1)
	select {
	case <-time.After(c.slow):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if c.err != nil {
		return "", c.err
	}
	return c.Engine.Create(ctx, rec)
}

func TestTheStoreIsAskedOnceASecondWhoeverAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := cache.NewMemory(cache.MemoryOptions{})
		e := &counting{Engine: store, slow: 100 * time.Millisecond}
		p := New(e)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if err := p.Check(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := e.created.Load(); n != 1 {
			t.Errorf("50 who ask at once cost %d records, want 1", n)
		}
		e.err = errors.New("full")
		time.Sleep(every - time.Millisecond)
		if err := p.Check(t.Context()); err != nil {
			t.Errorf("within the second: %v", err)
		}
		time.Sleep(time.Millisecond)
		if err := p.Check(t.Context()); !errors.Is(err, e.err) {
			t.Errorf("after it: %v, want that the store is full", err)
		}
	})
}

func TestASilentStoreKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := cache.NewMemory(cache.MemoryOptions{})
		p := New(&counting{Engine: store, slow: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := p.Check(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("somebody with a second to wait: %v after %v", err, time.Since(start))
		}
		if err := p.Check(t.Context()); err == nil || time.Since(start) != timeout {
			t.Errorf("somebody who waits: %v after %v, want %v", err, time.Since(start), timeout)
		}
	})
}
