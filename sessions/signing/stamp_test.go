package signing

import (
	"math"
	"testing"
	"time"
)

func TestStamp(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		text string
	}{
		{time.Unix(0, 0), "0"},
		{time.Unix(1700000000, 999999999), "1r31eq"},
		{time.Unix(-1, 0), "-1"},
		{time.Unix(-62, 0), "-10"},
	} {
		got := string(appendStamp(nil, c.at))
		if got != c.text {
			t.Errorf("appendStamp(%v) = %q, want %q", c.at, got, c.text)
		}
		if back, ok := parseStamp([]byte(got)); !ok || !back.Equal(c.at.Truncate(time.Second)) {
			t.Errorf("parseStamp(%q) = %v, %v, want %v", got, back, ok, c.at)
		}
	}
}

// TestStampFromFarAway: a holder of the key can sign any number; comparing such a time
// with a clock must stay sound.
func TestStampFromFarAway(t *testing.T) {
	for _, c := range []struct {
		text string
		age  time.Duration
	}{
		{"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", math.MinInt64},
		{"-zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", math.MaxInt64},
		{"AzL8n0Y58m8", math.MinInt64},
		{"LygHa16AHYF", math.MinInt64}, // 2^64 - 1
		{"LygHa16AHYG", math.MinInt64},
	} {
		at, ok := parseStamp([]byte(c.text))
		if !ok || moment.Sub(at) != c.age {
			t.Errorf("parseStamp(%q) = %v, %v: its age is %v, want %v", c.text, at, ok, moment.Sub(at), c.age)
		}
	}
	if at, ok := parseStamp([]byte("0001r31eq")); !ok || !at.Equal(moment) {
		t.Errorf("leading zeros: parseStamp = %v, %v, want %v", at, ok, moment)
	}
}
