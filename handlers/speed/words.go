package speed

import (
	"errors"
	"fmt"
	"time"

	"sessionlab/views"
)

// Words puts the state of the runs into words for the page.
func (s State) Words() (*views.Progress, *views.Measure, *views.Race) {
	var running *views.Progress
	if p := s.Running; p != nil {
		running = &views.Progress{Done: p.Done, Total: p.Total, Text: p.Text}
	}
	return running, measureView(s.Measure), raceView(s.Race)
}

func measureView(m *Measure) *views.Measure {
	if m == nil {
		return nil
	}
	v := &views.Measure{
		When: takenOn(m.At),
		How:  fmt.Sprintf("Medians of %d turns, of up to %d reads and saves each, one at a time, with a session of a counter and a small cart.", Rounds, PerRound),
	}
	for _, row := range m.Rows {
		if row.Err != nil {
			v.Rows = append(v.Rows, views.MeasureRow{Engine: row.Engine, Note: notMeasured(row.Err)})
			continue
		}
		v.Rows = append(v.Rows, views.MeasureRow{
			Engine: row.Engine, Read: microseconds(row.Read), Write: microseconds(row.Save),
			ReadText: views.Took(row.Read), WriteText: views.Took(row.Save), Slow: views.Took(row.Slow),
		})
	}
	return v
}

func raceView(race *Race) *views.Race {
	if race == nil {
		return nil
	}
	v := &views.Race{When: takenOn(race.At), Clicks: Clicks}
	for _, row := range race.Rows {
		v.Rows = append(v.Rows, views.RaceRow{
			Engine: row.Engine, Counted: row.Counted, Conflicts: row.Retries, Took: views.Took(row.Took), Note: raceNote(row),
		})
	}
	return v
}

// raceNote says what to make of a count that is not full.
func raceNote(row RaceRow) string {
	lost := Clicks - row.Counted - row.Refused
	switch {
	case row.Err != nil:
		return notMeasured(row.Err)
	case row.Engine == "signed_cookies":
		return "It cannot count right: there is no place where the clicks could meet. All of them brought the same cookie, which says 0, and each was answered with a cookie of its own that says 1. " +
			"A browser keeps the one that comes last. What many requests change at once needs an engine that keeps sessions on the server."
	case lost != 0:
		return fmt.Sprintf("%d clicks were lost, and nobody was told. That must not happen.", lost)
	case row.Refused > 0:
		return fmt.Sprintf("%d clicks were refused, and their visitors told so: nothing was lost in silence.", row.Refused)
	}
	return ""
}

func notMeasured(err error) string {
	if errors.Is(err, ErrNoTime) {
		return "There was no time left for it."
	}
	return "Its store does not answer at the moment."
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// takenOn says when a run was over.
func takenOn(t time.Time) string {
	return "Taken on " + t.UTC().Format("2 January 2006 at 15:04:05 UTC") + "."
}
