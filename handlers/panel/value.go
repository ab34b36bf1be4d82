package panel

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// node is a JSON value, its members in the order in which they are stored.
type node struct {
	kind  jsontext.Kind // '{', '[', or any other for a text
	text  string        // of a value that is neither object nor list, as the page shows it
	plain string        // of a string: what it says
	names []string      // of the members of an object
	kids  []node
}

// parse reads one JSON value. It reports false for what only Python takes for JSON, such as
// NaN or half a surrogate pair: that is shown as it is stored.
func parse(raw []byte) (node, bool) {
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	n, err := readNode(d)
	if err != nil {
		return node{}, false
	}
	_, err = d.ReadToken()
	return n, err != nil // the end
}

func readNode(d *jsontext.Decoder) (node, error) {
	token, err := d.ReadToken()
	if err != nil {
		return node{}, err
	}
	n := node{kind: token.Kind()}
	switch n.kind {
	case '{', '[':
		for d.PeekKind() != '}' && d.PeekKind() != ']' {
			if n.kind == '{' {
				name, err := d.ReadToken()
				if err != nil {
					return node{}, err
				}
				n.names = append(n.names, name.String())
			}
			kid, err := readNode(d)
			if err != nil {
				return node{}, err
			}
			n.kids = append(n.kids, kid)
		}
		_, err = d.ReadToken()
		return n, err
	case '"':
		n.plain = token.String()
		n.text = quoted(n.plain)
	default:
		n.text = token.String()
	}
	return n, nil
}

// quoted is a string in quotes, in its own script. What cannot be seen, or makes its
// neighbours look different, is written as an escape.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r), r == '\u200c', r == '\u200d': // joiners belong to scripts and to emoji
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// shown is any text in a form that a page can show: what is not UTF-8, or cannot be seen,
// as an escape.
func shown(raw []byte) string {
	var b strings.Builder
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, raw[0])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		raw = raw[size:]
	}
	return b.String()
}

// line is the value on one line: {"quantity": 1, "tags": ["a", "b"]}.
func (n node) line() string {
	var b strings.Builder
	n.writeLine(&b)
	return b.String()
}

func (n node) writeLine(b *strings.Builder) {
	switch n.kind {
	case '{', '[':
		b.WriteByte(byte(n.kind))
		for i, kid := range n.kids {
			if i > 0 {
				b.WriteString(", ")
			}
			if n.kind == '{' {
				b.WriteString(quoted(n.names[i]) + ": ")
			}
			kid.writeLine(b)
		}
		b.WriteByte(closing(n.kind))
	default:
		b.WriteString(n.text)
	}
}

// pretty is the value on as many lines as it needs, each line at most about 60 characters
// where it can be broken.
func (n node) pretty() string {
	var b strings.Builder
	n.writePretty(&b, "")
	return b.String()
}

func (n node) writePretty(b *strings.Builder, indent string) {
	if line := n.line(); len(n.kids) == 0 || utf8.RuneCountInString(line)+len(indent) <= 60 {
		b.WriteString(line)
		return
	}
	b.WriteByte(byte(n.kind))
	for i, kid := range n.kids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + indent + "  ")
		if n.kind == '{' {
			b.WriteString(quoted(n.names[i]) + ": ")
		}
		kid.writePretty(b, indent+"  ")
	}
	b.WriteString("\n" + indent)
	b.WriteByte(closing(n.kind))
}

func closing(k jsontext.Kind) byte {
	if k == '{' {
		return '}'
	}
	return ']'
}

// member returns the member of an object, and whether it is there.
func (n node) member(name string) (node, bool) {
	for i, have := range n.names {
		if have == name {
			return n.kids[i], true
		}
	}
	return node{}, false
}

// equal reports whether two values say the same; the order of members does not count.
func (n node) equal(m node) bool {
	if n.kind != m.kind || n.text != m.text || len(n.kids) != len(m.kids) {
		return false
	}
	for i, kid := range n.kids {
		other, ok := node{}, true
		if n.kind == '{' {
			other, ok = m.member(n.names[i])
		} else {
			other = m.kids[i]
		}
		if !ok || !kid.equal(other) {
			return false
		}
	}
	return true
}
