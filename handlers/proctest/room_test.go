package proctest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// needRoom skips the test where two hosts cannot be made, and fails it where nothing may be
// skipped.
func needRoom(t *testing.T) {
	t.Helper()
	_, err := exec.LookPath("ip")
	if err == nil && os.Getuid() != 0 {
		err = errors.New("only root can make network namespaces")
	}
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("needs iproute2, which .ci/setup installs: %v", err)
	default:
		t.Skipf("needs iproute2, which .ci/setup installs: %v", err)
	}
}

func ip(t *testing.T, args string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", args, err, out)
	}
}

// room makes two hosts with a cable between them, and no way to anywhere else.
func room(t *testing.T) (server, client string) {
	t.Helper()
	id := fmt.Sprint(os.Getpid() % 100_000)
	server, client = "srv"+id, "cli"+id
	for _, ns := range []string{server, client} {
		ip(t, "netns add "+ns)
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
		ip(t, "-n "+ns+" link set lo up")
	}
	ip(t, "link add v"+server+" netns "+server+" type veth peer name v"+client+" netns "+client)
	for ns, addr := range map[string]string{server: "10.77.0.1/24", client: "10.77.0.2/24"} {
		ip(t, "-n "+ns+" addr add "+addr+" dev v"+ns)
		ip(t, "-n "+ns+" link set v"+ns+" up")
	}
	return server, client
}

// lines is what a process has said, for who waits for a part of it.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var (
	joinAt   = regexp.MustCompile(`Learners join at +(\S+)`)
	joinCode = regexp.MustCompile(`with the code +(\S+)`)
)

// A class works in a room whose network leads nowhere: the address that the terminal names is
// the one that the other host reaches, a browser shows the way in, and a learner gets in.
func TestAClassInARoomWithoutInternet(t *testing.T) {
	needRoom(t)
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	server, client := room(t)
	dir, said := t.TempDir(), &lines{}
	cmd := exec.Command("ip", "netns", "exec", server, path, "class", "--dir", filepath.Join(dir, "class"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the class said:\n%s", said)
		}
	})
	deadline := time.Now().Add(30 * time.Second)
	for joinCode.FindString(said.String()) == "" && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	at, code := joinAt.FindStringSubmatch(said.String()), joinCode.FindStringSubmatch(said.String())
	if at == nil || code == nil || at[1] != "http://10.77.0.1:8000/join/" {
		t.Fatalf("the terminal names %q and %q, want the address in the room", at, code)
	}

	learner := exec.Command("ip", "netns", "exec", client, os.Args[0], "-test.run=^TestLearnerInTheRoom$", "-test.v")
	learner.Env = append(os.Environ(), "ROOM_URL="+at[1], "ROOM_CODE="+code[1])
	if out, err := learner.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("the learner on the other host: %v\n%s", err, out)
	}

	browser, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is not installed, and CI=true forbids to skip")
		}
		return
	}
	shown, err := exec.Command("ip", "netns", "exec", client, browser, "--headless", "--no-sandbox", "--disable-gpu",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--dump-dom", at[1]+"?code="+code[1]).Output()
	if err != nil || !strings.Contains(string(shown), code[1]) || !strings.Contains(string(shown), "Join the class") {
		t.Errorf("the browser on the other host shows %.300s (%v)", shown, err)
	}
}

// TestLearnerInTheRoom is the learner on the other host, see above.
func TestLearnerInTheRoom(t *testing.T) {
	at, code := os.Getenv("ROOM_URL"), os.Getenv("ROOM_CODE")
	if at == "" {
		t.Skip("it is a part of another test")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	answer, err := client.PostForm(at, url.Values{"code": {code}, "name": {"Amber"}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	for range 2 {
		answer, err = client.Get(strings.TrimSuffix(at, "join/") + "counter/")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK || !strings.Contains(string(body), `id="visit-count"`) {
			t.Fatalf("the counter: status %d", answer.StatusCode)
		}
	}
}
