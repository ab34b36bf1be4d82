package redis

import (
	"strconv"
	"strings"
	"time"

	"sessionlab/sessions"
)

// format writes the times and the data of rec, without marks.
func format(rec sessions.Record) string {
	var b strings.Builder
	b.Grow(headLength + len(rec.Data))
	b.WriteString(digits(rec.Saved))
	b.WriteString(digits(rec.Expires))
	b.Write(rec.Data)
	return b.String()
}

// parse reads what format wrote. Anything else is not ours.
func parse(value string) (rec sessions.Record, ok bool) {
	if len(value) < headLength {
		return rec, false
	}
	saved, err1 := strconv.ParseInt(value[:timeLength], 10, 64)
	expires, err2 := strconv.ParseInt(value[timeLength:headLength], 10, 64)
	if err1 != nil || err2 != nil {
		return rec, false
	}
	return sessions.Record{Data: []byte(value[headLength:]), Saved: instant(saved), Expires: instant(expires)}, true
}

// digits writes a time in 18 digits. The zero time, and all before 1970, are zeros.
func digits(t time.Time) string {
	const zeros = "000000000000000000"
	s := strconv.FormatInt(max(0, t.UnixMicro()), 10)
	return zeros[min(len(s), len(zeros)):] + s
}

func instant(microseconds int64) time.Time {
	if microseconds == 0 {
		return time.Time{}
	}
	return time.UnixMicro(microseconds).UTC()
}

// milliseconds rounds up, so that a time to live is never 0 before its end.
func milliseconds(d time.Duration) int64 {
	ms := int64(d / time.Millisecond)
	if d%time.Millisecond > 0 {
		ms++
	}
	return max(1, ms)
}
