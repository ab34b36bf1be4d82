//go:build unix

package db

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sessionlab/sessions/sessionstest/testserver"
)

func command(t *testing.T, url, key string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe") // readable to every user, unlike its path
	cmd.Env = append(os.Environ(), childURL+"="+url, childKey+"="+key)
	testserver.DieWithUs(cmd, syscall.SIGKILL)
	return cmd
}

// 100 increments from each of two processes.
func TestTwoProcessesLoseNoIncrement(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		e := openEngine(t, url, Options{})
		key := create(t, e, "0")
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if out, err := command(t, url, key).CombinedOutput(); err != nil || strings.Contains(string(out), "error") {
					t.Errorf("the other process: %v\n%s", err, out)
				}
			})
		}
		wg.Wait()
		wantData(t, e, key, "200")
	})
}

// a process that is killed loses nothing that it acknowledged, and leaves no
// lock behind.
func TestKilledProcessLosesNoAcknowledgedSave(t *testing.T) {
	url := stores["SQLite"](t)
	e := openEngine(t, url, Options{})
	for round := range 5 {
		key := create(t, e, "0")
		cmd := command(t, url, key)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acknowledged := 0
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Error(lines.Text())
			}
			if acknowledged = max(acknowledged, n); acknowledged > 10*round {
				_ = cmd.Process.Kill() // and read on: what is in the pipe was acknowledged too
			}
		}
		_ = cmd.Wait() // killed
		got, err := strconv.Atoi(string(load(t, e, key).Data))
		if got < acknowledged || got > acknowledged+4 || err != nil { // four may have been under way
			t.Errorf("round %d: the record says %d, %v, but %d were acknowledged", round, got, err, acknowledged)
		}
		start := time.Now()
		increment(t, e, key, 1)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("round %d: the next save took %v", round, took)
		}
	}
	if got := column(t, e.reader, "PRAGMA integrity_check"); len(got) != 1 || got[0] != "ok" {
		t.Errorf("integrity_check: %q, want ok", got)
	}
}

// a file that may be read but not written. Root may write anything, so
// another user tries.
func TestReadOnlyFileCanBeReadAndWritesAreErrors(t *testing.T) {
	nobody, err := user.Lookup("nobody")
	if os.Geteuid() != 0 || err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root, to become the user nobody, and CI=true forbids to skip")
		}
		t.Skip("needs root, to become the user nobody")
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	url := stores["SQLite"](t)
	path := strings.TrimPrefix(url, "sqlite:")
	e := openEngine(t, url, Options{})
	key := create(t, e, "0")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := errors.Join(os.Chown(path+suffix, uid, gid), os.Chmod(path+suffix, 0o400)); err != nil {
			t.Fatal(err)
		}
	}
	for dir := filepath.Dir(path); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := command(t, url, key)
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	out, _ := cmd.CombinedOutput()
	if got := strings.Count(string(out), "error: db: replace: attempt to write a readonly database"); got != 4 {
		t.Errorf("a process that may not write said:\n%s\nwant that each of its four goroutines could read and not write", out)
	}
	wantData(t, e, key, "0")
}
