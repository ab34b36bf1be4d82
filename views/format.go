package views

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Took is a duration as the pages show it.
func Took(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// Cover hides the second half of a key.
func Cover(key string) string {
	half := len(key) / 2
	return key[:half] + strings.Repeat("•", len(key)-half)
}

// When is a moment ahead, for people.
func When(t time.Time) string {
	return t.UTC().Format("2 January 2006, 15:04:05 UTC") + ", in " + Span(time.Until(t))
}

// Span is a length of time in its two largest units.
func Span(d time.Duration) string {
	d = d.Round(time.Second)
	if d < 0 {
		return "the past"
	}
	days, d := d/(24*time.Hour), d%(24*time.Hour)
	hours, d := d/time.Hour, d%time.Hour
	minutes, seconds := d/time.Minute, d%time.Minute/time.Second
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min %d s", minutes, seconds)
	}
	return fmt.Sprintf("%d s", seconds)
}

// InWords is a length of time in the largest unit that fits it: "15 minutes", "90 seconds".
func InWords(d time.Duration) string {
	n, unit := d/time.Second, "second"
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{time.Minute, "minute"}, {time.Hour, "hour"}, {24 * time.Hour, "day"}} {
		if d >= u.of && d%u.of == 0 {
			n, unit = d/u.of, u.name
		}
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// Ago says in the largest unit how long something is past.
func Ago(t time.Time) string {
	d := time.Since(t)
	for _, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if d >= unit {
			return InWords(d.Truncate(unit)) + " ago"
		}
	}
	return "just now"
}

// Moment is a time in the past, for people.
func Moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// Clip shortens text to n characters.
func Clip(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n]) + "…"
}
