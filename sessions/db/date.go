package db

import "time"

// dateForm is Django's text for a date on SQLite: in its zone without saying which, a
// space in the middle, microseconds with all six digits, or left out if they are zero.
// Expiry is decided by comparing these texts, so no other form will do.
const dateForm = "2006-01-02 15:04:05.000000"

// lastDate is the latest that Python, and so Django, can read.
var lastDate = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)

// date is t as an argument for the column: cut down to microseconds, on SQLite as a text
// in the zone of the table.
func (e *Engine) date(t time.Time) any {
	t = earlier(t.UTC().Truncate(time.Microsecond), lastDate)
	if !e.sqlite() {
		return t
	}
	if t = t.In(e.opts.Location); t.Year() > 9999 { // it begins early in the east
		t = lastDate
	}
	if t.Nanosecond() == 0 {
		return t.Format(time.DateTime)
	}
	return t.Format(dateForm)
}

// readDate reads what the column holds.
func (e *Engine) readDate(v any) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v.UTC(), true
	case string:
		for _, form := range []string{time.DateTime, time.RFC3339} { // Parse takes any number of digits after the seconds
			if t, err := time.ParseInLocation(form, v, e.opts.Location); err == nil {
				return earlier(t.UTC(), lastDate), true
			}
		}
	}
	return time.Time{}, false
}

func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}
