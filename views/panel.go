package views

import (
	"fmt"
	"strings"
)

// Panel is what a page shows of the click that led to it.
type Panel struct {
	Acts       []Act   // the requests of the click, oldest first; the last one is this page's
	Stored     *Stored // nil: StoredNote says why there is nothing to show
	StoredNote string
}

// Act is one request of a click.
type Act struct {
	ID           string // unique on the page: "act-1"
	Method, Path string
	Status       int
	To           string // where its redirect leads, "" if it does not
	Story        string // what happened, in plain sentences
	Diffs        []Diff // what it changed of the app's own entries
	Layer        []Diff // and of others, such as a message for the next page
	Lanes        Lanes
	Sent         Wire
	Answered     Wire
	Cookie       []Row // the cookie that it set, attribute by attribute
	Timings      []Row
}

// Diff is what a request did to one entry of the session.
type Diff struct {
	Name   string
	Means  string   // what the entry is, "" if it is the app's own
	Lab    bool     // it is one of the lab's own, and not of the layer's
	Says   []string // the messages that came in, as people read them
	Leaves []Leaf   // the places inside its value that changed; none: the same, written differently
	More   int      // how many places are not shown
	Others int      // on the last entry that is shown: how many are not
	Raw    bool     // the value is none that every JSON parser reads, and is shown as stored
}

// Leaf is one place inside a value. Kind is add, delete or change.
type Leaf struct {
	Kind          string
	Path          []string
	Before, After Value
}

// Value is a value as text. Whole is the same unabridged, "" if Text is.
type Value struct{ Text, Whole string }

// Wire is one message as text. Its lines in order are what was received or sent.
type Wire struct {
	Lines    []WireLine
	Body     []WireLine // of a form
	BodyNote string
	Note     string // where the text is from
}

// WireLine is one line. Known ones are shown, the others folded; Mark is for the session's
// cookie.
type WireLine struct {
	Known, Mark bool
	Parts       []WirePart
}

// WirePart is a piece of a line. Where Own is set, Text is its covered form, and the
// visitor, whose own it is, may uncover it.
type WirePart struct{ Text, Own string }

// Stored is the record of the session.
type Stored struct {
	Place, Store              string
	Payload, Stamp, Signature string // Stamp and Signature are "" where the record is not signed
	Own                       string // covered form of it all, where the record is the visitor's key; else ""
	Signed                    string // when, in words
	Expires                   string
	Entries                   []Decoded
	Held                      []WireLine // what the engine itself keeps
	Command                   WireLine   // shows the same in a terminal; no parts: there is none
}

// Decoded is one entry of a record.
type Decoded struct {
	Name, Value string
	Means       string
	Changed     bool // by this request
	Raw         bool // shown as stored
}

// title says what the story is of: a click whose redirect led here, or one request.
func (p *Panel) title() (title, remark string) {
	if len(p.Acts) > 1 {
		return "What your click did", "one act, " + words(len(p.Acts)) + " requests"
	}
	return "What this request did", "one request"
}

func words(n int) string {
	if n < 5 {
		return []string{"no", "one", "two", "three", "four"}[n]
	}
	return fmt.Sprint(n)
}

// main is the request that a page is about: the first one that changed something, or else
// the first of the click.
func (p *Panel) main() int {
	for i, a := range p.Acts {
		if len(a.Diffs) > 0 {
			return i
		}
	}
	for i, a := range p.Acts {
		if len(a.Layer) > 0 {
			return i
		}
	}
	return 0
}

// changed is the request whose change follows a narrow screen, nil if nothing was changed.
func (p *Panel) changed() *Act {
	if p == nil || len(p.Acts) == 0 {
		return nil
	}
	if a := &p.Acts[p.main()]; len(a.Diffs) > 0 {
		return a
	}
	return nil
}

// answer is the status, and where a redirect leads.
func (a Act) answer() string {
	s := fmt.Sprint(a.Status)
	if a.To != "" {
		s += " → " + a.To
	}
	return s
}

// layerTitle names the entries that are not the app's own.
func layerTitle(all []Diff) string {
	var means []string
	for _, d := range all {
		known := false
		for _, m := range means {
			known = known || m == d.Means
		}
		if !known {
			means = append(means, d.Means)
		}
	}
	return Count(len(all), "entry", "entries") + " of " + ownerOf(all) + " own: " + strings.Join(means, ", ")
}

// ownerOf says to whom entries belong that are not the app's.
func ownerOf(all []Diff) string {
	lab := 0
	for _, d := range all {
		if d.Lab {
			lab++
		}
	}
	switch lab {
	case 0:
		return "the layer's"
	case len(all):
		return "the lab's"
	}
	return "the layer's and the lab's"
}

// folded groups the lines of a message: runs of those that are shown, and of those that are
// not, in their order.
func (w Wire) folded() (runs [][]WireLine) {
	for _, l := range w.Lines {
		if n := len(runs); n > 0 && runs[n-1][0].Known == l.Known {
			runs[n-1] = append(runs[n-1], l)
		} else {
			runs = append(runs, []WireLine{l})
		}
	}
	return runs
}

// sign stands before what came or went.
func (l Leaf) sign() string { return map[string]string{"add": "+", "delete": "−"}[l.Kind] }

// word says the same for those who do not see it.
func (l Leaf) word() string {
	return map[string]string{"add": "new: ", "delete": "removed: "}[l.Kind]
}

// comma stands behind every member of an object but the last.
func comma(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}
