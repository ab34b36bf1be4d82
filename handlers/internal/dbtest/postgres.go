package dbtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"sessionlab/sessions/db"
)

// postgres is the one server of this test binary; a test gets a database on it.
var postgres struct {
	sync.Mutex
	dir, addr string
	cmd       *exec.Cmd
	databases int
}

// postgresURL returns the URL of a new, empty database.
func postgresURL(t testing.TB) string {
	t.Helper()
	bin, err := findPostgres()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err, "and CI=true forbids to skip")
		}
		t.Skip(err)
	}
	postgres.Lock()
	defer postgres.Unlock()
	if postgres.cmd == nil {
		if err := startPostgres(t.Context(), bin); err != nil {
			t.Fatal("start PostgreSQL: ", err)
		}
	}
	server, err := db.Open(t.Context(), url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	postgres.databases++
	name := "test" + strconv.Itoa(postgres.databases)
	if _, err := server.W.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return url(name)
}

func url(database string) string {
	return "postgres://postgres@" + postgres.addr + "/" + database + "?sslmode=disable"
}

// findPostgres returns the directory of PostgreSQL's programs.
func findPostgres() (string, error) {
	if found, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(found), nil
	}
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin"); len(found) > 0 { // Debian keeps it off the PATH
		return found[len(found)-1], nil
	}
	return "", fmt.Errorf("PostgreSQL is not installed (Debian: apt-get install postgresql)")
}

func startPostgres(ctx context.Context, bin string) (err error) {
	if postgres.dir, err = os.MkdirTemp("", "dbtest-"); err != nil {
		return err
	}
	as := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT} // not to outlive a test that panics
	if os.Geteuid() == 0 {                                 // PostgreSQL refuses to run as root
		if as.Credential, err = nobody(postgres.dir); err != nil {
			return err
		}
	}
	data := filepath.Join(postgres.dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	initdb.Dir, initdb.SysProcAttr = postgres.dir, as
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return err
	}
	postgres.addr = fmt.Sprintf("127.0.0.1:%d", port)
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")
	cmd.Dir, cmd.SysProcAttr = postgres.dir, as
	if err := cmd.Start(); err != nil {
		return err
	}
	postgres.cmd = cmd
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		d, err := db.Open(ctx, url("postgres"))
		if err == nil {
			return d.Close()
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}

// nobody returns a user for PostgreSQL to run as, and gives it the directory.
func nobody(dir string) (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}

// stopPostgres ends the server, if one was started, and takes its files away.
func stopPostgres() {
	if postgres.cmd != nil {
		_ = postgres.cmd.Process.Signal(syscall.SIGQUIT)
		_ = postgres.cmd.Wait() // how it ended does not matter: the data go with it
	}
	if postgres.dir != "" {
		_ = os.RemoveAll(postgres.dir)
	}
}
