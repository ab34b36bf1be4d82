package main

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// startSolution runs the solution of an exercise on a port that it chooses.
func startSolution(t *testing.T, n string) (url string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app")
	if out, err := exec.Command("go", "build", "-o", file, "./handlers/exercise/files/"+n+"/solution").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(file, "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line := make([]byte, 100)
	k, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(line[:k]))
}

func TestExerciseExitsWithZeroOneOrTwo(t *testing.T) {
	empty := httptest.NewServer(http.NotFoundHandler())
	defer empty.Close()
	solved := startSolution(t, "2")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"2 " + solved, 0, "All 5 criteria are met."},
		{"2 " + empty.URL, 1, "✗ The right password signs in"},
		{"2 http://127.0.0.1:1/", 1, "start it first"},
		{"1 --starter go", 0, "package main"},
		{"1 --starter django", 0, "urlpatterns"},
		{"5 --solution go", 0, "IdleTimeout"},
		{"2", 2, "give the address of your app"},
		{"", 2, "1 to 5"},
		{"6 " + solved, 2, "no 6"},
		{"one " + solved, 2, "one"},
		{"2 http://192.0.2.1/", 2, "not a loopback address"},
		{"2 https://127.0.0.1/", 2, "http://"},
		{"1 --starter rust", 2, "rust"},
		{"1 --starter go " + solved, 2, "only one of them"},
	} {
		code, out, errs := command(t, "", append([]string{"exercise"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("exercise %s: exit code %d, want %d, and it should say %q:\n%s%s", c.args, code, c.code, c.says, out, errs)
		}
	}
}
