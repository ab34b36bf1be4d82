package signedcookies

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"sessionlab/sessions/signing"
)

// NewEncrypted returns an engine whose cookies only the holder of the secret key can read:
// AES-256-GCM with a random nonce, which proves their origin as well. The key is derived
// from the secret by HKDF-SHA-256; a cookie is good under one cookie name only. Django
// cannot read such cookies, and cookies that are only signed are not accepted.
//
// The length of a cookie still tells how much is stored. So that it tells nothing of what
// is stored, the data is not compressed, and less fits into a cookie. One secret is good
// for some four billion saves (2^32 random nonces); a busy site changes it before.
func NewEncrypted(cfg Config) (*Engine, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	f := encrypted{bound: []byte(prefix + cfg.CookieName)}
	for _, secret := range append([]string{cfg.Secret}, cfg.Fallbacks...) {
		if secret == "" {
			return nil, fmt.Errorf("signed_cookies: a fallback key is empty")
		}
		aead, err := newAEAD(secret)
		if err != nil {
			return nil, fmt.Errorf("signed_cookies: %w", err)
		}
		f.keys = append(f.keys, aead)
	}
	return &Engine{cfg.CookieName, cfg.Age, "your own browser, encrypted", f}, nil
}

const (
	prefix   = "e1." // version of the format
	purpose  = "sessionlab: encrypted session cookie, version 1"
	overhead = 12 + 16 // nonce and tag
)

func newAEAD(secret string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// encrypted writes prefix and base64 of nonce, ciphertext and tag. What is encrypted is
// the second of saving in 8 bytes, then the data.
type encrypted struct {
	keys  []cipher.AEAD // the first one encrypts
	bound []byte        // what a cookie is good for, without being in it
}

var encoding = base64.RawURLEncoding.Strict() // one text for each value

func (f encrypted) seal(data []byte, at time.Time, _ int) []byte {
	plain := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(data)), uint64(at.Unix()))
	sealed := f.keys[0].Seal(nil, nil, append(plain, data...), f.bound)
	key := make([]byte, 0, len(prefix)+encoding.EncodedLen(len(sealed)))
	return encoding.AppendEncode(append(key, prefix...), sealed)
}

func (f encrypted) open(key string) ([]byte, time.Time, error) {
	sealed, err := encoding.DecodeString(strings.TrimPrefix(key, prefix))
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: base64: %w", signing.ErrFormat, err)
	}
	for _, aead := range f.keys {
		plain, err := aead.Open(nil, nil, sealed, f.bound)
		if err == nil && len(plain) >= 8 {
			return plain[8:], time.Unix(int64(binary.BigEndian.Uint64(plain)), 0).UTC(), nil
		}
	}
	return nil, time.Time{}, signing.ErrSignature
}

func (encrypted) shaped(key string) bool {
	text, ok := strings.CutPrefix(key, prefix)
	if !ok || len(text) < encoding.EncodedLen(overhead+8) {
		return false
	}
	for i := range len(text) {
		if !inBase64[text[i]] {
			return false
		}
	}
	return true
}
