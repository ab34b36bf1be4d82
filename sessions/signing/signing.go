// Package signing makes and checks texts that only the holder of a secret key can have
// made, in the format of Django's TimestampSigner, byte for byte:
//
//	TEXT:TIMESTAMP:SIGNATURE
//
// What is signed can be read by anyone. The salt says what a signature is for: one made
// under another salt, or with another key, is not valid. Signatures are compared as text
// and in constant time, so that there is exactly one for each text, and nothing is decoded
// or inflated before its signature was found good. There is no older or weaker form to
// fall back to.
//
// [Signer.Sign] signs text as it is, for links and messages. [Signer.Dump] packs any
// bytes, compressed if that makes them shorter: it is what Django's sessions are.
// [Signer.DumpFast] does the same in less time and more room.
package signing

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"sync"
	"time"
)

// The salts under which Django signs sessions. A site whose store class has a name of
// its own has the salt "django.contrib.sessions." and that name.
const (
	StoreSalt  = "django.contrib.sessions.SessionStore"            // db, file, cached_db
	CookieSalt = "django.contrib.sessions.backends.signed_cookies" // signed_cookies
)

var (
	// ErrSignature: nobody with one of the keys has signed this under this salt.
	ErrSignature = errors.New("signing: signature does not match")
	// ErrFormat: the signature is good, but what was signed has another format.
	ErrFormat = errors.New("signing: signed text has another format")
)

// Signer signs with one key and verifies with that and others. It is safe for
// concurrent use.
type Signer struct {
	keys []*sync.Pool // of *mac with the derived key; the first one signs
}

// mac is a keyed hash and the room for its result.
type mac struct {
	hash hash.Hash
	sum  [sha256.Size]byte
}

// New returns a signer for one purpose, which salt names. Signatures are made with key;
// those of the fallbacks are still accepted, so that a key can be changed without losing
// what it signed: make the old one a fallback, and drop it when the last such signature
// has expired. An empty salt or key is an error; how strong a key must be is for
// the caller to say.
func New(salt, key string, fallbacks ...string) (*Signer, error) {
	if salt == "" {
		return nil, errors.New("signing: the salt is empty")
	}
	s := &Signer{}
	for _, k := range append([]string{key}, fallbacks...) {
		if k == "" {
			return nil, errors.New("signing: a secret key is empty")
		}
		derived := sha256.Sum256([]byte(salt + "signer" + k))
		s.keys = append(s.keys, &sync.Pool{New: func() any { return &mac{hash: hmac.New(sha256.New, derived[:])} }})
	}
	return s, nil
}

// Sign returns text with the second of at and a signature over both.
func (s *Signer) Sign(text string, at time.Time) string {
	return string(s.seal([]byte(text), at))
}

// Unsign returns the text in signed, and the second in which it was signed. How old it
// may be is for the caller to say. The error wraps [ErrSignature] or [ErrFormat].
func (s *Signer) Unsign(signed string) (text string, at time.Time, err error) {
	raw, at, err := s.open([]byte(signed))
	return string(raw), at, err
}

// Dump returns data in signed text, as short as Django makes it: compressed if that saves at
// least two bytes. It is for where DumpFast takes too much room.
func (s *Signer) Dump(data []byte, at time.Time) []byte {
	return s.seal(pack(data, small), at)
}

// DumpFast returns data in signed text that Django and [Signer.Load] read as well, in a
// fraction of the time: up to 1 KiB is not compressed, and the rest as fast as zlib can.
func (s *Signer) DumpFast(data []byte, at time.Time) []byte {
	const worthAnEffort = 1 << 10
	if len(data) <= worthAnEffort {
		return s.seal(pack(data, nil), at)
	}
	return s.seal(pack(data, fast), at)
}

// Load returns the data in what Dump or Django made, and the second in which it was
// signed. Data of more than limit bytes is refused; so much memory it takes at most.
// The error wraps [ErrSignature] or [ErrFormat].
func (s *Signer) Load(signed []byte, limit int) (data []byte, at time.Time, err error) {
	payload, at, err := s.open(signed)
	if err != nil {
		return nil, time.Time{}, err
	}
	data, err = unpack(payload, limit)
	if err != nil {
		return nil, time.Time{}, err
	}
	return data, at, nil
}

const (
	separator       = ':'
	signatureLength = 43 // 32 bytes in base64 without padding
)

// seal appends time and signature to text, in place if there is room.
func (s *Signer) seal(text []byte, at time.Time) []byte {
	text = append(text, separator)
	text = appendStamp(text, at)
	var sig [signatureLength]byte
	sign(s.keys[0], text, &sig)
	text = append(text, separator)
	return append(text, sig[:]...)
}

// open returns the text in signed, which it shares, and its time.
func (s *Signer) open(signed []byte) (text []byte, at time.Time, err error) {
	i := len(signed) - signatureLength - 1
	if i < 0 || signed[i] != separator {
		return nil, time.Time{}, fmt.Errorf("%w: %d bytes without signature", ErrSignature, len(signed))
	}
	if !s.verify(signed[:i], signed[i+1:]) {
		return nil, time.Time{}, ErrSignature
	}
	signed = signed[:i]
	if i = bytes.LastIndexByte(signed, separator); i < 0 {
		return nil, time.Time{}, fmt.Errorf("%w: no timestamp", ErrFormat)
	}
	at, ok := parseStamp(signed[i+1:])
	if !ok {
		return nil, time.Time{}, fmt.Errorf("%w: broken timestamp", ErrFormat)
	}
	return signed[:i:i], at, nil
}

// verify compares texts, not bytes: the last character of a signature has two unused
// bits, so that four texts stand for the same bytes, and only one of them is valid.
func (s *Signer) verify(message, signature []byte) bool {
	var want [signatureLength]byte
	for _, key := range s.keys {
		sign(key, message, &want)
		if subtle.ConstantTimeCompare(signature, want[:]) == 1 {
			return true
		}
	}
	return false
}

func sign(key *sync.Pool, message []byte, sig *[signatureLength]byte) {
	m := key.Get().(*mac)
	defer key.Put(m)
	m.hash.Reset()
	m.hash.Write(message)
	base64.RawURLEncoding.Encode(sig[:], m.hash.Sum(m.sum[:0]))
}
