// Package views draws the pages of Session Lab. A component takes plain structs and
// fetches nothing: what a page shows is decided before it is called. Each page has
// one templ file, which holds its struct, its component and its words; the parts that
// pages share are in layout, hood, source, form, chart and exercise.
//
// Every page takes a [Frame], for what stands around its own content, and a struct of
// its own. Title and Lead may stay empty: each page brings its own words. All values
// are shown as text; the one exception is [Source.HTML].
package views

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Frame is what every page shows around its own content.
type Frame struct {
	Title, Lead string // empty: the page's own; Lead is a few plain sentences for someone who has never seen a cookie
	Path        string // current URL path, marks the chapter
	// Theme is light, dark or system; anything else counts as system. "": who asks is not
	// known, as on errors without a session.
	Theme        string
	Engine       string   // db, file, …; empty: not shown
	Place        Place    // where that engine keeps sessions
	Cookie       string   // the name of the session cookie
	User         string   // signed-in name, "" if none
	Debug        bool     // true: link to the pages that show internals
	DebugWarning string   // shown on top of the page, for example that DEBUG is on where others can reach it
	Hide         []string // paths of chapters that this run does not serve
	Messages     []Message
	Predicted    map[string]Predicted // the visitor's answers, by the id of the question
	Idle         *Idle                // nil: no idle timeout runs for this visitor
	Panel        *Panel               // nil: not shown (DEBUG=false)
	Source       []Source             // tabs; nil: not shown
	Missions     []MissionMark        // those of this chapter
	Visitors     Visitors             // the second visitor, with DEBUG
	Call         string               // "GET /counter/", shown on the Try it card
	Class        *ClassBar            // nil: this is no class
}

// Visitors says who looks at the page.
type Visitors struct {
	Second  bool   // this is the second visitor's page
	Offered bool   // a second visitor can be opened beside this page, or is
	Beside  string // the path of the second visitor's page, "" if it is not open
}

// Message is a flash message. Level is one of Django's: debug, info, success, warning, error.
type Message struct{ Level, Text string }

// Idle is the clock of an unused sign-in: how long it still lasts. The warning comes
// one minute before the end, by script; without scripts the page says when the end is.
// The server decides without either.
type Idle struct {
	Left  time.Duration // from when the page was made
	Full  time.Duration // how long it lasts again after a request
	After string        // the same in words: "30 minutes"
	Ends  string        // the end as a time of day: "20:41:05 UTC"
	Next  string        // local path of this page, to come back to
}

// Source is one tab of source code, a whole file.
type Source struct {
	Lang  string // "go", "django", "curl"
	Title string // "Go, as it ran", "Django", "curl"
	Link  string // this page with this tab, for browsers without scripts
	Shown bool   // of all tabs, the one that is in front
	File  string // "handlers/counter.go"
	Ran   string // the function whose lines are marked, "" for none
	// HTML is highlighted and trusted: spans with chroma's class names, without the
	// surrounding <pre>. Empty: Text is shown.
	HTML string
	Text string // the same as plain text
}

// Row is a labelled value; Raw is for bytes and keys: monospaced, broken anywhere.
type Row struct {
	Label, Value string
	Raw          bool
}

// Errors says what is wrong with a form: a sentence for each field that was refused, by the
// field's name, and under the empty name what concerns the form as a whole. As an error it
// means that nothing was done.
type Errors map[string]string

// Error says it all in one line, in the order of the fields' names.
func (e Errors) Error() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(e)) {
		all = append(all, strings.TrimPrefix(name+": "+e[name], ": "))
	}
	return strings.Join(all, " ")
}

// A Page is a struct with two faces: encoded as JSON it is what programs read, and HTML
// draws for people what its fields say, inside of the frame.
type Page interface {
	HTML(Frame) templ.Component
}

// Option is one choice of a list.
type Option struct{ Value, Label, Hint string }

// Progress is work under way that the page waits for.
type Progress struct {
	Done  int    `json:"done"`
	Total int    `json:"total"`
	Text  string `json:"text"` // "Writing to file: round 2 of 3"
}

// theme returns the theme as data-theme carries it.
func (p Frame) theme() string {
	if p.Theme == "light" || p.Theme == "dark" {
		return p.Theme
	}
	return "system"
}

// colorScheme is what the browser paints before it has the style sheet.
func (p Frame) colorScheme() string {
	if t := p.theme(); t != "system" {
		return t
	}
	return "light dark"
}

// or gives the page the words that its own component brings, where the handler set none.
func (p Frame) or(title, lead string) Frame {
	if p.Title == "" {
		p.Title = title
	}
	if p.Lead == "" {
		p.Lead = lead
	}
	return p
}
