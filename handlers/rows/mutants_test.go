package rows

import (
	"os/exec"
	"testing"
)

// The list of `make mutants` fits the sources: each guard stands where the list says, and the
// tests that have to notice its removal are there.
func TestEveryMutantFitsTheSources(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "run", "./.ci/mutants", "-check")
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
