package class

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"sessionlab/handlers/missions"
)

// Export writes what the class has done as CSV: a line for each mission that somebody has
// begun and for each answer, with names and nothing else of who it was.
func (c *Room) Export(ctx context.Context, w io.Writer) error {
	all, err := c.Learners.List(ctx)
	if err != nil {
		return err
	}
	progress, err := c.o.Missions.Progress(ctx)
	if err != nil {
		return err
	}
	answers, err := c.Answers(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"name", "kind", "what", "begun", "done", "hints", "answer", "right"}}
	names := map[string]string{}
	for _, l := range all {
		names[l.ID] = l.Name
		for _, m := range missions.All() {
			p, ok := progress[l.ID][m.ID]
			if !ok {
				continue
			}
			rows = append(rows, []string{l.Name, "mission", m.Title, stamp(p.Begun), stamp(p.Solved), hints(p.Hints), "", ""})
		}
	}
	for _, a := range answers {
		if name, ok := names[a.Learner]; ok {
			right := map[bool]string{true: "yes", false: "no"}[a.Right]
			rows = append(rows, []string{name, "question", a.Question, "", stamp(a.At), "", a.Answer, right})
		}
	}
	out := csv.NewWriter(w)
	for _, row := range rows {
		for i := range row {
			row[i] = cell(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cell keeps a spreadsheet from taking a text for a formula: it puts an apostrophe before
// what begins like one, as OWASP recommends.
func cell(text string) string {
	if strings.ContainsAny(firstOf(strings.TrimLeft(text, " ")), "=+-@\t\r＝＋－＠") {
		return "'" + text
	}
	return text
}

func firstOf(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}

func hints(n int) string { return strconv.Itoa(n) }
