package testserver

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// RedisCluster is a Redis Cluster of three masters, of which the first has a replica.
type RedisCluster struct {
	Masters [3]*RedisServer
	Replica *RedisServer
}

const clusterSlots = 16384

// NewRedisCluster starts a cluster for one test, which may do with it what it likes.
func NewRedisCluster(t testing.TB) *RedisCluster {
	t.Helper()
	c := &RedisCluster{}
	nodes := []**RedisServer{&c.Masters[0], &c.Masters[1], &c.Masters[2], &c.Replica}
	for i, node := range nodes {
		bus := fmt.Sprint(freePort(t))
		*node = startRedis(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", bus)
		t.Cleanup((*node).remove)
		if i < len(c.Masters) {
			(*node).Do(t, "CLUSTER", "ADDSLOTSRANGE",
				fmt.Sprint(i*clusterSlots/3), fmt.Sprint((i+1)*clusterSlots/3-1))
			(*node).Do(t, "CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(i+1))
		}
		if i > 0 {
			host, port, _ := net.SplitHostPort((*node).Addr)
			c.Masters[0].Do(t, "CLUSTER", "MEET", host, port, bus)
		}
	}
	for _, node := range nodes {
		(*node).until(t, "cluster_known_nodes:4", "CLUSTER", "INFO")
		(*node).until(t, "cluster_state:ok", "CLUSTER", "INFO")
	}
	if reply := c.Replica.Do(t, "CLUSTER", "REPLICATE", c.ID(t, 0)); reply != "+OK" {
		t.Fatalf("testserver: CLUSTER REPLICATE: %s", reply)
	}
	c.Replica.until(t, "master_link_status:up", "INFO", "replication")
	return c
}

// URL names all masters.
func (c *RedisCluster) URL() string {
	return fmt.Sprintf("redis://%s?addr=%s&addr=%s", c.Masters[0].Addr, c.Masters[1].Addr, c.Masters[2].Addr)
}

// ID is what the cluster calls a master.
func (c *RedisCluster) ID(t testing.TB, master int) string {
	t.Helper()
	_, id, _ := strings.Cut(c.Masters[master].Do(t, "CLUSTER", "MYID"), "\r\n")
	return id
}

// MoveSlot moves a slot and its keys from one master to another, a few at a time.
func (c *RedisCluster) MoveSlot(t testing.TB, slot string, from, to int) {
	t.Helper()
	source, target := c.Masters[from], c.Masters[to]
	target.Do(t, "CLUSTER", "SETSLOT", slot, "IMPORTING", c.ID(t, from))
	source.Do(t, "CLUSTER", "SETSLOT", slot, "MIGRATING", c.ID(t, to))
	host, port, _ := net.SplitHostPort(target.Addr)
	for {
		reply := strings.Split(source.Do(t, "CLUSTER", "GETKEYSINSLOT", slot, "1"), "\r\n")
		if len(reply) < 3 {
			break
		}
		source.Do(t, "MIGRATE", host, port, reply[2], "0", "5000")
	}
	for _, node := range append(c.Masters[:], c.Replica) {
		node.Do(t, "CLUSTER", "SETSLOT", slot, "NODE", c.ID(t, to)) // a replica hears of it from its master
	}
}

// FailOver makes the replica the master in place of the first one, without loss.
func (c *RedisCluster) FailOver(t testing.TB) {
	t.Helper()
	for range 6 { // the replica gives up after 5 s if it has not caught up, on a busy machine
		if reply := c.Replica.Do(t, "CLUSTER", "FAILOVER"); reply != "+OK" {
			t.Fatalf("testserver: CLUSTER FAILOVER: %s", reply)
		}
		for deadline := time.Now().Add(6 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			if strings.Contains(c.Replica.Do(t, "INFO", "replication"), "role:master") {
				return
			}
		}
	}
	t.Fatal("testserver: the replica does not take over")
}

// Sentinel starts a sentinel that watches the server under the name mymaster, and alone decides
// when its replica takes over. It returns the address.
func (s *RedisServer) Sentinel(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "sentinel.conf")
	host, port, _ := net.SplitHostPort(s.Addr)
	text := fmt.Sprintf("sentinel monitor mymaster %s %s 1\n"+
		"sentinel down-after-milliseconds mymaster 300\nsentinel failover-timeout mymaster 2000\n", host, port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatalf("testserver: %v", err)
	}
	sentinel := &RedisServer{program: s.program, options: []string{conf, "--sentinel", "--bind", "127.0.0.1"},
		process: process{name: "Redis Sentinel"}}
	sentinel.Addr = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	if err := sentinel.start(); err != nil {
		t.Fatalf("testserver: %v", err)
	}
	t.Cleanup(sentinel.remove)
	sentinel.until(t, "slaves=1", "INFO", "sentinel")
	return sentinel.Addr
}
