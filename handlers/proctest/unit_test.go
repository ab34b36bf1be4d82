package proctest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// needs is the path of a program that .ci/setup installs.
func needs(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("needs %s, which .ci/setup installs", name)
	} else if err != nil {
		t.Fatal(err)
	}
	return path
}

// The unit is one that systemd takes, and it shuts the program in: systemd's own figure for how
// exposed a service is goes from 0 to 10, and was 8.5 without the sandbox.
func TestTheUnitIsOneForSystemd(t *testing.T) {
	t.Parallel()
	analyze := needs(t, "systemd-analyze")
	lab, err := program()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sessionlab.service")
	unit := put(t, fence(t, "ini"), "/usr/local/bin/sessionlab", lab)
	if err := os.WriteFile(file, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(analyze, "verify", file).CombinedOutput()
	if complaint := regexp.MustCompile(`(?m)^.*sessionlab\.service.*$`).Find(out); err != nil || complaint != nil {
		t.Errorf("%v: %s", err, out)
	}
	// The threshold is ten times the figure.
	out, err = exec.Command(analyze, "security", "--offline=yes", "--threshold=15", file).CombinedOutput()
	if err != nil {
		t.Errorf("%v, want an exposure of 1.5 at most: %s", err, out)
	}
}

// The sandbox leaves the program what it needs: what it asks of the kernel, from its start over
// a visit and a sign-in to its end, is what the unit allows.
func TestTheProgramFitsIntoTheSandboxOfTheUnit(t *testing.T) {
	t.Parallel()
	strace := needs(t, "strace")
	allowed := unitCalls(t)
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	under := []string{strace, "-D", "-f", "-e", "signal=none", "-o", trace}
	p := startUnder(t, under, nil, t.TempDir(), "SESSION_ENGINE=file")
	c := browser()
	visits(t, p, c, 1)
	form := "username=alice&password=wonderland-2026"
	if status, text, err := ask(c, "POST", p.url+"/login/", form); err != nil || status != 303 {
		t.Fatalf("sign-in: %d %s %v, want 303", status, text, err)
	}
	p.signal(syscall.SIGTERM)
	p.ended()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, call := range regexp.MustCompile(`(?m)^\d+ +([a-z_0-9]+)\((.*)$`).FindAllStringSubmatch(string(text), -1) {
		name, args := call[1], call[2]
		switch {
		case !allowed[name] && !names[name] && name != "fchown": // SQLite calls it as root only
			t.Errorf("the unit refuses %s(%s", name, args)
		case strings.Contains(args, "PROT_WRITE|PROT_EXEC"):
			t.Errorf("MemoryDenyWriteExecute= refuses %s(%s", name, args)
		case name == "socket" && !strings.HasPrefix(args, "AF_INET,") && !strings.HasPrefix(args, "AF_INET6,") &&
			!strings.HasPrefix(args, "AF_UNIX,"):
			t.Errorf("RestrictAddressFamilies= refuses %s(%s", name, args)
		}
		names[name] = true
	}
	if !names["accept4"] || !names["fsync"] {
		t.Errorf("the trace holds %d calls, but no visit", len(names))
	}
}

// unitCalls are the system calls that the unit's filters allow.
func unitCalls(t *testing.T) map[string]bool {
	t.Helper()
	analyze := needs(t, "systemd-analyze")
	var expand func(set string) []string
	expand = func(set string) (all []string) {
		out, err := exec.Command(analyze, "syscall-filter", set).Output()
		if err != nil {
			t.Fatalf("%s: %v", set, err)
		}
		for line := range strings.Lines(string(out)) {
			switch name := strings.TrimSpace(line); {
			case name == set, strings.HasPrefix(name, "#"):
			case strings.HasPrefix(name, "@"):
				all = append(all, expand(name)...)
			default:
				all = append(all, name)
			}
		}
		return all
	}
	allowed := map[string]bool{}
	for line := range strings.Lines(fence(t, "ini")) {
		filter, ok := strings.CutPrefix(strings.TrimSpace(line), "SystemCallFilter=")
		if !ok {
			continue
		}
		sets, refused := strings.CutPrefix(filter, "~")
		for set := range strings.FieldsSeq(sets) {
			for _, name := range expand(set) {
				allowed[name] = !refused
			}
		}
	}
	for _, name := range expand("@default") { // systemd always allows these
		allowed[name] = true
	}
	if !slices.ContainsFunc([]string{"read", "socket"}, func(name string) bool { return allowed[name] }) {
		t.Fatal("the unit has no SystemCallFilter")
	}
	return allowed
}
