package cacheddb_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest/testserver"
)

// logLines collects lines from many goroutines.
type logLines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logLines) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.buf.String()), "\n")
}

var outages = []struct {
	name          string
	begin, repair func(*testing.T, *testserver.RedisServer)
}{
	{
		"refused, and restarted empty",
		func(t *testing.T, s *testserver.RedisServer) { s.Kill(t) },
		func(t *testing.T, s *testserver.RedisServer) { s.Start(t) },
	},
	{
		"refused, and restarted with old data",
		func(t *testing.T, s *testserver.RedisServer) { s.Do(t, "SAVE"); s.Kill(t) },
		func(t *testing.T, s *testserver.RedisServer) { s.Start(t) },
	},
	{
		"silent",
		func(t *testing.T, s *testserver.RedisServer) { s.Freeze(t) },
		func(t *testing.T, s *testserver.RedisServer) { s.Thaw(t) },
	},
	{
		"slow",
		func(t *testing.T, s *testserver.RedisServer) { s.Do(t, "CLIENT", "PAUSE", "2500", "ALL") },
		func(*testing.T, *testserver.RedisServer) {}, // it ends by itself
	},
}

// Django B-225 to B-227: the site goes on without its cache, at the cost
// of a moment at most, says so once, and afterwards serves nothing old.
func TestOutageOfTheCache(t *testing.T) {
	for _, outage := range outages {
		t.Run(outage.name, func(t *testing.T) {
			server := testserver.NewRedis(t)
			shared := openRedis(t, "redis://"+server.Addr)
			var lines logLines
			e := cacheddb.New(memory(), shared, cacheddb.Options{
				Retry:  100 * time.Millisecond,
				Logger: slog.New(slog.NewTextHandler(&lines, nil)),
			})
			const records = 20
			var keys [records]string
			var now [records]sessions.Record // as acknowledged
			for i := range records {
				now[i] = valid(fmt.Sprint("before ", i))
				keys[i] = create(t, e, now[i])
				wantData(t, e, keys[i], string(now[i].Data)) // and cached
			}
			goroutines := runtime.NumGoroutine()

			outage.begin(t, server)
			var first sync.WaitGroup
			for i := range records { // these may wait for the cache
				first.Go(func() {
					start := time.Now()
					wantRecord(t, e, keys[i], now[i])
					if took := time.Since(start); took > 2*time.Second {
						t.Errorf("a load at the begin of the outage took %v", took)
					}
				})
			}
			first.Wait()
			start := time.Now()
			for i := range records {
				if i%4 == 0 {
					if err := e.Delete(t.Context(), keys[i]); err != nil {
						t.Fatalf("Delete during the outage: %v", err)
					}
					now[i] = sessions.Record{}
				} else {
					next := valid(fmt.Sprint("during ", i))
					replace(t, e, keys[i], now[i], next)
					now[i] = next
				}
				wantRecord(t, e, keys[i], now[i])
			}
			if took := time.Since(start) / records; took > 50*time.Millisecond {
				t.Errorf("a write and a read during the outage took %v, want less than 50 ms", took)
			}

			outage.repair(t, server)
			for start := time.Now(); len(lines.lines()) < 2; { // until the cache is used again, and never older
				for i := range records {
					wantRecord(t, e, keys[i], now[i])
				}
				if t.Failed() {
					t.FailNow()
				}
				if time.Since(start) > 6*time.Second {
					t.Fatal("the cache was not used again within 6 s")
				}
			}
			for range 2 { // from the store, then from the cache
				for i := range records {
					wantRecord(t, e, keys[i], now[i])
				}
			}
			if got := cached(t, shared, keys[1]); got != string(now[1].Data) {
				t.Errorf("the cache holds %q after the outage, want %q", got, now[1].Data)
			}

			got := lines.lines()
			if len(got) != 2 || !strings.Contains(got[0], "level=WARN") || !strings.Contains(got[1], "level=INFO") {
				t.Errorf("logged %d lines, want a warning and its end:\n%s", len(got), strings.Join(got, "\n"))
			}
			for _, key := range keys {
				if strings.Contains(strings.Join(got, ""), key) {
					t.Errorf("a session key is in the log:\n%s", got)
				}
			}
			for start := time.Now(); runtime.NumGoroutine() > goroutines+8; time.Sleep(10 * time.Millisecond) {
				if time.Since(start) > 6*time.Second {
					t.Fatalf("%d goroutines 6 s after the outage, %d before", runtime.NumGoroutine(), goroutines)
				}
			}
		})
	}
}

// R-118 for a process that slept through the outage: the server it talks to is another
// one now, with old data.
func TestRestartWithOldDataThatNobodyNoticed(t *testing.T) {
	server := testserver.NewRedis(t)
	url := "redis://" + server.Addr
	store := memory()
	busy := cacheddb.New(store, openRedis(t, url), cacheddb.Options{Retry: time.Millisecond})
	asleep := cacheddb.New(store, openRedis(t, url), cacheddb.Options{Retry: time.Millisecond})
	one, two := valid("one"), valid("two")
	saved, signedOut := create(t, busy, one), create(t, busy, one)
	for range 3 { // past the first answers of new connections, into the cache
		for _, e := range []*cacheddb.Engine{busy, asleep} {
			wantData(t, e, saved, "one")
			wantData(t, e, signedOut, "one")
		}
	}
	server.Do(t, "SAVE")
	replace(t, busy, saved, one, two)
	if err := busy.Delete(t.Context(), signedOut); err != nil {
		t.Fatal(err)
	}
	server.Kill(t)
	server.Start(t)
	if got := server.Do(t, "EXISTS", "sessions:cached:"+signedOut); got != ":1" {
		t.Fatalf("EXISTS = %q: the old entry did not come back, so this test shows nothing", got)
	}
	for range 20 {
		for _, e := range []*cacheddb.Engine{asleep, busy} {
			wantData(t, e, saved, "two")
			wantGone(t, e, signedOut)
		}
	}
}

// The same for a process that starts anew: what its predecessor could not delete from
// the cache is still there.
func TestProcessThatDiedDuringAnOutage(t *testing.T) {
	server := testserver.NewRedis(t)
	url := "redis://" + server.Addr
	store := memory()
	died := cacheddb.New(store, openRedis(t, url), cacheddb.Options{})
	one := valid("one")
	key := create(t, died, one)
	for range 3 {
		wantData(t, died, key, "one")
	}
	server.Freeze(t)
	replace(t, died, key, one, valid("two"))
	server.Thaw(t)
	wantData(t, cacheddb.New(store, openRedis(t, url), cacheddb.Options{}), key, "two")
}

// a cache without room, or emptied, or that forgets single keys.
func TestCacheThatForgets(t *testing.T) {
	server := testserver.NewRedis(t)
	shared := openRedis(t, "redis://"+server.Addr)
	var lines logLines
	e := cacheddb.New(memory(), shared, cacheddb.Options{Logger: slog.New(slog.NewTextHandler(&lines, nil))})
	rec := valid("0")
	key := create(t, e, rec)
	wantData(t, e, key, "0")
	for n, command := range []string{
		"FLUSHALL", "DEL sessions:cached:" + key, "DEL sessions:generation",
		"CONFIG SET maxmemory 1", "FLUSHALL", "CONFIG SET maxmemory 0",
	} {
		server.Do(t, strings.Fields(command)...)
		wantData(t, e, key, string(rec.Data))
		next := valid(fmt.Sprint(n + 1))
		replace(t, e, key, rec, next)
		rec = next
		for range 2 {
			wantData(t, e, key, string(rec.Data))
		}
	}
	if err := e.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	wantGone(t, e, key)
	if got := lines.lines(); got[0] != "" {
		t.Errorf("logged %q, want nothing: the cache did not fail", got)
	}
}

// A full cache removes the entry that it cannot renew.
func TestFullCacheKeepsNoOldEntry(t *testing.T) {
	server := testserver.NewRedis(t)
	shared := openRedis(t, "redis://"+server.Addr)
	e := cacheddb.New(memory(), shared, cacheddb.Options{})
	one := valid("one")
	key := create(t, e, one)
	wantData(t, e, key, "one")
	server.Do(t, "CONFIG", "SET", "maxmemory", "1")
	replace(t, e, key, one, valid("two"))
	if got := server.Do(t, "EXISTS", "sessions:cached:"+key); got != ":0" {
		t.Errorf("EXISTS = %q after a write that the cache had no room for, want :0", got)
	}
	wantData(t, e, key, "two")
}

// cached returns what the cache holds under key.
func cached(t testing.TB, c *redis.Redis, key string) string {
	t.Helper()
	rec, _, err := c.Get(t.Context(), key)
	if err != nil {
		t.Errorf("Get: %v", err)
	}
	return string(rec.Data)
}

// wantRecord expects rec, or nothing if it has no data.
func wantRecord(t testing.TB, e sessions.Engine, key string, want sessions.Record) {
	t.Helper()
	rec, err := e.Load(t.Context(), key)
	if want.Data == nil && errors.Is(err, sessions.ErrNotFound) {
		return
	}
	if err != nil || string(rec.Data) != string(want.Data) {
		t.Errorf("Load = %q, %v, want %q", rec.Data, err, want.Data)
	}
}

// A replica that takes over has not seen the last writes. A proxy that keeps the connections of
// its clients does not let them notice; they are signed out all the same.
func TestFailoverOfTheCacheBehindAProxyShowsNoEndedSession(t *testing.T) {
	one, two := testserver.NewRedis(t), testserver.NewRedis(t)
	proxy := testserver.NewProxy(t, one.Addr)
	e := cacheddb.New(memory(), openRedis(t, "redis://"+proxy.Addr), cacheddb.Options{})
	old, now := valid("one"), valid("two")
	signedOut, saved := create(t, e, old), create(t, e, old)
	for range 3 { // past the first answers of new connections, into the cache
		wantData(t, e, signedOut, "one")
		wantData(t, e, saved, "one")
	}
	two.Follow(t, one)
	two.Do(t, "REPLICAOF", "NO", "ONE")
	if err := e.Delete(t.Context(), signedOut); err != nil {
		t.Fatal(err)
	}
	replace(t, e, saved, old, now)
	if got := two.Do(t, "EXISTS", "sessions:cached:"+signedOut); got != ":1" {
		t.Fatalf("EXISTS = %q: the heir has no old copy, so this test shows nothing", got)
	}
	proxy.HandOver(t, two.Addr)
	for range 3 {
		wantGone(t, e, signedOut)
		wantData(t, e, saved, "two")
	}
	if reply := two.Do(t, "GET", "sessions:generation"); !strings.Contains(reply, "function") {
		t.Errorf("the new server was not asked: %s", reply)
	}
}
