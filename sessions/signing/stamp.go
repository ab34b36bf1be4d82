package signing

import (
	"math"
	"time"
)

// digits of base 62, in Django's order.
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// appendStamp writes the whole seconds of at since 1970, fractions cut off.
func appendStamp(dst []byte, at time.Time) []byte {
	n := at.Unix()
	if n < 0 {
		return appendBase62(append(dst, '-'), -uint64(n))
	}
	return appendBase62(dst, uint64(n))
}

// farthest is the last second that time.Time can hold safely, some 36 billion years
// from 1970. A timestamp beyond it counts as that.
const farthest = 1 << 60

// parseStamp reads what appendStamp or Django wrote, also with leading zeros.
func parseStamp(text []byte) (at time.Time, ok bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	n, ok := parseBase62(text)
	seconds := int64(min(n, farthest))
	if negative {
		seconds = -seconds
	}
	return time.Unix(seconds, 0).UTC(), ok
}

func appendBase62(dst []byte, n uint64) []byte {
	var buf [11]byte // 62^11 > 2^64
	i := len(buf)
	for {
		i--
		buf[i] = digits[n%62]
		if n /= 62; n == 0 {
			return append(dst, buf[i:]...)
		}
	}
}

// parseBase62 reads one digit or more. What is too large for n counts as the largest.
func parseBase62(text []byte) (n uint64, ok bool) {
	const largest = math.MaxUint64
	for _, c := range text {
		var d uint64
		switch {
		case c >= '0' && c <= '9':
			d = uint64(c - '0')
		case c >= 'A' && c <= 'Z':
			d = uint64(c-'A') + 10
		case c >= 'a' && c <= 'z':
			d = uint64(c-'a') + 36
		default:
			return 0, false
		}
		if n > (largest-d)/62 {
			n = largest
		} else {
			n = n*62 + d
		}
	}
	return n, len(text) > 0
}
