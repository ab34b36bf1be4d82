package cache_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Whoever imports the layer and its memory engine pays for no store that is not used.
func TestTheMemoryEngineCompilesNoClientOfAStore(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "sessionlab/sessions", "sessionlab/sessions/cache").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	for _, dep := range deps {
		for _, unwanted := range []string{"database/sql", "rueidis", "pgx", "sqlite"} {
			if strings.Contains(dep, unwanted) {
				t.Errorf("%s is compiled", dep)
			}
		}
	}
	if len(deps) < 50 {
		t.Errorf("go list names %d packages, too few to believe", len(deps))
	}
}
