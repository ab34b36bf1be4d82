package patterns

import (
	"bufio"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// root is the directory of the module.
const root = "../.."

func TestEveryDirectoryIsAPatternAndTheOtherWayRound(t *testing.T) {
	mains, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var directories, names []string
	for _, main := range mains {
		directories = append(directories, filepath.Dir(main))
	}
	for _, p := range All() {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	if !slices.Equal(directories, names) {
		t.Errorf("directories %q\npatterns    %q", directories, names)
	}
}

func TestAPatternSaysWhatItIsForAndFitsOnItsPage(t *testing.T) {
	for _, p := range All() {
		for name, text := range map[string]string{
			"title": p.Title, "summary": p.Summary, "trap": p.Trap, "when not": p.NotWhen, "Django": p.Django,
		} {
			if text == "" || strings.Contains(strings.ToLower(text), "in production you would") {
				t.Errorf("%s: its %s is %q", p.Name, name, text)
			}
		}
		for i, line := range strings.Split(p.Source, "\n") {
			if n := utf8.RuneCountInString(line); n > 90 {
				t.Errorf("%s: line %d has %d characters", p.Name, i+1, n)
			}
		}
	}
}

func TestAPatternNeedsTheLayerAndAtMostOneMoreModule(t *testing.T) {
	for _, p := range All() {
		file, err := parser.ParseFile(token.NewFileSet(), p.Name, p.Source, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		var imports []string
		for _, spec := range file.Imports {
			imports = append(imports, strings.Trim(spec.Path.Value, `"`))
		}
		if more := modules(imports); len(more) > 1 {
			t.Errorf("%s needs %q", p.Name, more)
		}
		for _, imported := range imports {
			if strings.Contains(imported, "sessionlab/") && !strings.HasPrefix(imported, "sessionlab/sessions") ||
				strings.HasPrefix(imported, "sessionlab/sessions/patterns") {
				t.Errorf("%s imports %s", p.Name, imported)
			}
		}
	}
}

func TestTheVersionsAreThoseOfThisModule(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for module, version := range versions {
		if !regexp.MustCompile(`(?m)^\t` + regexp.QuoteMeta(module+" "+version) + `$`).Match(mod) {
			t.Errorf("go.mod does not require %s %s", module, version)
		}
	}
}

// A copy stands in a directory of its own, with the go.mod lines of its page.
func TestACopyOfAPatternBuildsAndRuns(t *testing.T) {
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum")) // what this module has verified needs no network
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range All() {
		t.Run(p.Name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{
				"go.mod":  strings.Replace(p.GoMod, Clone, here, 1),
				"go.sum":  string(sums),
				"main.go": p.Source,
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), fs.FileMode(0o600)); err != nil {
					t.Fatal(err)
				}
			}
			build := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-ldflags=-s -w", "-o", "program", ".")
			build.Dir = dir
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			starts(t, dir, p.Name)
		})
	}
}

// starts runs the program and opens the address that it prints.
func starts(t *testing.T, dir, name string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "program"))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ADDR=127.0.0.1:0", "TMPDIR="+dir, "SECRET_KEY=")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url := ""
	for lines := bufio.NewScanner(out); url == "" && lines.Scan(); {
		url = regexp.MustCompile(`^http://127\.0\.0\.1:\d+/`).FindString(lines.Text())
	}
	if url != "" {
		a, err := http.Get(url)
		if err != nil {
			t.Error(err)
		} else if a.Body.Close(); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", url, a.Status)
		}
		cmd.Process.Kill()
	}
	cmd.Wait()
	if needsDjango := name == "fromdjango"; needsDjango != (url == "") ||
		needsDjango && !strings.Contains(said.String(), "set SECRET_KEY") {
		t.Errorf("it printed the address %q and said %q", url, said.String())
	}
}
