package main

import (
	"bytes"
	"fmt"
	"html"
	"slices"
)

// The chart has a group of bars for each engine: how much of the speed of the page without
// a session is left. It follows the reader's choice of light or dark.
const (
	chartWidth = 880
	labels     = 150 // left of the bars, in pixels
	values     = 270 // right of them
	barHeight  = 15
	groupGap   = 14
	top        = 92
)

var bars = []struct{ page, name, class string }{
	{"untouched", "not touched", "u"},
	{"read", "read", "r"},
	{"write", "read and written", "w"},
}

const chartStyle = `
text{font:12px system-ui,sans-serif;fill:#1f2328}
.title{font-size:17px;font-weight:600}.soft{fill:#59636e}.engine{font-weight:600}
.back{fill:#fff}.grid{stroke:#d1d9e0}
.u{fill:#8c959f}.r{fill:#2f81c7}.w{fill:#1a7f5a}
@media(prefers-color-scheme:dark){
text{fill:#e6edf3}.soft{fill:#9198a1}.back{fill:#0d1117}.grid{stroke:#3d444d}
.u{fill:#7d8590}.r{fill:#4a9eea}.w{fill:#3fb68b}}`

func (r *result) chart() []byte {
	var engines []string
	for _, f := range r.Figures {
		if f.Bytes == shop && !slices.Contains(engines, f.Engine) {
			engines = append(engines, f.Engine)
		}
	}
	scale := float64(chartWidth - labels - values)
	var b bytes.Buffer
	text := func(x, y float64, class, format string, args ...any) {
		fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" class="%s">%s</text>`+"\n", x, y, class, html.EscapeString(fmt.Sprintf(format, args...)))
	}
	y := float64(top)
	for _, engine := range engines {
		text(16, y+barHeight-3, "engine", "%s", engine)
		for _, bar := range bars {
			f, ok := r.find(engine, shop, bar.page)
			if !ok {
				continue
			}
			length := min(f.Ratio, 1.02) * scale
			fmt.Fprintf(&b, `<rect x="%d" y="%.0f" width="%.1f" height="%d" rx="2" class="%s"/>`+"\n", labels, y, length, barHeight-2, bar.class)
			text(labels+length+6, y+barHeight-4, "", "%.2f · %.1f k/s · %.0f µs · 99 %%: %.1f ms", f.Ratio, f.PerSec/1000, f.CPU, f.P99)
			y += barHeight
		}
		y += groupGap
	}
	body := b.String()
	b.Reset()
	height := y + 34
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %.0f" width="%d" height="%.0f" role="img" aria-labelledby="t d">`+"\n", chartWidth, height, chartWidth, height)
	title := "What is left of the speed of a page when it has a session"
	fmt.Fprintf(&b, `<title id="t">%s</title><desc id="d">%s</desc><style>%s</style>`+"\n", title, html.EscapeString(r.describe(engines)), chartStyle)
	fmt.Fprintf(&b, `<rect class="back" width="%d" height="%.0f"/>`+"\n", chartWidth, height)
	for _, part := range []float64{0, 0.25, 0.5, 0.75, 1} {
		x := labels + part*scale
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%.0f"/>`+"\n", x, x, top-6, y-groupGap+4)
		text(x-9, y+4, "soft", "%.2f", part)
	}
	text(16, 28, "title", "%s", title)
	text(16, 48, "soft", "Sessions of %d bytes, %d clients: requests a second as a part of those of the same page without a session. %s", shop, r.Most, r.Date)
	x := float64(16)
	for _, bar := range bars {
		fmt.Fprintf(&b, `<rect x="%.0f" y="61" width="11" height="11" rx="2" class="%s"/>`+"\n", x, bar.class)
		text(x+17, 71, "", "%s", bar.name)
		x += 36 + 7*float64(len(bar.name))
	}
	b.WriteString(body)
	text(16, height-8, "soft", "%s · %s", r.Machine, r.Command)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// describe says in words what the chart shows, for those who do not see it.
func (r *result) describe(engines []string) string {
	var b bytes.Buffer
	for _, engine := range engines {
		fmt.Fprintf(&b, "%s:", engine)
		for _, bar := range bars {
			if f, ok := r.find(engine, shop, bar.page); ok {
				fmt.Fprintf(&b, " %s %.2f;", bar.name, f.Ratio)
			}
		}
		b.WriteString(" ")
	}
	return b.String()
}
