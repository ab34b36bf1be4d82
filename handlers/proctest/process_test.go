package proctest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sessionlab/sessions/sessionstest/testserver"
)

// program is the path of the program, built once for all tests that need it as a process.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sessionlab-proctest-")
	if err != nil {
		return "", err
	}
	built = dir
	cmd := exec.Command("go", "build", race(), "-o", filepath.Join(dir, "sessionlab"), "sessionlab")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return filepath.Join(dir, "sessionlab"), nil
})

// race is the flag for a program that is built as this test was: what others have compiled is
// then there already.
func race() string {
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return "-race"
	}
	return "-race=false"
}

// built is the directory of the program, removed by TestMain.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

// process is the program, running in a directory of its own.
type process struct {
	t    *testing.T
	dir  string
	url  string
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	said bytes.Buffer // both outputs
}

// start runs the program until the test ends. env are settings as NAME=value.
func start(t *testing.T, dir string, env ...string) *process {
	t.Helper()
	return startUnder(t, nil, nil, dir, env...)
}

// startUnder runs the program under another one, which lets it have the process. Both get the
// file, if there is one, as number 3.
func startUnder(t *testing.T, other []string, file *os.File, dir string, env ...string) *process {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, dir: dir, done: make(chan struct{})}
	command := append(other, path)
	p.cmd = exec.Command(command[0], command[1:]...)
	p.cmd.Env = append([]string{"ADDR=127.0.0.1:0", "PATH=" + os.Getenv("PATH")}, env...)
	p.cmd.Dir = dir
	if file != nil {
		p.cmd.ExtraFiles = []*os.File{file}
	}
	testserver.DieWithUs(p.cmd, syscall.SIGKILL)
	p.cmd.Stderr = p
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.done })
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	go func() { _, _ = io.Copy(p, lines); _ = p.cmd.Wait(); close(p.done) }()
	if p.url = regexp.MustCompile(`http://[^/]+`).FindString(line); err != nil || p.url == "" {
		t.Fatalf("the program did not start: %q %s", line, p.output())
	}
	_, _ = io.WriteString(p, line)
	return p
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

func (p *process) host() string { return strings.TrimPrefix(p.url, "http://") }

func (p *process) signal(sig os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// ended waits for the program to end.
func (p *process) ended() *os.ProcessState {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState
	case <-time.After(patience):
		p.t.Fatalf("the program goes on after %v", patience)
		return nil
	}
}

// patience is how long a test waits before it says that something does not happen. No promise is
// measured by it, and a busy machine may need most of it.
const patience = time.Minute

// browser is a client with cookies that follows no redirects.
func browser() *http.Client {
	jar, _ := cookiejar.New(nil) // it never fails
	return &http.Client{
		Jar: jar, Transport: &http.Transport{}, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask sends a request, with a form if it is a POST, and returns status and text.
func ask(c *http.Client, method, url, form string) (int, string, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(form))
	if err != nil {
		return 0, "", err
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept", "application/json")
	res, err := c.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}
