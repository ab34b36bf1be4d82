package exercise

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEachExerciseIsComplete(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for i, e := range All() {
		empty := e.Title == "" || len(e.Task) == 0 || len(e.Addresses) == 0 || len(e.Criteria) == 0 ||
			e.Difference == ""
		if empty || e.Number != i+1 || !strings.HasPrefix(e.Example, "/") {
			t.Errorf("exercise %d lacks something: %+v", i+1, e)
		}
		var ids []string
		for _, c := range e.Criteria {
			if !name.MatchString(c.ID) || slices.Contains(ids, c.ID) || !strings.HasSuffix(c.Text, ".") {
				t.Errorf("exercise %d: criterion %+v", e.Number, c)
			}
			ids = append(ids, c.ID)
		}
		for n, hint := range e.Hints {
			if len(hint) < 100 || !strings.HasSuffix(hint, ".") {
				t.Errorf("exercise %d: hint %d is %q", e.Number, n+1, hint)
			}
		}
		if last := e.Hints[2]; !strings.Contains(last, "Django: ") || !strings.Contains(last, "Go: ") {
			t.Errorf("exercise %d: the last hint does not name the calls of both: %q", e.Number, last)
		}
	}
	for _, n := range []int{0, 6, -1} {
		if _, err := Find(n); !errors.Is(err, ErrUnknown) {
			t.Errorf("Find(%d): %v", n, err)
		}
	}
}

// Programs are shown on pages, where lines of more than 90 characters would be cut.
func TestProgramsCanBeShown(t *testing.T) {
	for _, e := range All() {
		for _, lang := range Languages() {
			starter, err1 := e.Starter(lang)
			solution, err2 := e.Solution(lang)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			if !strings.Contains(starter.Text, starter.Run) || !strings.Contains(starter.Text, "Here: ") {
				t.Errorf("exercise %d: the starter in %s does not say how to start it, or where to write",
					e.Number, lang)
			}
			if strings.Contains(solution.Text, "Here: ") {
				t.Errorf("exercise %d: the solution in %s has gaps", e.Number, lang)
			}
			for _, p := range []Program{starter, solution} {
				for line := range strings.Lines(p.Text) {
					shown := []rune(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "    "))
					if len(shown) > 90 {
						t.Errorf("%s: %d characters: %s", p.File, len(shown), string(shown))
					}
				}
			}
		}
		if _, err := e.Starter("rust"); !errors.Is(err, ErrUnknown) {
			t.Errorf("a starter in Rust: %v", err)
		}
	}
}
