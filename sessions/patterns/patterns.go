// Package patterns has the programs below this directory as data, for the pages that show
// them. Each is a whole program that shares no code with the others: it is copied alone.
package patterns

import (
	"embed"
	"fmt"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Pattern is one program, with what its page says. All texts are plain.
type Pattern struct {
	Name    string // of its directory and its address, such as "flash"
	Title   string
	Summary string // one sentence: what it is for
	Trap    string // the mistake that it avoids
	NotWhen string // when something else is better
	Django  string // what Django does instead
	Source  string // main.go, whole
	Test    string // main_test.go, which uses helpers of this module
	GoMod   string // go.mod for a copy of main.go that stands beside a clone of this module
}

// Clone is where the go.mod lines expect this module, relative to the copy.
const Clone = "../session-lab"

//go:embed */main.go */main_test.go
var files embed.FS

// titles are in the order in which the patterns are shown.
var titles = []struct{ name, title string }{
	{"flash", "Flash message"},
	{"signin", "Sign-in with a new key"},
	{"remember", "Remember me"},
	{"mergecart", "Guest cart and saved cart"},
	{"wizard", "Form over several pages"},
	{"devices", "Devices, and ending them"},
	{"timeouts", "Idle and absolute timeout"},
	{"sudo", "The password again before danger"},
	{"csrftoken", "CSRF token"},
	{"impersonate", "Impersonation by support"},
	{"singlesignout", "Single sign-out"},
	{"sse", "Server-sent events"},
	{"websocket", "WebSocket"},
	{"apitokens", "API tokens beside sessions"},
	{"ratelimit", "Limits by session and by address"},
	{"testwithouthttp", "A session in a test without HTTP"},
	{"ownengine", "An engine of your own"},
	{"fromscs", "Any scs.Store as an engine, and back"},
	{"migrate", "From plain scs to this layer"},
	{"migrategorilla", "From gorilla/sessions to this layer"},
	{"fromdjango", "From Django, one URL at a time"},
}

// versions are those of this module's own go.mod.
var versions = map[string]string{
	"github.com/alexedwards/argon2id": "v1.0.0",
	"github.com/alexedwards/scs/v2":   "v2.9.0",
	"github.com/coder/websocket":      "v1.8.15",
	"github.com/go-jose/go-jose/v4":   "v4.1.9",
	"github.com/gorilla/sessions":     "v1.4.0",
	"golang.org/x/time":               "v0.16.0",
	"modernc.org/sqlite":              "v1.61.1",
}

// All returns every pattern, in the order of the pages.
func All() []Pattern {
	all := make([]Pattern, len(titles))
	for i, t := range titles {
		p, err := read(t.name, t.title)
		if err != nil {
			panic(fmt.Sprintf("patterns: %s: %v", t.name, err)) // a mistake in the tree, which a test finds
		}
		all[i] = p
	}
	return all
}

func read(name, title string) (Pattern, error) {
	source, err := files.ReadFile(path.Join(name, "main.go"))
	if err != nil {
		return Pattern{}, err
	}
	test, err := files.ReadFile(path.Join(name, "main_test.go"))
	if err != nil {
		return Pattern{}, err
	}
	p := Pattern{Name: name, Title: title, Source: string(source), Test: string(test)}
	file, err := parser.ParseFile(token.NewFileSet(), "main.go", source, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return Pattern{}, err
	}
	paragraphs := strings.Split(strings.TrimSpace(file.Doc.Text()), "\n\n")
	for i, part := range []struct {
		begins string
		text   *string
	}{
		{"", &p.Summary},
		{"The trap: ", &p.Trap},
		{"When not to use it: ", &p.NotWhen},
		{"In Django: ", &p.Django},
	} {
		if i >= len(paragraphs) || !strings.HasPrefix(paragraphs[i], part.begins) {
			return Pattern{}, fmt.Errorf("paragraph %d of the comment should begin with %q", i+1, part.begins)
		}
		*part.text = strings.ReplaceAll(strings.TrimPrefix(paragraphs[i], part.begins), "\n", " ")
	}
	var imports []string
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return Pattern{}, err
		}
		imports = append(imports, imported)
	}
	p.GoMod = goMod(name, imports)
	return p, nil
}

// goMod makes the lines of go.mod for a program.
func goMod(name string, imports []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "module example.com/%s\n\ngo 1.26\n\nrequire (\n", name)
	for _, module := range modules(imports) {
		fmt.Fprintf(&b, "\t%s %s\n", module, versions[module])
	}
	fmt.Fprintf(&b, "\tsessionlab v0.0.0\n)\n\nreplace sessionlab => %s\n", Clone)
	return b.String()
}

// modules finds those that the imports are of, without this one.
func modules(imports []string) []string {
	var found []string
	for module := range versions {
		if slices.ContainsFunc(imports, func(imported string) bool {
			return imported == module || strings.HasPrefix(imported, module+"/")
		}) {
			found = append(found, module)
		}
	}
	slices.Sort(found)
	return found
}
