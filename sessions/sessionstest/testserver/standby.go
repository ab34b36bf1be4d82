package testserver

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// NewStandby starts a second server that follows this one by streaming replication.
func (s *PostgresServer) NewStandby(t testing.TB) *PostgresServer {
	t.Helper()
	standby := &PostgresServer{bin: s.bin, process: process{name: "PostgreSQL"}}
	t.Cleanup(standby.remove)
	if err := standby.makeDir(); err != nil {
		t.Fatalf("testserver: %v", err)
	}
	standby.databases.Store(s.databases.Load())
	host, port, _ := net.SplitHostPort(s.Addr)
	out, err := standby.command("pg_basebackup", "-h", host, "-p", port, "-U", "postgres", "-D",
		filepath.Join(standby.dir, "data"), "--write-recovery-conf", "--checkpoint=fast", "--no-sync").CombinedOutput()
	if err != nil {
		t.Fatalf("testserver: pg_basebackup: %v\n%s", err, out)
	}
	standby.startAnywhere(t)
	return standby
}

// Promote makes a standby the primary, and returns when it takes writes.
func (s *PostgresServer) Promote(t testing.TB) {
	t.Helper()
	if err := s.exec("SELECT pg_promote(true, 20)"); err != nil {
		t.Fatalf("testserver: promote: %v", err)
	}
}

// Follow starts a stopped primary again as the standby of another.
func (s *PostgresServer) Follow(t testing.TB, primary *PostgresServer) {
	t.Helper()
	host, port, _ := net.SplitHostPort(primary.Addr)
	conf := fmt.Sprintf("primary_conninfo = 'host=%s port=%s user=postgres'\n", host, port)
	for name, text := range map[string]string{"standby.signal": "", "postgresql.auto.conf": conf} {
		path := filepath.Join(s.dir, "data", name)
		err := os.WriteFile(path, []byte(text), 0o600)
		if err == nil && s.as != nil {
			err = os.Chown(path, s.as.uid, s.as.gid)
		}
		if err != nil {
			t.Fatalf("testserver: %v", err)
		}
	}
	s.Start(t)
}

// Exec runs one statement over a connection of its own.
func (s *PostgresServer) Exec(t testing.TB, query string) {
	t.Helper()
	if err := s.exec(query); err != nil {
		t.Fatalf("testserver: %v", err)
	}
}

// PgBouncer is a running pooler before a [PostgresServer].
type PgBouncer struct {
	Addr string // host:port, in place of the server's

	dir string
	process
}

// NewPgBouncer starts a pooler in transaction mode: each transaction runs on whichever of its
// connections to the server is free.
func (s *PostgresServer) NewPgBouncer(t testing.TB) *PgBouncer {
	t.Helper()
	bin := program("pgbouncer", "/usr/sbin/pgbouncer")
	if bin == "" {
		missing(t, "PgBouncer is not installed (Debian: apt-get install pgbouncer)")
	}
	place := &PostgresServer{}
	if err := place.makeDir(); err != nil { // it will not run as root either
		t.Fatalf("testserver: %v", err)
	}
	b := &PgBouncer{Addr: fmt.Sprintf("127.0.0.1:%d", freePort(t)), dir: place.dir, process: process{name: "PgBouncer"}}
	t.Cleanup(func() {
		_ = b.end(syscall.SIGTERM)
		_ = os.RemoveAll(b.dir)
	})
	host, port, _ := net.SplitHostPort(s.Addr)
	_, own, _ := net.SplitHostPort(b.Addr)
	ini := filepath.Join(b.dir, "pgbouncer.ini")
	conf := fmt.Sprintf(`[databases]
* = host=%s port=%s user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
server_round_robin = 1
`, host, port, own)
	if err := os.WriteFile(ini, []byte(conf), 0o644); err != nil {
		t.Fatalf("testserver: %v", err)
	}
	place.bin = filepath.Dir(bin)
	err := b.start(place.command(filepath.Base(bin), ini), syscall.SIGKILL, func() error {
		conn, err := net.Dial("tcp", b.Addr)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
	if err != nil {
		t.Fatalf("testserver: %v", err)
	}
	return b
}
