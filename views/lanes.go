package views

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Lanes is the way of one request through browser, server and store, drawn from top to
// bottom.
type Lanes struct {
	Title  string
	Names  []string
	Arrows []Arrow
}

// Arrow goes from one lane to another; from a lane to itself it is a note on that lane.
// Label may have several lines.
type Arrow struct {
	From, To int
	Label    string
	Quiet    bool // words, and no values
	Hot      bool // the change
	Dashed   bool // perhaps
	Stop     bool // the request ended here
	Bad      bool // an error goes back
}

// The picture is laid out twice, for a column and for a telephone; the style sheet shows
// the one that fits. All lengths are in units of the SVG, about a pixel each.
const (
	wideWidth   = 560
	narrowWidth = 356
	letter      = 7.9 // the width of a monospaced character at 13 pixels
	lineHeight  = 17
	margin      = 44
)

// sketch is a picture with every length computed.
type sketch struct {
	Width, Height int
	Heads         []stroke
	Tops          int // where the lanes begin
	Rows          []stroke
}

// stroke is one thing to draw: an arrow with its label, a note, or the head of a lane.
type stroke struct {
	Arrow
	X1, X2 int // of the arrow, or of the note's box
	Y      int // of the arrow, or of the note's upper edge
	TextX  int
	Lines  []string
	LineY  []int
	H      int // of the note's box
}

// lay computes the picture for a width.
func (l Lanes) lay(width int) sketch {
	s := sketch{Width: width}
	x := func(lane int) int {
		if len(l.Names) < 2 {
			return width / 2
		}
		return margin + lane*(width-2*margin)/(len(l.Names)-1)
	}
	room := (width - 2*margin) / max(1, len(l.Names)-1)
	y := 0
	for i, name := range l.Names {
		h := stroke{TextX: x(i), X1: x(i), Lines: wrap(name, max(8, int(float64(room)/letter)), 3)}
		half := 0
		for j, line := range h.Lines {
			half = max(half, int(float64(utf8.RuneCountInString(line))*letter/2))
			h.LineY = append(h.LineY, 14+j*15)
		}
		h.TextX = min(max(h.TextX, half), width-half)
		y = max(y, 8+len(h.Lines)*15)
		s.Heads = append(s.Heads, h)
	}
	s.Tops = y
	y += 6
	most := int(float64(width-12) / letter)
	for i, a := range l.Arrows {
		n := most
		if a.From == a.To {
			n = min(n, 40) // a note stays near its lane
		}
		m := stroke{Arrow: a, Lines: wrap(fmt.Sprintf("%d %s", i+1, a.Label), n, 3)}
		wide := 0
		for _, line := range m.Lines {
			wide = max(wide, int(float64(utf8.RuneCountInString(line))*letter))
		}
		middle := (x(a.From) + x(a.To)) / 2
		m.TextX = min(max(middle, wide/2+6), width-wide/2-6)
		y += 8
		if a.From == a.To {
			m.Y, m.H = y, len(m.Lines)*lineHeight+10
			m.X1 = max(1, m.TextX-wide/2-8)
			m.X2 = min(width-1, m.TextX+wide/2+8)
			for j := range m.Lines {
				m.LineY = append(m.LineY, y+18+j*lineHeight)
			}
			y += m.H + 2
		} else {
			for j := range m.Lines {
				m.LineY = append(m.LineY, y+13+j*lineHeight)
			}
			y += len(m.Lines)*lineHeight + 5
			m.Y, m.X1, m.X2 = y, x(a.From)+2, x(a.To)-2
			if a.To < a.From {
				m.X1, m.X2 = x(a.From)-2, x(a.To)+2
			}
			y += 6
		}
		s.Rows = append(s.Rows, m)
	}
	s.Height = y + 10
	return s
}

// wrap breaks a text into lines of at most n characters, at spaces where there are some,
// and cuts off what does not fit into most lines.
func wrap(text string, n, most int) (lines []string) {
	for part := range strings.SplitSeq(text, "\n") {
		line := ""
		for _, word := range strings.Fields(part) {
			for utf8.RuneCountInString(word) > n {
				if line != "" {
					lines, line = append(lines, line), ""
				}
				r := []rune(word)
				lines, word = append(lines, string(r[:n])), string(r[n:])
			}
			switch {
			case line == "":
				line = word
			case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= n:
				line += " " + word
			default:
				lines, line = append(lines, line), word
			}
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) > most {
		lines = lines[:most]
		r := []rune(lines[most-1])
		lines[most-1] = string(r[:min(len(r), n-1)]) + "…"
	}
	return lines
}

// head is the tip of an arrow, or the cross at the end of one that went no further.
func (m stroke) head() string {
	back := -9
	if m.X2 < m.X1 {
		back = 9
	}
	return fmt.Sprintf("M%d %dl%d -5v10z", m.X2, m.Y, back)
}

func (m stroke) cross() string {
	return fmt.Sprintf("M%d %dl12 12m0 -12l-12 12", m.X1-6, m.Y-6)
}

func (m stroke) note() bool { return m.From == m.To }

// class is how an arrow looks.
func (m stroke) class() string {
	c := "a"
	for _, k := range []struct {
		is   bool
		name string
	}{{m.note(), "memo"}, {m.Hot, "hot"}, {m.Quiet, "quiet"}, {m.Dashed, "dashed"}, {m.Stop, "stop"}, {m.Bad, "bad"}} {
		if k.is {
			c += " " + k.name
		}
	}
	return c
}

// say is the arrow in words.
func (l Lanes) say(a Arrow) string {
	label := strings.ReplaceAll(a.Label, "\n", ", ")
	if a.From == a.To {
		return l.Names[a.From] + ": " + label
	}
	return l.Names[a.From] + " to " + l.Names[a.To] + ": " + label
}
