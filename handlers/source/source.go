// Package source shows the code that a page has run: the handler's own, and the same in
// Django and in curl.
package source

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"

	"sessionlab/views"
)

// Sources are the tabs of every handler, highlighted when they are first shown.
type Sources struct {
	files     fs.FS
	byHandler map[string]func() []views.Source
}

// Tabs returns the tabs of a handler, none for one that is not there.
func (s *Sources) Tabs(handler string) []views.Source {
	if tabs := s.byHandler[handler]; tabs != nil {
		return tabs()
	}
	return nil
}

// alsoShown names the functions that a page shows below its own handler: where a POST or a
// middleware does what the page is about.
var alsoShown = map[string][]string{
	"cart": {"addToCart", "updateCart"}, "signup": {"register"}, "theme": {"setTheme"}, "preferences": {"savePreferences"},
	"stepOne": {"submitStepOne"}, "stepTwo": {"submitStepTwo"},
	"login": {"signIn", "enter"}, "myAccount": {"isAway", "idledOut", "setIdle"}, "recent": {"recently", "visited"},
	"abTests": {"joinTest", "convert"}, "eventLog": {"observe"},
}

// Read finds every handler's method, with the typed keys of its file above it.
func Read(dir fs.FS) (*Sources, error) {
	files, err := fs.Glob(dir, "*.go")
	if err != nil {
		return nil, err
	}
	code, keys, isHandler := map[string]string{}, map[string]string{}, map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", name, err)
		}
		cut := func(doc *ast.CommentGroup, n ast.Node) string {
			from := n.Pos()
			if doc != nil {
				from = doc.Pos()
			}
			return string(text[set.Position(from).Offset:set.Position(n.End()).Offset])
		}
		above := ""
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				if v := cut(d.Doc, d); d.Tok == token.VAR && strings.Contains(v, "sessions.Key[") {
					above += v + "\n\n"
				}
			case *ast.FuncDecl:
				f := d.Name.Name
				code[f], keys[f] = cut(d.Doc, d), above
				isHandler[f] = d.Recv != nil && strings.Contains(cut(nil, d.Type), "http.ResponseWriter")
			}
		}
	}
	s := &Sources{dir, map[string]func() []views.Source{}}
	for name := range isHandler {
		if !isHandler[name] {
			continue
		}
		text := keys[name] + code[name]
		for _, more := range alsoShown[name] {
			if code[more] == "" {
				return nil, fmt.Errorf("source: %s is to show %s, which is not there", name, more)
			}
			text += "\n\n" + code[more]
		}
		s.byHandler[name] = sync.OnceValue(func() []views.Source {
			return append([]views.Source{highlight("Go, as it ran", "go", text)}, s.examples(name)...)
		})
	}
	return s, nil
}

// examples are the same in Django and in curl, if somebody wrote them down: for the handler
// itself, or for the page that shows it.
func (s *Sources) examples(handler string) []views.Source {
	for page, shown := range alsoShown {
		if _, err := fs.Stat(s.files, "examples/"+handler+".py"); err != nil && slices.Contains(shown, handler) {
			handler = page
		}
	}
	var tabs []views.Source
	for _, e := range []struct{ title, lexer, ext string }{{"Django", "python", ".py"}, {"curl", "bash", ".sh"}} {
		if text, err := fs.ReadFile(s.files, "examples/"+handler+e.ext); err == nil {
			tabs = append(tabs, highlight(e.title, e.lexer, string(text)))
		}
	}
	return tabs
}

// highlight marks the tokens by class names alone, as the Content-Security-Policy wants. What
// cannot be marked is shown without.
func highlight(title, lexer, text string) views.Source {
	text = strings.TrimRight(strings.ReplaceAll(text, "\t", "    "), "\n") + "\n"
	plain := views.Source{Title: title, HTML: html.EscapeString(text), Text: text}
	l := lexers.Get(lexer)
	if l == nil {
		return plain
	}
	tokens, err := chroma.Coalesce(l).Tokenise(nil, text)
	if err != nil {
		return plain
	}
	var b strings.Builder
	if err := chromahtml.New(chromahtml.WithClasses(true), chromahtml.PreventSurroundingPre(true)).Format(&b, styles.Fallback, tokens); err != nil {
		return plain
	}
	return views.Source{Title: title, HTML: b.String(), Text: text}
}

// Highlighted highlights everything at once, for tests whose clock stands still: the library
// that does it has a clock of its own.
func (s *Sources) Highlighted() {
	for _, tabs := range s.byHandler {
		tabs()
	}
}

// Has reports whether there is a handler of this name.
func (s *Sources) Has(handler string) bool { return s.byHandler[handler] != nil }
