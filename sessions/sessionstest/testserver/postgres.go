package testserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres returns the URL of a fresh, empty database on a PostgreSQL server that
// all tests of this test binary share. Tests that stop or slow down a server take
// [NewPostgres].
func Postgres(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		server := startPostgres(t)
		atEnd(t, server.remove)
		shared.server = server
	}
	return shared.server.NewDatabase(t)
}

var shared struct {
	sync.Mutex
	server *PostgresServer
}

// NewPostgres starts a PostgreSQL server for one test, which may do with it what it
// likes. Settings look like "fsync=on".
func NewPostgres(t testing.TB, settings ...string) *PostgresServer {
	t.Helper()
	server := startPostgres(t, settings...)
	t.Cleanup(server.remove)
	return server
}

// PostgresServer is a running PostgreSQL whose superuser "postgres" needs no password.
type PostgresServer struct {
	Addr string // host:port

	bin, dir  string
	as        *account // PostgreSQL refuses to run as root; nil: the user of the test
	settings  []string
	databases atomic.Int64
	process
}

// NewDatabase makes a database and returns its URL.
func (s *PostgresServer) NewDatabase(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	if err := s.exec("CREATE DATABASE " + name); err != nil {
		t.Fatalf("testserver: %v", err)
	}
	return s.url(name)
}

// Stop ends the server: with SIGTERM it waits until all clients have gone, with
// SIGINT it sends them away, with SIGQUIT it stops dead, as in a crash.
func (s *PostgresServer) Stop(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := s.end(sig); err != nil {
		t.Fatalf("testserver: %v", err)
	}
}

// Start starts the server again after [PostgresServer.Stop], with its old data and
// on its old port.
func (s *PostgresServer) Start(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatalf("testserver: %v", err)
	}
}

func startPostgres(t testing.TB, settings ...string) *PostgresServer {
	t.Helper()
	found := program("postgres", "/usr/lib/postgresql/*/bin/postgres")
	if found == "" {
		missing(t, "PostgreSQL is not installed (Debian: apt-get install postgresql)")
	}
	if real, err := filepath.EvalSymlinks(found); err == nil { // its other programs are beside it
		found = real
	}
	s := &PostgresServer{bin: filepath.Dir(found), settings: settings, process: process{name: "PostgreSQL"}}
	if err := s.initialise(); err != nil {
		s.remove()
		t.Fatalf("testserver: %v", err)
	}
	s.startAnywhere(t)
	return s
}

// startAnywhere starts the server on a free port.
func (s *PostgresServer) startAnywhere(t testing.TB) {
	t.Helper()
	var err error
	for range 3 { // somebody may take the free port before the server does
		s.Addr = fmt.Sprintf("127.0.0.1:%d", freePort(t))
		if err = s.start(); err == nil {
			return
		}
	}
	s.remove()
	t.Fatalf("testserver: %v", err)
}

// makeDir makes a directory for the server's data.
func (s *PostgresServer) makeDir() (err error) {
	if s.dir, err = os.MkdirTemp("", "postgres-test-"); err != nil || os.Geteuid() != 0 {
		return err
	}
	if s.as, err = unprivileged(); err != nil {
		return err
	}
	return os.Chown(s.dir, s.as.uid, s.as.gid)
}

// initialise makes the server's data.
func (s *PostgresServer) initialise() error {
	if err := s.makeDir(); err != nil {
		return err
	}
	out, err := s.command("initdb", "-D", filepath.Join(s.dir, "data"), "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// command is one of PostgreSQL's programs, run as the user that owns the data.
func (s *PostgresServer) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	runAs(cmd, s.as)
	return cmd
}

// start starts the server and waits until it answers.
func (s *PostgresServer) start() error {
	_, port, _ := strings.Cut(s.Addr, ":")
	cmd := s.command("postgres", "-D", filepath.Join(s.dir, "data"), "-p", port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "timezone=Asia/Tokyo",
		"-c", "fsync=off") // a crash of the machine would end the test too
	for _, setting := range s.settings {
		cmd.Args = append(cmd.Args, "-c", setting)
	}
	return s.process.start(cmd, syscall.SIGQUIT, func() error { return s.exec("SELECT 1") })
}

// remove stops the server and takes its data away.
func (s *PostgresServer) remove() {
	_ = s.end(syscall.SIGQUIT)
	_ = os.RemoveAll(s.dir)
}

func (s *PostgresServer) url(database string) string {
	// A busy machine is slow to answer.
	return "postgres://postgres@" + s.Addr + "/" + database + "?sslmode=disable&connect_timeout=3"
}

// exec runs one statement over a connection of its own.
func (s *PostgresServer) exec(query string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, query)
	return err
}
