package proctest

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"sessionlab/handlers/database"
)

// atLeast compares versions such as v5.5.0, go1.26.8 and 3.51.3, number by number.
func atLeast(got, want string) bool {
	numbers := regexp.MustCompile(`\d+`)
	g, w := numbers.FindAllString(got, 3), numbers.FindAllString(want, 3)
	for i := range w {
		if i >= len(g) {
			return false
		}
		a, _ := strconv.Atoi(g[i])
		b, _ := strconv.Atoi(w[i])
		if a != b {
			return a > b
		}
	}
	return true
}

// Versions before these have holes or lose data: CVE-2025-47910 in Go, CVE-2025-69725 in chi,
// and SQLite may damage a file when it starts its log anew.
func TestLibrariesAreNewEnough(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for module, want := range map[string]string{"go": "1.25.1", "github.com/go-chi/chi/v5": "5.3"} {
		found := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(module) + ` v?([\d.]+)`).FindSubmatch(mod)
		if found == nil || !atLeast(string(found[1]), want) {
			t.Errorf("go.mod has %s %s, want %s or later", module, found, want)
		}
	}
	if strings.Contains(string(mod), "replace ") {
		t.Error("go.mod replaces a module by something else")
	}
	if !atLeast(runtime.Version(), "1.25.1") {
		t.Errorf("this is %s, want Go 1.25.1 or later", runtime.Version())
	}
	d, err := database.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var version string
	if err := d.R.QueryRow("SELECT sqlite_version()").Scan(&version); err != nil || !atLeast(version, "3.51.3") {
		t.Errorf("this is SQLite %s (%v), want 3.51.3 or later", version, err)
	}
}
