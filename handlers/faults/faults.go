// Package faults has eight small programs with one fault each, to be found with the
// tutorial's four debugging tips, and the same programs repaired. They really run: each has
// its own cookie and its own store, so no fault touches the session of whoever looks at it.
//
// A program is started anew for each request, as some hosting platforms do it. So what it
// keeps in its own memory is gone at the next one.
package faults

import (
	"context"
	"crypto/rand"
	_ "embed"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"time"

	"sessionlab/handlers/events"
	"sessionlab/handlers/inprocess"
	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/views"
)

// Site is what a program is started with.
type Site struct {
	Path   string          // where it is served, with a slash at the end
	Store  sessions.Engine // which outlives the program
	Secret string          // which stays the same when the program is started again
}

// program starts one.
type program func(Site) http.Handler

// Programs runs the programs. It is safe for concurrent use.
type Programs struct {
	store  sessions.Engine
	secret string
}

// New returns the programs with an empty store.
func New() *Programs {
	return &Programs{cache.NewMemory(cache.MemoryOptions{MaxEntries: 10_000, MaxBytes: 16 << 20}), rand.Text()}
}

// Version says which of a fault's two programs is meant. It is a part of its address.
type Version string

// The versions.
const (
	Faulty   Version = "faulty"
	Repaired Version = "repaired"
)

// Path is where a program is served.
func (f Fault) Path(v Version) string { return "/debug/faults/" + f.Name + "/" + string(v) + "/" }

// Code is the function that starts a program, as it is compiled.
func (f Fault) Code(v Version) string { return code(f.program(v)) }

func (f Fault) program(v Version) program {
	if v == Repaired {
		return f.repaired
	}
	return f.faulty
}

// Run has a program answer r. Whoever called it sends the answer's headers on, and shows the
// report.
func (p *Programs) Run(r *http.Request, f Fault, v Version) (inprocess.Answer, views.FaultReport) {
	seen := &seen{}
	site := Site{Path: f.Path(v), Store: p.store, Secret: p.secret}
	inner := r.WithContext(context.WithValue(r.Context(), seenKey{}, seen))
	answer := inprocess.Serve(f.program(v)(site), inner)
	return answer, seen.report(r, answer)
}

// cookieName is that of all programs: their paths keep the cookies apart.
const cookieName = "shop"

// manager makes a session manager with what all programs have in common. Its Observer keeps
// what happens for the page that shows it.
func manager(site Site, cfg sessions.Config) *sessions.Manager {
	cfg.Cookie.Name = cookieName
	if cfg.Cookie.Path == "" {
		cfg.Cookie.Path = site.Path
	}
	cfg.Age = time.Hour
	cfg.Observer = observe
	m, err := sessions.New(cfg)
	must(err)
	return m
}

// must is for what these programs cannot get wrong.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func now() string { return time.Now().UTC().Format("15:04:05.000") }

// seen is what the session layer told of one request.
type seen struct {
	events  []sessions.Event
	session *sessions.Session
}

type seenKey struct{}

func observe(ctx context.Context, e sessions.Event) {
	if s, ok := ctx.Value(seenKey{}).(*seen); ok {
		s.events = append(s.events, e)
		s.session, _ = sessions.FromContext(ctx)
	}
}

// report says what the four tips need: what went over the wire, what the layer did, and what
// is stored. The values of cookies are covered.
func (s *seen) report(r *http.Request, a inprocess.Answer) views.FaultReport {
	report := views.FaultReport{Says: string(a.Body)}
	for _, c := range r.CookiesNamed(cookieName) {
		report.Sent = append(report.Sent, cookieName+"="+covered(c.Value))
	}
	for _, line := range a.Header["Set-Cookie"] {
		if c, err := http.ParseSetCookie(line); err == nil {
			report.Set = append(report.Set, strings.Replace(line, c.Value, covered(c.Value), 1))
		}
	}
	if s.session == nil {
		return report
	}
	for _, e := range s.events {
		report.Told = append(report.Told, events.Text(e, s.session.Manager().Traits()))
	}
	if v := sessions.Peek(s.session); v.Stored {
		report.Stored = map[string]string{}
		for _, e := range v.Entries {
			report.Stored[e.Name] = string(e.Value)
		}
	}
	return report
}

// covered is the start of a key, enough to see whether it is the same one.
func covered(key string) string { return key[:min(6, len(key)/4)] + "••••" }

//go:embed programs.go
var programs string

// code is the text of a function of programs.go, with its comment.
func code(f program) string {
	name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	name = name[strings.LastIndexByte(name, '.')+1:]
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "programs.go", programs, parser.ParseComments|parser.SkipObjectResolution)
	must(err) // it has passed the compiler
	for _, d := range file.Decls {
		if d, ok := d.(*ast.FuncDecl); ok && d.Name.Name == name {
			return programs[set.Position(d.Doc.Pos()).Offset:set.Position(d.End()).Offset] + "\n"
		}
	}
	return ""
}
