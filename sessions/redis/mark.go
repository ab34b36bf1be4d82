package redis

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"

	"sessionlab/sessions"
)

// A stored value begins with two marks: keyed hashes of its expiry, and of all the rest, each
// together with the session key. So a record that was damaged, made by somebody who can write
// to Redis and has no HashKey, or moved to another key is not ours. There are two because
// a touch moves the expiry of a record that it does not know. What they cannot tell is that a
// record is an older one of the same key. Without a HashKey anybody can compute them: they
// notice damage alone.
const (
	markLength  = 22 // 128 bits in base64
	marksLength = 2 * markLength
)

// seal writes rec as it is stored under key.
func (r *Redis) seal(key string, rec sessions.Record) string {
	body := format(rec)
	marks := r.marks(key, body)
	return string(marks[:]) + body
}

// open reads what seal wrote under the same key. Anything else is not ours.
func (r *Redis) open(key, value string) (rec sessions.Record, ok bool) {
	if len(value) < marksLength+headLength {
		return rec, false
	}
	body := value[marksLength:]
	want := r.marks(key, body)
	if !hmac.Equal([]byte(value[:marksLength]), want[:]) {
		return rec, false
	}
	return parse(body)
}

func (r *Redis) marks(key, body string) (marks [marksLength]byte) {
	expires := r.hash("expires", key, body[timeLength:headLength])
	rest := r.hash("saved and data", key, body[:timeLength], body[headLength:])
	copy(marks[:markLength], expires[:])
	copy(marks[markLength:], rest[:])
	return marks
}

// hash is a keyed hash of some texts in base64. The first text says what it is for.
func (r *Redis) hash(texts ...string) (sum [43]byte) {
	m, _ := r.macs.Get().(*mac)
	if m == nil {
		m = &mac{Hash: hmac.New(sha256.New, r.hashKey)}
	}
	m.Reset()
	m.text = m.text[:0]
	for _, text := range texts {
		m.text = append(append(m.text, text...), 0) // no text of ours holds a zero byte
	}
	m.Write(m.text)
	base64.RawURLEncoding.Encode(sum[:], m.Sum(m.text[:0]))
	if cap(m.text) <= 64<<10 { // one large session does not hold its memory for ever
		r.macs.Put(m)
	}
	return sum
}

// mac is kept between uses, with its room.
type mac struct {
	hash.Hash
	text []byte
}
