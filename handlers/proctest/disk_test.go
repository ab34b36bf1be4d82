package proctest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// mountable skips the test where a mount namespace of one's own may not be made. The mounts of
// these tests are seen by the program alone, and end with it.
func mountable(t *testing.T) {
	t.Helper()
	out, err := exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", t.TempDir()).CombinedOutput()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("may not mount, and CI=true forbids to skip: %v %s", err, out)
	default:
		t.Skipf("may not mount: %v %s", err, out)
	}
}

// A database on a disk that cannot take it: the start ends with the reason, and check names it,
// whether there is a database already or not.
func TestADiskThatCannotTakeTheDatabaseIsNamed(t *testing.T) {
	t.Parallel()
	mountable(t)
	lab, err := program()
	if err != nil {
		t.Fatal(err)
	}
	strace, _ := exec.LookPath("strace") // who needs it asks for it
	for name, c := range map[string]struct{ spoil, under, want string }{
		"read-only": {"mount -o remount,ro .", "", "read-only file system"},
		"full":      {"head -c 8M /dev/zero >fill 2>/dev/null || true", "", "is full"},
		"no locks": {":", strace + " -f -o /dev/null -e trace=fcntl -e inject=fcntl:retval=0",
			"locks do not work on this file system"},
	} {
		for _, command := range []string{"serve", "check"} {
			for made, before := range map[string]string{"new": ":", "made": lab + " migrate"} {
				t.Run(strings.Join([]string{name, command, made}, " "), func(t *testing.T) {
					t.Parallel()
					if name == "no locks" {
						needs(t, "strace")
					}
					dir := t.TempDir()
					script := "set -e; mount -t tmpfs -o size=2m tmpfs " + dir + "; cd " + dir +
						"; " + before + "; " + c.spoil + "; exec timeout 60 " + c.under + " " + lab + " " + command
					cmd := exec.Command("unshare", "-m", "sh", "-c", script)
					cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "ADDR=127.0.0.1:0",
						"SECRET_KEY=T3sts-0nly.disk.aWq9zR7xLm2vKd8sHf4gJp6tYb1nUc5eXo0iQrBz"}
					out, err := cmd.CombinedOutput()
					if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), c.want) {
						t.Errorf("%v, want exit code 1 and %q:\n%s", err, c.want, out)
					}
				})
			}
		}
	}
}
