// Package interop proves the wire format against the real Django: what one side has
// stored the other reads and changes, in every store that both have. It holds tests
// only. Django runs in a process of its own, see testdata/serve.py; it is looked for
// under /usr/bin/python3, where Debian's package python3-django puts it.
package interop

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"sessionlab/sessions/sessionstest/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

const secret = "interop-secret-key-0123456789abcdefghijklmnopqrstuvwxyz"

// django is a running Django with one database and one directory of session files.
type django struct {
	in  *json.Encoder
	out *bufio.Reader
	dir string
}

const python = "/usr/bin/python3"

// installed returns an error if Django is not.
var installed = sync.OnceValue(func() error { return exec.Command(python, "-c", "import django").Run() })

// absent skips a test that needs what the line says is missing; with CI=true it fails instead.
func absent(t testing.TB, line string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(line)
	}
	t.Skip(line)
}

// startDjango starts Django; dsn is what interop.py takes for --db.
func startDjango(t testing.TB, dsn, dir string, options ...string) *django {
	t.Helper()
	if err := installed(); err != nil {
		absent(t, "no Django under "+python+", install python3-django")
	}
	args := append([]string{"-B", "testdata/serve.py", dir, "--db", dsn, "--secret-key", secret}, options...)
	cmd := exec.Command(python, args...)
	cmd.Stderr = &log{t}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // which is how it is told to end
		io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Errorf("Django: %v", err)
		}
	})
	return &django{json.NewEncoder(in), bufio.NewReader(out), dir}
}

// log shows what Django writes to its standard error.
type log struct{ t testing.TB }

func (l *log) Write(p []byte) (int, error) {
	l.t.Logf("Django: %s", strings.TrimSpace(string(p)))
	return len(p), nil
}

// try runs one command and returns what it printed, and in failed what Django raised.
func (d *django) try(t testing.TB, args ...string) (out, failed string) {
	t.Helper()
	if err := d.in.Encode(args); err != nil {
		t.Fatalf("Django: %v", err)
	}
	line, err := d.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("Django: %v", err)
	}
	var answer struct{ Out, Error string }
	if err := json.Unmarshal(line, &answer); err != nil {
		t.Fatalf("Django: %q: %v", line, err)
	}
	return strings.TrimSuffix(answer.Out, "\n"), answer.Error
}

func (d *django) run(t testing.TB, args ...string) string {
	t.Helper()
	out, failed := d.try(t, args...)
	if failed != "" {
		t.Fatalf("Django: %.100q: %s", args, failed)
	}
	return out
}

// knowsDates reports whether this Django understands dates in _session_expiry (wire
// format 9: from 4.1 on).
func (d *django) knowsDates(t testing.TB) bool {
	t.Helper()
	version := d.run(t, "version")
	return !strings.HasPrefix(version, "3.") && !strings.HasPrefix(version, "4.0")
}
