package sessions_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// span is a run of numbers without a gap.
type span struct{ first, last int }

// djangoRows are the numbers in DJANGO.md, and promises those in PROMISES.md, topic by topic.
var (
	djangoRows = []span{
		{1, 19}, {20, 29}, {30, 33}, {40, 57}, {60, 67}, {70, 86}, {90, 102}, {110, 146}, {150, 166}, {170, 193},
		{200, 214}, {220, 233}, {240, 258}, {270, 273}, {280, 295}, {300, 304}, {310, 322}, {330, 336},
	}
	promises = []span{
		{1, 9}, {10, 13}, {20, 24}, {30, 39}, {40, 49}, {50, 56}, {60, 65}, {70, 78}, {80, 82}, {90, 95},
		{100, 109}, {110, 119}, {120, 123}, {130, 135}, {140, 146},
	}
)

// numbers are those of all spans, written with the letter of their list.
func numbers(format string, spans []span) []string {
	var all []string
	for _, s := range spans {
		for n := s.first; n <= s.last; n++ {
			all = append(all, fmt.Sprintf(format, n))
		}
	}
	return all
}

// table returns the cells of every row of the tables in a Markdown file, heads included, and
// the heading above each.
func table(t *testing.T, path string) (rows [][]string, headings []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	heading := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && line[0] == '#' {
			heading = title
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(line[1:], "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows, headings = append(rows, cells), append(headings, heading)
	}
	return rows, headings
}

// numbered are the rows whose first cell is a number of the list.
func numbered(t *testing.T, path, letter string) (found []string, rows [][]string) {
	t.Helper()
	all, _ := table(t, path)
	for _, cells := range all {
		if strings.HasPrefix(cells[0], letter+"-") {
			found, rows = append(found, cells[0]), append(rows, cells)
		}
	}
	return found, rows
}

func TestEveryRowOfDjangoIsAnsweredOnce(t *testing.T) {
	found, rows := numbered(t, "DJANGO.md", "B")
	if want := numbers("B-%03d", djangoRows); !slices.Equal(found, want) {
		t.Errorf("DJANGO.md has %v, want each number once and in order: %v", found, want)
	}
	for _, row := range rows {
		if len(row) != 3 || row[1] == "" || row[2] == "" {
			t.Errorf("%s: want what Django does and what this layer does, got %q", row[0], row[1:])
		}
	}
}

func TestEveryPromiseIsMadeOnceToSomebodyAndShownByATest(t *testing.T) {
	found, rows := numbered(t, "PROMISES.md", "R")
	if want := numbers("R-%02d", promises); !slices.Equal(found, want) {
		t.Errorf("PROMISES.md has %v, want each number once and in order: %v", found, want)
	}
	for _, row := range rows {
		if len(row) != 4 || row[1] == "" || !slices.Contains([]string{"visitor", "engineer", "operator"}, row[2]) {
			t.Errorf("%s: want the promise, to whom it is made, and its tests, got %q", row[0], row[1:])
		} else if len(references(row[3])) == 0 {
			t.Errorf("%s: no test is named", row[0])
		}
	}
}

// reference names a test of a package, or a case of its suite by the beginning of its name.
type reference struct {
	dir, name string
	isCase    bool
}

var (
	packagePattern = regexp.MustCompile("^`([^`]+)`: (.*)$")
	namePattern    = regexp.MustCompile(`“([^”]+)”|(\w+)`)
)

// references reads the last cell of a promise.
func references(cell string) []reference {
	var all []reference
	for part := range strings.SplitSeq(cell, "; ") {
		m := packagePattern.FindStringSubmatch(part)
		if m == nil {
			continue
		}
		for _, name := range namePattern.FindAllStringSubmatch(m[2], -1) {
			all = append(all, reference{m[1], name[1] + name[2], name[1] != ""})
		}
	}
	return all
}

// root is the directory of the module.
const root = ".."

// source holds the functions and the texts of one directory's Go files.
type source struct {
	functions map[string]bool
	texts     []string
}

var sourceOf = sync.OnceValue(func() func(dir string) (*source, error) {
	read := map[string]*source{}
	return func(dir string) (*source, error) {
		if s := read[dir]; s != nil {
			return s, nil
		}
		s := &source{functions: map[string]bool{}}
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("%s has no Go files", dir)
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
		read[dir] = s
		return s, nil
	}
})

// has reports whether the directory has the test or the case.
func (s *source) has(r reference) bool {
	if !r.isCase {
		return s.functions[r.name]
	}
	return slices.ContainsFunc(s.texts, func(text string) bool { return strings.HasPrefix(text, r.name) })
}

func TestEveryTestThatAPromiseNamesExists(t *testing.T) {
	rows, headings := table(t, "PROMISES.md")
	for i, row := range rows {
		for _, r := range references(row[len(row)-1]) {
			s, err := sourceOf()(r.dir)
			if err != nil {
				t.Errorf("%s, %s: %v", headings[i], row[0], err)
			} else if !s.has(r) {
				t.Errorf("%s, %s: %s has no %q", headings[i], row[0], r.dir, r.name)
			}
		}
	}
}

// The README promises, engine by engine, what PROMISES.md shows.
func TestTheReadmePromisesWhatIsShown(t *testing.T) {
	plain := strings.NewReplacer("`", "")
	shown := map[[2]string]string{} // the promise by event and engine
	rows, headings := table(t, "PROMISES.md")
	for i, row := range rows {
		if len(row) != 3 || row[0] == "engine" {
			continue
		}
		shown[[2]string{headings[i], row[0]}] = plain.Replace(row[1])
		if none := row[1] == "not applicable"; none == (len(references(row[2])) > 0) {
			t.Errorf("%s, %s: %q is shown by %q", headings[i], row[0], row[1], row[2])
		}
	}
	promised := map[[2]string]string{}
	var engines []string
	rows, headings = table(t, filepath.Join(root, "README.md"))
	for i, row := range rows {
		if headings[i] != "What is promised" {
			continue
		}
		if engines == nil {
			engines = row
			continue
		}
		for j, promise := range row[1:] {
			promised[[2]string{plain.Replace(row[0]), plain.Replace(engines[j+1])}] = plain.Replace(promise)
		}
	}
	if len(shown) == 0 {
		t.Error("PROMISES.md has no table with an engine's promises")
	}
	for cell, promise := range shown {
		if promised[cell] != promise {
			t.Errorf("%s, %s: PROMISES.md says %q, the README %q", cell[0], cell[1], promise, promised[cell])
		}
	}
	for cell, promise := range promised {
		if _, ok := shown[cell]; !ok {
			t.Errorf("%s, %s: the README promises %q, PROMISES.md does not", cell[0], cell[1], promise)
		}
	}
}

// cited is a number of one of the lists, in a comment, a name or a text.
var cited = regexp.MustCompile(`\b[BR]-\d{2,3}\b`)

// eachSource calls f with the path below the module's root, and the text, of each file whose
// name has one of the endings.
func eachSource(t *testing.T, f func(path, text string), endings ...string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && path != ".ci" && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || !slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(path, e) }):
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		f(path, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestANumberThatATestCitesLeadsToARow(t *testing.T) {
	known := append(numbers("B-%03d", djangoRows), numbers("R-%02d", promises)...)
	eachSource(t, func(path, text string) {
		for _, number := range cited.FindAllString(text, -1) {
			if !slices.Contains(known, number) {
				t.Errorf("%s cites %s, which neither DJANGO.md nor PROMISES.md has", path, number)
			}
		}
	}, "_test.go")
}

func TestOnlyTestsCiteNumbers(t *testing.T) {
	eachSource(t, func(path, text string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for n, line := range strings.Split(text, "\n") {
			if number := cited.FindString(line); number != "" {
				t.Errorf("%s:%d: %s says nothing to a reader; give the reason in words", path, n+1, number)
			}
		}
	}, ".go", ".templ")
}
