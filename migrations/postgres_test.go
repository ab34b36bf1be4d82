package migrations

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// server is the PostgreSQL that the tests share; the first one that needs it starts it,
// and TestMain stops it. The sessions library has a finer starter, internal to it.
var server struct {
	dir, bin  string
	as        *syscall.SysProcAttr
	port      int
	databases int
}

// postgresURL returns the URL of a fresh, empty database.
func postgresURL(t *testing.T) string {
	t.Helper()
	if server.port == 0 {
		startPostgres(t)
	}
	url := func(name string) string {
		return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", server.port, name)
	}
	server.databases++
	name := fmt.Sprintf("test%d", server.databases)
	if _, err := open(t, url("postgres")).W.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	return url(name)
}

func startPostgres(t *testing.T) {
	t.Helper()
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(bins) == 0 {
		missing(t, "PostgreSQL is not installed (Debian: apt-get install postgresql)")
	}
	server.bin = bins[len(bins)-1]
	var err error
	if server.dir, err = os.MkdirTemp("", "postgres-test-"); err != nil {
		t.Fatal(err)
	}
	server.as = &syscall.SysProcAttr{}
	if os.Geteuid() == 0 { // as whom it refuses to run
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		server.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(server.dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	for _, args := range [][]string{
		{"initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"},
		{"pg_ctl", "-D", "data", "-w", "-l", "log", "-o",
			fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off", port), "start"},
	} {
		if err := postgres(args...); err != nil {
			log, _ := os.ReadFile(filepath.Join(server.dir, "log"))
			t.Fatalf("%v: %v\n%s", args, err, log)
		}
	}
	server.port = port
}

func stopPostgres() {
	if server.port != 0 {
		_ = postgres("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop") // if it fails, there is nothing more to do
	}
	if server.dir != "" {
		os.RemoveAll(server.dir)
	}
}

func postgres(args ...string) error {
	cmd := exec.Command(filepath.Join(server.bin, args[0]), args[1:]...)
	cmd.Dir, cmd.SysProcAttr = server.dir, server.as
	return cmd.Run()
}
