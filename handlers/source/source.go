// Package source shows the code behind a page: the whole file of the handler that ran, and
// the same in Django and in curl. Nothing is read before a page asks for it.
package source

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"sessionlab/views"
)

// Sources finds the code of handlers. It is safe for concurrent use.
type Sources struct {
	files    fs.FS
	handlers func() map[string]function

	mu   sync.Mutex
	tabs map[string][]views.Source // by the handler's name, for no site yet
}

// function is where a handler stands: in this file, from its comment to its last line.
type function struct {
	file        string
	first, last int
}

// New returns the sources of the handlers in files: *.go, and their examples in
// examples/*.py and examples/*.sh under the same names. It reads none of them yet.
func New(files fs.FS) *Sources {
	s := &Sources{files: files, tabs: map[string][]views.Source{}}
	s.handlers = sync.OnceValue(func() map[string]function { return find(files) })
	return s
}

// find looks for the methods that take an http.ResponseWriter. A file that cannot be read or
// parsed shows nothing; those of this program have passed the compiler.
func find(files fs.FS) map[string]function {
	found := map[string]function{}
	names, _ := fs.Glob(files, "*.go") // fails for a malformed pattern only
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !answers(f) {
				continue
			}
			from := f.Pos()
			if f.Doc != nil {
				from = f.Doc.Pos()
			}
			found[f.Name.Name] = function{name, set.Position(from).Line, set.Position(f.End()).Line}
		}
	}
	return found
}

// answers reports whether f takes an http.ResponseWriter first, as handlers do.
func answers(f *ast.FuncDecl) bool {
	if len(f.Type.Params.List) == 0 {
		return false
	}
	t, ok := f.Type.Params.List[0].Type.(*ast.SelectorExpr)
	return ok && t.Sel.Name == "ResponseWriter"
}

// File is the file in which the handler of this name stands, "" if there is no such handler.
func (s *Sources) File(handler string) string { return s.handlers()[handler].file }

// What stands in the examples for the address and the cookie of the site that shows them.
const (
	exampleSite   = "http://lab.example"
	exampleCookie = "sessionid"
)

// Tabs returns what a page shows for the handler of this name: nothing if there is none. The
// calls in curl go to site, such as "http://127.0.0.1:8000", whose session cookie has the
// given name; both are quoted for the shell where they must be.
func (s *Sources) Tabs(handler, site, cookie string) []views.Source {
	s.mu.Lock()
	made, ok := s.tabs[handler]
	if !ok {
		made = s.make(handler)
		s.tabs[handler] = made
	}
	s.mu.Unlock()
	site = quoted(site)
	tabs := slices.Clone(made)
	for i, t := range tabs {
		if t.Lang == "curl" {
			tabs[i].Text = addressed(t.Text, site, cookie)
			tabs[i].HTML = addressed(t.HTML, html.EscapeString(site), html.EscapeString(cookie))
		}
	}
	return tabs
}

func (s *Sources) make(handler string) []views.Source {
	f, ok := s.handlers()[handler]
	if !ok {
		return nil
	}
	var tabs []views.Source
	base := strings.TrimSuffix(f.file, path.Ext(f.file))
	for _, t := range []struct{ lang, title, lexer, file string }{
		{"go", "Go, as it ran", "go", f.file},
		{"django", "Django", "python", "examples/" + base + ".py"},
		{"curl", "curl", "bash", "examples/" + base + ".sh"},
	} {
		text, err := fs.ReadFile(s.files, t.file)
		if err != nil {
			continue // not every page has a twin in Django
		}
		tab := views.Source{Lang: t.lang, Title: t.title, File: path.Base(t.file), Text: string(text)}
		if t.lang == "go" {
			tab.File, tab.Ran = "handlers/"+f.file, handler
			tab.HTML = highlight(t.lexer, tab.Text, f.first, f.last)
		} else {
			tab.HTML = highlight(t.lexer, tab.Text, 0, 0)
		}
		tabs = append(tabs, tab)
	}
	return tabs
}

func addressed(text, site, cookie string) string {
	return strings.NewReplacer(exampleSite, site, exampleCookie, cookie).Replace(text)
}

var plain = regexp.MustCompile(`^[A-Za-z0-9:/._-]+$`)

// quoted is text as a shell reads it as one word. A host is what the visitor has sent.
func quoted(text string) string {
	if plain.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Highlighted highlights everything at once, for tests whose clock stands still: the library
// that does it has a clock of its own.
func (s *Sources) Highlighted() {
	for handler := range s.handlers() {
		s.Tabs(handler, exampleSite, exampleCookie)
	}
}
