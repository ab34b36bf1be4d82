package redis_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/sessionstest/testserver"
)

// saving saves one record after the other, each read first, until it is stopped.
type saving struct {
	stop  func()
	done  sync.WaitGroup
	mu    sync.Mutex
	saves int
	errs  []error
}

// save keeps n sessions busy with counting.
func save(t *testing.T, e sessions.Engine, n int) *saving {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &saving{stop: stop}
	t.Cleanup(func() { stop(); s.done.Wait() })
	for range n {
		key := createIn(t, e, 0, time.Hour)
		s.done.Go(func() {
			for count := 0; ctx.Err() == nil; {
				rec, err := e.Load(t.Context(), key)
				if err == nil {
					if got, _ := strconv.Atoi(string(rec.Data)); got < count || got > count+1 {
						t.Errorf("%d is stored after %d saves", got, count)
						return
					} else if got > count { // the save that failed was carried out
						count = got
					}
					next := rec
					next.Data = []byte(strconv.Itoa(count + 1))
					_, err = e.Replace(t.Context(), key, rec, next)
				}
				s.mu.Lock()
				if err == nil {
					count++
					s.saves++
				} else {
					s.errs = append(s.errs, err)
				}
				s.mu.Unlock()
				if errors.Is(err, sessions.ErrNotFound) || errors.Is(err, sessions.ErrConflict) {
					t.Errorf("a session that nobody ended or changed: %v", err)
					return
				}
			}
		})
	}
	return s
}

// goOn waits until more saves went well, and returns how many failed so far.
func (s *saving) goOn(t *testing.T, limit time.Duration) int {
	t.Helper()
	s.mu.Lock()
	before := s.saves
	s.mu.Unlock()
	start := time.Now()
	failed := 0
	within(t, limit, "saves go on", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		failed = len(s.errs)
		if s.saves <= before && time.Since(start) > limit && failed > 0 {
			t.Logf("the last error: %v", s.errs[failed-1])
		}
		return s.saves > before+50
	})
	return failed
}

// The master becomes a replica, and its connections stay open; the address leads to its heir.
func TestSavesGoOnWhenTheAddressOfRedisMoves(t *testing.T) {
	one, two := testserver.NewRedis(t), testserver.NewRedis(t)
	two.Follow(t, one)
	proxy := testserver.NewProxy(t, one.Addr)
	e := openRedis(t, "redis://"+proxy.Addr, redis.Options{})
	const workers = 4
	load := save(t, e, workers)
	load.goOn(t, 10*time.Second)
	for _, c := range []struct{ old, heir *testserver.RedisServer }{{one, two}, {two, one}} {
		load.stop() // a failover of Redis may lose what came last
		load.done.Wait()
		within(t, 10*time.Second, "the replica has all", func() bool {
			return c.heir.Do(t, "DBSIZE") == c.old.Do(t, "DBSIZE") && c.old.Do(t, "WAIT", "1", "5000") == ":1"
		})
		c.heir.Do(t, "REPLICAOF", "NO", "ONE")
		c.old.Follow(t, c.heir)
		proxy.Move(c.heir.Addr)
		within(t, 2*time.Second, "a record is taken", func() bool {
			_, err := e.Create(t.Context(), sessions.Record{Data: []byte("x"), Expires: soon()})
			return err == nil
		})
		load = save(t, e, workers)
		if failed := load.goOn(t, 10*time.Second); failed > 0 {
			t.Errorf("%d saves failed afterwards: %v", failed, load.errs[0])
		}
	}
}

// A server that refuses to write for a reason that ends by itself is used again afterwards.
func TestSavesGoOnWhenRedisWritesAgain(t *testing.T) {
	server := testserver.NewRedis(t)
	e := openRedis(t, "redis://"+server.Addr, redis.Options{})
	load := save(t, e, 4)
	load.goOn(t, 10*time.Second)
	server.Do(t, "CONFIG", "SET", "min-replicas-to-write", "1")
	within(t, 5*time.Second, "saves fail", func() bool {
		load.mu.Lock()
		defer load.mu.Unlock()
		return len(load.errs) > 500
	})
	if n := server.Do(t, "INFO", "stats"); connections(n) > 50 {
		t.Errorf("%d connections were made for 500 errors", connections(n))
	}
	server.Do(t, "CONFIG", "SET", "min-replicas-to-write", "0")
	load.goOn(t, 2*time.Second)
}

// connections is how many the server has accepted.
func connections(stats string) (n int) {
	for line := range strings.SplitSeq(stats, "\r\n") {
		if _, err := fmt.Sscanf(line, "total_connections_received:%d", &n); err == nil {
			break
		}
	}
	return n
}

// A sentinel makes the replica the master when the master dies.
func TestSentinelsLeadToTheNewMaster(t *testing.T) {
	master, replica := testserver.NewRedis(t), testserver.NewRedis(t)
	replica.Follow(t, master)
	e := openRedis(t, "redis://"+master.Sentinel(t)+"/0?master_set=mymaster", redis.Options{})
	kept := createIn(t, e, 10, time.Hour)
	within(t, 10*time.Second, "the replica has the record", func() bool {
		return replica.Do(t, "DBSIZE") == master.Do(t, "DBSIZE") && replica.Do(t, "DBSIZE") != ":0"
	})
	master.Kill(t)
	within(t, 20*time.Second, "the new master takes records", func() bool {
		_, err := e.Create(t.Context(), sessions.Record{Data: []byte("x"), Expires: soon()})
		return err == nil
	})
	if !isThere(t, e, kept) {
		t.Error("a record that the replica had is gone")
	}
}

// A slot moves, and a replica takes over, while sessions are saved: nobody notices the first, and
// the second costs no more than what is under way.
func TestAClusterMovesSlotsAndFailsOverUnderLoad(t *testing.T) {
	cluster := testserver.NewRedisCluster(t)
	e := openRedis(t, cluster.URL(), redis.Options{})
	const workers = 8
	load := save(t, e, workers)
	load.goOn(t, 10*time.Second)
	moved := 0
	for from := range cluster.Masters {
		for _, key := range keysOf(t, cluster.Masters[from]) {
			slot := cluster.Masters[from].Do(t, "CLUSTER", "KEYSLOT", key)[1:]
			cluster.MoveSlot(t, slot, from, (from+1)%len(cluster.Masters))
			moved++
		}
	}
	if failed := load.goOn(t, 5*time.Second); failed > 0 || moved < workers {
		t.Errorf("%d slots moved, %d saves failed, first: %v", moved, failed, load.errs[:min(1, failed)])
	}
	cluster.FailOver(t)
	if failed := load.goOn(t, 5*time.Second); failed > workers {
		t.Errorf("%d saves failed, want at most the %d under way: %v", failed, workers, load.errs[0])
	}
}

func TestConformanceInACluster(t *testing.T) {
	cluster := testserver.NewRedisCluster(t)
	sessionstest.Run(t, func(t *testing.T) sessions.Engine {
		for _, master := range cluster.Masters {
			master.Do(t, "FLUSHALL")
		}
		return openRedis(t, cluster.URL(), redis.Options{})
	})
}

// What package cacheddb needs, and a list of all records, where keys are in many slots.
func TestACacheInACluster(t *testing.T) {
	cluster := testserver.NewRedisCluster(t)
	for name, o := range map[string]redis.Options{"plain": {}, "hashed": {HashKey: []byte("secret")}} {
		e := openRedis(t, cluster.URL(), o)
		e.Get(t.Context(), sessions.NewKey()) // it forgets all at the first answer of a connection
		keys := map[string]bool{}
		for range 20 {
			key := createIn(t, e, 10, time.Hour)
			keys[key] = true
			lease, err := e.Reserve(t.Context(), key)
			if err == nil {
				err = e.Put(t.Context(), key, lease, sessions.Record{Data: []byte("1"), Expires: soon()}, time.Minute)
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got, _, err := e.Get(t.Context(), key); err != nil || string(got.Data) != "1" {
				t.Errorf("%s: Get = %q, %v, want 1", name, got.Data, err)
			}
		}
		if err := e.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		for key := range keys {
			if _, _, err := e.Get(t.Context(), key); !errors.Is(err, sessions.ErrNotFound) {
				t.Errorf("%s: Get after Forget: %v, want ErrNotFound", name, err)
			}
		}
		if o.HashKey != nil {
			continue
		}
		err := e.List(t.Context(), func(key string, _ sessions.Record) bool { delete(keys, key); return true })
		if err != nil || len(keys) > 0 {
			t.Errorf("List leaves out %d records, %v", len(keys), err)
		}
	}
}

// keysOf are the names of all that a server holds.
func keysOf(t *testing.T, server *testserver.RedisServer) (names []string) {
	t.Helper()
	for line := range strings.SplitSeq(server.Do(t, "KEYS", "sessions:*"), "\r\n") {
		if strings.HasPrefix(line, "sessions:") {
			names = append(names, line)
		}
	}
	return names
}
