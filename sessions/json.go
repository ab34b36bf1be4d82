package sessions

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// This file reads and writes the one level of JSON that a session is made of, in one
// pass and without decoding any value: requests pay for the keys that they use.

// maxDepth is how many objects and lists may be nested, the session itself included.
const maxDepth = 100

// splitObject returns the members of the JSON object that text is. Of members with
// equal names the last value stays, at the place of the first, as in Python.
func splitObject(text []byte) ([]Entry, error) {
	s := scanner{text: text}
	s.space()
	if !s.take('{') {
		return nil, fmt.Errorf("%w: not an object", ErrDecode)
	}
	var m members
	for s.space(); !s.take('}'); s.space() {
		if len(m.entries) > 0 {
			if !s.take(',') {
				return nil, s.broken()
			}
			s.space()
		}
		start := s.pos
		escaped, ok := s.str()
		if !ok {
			return nil, s.broken()
		}
		name, ok := unquote(text[start:s.pos], escaped)
		if !ok {
			return nil, s.broken()
		}
		s.space()
		if !s.take(':') {
			return nil, s.broken()
		}
		s.space()
		start = s.pos
		if !s.value(maxDepth - 1) {
			return nil, s.broken()
		}
		m.add(name, text[start:s.pos:s.pos])
	}
	s.space()
	if s.pos != len(text) {
		return nil, s.broken()
	}
	return m.entries, nil
}

// members collects entries under distinct names.
type members struct {
	entries []Entry
	places  map[string]int // once there are too many to look through
}

func (m *members) add(name string, value jsontext.Value) {
	const few = 16
	if m.entries == nil {
		m.entries = make([]Entry, 0, 8)
	}
	if m.places == nil && len(m.entries) == few {
		m.places = make(map[string]int, 2*few)
		for i, e := range m.entries {
			m.places[e.Name] = i
		}
	}
	if m.places != nil {
		if i, ok := m.places[name]; ok {
			m.entries[i].Value = value
			return
		}
		m.places[name] = len(m.entries)
	} else {
		for i := range m.entries {
			if m.entries[i].Name == name {
				m.entries[i].Value = value
				return
			}
		}
	}
	m.entries = append(m.entries, Entry{name, value})
}

// unquote decodes a string that the scanner has passed. It refuses half a surrogate
// pair, which a Go string cannot hold.
func unquote(quoted []byte, escaped bool) (string, bool) {
	if !escaped {
		return string(quoted[1 : len(quoted)-1]), true
	}
	plain, err := jsontext.AppendUnquote(nil, quoted)
	return string(plain), err == nil
}

// scanner steps over JSON text. Its methods report whether they found what they are
// named for, and stand behind it if so.
type scanner struct {
	text []byte
	pos  int
}

func (s *scanner) broken() error {
	return fmt.Errorf("%w: broken JSON at byte %d of %d", ErrDecode, s.pos, len(s.text))
}

// peek returns the next byte, 0 at the end: no JSON has that one.
func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// value steps over one value that nests at most depth objects and lists.
func (s *scanner) value(depth int) bool {
	switch s.peek() {
	case '"':
		_, ok := s.str()
		return ok
	case '{':
		return depth > 0 && s.object(depth-1)
	case '[':
		return depth > 0 && s.list(depth-1)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	case 'N':
		return s.word("NaN")
	case 'I':
		return s.word("Infinity")
	}
	return s.number()
}

func (s *scanner) word(w string) bool {
	if len(s.text)-s.pos < len(w) || string(s.text[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

func (s *scanner) object(depth int) bool {
	s.take('{')
	s.space()
	if s.take('}') {
		return true
	}
	for {
		s.space()
		if _, ok := s.str(); !ok {
			return false
		}
		s.space()
		if !s.take(':') {
			return false
		}
		s.space()
		if !s.value(depth) {
			return false
		}
		s.space()
		if !s.take(',') {
			return s.take('}')
		}
	}
}

func (s *scanner) list(depth int) bool {
	s.take('[')
	s.space()
	if s.take(']') {
		return true
	}
	for {
		s.space()
		if !s.value(depth) {
			return false
		}
		s.space()
		if !s.take(',') {
			return s.take(']')
		}
	}
}

func (s *scanner) number() bool {
	if s.take('-') && s.peek() == 'I' {
		return s.word("Infinity")
	}
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos]-'0' <= 9 {
		s.pos++
	}
	return s.pos > start
}

// str steps over a string and reports whether there is an escape in it.
func (s *scanner) str() (escaped, ok bool) {
	if !s.take('"') {
		return false, false
	}
	for {
		rest := s.text[s.pos:]
		n := 0
		for n < len(rest) && (plain[rest[n]] || rest[n] == 0x7f) {
			n++
		}
		s.pos += n
		switch s.peek() {
		case '"':
			s.pos++
			return escaped, true
		case '\\':
			escaped = true
			if !s.escape() {
				return escaped, false
			}
		default: // the end, a control character, or not ASCII
			return escaped, false
		}
	}
}

func (s *scanner) escape() bool {
	s.pos++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos++
		return true
	case 'u':
		s.pos++
		for range 4 {
			if c := s.peek(); (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return false
			}
			s.pos++
		}
		return true
	}
	return false
}

// plain marks what stands in a JSON string as it is: 0x20 to 0x7E but for two.
var plain = func() (t [256]bool) {
	for c := 0x20; c <= 0x7e; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// objectSize is the length of what appendObject writes where no name needs an escape.
func objectSize(entries []Entry) int {
	n := len("{}") - min(1, len(entries))
	for _, e := range entries {
		n += len(`"":,`) + len(e.Name) + len(e.Value)
	}
	return n
}

// appendObject writes the entries as one object.
func appendObject(dst []byte, entries []Entry) ([]byte, error) {
	dst = append(dst, '{')
	for i, e := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		if !utf8.ValidString(e.Name) {
			return nil, fmt.Errorf("%w: name %q is not UTF-8", ErrValue, clip(e.Name))
		}
		if len(e.Value) == 0 {
			return nil, fmt.Errorf("%w: nothing under %q", ErrValue, clip(e.Name))
		}
		dst = appendString(dst, e.Name)
		dst = append(dst, ':')
		dst = append(dst, e.Value...)
	}
	return append(dst, '}'), nil
}

// appendString writes s, which is UTF-8, as Python does: quoted, in pure ASCII, with
// lower-case hex digits.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		if c < utf8.RuneSelf {
			dst = appendEscaped(dst, c)
			i++
		} else {
			r, n := utf8.DecodeRuneInString(s[i:])
			dst = appendUnicode(dst, r)
			i += n
		}
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return appendUnicode(dst, rune(c))
}

// appendUnicode writes \uXXXX, twice for what lies above U+FFFF.
func appendUnicode(dst []byte, r rune) []byte {
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return appendUnicode(appendUnicode(dst, high), low)
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
