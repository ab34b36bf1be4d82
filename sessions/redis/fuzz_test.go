package redis

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzRedisReply: what Redis holds is a record of ours or none, and a record of ours is
// written as it was read.
func FuzzRedisReply(f *testing.F) {
	for _, value := range []string{
		"", "000000000000000000000000000000000000", "001700000000000000001800000000000000{}", "-01700000000000000-01800000000000000x", "+01700000000000000 01800000000000000x", "OK", strings.Repeat("9", 40), "0x1700000000000000001800000000000000",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		rec, ok := parse(value)
		if !ok {
			if rec.Data != nil || !rec.Saved.IsZero() || !rec.Expires.IsZero() {
				t.Errorf("parse(%q) = %v although it is no record", value, rec)
			}
			return
		}
		again, ok := parse(format(rec))
		if !ok || !bytes.Equal(again.Data, rec.Data) || rec.Saved.UnixMicro() >= 0 && !again.Saved.Equal(rec.Saved) || rec.Expires.UnixMicro() >= 0 && !again.Expires.Equal(rec.Expires) {
			t.Errorf("parse(%q) = %v, written and read again %v", value, rec, again)
		}
	})
}

// FuzzURL: no panic, no dial, limits within bounds, and no password in an error.
func FuzzURL(f *testing.F) {
	for _, rest := range []string{"@h:6379/0", "@h/x", "@h:port/0", "@h?connections=3", "@h?timeout=-1s", "@h?timeout=1h&dial_timeout=x", "%zz@h", "@h/0#x", "@h/99999999999", "@/0?x=1", "@h?connections=16&connections=1", ":", "0", "/x@h/0", "?x@h"} {
		f.Add(rest)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		var r Redis
		option, err := r.parse("redis://lab:MARKER-password"+rest, nil)
		switch {
		case err != nil && strings.Contains(err.Error(), "MARKER"):
			t.Errorf("the error shows the password: %v", err)
		case err == nil && (len(option.InitAddress) != 1 || r.timeout <= 0 || option.Dialer.Timeout <= 0 || option.SelectDB < 0 || option.PipelineMultiplex > 4 || strings.Contains(r.place, "MARKER")):
			t.Errorf("%s: %d addresses, timeout %v, db %d, place %q", rest, len(option.InitAddress), r.timeout, option.SelectDB, r.place)
		}
	})
}

// What comes of a password with special characters in it is not quoted as something else.
func TestAPasswordThatIsNotEncodedIsNotQuoted(t *testing.T) {
	for _, url := range []string{"redis://lab:12/MARKER@h/0", "redis://lab:12?MARKER@h", "redis://u:p@12/MARKER@h/0", "redis://lab:12#MARKER@h", "rediss://MARKER:@h:x", "redis://u:MARKER:x@h:y"} {
		var r Redis
		if _, err := r.parse(url, nil); err == nil || strings.Contains(err.Error(), "MARKER") {
			t.Errorf("%s: %v, want an error that quotes nothing of it", url, err)
		}
	}
}
