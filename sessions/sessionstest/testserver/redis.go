package testserver

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Redis returns the URL of an empty database on a Redis (or Valkey) server that all
// tests of this test binary share. Tests that stop, freeze or fill a server take
// [NewRedis].
func Redis(t testing.TB) string {
	t.Helper()
	sharedRedis.Lock()
	defer sharedRedis.Unlock()
	if sharedRedis.server == nil {
		server := startRedis(t)
		atEnd(t, server.remove)
		sharedRedis.server = server
	}
	return sharedRedis.server.NewDatabase(t)
}

var sharedRedis struct {
	sync.Mutex
	server *RedisServer
}

// NewRedis starts a Redis server for one test, which may do with it what it likes.
func NewRedis(t testing.TB) *RedisServer {
	t.Helper()
	server := startRedis(t)
	t.Cleanup(server.remove)
	return server
}

// Follow makes the server a replica of another, and returns when it has its data.
func (s *RedisServer) Follow(t testing.TB, master *RedisServer) {
	t.Helper()
	host, port, _ := net.SplitHostPort(master.Addr)
	s.Do(t, "REPLICAOF", host, port)
	s.until(t, "master_link_status:up", "INFO", "replication")
}

// until asks until the reply has a text in it.
func (s *RedisServer) until(t testing.TB, text string, args ...string) {
	t.Helper()
	reply := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if reply = s.Do(t, args...); strings.Contains(reply, text) {
			return
		}
	}
	t.Fatalf("testserver: %v did not answer %q within 20 s, but\n%s", args, text, reply)
}

// RedisServer is a running Redis without a password. It saves its data only when it
// is told to, by SAVE.
type RedisServer struct {
	Addr string // host:port

	program, dir string
	options      []string
	databases    atomic.Int64
	process
}

const redisDatabases = 1000

// NewDatabase returns the URL of a database that no other test uses.
func (s *RedisServer) NewDatabase(t testing.TB) string {
	t.Helper()
	n := s.databases.Add(1)
	if n >= redisDatabases {
		t.Fatalf("testserver: more than %d Redis databases", redisDatabases)
	}
	return fmt.Sprintf("redis://%s/%d", s.Addr, n)
}

// Do sends one command and returns the reply as Redis writes it, without its last
// line break: "+OK", ":3".
func (s *RedisServer) Do(t testing.TB, args ...string) string {
	t.Helper()
	reply, err := s.do(args...)
	if err != nil {
		t.Fatalf("testserver: %s: %v", args[0], err)
	}
	return reply
}

// Kill ends the server at once, as kill -9 does: nothing more is saved.
func (s *RedisServer) Kill(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGKILL)
	<-s.exited
}

// Start starts the server again after [RedisServer.Kill], on its old port and with
// the data of its last SAVE.
func (s *RedisServer) Start(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatalf("testserver: %v", err)
	}
}

// Freeze stops the server in its tracks: connections are accepted and stay open, but
// nobody answers. [RedisServer.Thaw] lets it go on.
func (s *RedisServer) Freeze(t testing.TB) { t.Helper(); s.signal(t, sigStop) }

// Thaw lets a frozen server go on.
func (s *RedisServer) Thaw(t testing.TB) { t.Helper(); s.signal(t, sigCont) }

func (s *RedisServer) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatalf("testserver: %v: %v", sig, err)
	}
}

func startRedis(t testing.TB, options ...string) *RedisServer {
	t.Helper()
	s := &RedisServer{program: redisProgram(t), process: process{name: "Redis"}}
	var err error
	if s.dir, err = os.MkdirTemp("", "redis-test-"); err != nil {
		t.Fatalf("testserver: %v", err)
	}
	s.options = append([]string{"--bind", "127.0.0.1", "--dir", s.dir, "--databases", fmt.Sprint(redisDatabases),
		"--save", "", "--appendonly", "no", "--daemonize", "no", "--repl-diskless-sync-delay", "0"}, options...)
	for range 3 { // somebody may take the free port before the server does
		s.Addr = fmt.Sprintf("127.0.0.1:%d", freePort(t))
		if err = s.start(); err == nil {
			return s
		}
	}
	s.remove()
	t.Fatalf("testserver: %v", err)
	return nil
}

// redisProgram finds Redis, or what has come of it.
func redisProgram(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"redis-server", "valkey-server"} {
		if found := program(name); found != "" {
			return found
		}
	}
	missing(t, "Redis is not installed (Debian: apt-get install redis-server)")
	return ""
}

// start starts the server and waits until it answers.
func (s *RedisServer) start() error {
	_, port, _ := strings.Cut(s.Addr, ":")
	cmd := exec.Command(s.program, append(s.options, "--port", port)...)
	return s.process.start(cmd, syscall.SIGKILL, func() error {
		reply, err := s.do("PING")
		if err == nil && reply != "+PONG" { // it loads its data
			err = errors.New(reply)
		}
		return err
	})
}

// remove stops the server and takes its data away.
func (s *RedisServer) remove() {
	_ = s.end(syscall.SIGKILL) // a frozen one ends too
	_ = os.RemoveAll(s.dir)
}

// do sends one command over a connection of its own and reads all that comes back.
func (s *RedisServer) do(args ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return "", err
	}
	var command strings.Builder
	fmt.Fprintf(&command, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&command, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := io.WriteString(conn, command.String()); err != nil {
		return "", err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil { // so that the server closes after its reply
		return "", err
	}
	reply, err := io.ReadAll(conn)
	return strings.TrimSuffix(string(reply), "\r\n"), err
}
