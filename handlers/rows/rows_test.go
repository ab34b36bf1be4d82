package rows

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// numbers are those of the rows, section by section.
var numbers = [][2]int{
	{1, 9}, {10, 13}, {20, 24}, {30, 39}, {40, 49}, {50, 56}, {60, 65}, {70, 78}, {80, 82}, {90, 95}, {100, 109}, {110, 119}, {120, 123}, {130, 135}, {140, 146},
}

// row is one of the table in doc.go.
type row struct {
	number  int
	subject string
	tests   []reference
	open    string
}

// reference is a test or a suite's case in a directory of the module.
type reference struct {
	dir, name string
	quoted    bool
}

// table reads the package's documentation.
func table(t *testing.T) []row {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	head, name := regexp.MustCompile(`^\tR-(\d+) (\S.*)$`), regexp.MustCompile(`"([^"]+)"|(\w+)`)
	for line := range strings.Lines(file.Doc.Text()) {
		line = strings.TrimRight(line, "\n")
		if m := head.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1])
			rows = append(rows, row{number: n, subject: m[2]})
			continue
		}
		if !strings.HasPrefix(line, "\t") {
			continue
		}
		dir, names, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || len(rows) == 0 {
			t.Fatalf("this line of the table is none: %q", line)
		}
		last := &rows[len(rows)-1]
		if dir == "open" {
			last.open = names
			continue
		}
		for _, m := range name.FindAllStringSubmatch(names, -1) {
			last.tests = append(last.tests, reference{dir, m[1] + m[2], m[1] != ""})
		}
	}
	return rows
}

func TestNoRowIsMissingFromTheTable(t *testing.T) {
	rows := table(t)
	for _, section := range numbers {
		for n := section[0]; n <= section[1]; n++ {
			if len(rows) == 0 || rows[0].number != n {
				t.Fatalf("R-%02d is not where it should be in the table, found R-%02d", n, append(rows, row{})[0].number)
			}
			if r := rows[0]; len(r.tests) == 0 && r.open == "" {
				t.Errorf("R-%02d %s: neither a test nor what is open", n, r.subject)
			}
			rows = rows[1:]
		}
	}
	if len(rows) > 0 {
		t.Errorf("R-%02d is no row", rows[0].number)
	}
}

// sources are the functions and the texts in the Go files of one directory.
type sources struct {
	functions map[string]bool
	texts     []string
}

func read(dir string) (*sources, error) {
	s := &sources{functions: map[string]bool{}}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no Go files in %s: %w", dir, err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for n := range ast.Preorder(file) {
			switch n := n.(type) {
			case *ast.FuncDecl:
				s.functions[n.Name.Name] = n.Recv == nil
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
					s.texts = append(s.texts, text)
				}
			}
		}
	}
	return s, nil
}

func (s *sources) hasText(beginning string) bool {
	for _, text := range s.texts {
		if strings.HasPrefix(text, beginning) {
			return true
		}
	}
	return false
}

func TestEveryTestInTheTableExists(t *testing.T) {
	dirs := map[string]*sources{}
	for _, r := range table(t) {
		for _, ref := range r.tests {
			s := dirs[ref.dir]
			if s == nil {
				path := filepath.Join("../..", ref.dir)
				if ref.dir == "main" {
					path = "../.."
				}
				var err error
				if s, err = read(path); err != nil {
					t.Fatalf("R-%02d: %v", r.number, err)
				}
				dirs[ref.dir] = s
			}
			if ref.quoted && !s.hasText(ref.name) || !ref.quoted && !s.functions[ref.name] {
				t.Errorf("R-%02d: %s has no test %q", r.number, ref.dir, ref.name)
			}
		}
	}
}

// A number that stands in the code leads to a row.
func TestEveryNumberInTheCodeIsARow(t *testing.T) {
	known := map[string]bool{}
	for _, r := range table(t) {
		known[fmt.Sprintf("R-%02d", r.number)] = true
	}
	cited := regexp.MustCompile(`\bR-\d+\b`)
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(filepath.Join("../..", path))
		for _, number := range cited.FindAllString(string(text), -1) {
			if !known[number] {
				t.Errorf("%s cites %s, which is no row", path, number)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
