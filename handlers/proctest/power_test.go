package proctest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// synced is the end of a call of fsync, in one line or, when another thread came between, in
// two.
const synced = `(?:\)| <unfinished.*?sync resumed>\))`

// What is acknowledged is on the disk: the order of the program's own system calls says so,
// as no test can cut the power.
func TestAnswersLeaveAfterTheDiskHasTheData(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("strace is not installed, and CI=true forbids to skip")
	} else if err != nil {
		t.Skip("strace is not installed")
	}
	for engine, order := range map[string]string{
		"file": `(?s)write\(\d+<[^>]*/session-files/(\S+)>.*fsync\(\d+<[^>]*/session-files/\S+>` + synced + `.*renameat2?\([^\n]*session-files.*fsync\(\d+<[^>]*/session-files>` + synced + `.*"HTTP/1.1 200 OK`,
		"db":   `(?s)pwrite64\(\d+<[^>]*/sessionlab.db-wal>.*f(data)?sync\(\d+<[^>]*/sessionlab.db-wal>` + synced + `.*"HTTP/1.1 200 OK`,
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			trace := filepath.Join(t.TempDir(), "trace")
			p := startUnder(t, []string{strace, "-D", "-f", "-y", "-s", "40", "-e", "trace=write,pwrite64,fsync,fdatasync,rename,renameat,renameat2", "-o", trace}, t.TempDir(), "SESSION_ENGINE="+engine, "SESSION_CLEAR_INTERVAL=0")
			c := browser()
			for range 3 { // a new record, and two that replace it
				if status, text, err := ask(c, "GET", p.url+"/counter/", ""); err != nil || status != 200 {
					t.Fatalf("%d %s %v", status, text, err)
				}
			}
			c.CloseIdleConnections()
			p.signal(syscall.SIGTERM)
			p.ended(20 * time.Second)
			var text []byte
			var err error
			end := fmt.Sprintf("\n%-5d +++ exited with 0 +++", p.cmd.Process.Pid) // strace pads short numbers, and writes a little longer than the program lives
			for deadline := time.Now().Add(10 * time.Second); !bytes.Contains(text, []byte(end)); {
				if text, err = os.ReadFile(trace); err != nil || time.Now().After(deadline) {
					t.Fatalf("the trace has no end: %v: %s", err, text[max(0, len(text)-500):])
				}
				time.Sleep(10 * time.Millisecond)
			}
			// One answer after the other; what stands before the first is the start of the program.
			answers := strings.SplitAfter(string(text), "\"HTTP/1.1 200 OK")
			if len(answers) != 4 {
				t.Fatalf("the trace holds %d answers, want 3", len(answers)-1)
			}
			for i, calls := range answers[:3] {
				if !regexp.MustCompile(order).MatchString(calls) {
					t.Errorf("answer %d leaves too early: %s", i+1, calls[max(0, len(calls)-3000):])
				}
			}
		})
	}
}
