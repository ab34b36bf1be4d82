package proctest

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// What is acknowledged is on the disk: the order of the program's own system calls says so,
// as no test can cut the power.
func TestAnswersLeaveAfterTheDiskHasTheData(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("strace is not installed, and CI=true forbids to skip")
	} else if err != nil {
		t.Skip("strace is not installed")
	}
	for engine, steps := range map[string][]string{
		"file": {
			`^write\(\d+<[^>]*/session-files/`,
			`^fsync\(\d+<[^>]*/session-files/`,
			`^rename.*session-files`,
			`^fsync\(\d+<[^>]*/session-files>`,
		},
		"db": {
			`^pwrite64\(\d+<[^>]*/sessionlab.db-wal>`,
			`^f(data)?sync\(\d+<[^>]*/sessionlab.db-wal>`,
		},
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			calls := callsOfThreeVisits(t, strace, engine)
			answers := 0
			next := 0 // of steps, since the last answer
			for _, call := range calls {
				switch {
				case strings.Contains(call, `"HTTP/1.1 200 OK`):
					if answers++; next < len(steps) {
						t.Errorf("answer %d leaves before %s:\n%s", answers, steps[next], strings.Join(calls, "\n"))
					}
					next = 0
				case next < len(steps) && regexp.MustCompile(steps[next]).MatchString(call):
					next++
				}
			}
			if answers != 3 {
				t.Errorf("the trace holds %d answers, want 3:\n%s", answers, strings.Join(calls, "\n"))
			}
		})
	}
}

// callsOfThreeVisits makes a session and replaces it twice, and returns the system calls that
// the program made meanwhile: a write to a client where it begins, any other where it ends, since
// only then is its work done.
func callsOfThreeVisits(t *testing.T, strace, engine string) []string {
	t.Helper()
	trace, traced, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	under := []string{
		strace, "-D", "-f", "-y", "-s", "40", "-e", "signal=none", "-o", "/dev/fd/3",
		"-e", "trace=write,pwrite64,fsync,fdatasync,rename,renameat,renameat2",
	}
	p := startUnder(t, under, traced, t.TempDir(), "SESSION_ENGINE="+engine, "SESSION_CLEAR_INTERVAL=0")
	traced.Close()
	read := make(chan []byte)
	go func() { text, _ := io.ReadAll(trace); read <- text }() // to its end, which is that of strace
	c := browser()
	for range 3 {
		if status, text, err := ask(c, "GET", p.url+"/counter/", ""); err != nil || status != 200 {
			t.Fatalf("%d %s %v", status, text, err)
		}
	}
	c.CloseIdleConnections()
	p.signal(syscall.SIGTERM)
	p.ended()
	return inOrder(string(<-read))
}

// inOrder reads what strace has written. A call during which another thread did something stands
// in two lines, which are joined here.
func inOrder(trace string) []string {
	line := regexp.MustCompile(`^(\d+) +(.*)$`)
	resumed := regexp.MustCompile(`^<\.\.\. \w+ resumed>`)
	begun := map[string]string{} // by thread
	var calls []string
	for text := range strings.Lines(trace) {
		m := line.FindStringSubmatch(strings.TrimSpace(text))
		if m == nil {
			continue
		}
		thread, call := m[1], m[2]
		start, unfinished := strings.CutSuffix(call, " <unfinished ...>")
		switch {
		case unfinished && strings.Contains(start, `"HTTP/1.1 `):
			calls = append(calls, start)
		case unfinished:
			begun[thread] = start
		case resumed.MatchString(call):
			if begun[thread] != "" {
				calls = append(calls, begun[thread]+resumed.ReplaceAllString(call, ""))
				delete(begun, thread)
			}
		default:
			calls = append(calls, call)
		}
	}
	return calls
}
