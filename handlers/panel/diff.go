package panel

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"sessionlab/views"
)

// So many entries of one request are shown, and so many places of each; of the others it is
// said how many there are. It bounds what is kept for the page after a click.
const (
	maxDiffs  = 8
	maxLeaves = 12
)

// diffOf shows what a request did to one entry: down to the places inside its value that
// are different, so that one sees "quantity 1 → 2" and not two long texts.
func diffOf(c change) views.Diff {
	d := views.Diff{Name: quoteName(c.name), Means: meaning(c.name), Lab: ofTheLab[c.name] != ""}
	before, ok1 := parse(c.before)
	after, ok2 := parse(c.after)
	switch {
	case c.before == nil:
		d.Leaves = []views.Leaf{{Kind: "add", After: whole(c.after)}}
		d.Raw = !ok2
	case c.after == nil:
		d.Leaves = []views.Leaf{{Kind: "delete", Before: whole(c.before)}}
		d.Raw = !ok1
	case !ok1 || !ok2:
		d.Leaves = []views.Leaf{{Kind: "change", Before: whole(c.before), After: whole(c.after)}}
		d.Raw = true
	default:
		walk := leaves{}
		walk.compare(nil, before, after)
		d.Leaves = walk.found[:min(len(walk.found), maxLeaves)]
		d.More = len(walk.found) - len(d.Leaves)
	}
	return d
}

// leaves collects the places where two values differ.
type leaves struct{ found []views.Leaf }

func (l *leaves) add(kind string, path []string, before, after *node) {
	leaf := views.Leaf{Kind: kind, Path: append([]string(nil), path...)}
	if before != nil {
		leaf.Before = valueOf(*before)
	}
	if after != nil {
		leaf.After = valueOf(*after)
	}
	l.found = append(l.found, leaf)
}

func (l *leaves) compare(path []string, before, after node) {
	switch {
	case before.equal(after):
	case before.kind == '{' && after.kind == '{':
		l.objects(path, before, after)
	case before.kind == '[' && after.kind == '[':
		l.lists(path, before, after)
	default:
		l.add("change", path, &before, &after)
	}
}

func (l *leaves) objects(path []string, before, after node) {
	for i, name := range before.names {
		here := append(path[:len(path):len(path)], quoteName(name))
		if now, ok := after.member(name); ok {
			l.compare(here, before.kids[i], now)
		} else {
			l.add("delete", here, &before.kids[i], nil)
		}
	}
	for i, name := range after.names {
		if _, ok := before.member(name); !ok {
			l.add("add", append(path[:len(path):len(path)], quoteName(name)), nil, &after.kids[i])
		}
	}
}

// lists leaves out what is equal at both ends; what remains was changed in its place, or
// else came or went.
func (l *leaves) lists(path []string, before, after node) {
	a, b, first := before.kids, after.kids, 0
	for len(a) > 0 && len(b) > 0 && a[0].equal(b[0]) {
		a, b, first = a[1:], b[1:], first+1
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1].equal(b[len(b)-1]) {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	at := func(i int) []string {
		return append(path[:len(path):len(path)], "["+strconv.Itoa(first+i)+"]")
	}
	same := min(len(a), len(b))
	if len(a) != len(b) {
		same = 0 // which went with which is anybody's guess: they came and went
	}
	for i := range same {
		l.compare(at(i), a[i], b[i])
	}
	for i := same; i < len(a); i++ {
		l.add("delete", at(i), &a[i], nil)
	}
	for i := same; i < len(b); i++ {
		l.add("add", at(i), nil, &b[i])
	}
}

// quoteName leaves a name that reads as one as it is, and puts any other in quotes: cart,
// but "2" and "full name".
func quoteName(name string) string {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return quoted(name)
		}
	}
	if name == "" {
		return `""`
	}
	return name
}

// Of a value so many characters are shown without a click, and so many with one.
const (
	longest = 90
	most    = 4000
)

func valueOf(n node) views.Value {
	line := n.line()
	if utf8.RuneCountInString(line) <= longest {
		return views.Value{Text: line}
	}
	return views.Value{Text: clip(line, longest-30), Whole: clip(n.pretty(), most)}
}

// whole is an entry's value, as stored if only Python takes it for JSON.
func whole(raw []byte) views.Value {
	if n, ok := parse(raw); ok {
		return valueOf(n)
	}
	text := shown(raw)
	if utf8.RuneCountInString(text) <= longest {
		return views.Value{Text: text}
	}
	return views.Value{Text: clip(text, longest-30), Whole: clip(text, most)}
}

// clip shortens a text to n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:n-1]), " ") + "…"
}

// meanings name the entries that are not the app's own.
var meanings = map[string]string{
	"_messages":              "a message for the next page",
	"_auth_user_id":          "sign-in",
	"_auth_user_backend":     "sign-in",
	"_auth_user_hash":        "sign-in",
	"_auth_sign_in":          "sign-in",
	"_session_expiry":        "when the session ends",
	"_session_absolute_from": "when the session ends",
	"_cycled_from":           "the former key, as a short hash",
	"testcookie":             "a test whether the browser accepts cookies",
}

// ofTheLab name the entries that the lab keeps about itself.
var ofTheLab = map[string]string{
	"_predictions": "your predictions",
	"_refused":     "a form that was not accepted",
	"_source_tab":  "the tab of the code",
	"_attacks":     "what came of the attacks",
}

// meaning names an entry of the layer's or the lab's own; it is "" for those of the app.
func meaning(name string) string {
	if text, ok := ofTheLab[name]; ok {
		return text
	}
	if text, ok := meanings[name]; ok {
		return text
	}
	if strings.HasPrefix(name, "_") {
		return "kept for the lab itself"
	}
	return ""
}
