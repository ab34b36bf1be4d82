package source

import (
	"html"
	"strings"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"

	"sessionlab/views"
)

// Highlight returns text as a tab of this title, with its tokens marked. lexer is chroma's
// name for the language, such as "go" or "python"; an unknown one marks nothing.
func Highlight(title, lexer, text string) views.Source {
	return views.Source{Title: title, HTML: highlight(lexer, text, 0, 0), Text: text}
}

// Changed is Highlight with those lines marked that are not in before.
func Changed(title, lexer, text, before string) views.Source {
	had := map[string]int{}
	for line := range strings.Lines(before) {
		had[line]++
	}
	lines := coloured(lexer, text)
	i := 0
	for line := range strings.Lines(text) {
		if had[line]--; had[line] < 0 {
			lines[i] = "<mark>" + lines[i] + "</mark>"
		}
		i++
	}
	return views.Source{Title: title, HTML: strings.Join(lines, ""), Text: text}
}

// highlight marks the tokens of text by class names alone, as the Content-Security-Policy
// wants, and the lines from first to last, counted from 1, as those that ran. What cannot be
// highlighted is shown without colours.
func highlight(lexer, text string, first, last int) string {
	lines := coloured(lexer, text)
	var b strings.Builder
	for i, line := range lines {
		if i+1 == first {
			b.WriteString(`<mark id="ran">`)
		}
		b.WriteString(line)
		if i+1 == last {
			b.WriteString("</mark>")
		}
	}
	return b.String()
}

// coloured are the lines of text as HTML, each with its end. A token that goes over several
// lines is cut into one for each.
func coloured(lexer, text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, html.EscapeString(line))
	}
	l := lexers.Get(lexer)
	if l == nil {
		return lines
	}
	tokens, err := chroma.Coalesce(l).Tokenise(nil, text)
	if err != nil {
		return lines
	}
	format := chromahtml.New(chromahtml.WithClasses(true), chromahtml.PreventSurroundingPre(true))
	var marked []string
	for _, line := range chroma.SplitTokensIntoLines(tokens.Tokens()) {
		var b strings.Builder
		if err := format.Format(&b, styles.Fallback, chroma.Literator(line...)); err != nil {
			return lines
		}
		marked = append(marked, b.String())
	}
	return marked
}
