package handlers

import (
	"bytes"
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
	"sync"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"

	"sessionlab/views"
)

// The source of the handlers travels in the binary, so that a page can show the very lines
// that have just run, and beside them the same in Django and in curl.
//
//go:embed *.go examples
var sourceFiles embed.FS

// sources are the tabs of every handler, highlighted once at the start.
type sources struct{ byHandler map[string][]views.Source }

func (s *sources) tabs(handler string) []views.Source { return s.byHandler[handler] }

// readSources highlights once for the whole program: what is embedded does not change.
var readSources = sync.OnceValues(findSources)

// findSources finds every handler's method, with the declarations that stand above it in
// its file and speak of sessions, and the examples named after it.
func findSources() (*sources, error) {
	s := &sources{map[string][]views.Source{}}
	files, err := fs.Glob(sourceFiles, "*.go")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		text, err := sourceFiles.ReadFile(name)
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
		keys := ""
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				if code := cut(d.Doc, d); d.Tok == token.VAR && strings.Contains(code, "sessions.Key[") {
					keys += code + "\n\n"
				}
			case *ast.FuncDecl:
				if d.Recv == nil || !strings.Contains(cut(nil, d.Type), "http.ResponseWriter") {
					continue
				}
				tab, err := highlight("Go, as it ran", "go", keys+cut(d.Doc, d))
				if err != nil {
					return nil, err
				}
				s.byHandler[d.Name.Name] = append([]views.Source{tab}, s.examples(file.Name.Name, d.Name.Name)...)
			}
		}
	}
	return s, nil
}

// examples are the same in Django and in curl, if somebody wrote them down.
func (s *sources) examples(_, handler string) []views.Source {
	var tabs []views.Source
	for _, e := range []struct{ title, lexer, ext string }{{"Django", "python", ".py"}, {"curl", "bash", ".sh"}} {
		text, err := sourceFiles.ReadFile("examples/" + handler + e.ext)
		if err != nil {
			continue
		}
		if tab, err := highlight(e.title, e.lexer, string(text)); err == nil {
			tabs = append(tabs, tab)
		}
	}
	return tabs
}

// highlight marks the tokens by class names alone, as the Content-Security-Policy wants.
func highlight(title, lexer, text string) (views.Source, error) {
	text = strings.TrimRight(strings.ReplaceAll(text, "\t", "    "), "\n") + "\n"
	l := lexers.Get(lexer)
	if l == nil {
		return views.Source{}, fmt.Errorf("source: no lexer for %s", lexer)
	}
	tokens, err := chroma.Coalesce(l).Tokenise(nil, text)
	if err != nil {
		return views.Source{}, fmt.Errorf("source: %w", err)
	}
	var b bytes.Buffer
	if err := chromahtml.New(chromahtml.WithClasses(true), chromahtml.PreventSurroundingPre(true)).Format(&b, styles.Fallback, tokens); err != nil {
		return views.Source{}, fmt.Errorf("source: %w", err)
	}
	return views.Source{Title: title, HTML: b.String(), Text: text}, nil
}
