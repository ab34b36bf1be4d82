package signing

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testKey  = "signing-test-key-0123456789abcdefghijklmnopqrstuvwxyz"
	otherKey = "signing-other-key-0123456789abcdefghijklmnopqrstuvwxyz"
)

var moment = time.Unix(1700000000, 0)

func TestNewRefusesEmptyTexts(t *testing.T) {
	for _, c := range []struct {
		name      string
		salt, key string
		fallbacks []string
	}{
		{"no salt", "", testKey, nil},
		{"no key", StoreSalt, "", nil},
		{"an empty fallback", StoreSalt, testKey, []string{otherKey, ""}},
	} {
		_, err := New(c.salt, c.key, c.fallbacks...)
		if err == nil {
			t.Errorf("%s: no error", c.name)
		} else if strings.Contains(err.Error(), testKey) || strings.Contains(err.Error(), otherKey) {
			t.Errorf("%s: the error shows a key", c.name)
		}
	}
}

// TestEverySingleBitCounts is R-30 and Django B-313.
func TestEverySingleBitCounts(t *testing.T) {
	s := newSigner(t, StoreSalt, testKey)
	for _, data := range []string{`{"a":1}`, `{"t":"` + strings.Repeat("xyz", 40) + `"}`} {
		signed := s.Dump([]byte(data), moment)
		for i := range 8 * len(signed) {
			flipped := bytes.Clone(signed)
			flipped[i/8] ^= 1 << (i % 8)
			if got, _, err := s.Load(flipped, 1<<20); !errors.Is(err, ErrSignature) || got != nil {
				t.Errorf("bit %d flipped: Load = %q, %v, want ErrSignature", i, got, err)
			}
		}
		if got, _, err := s.Load(signed, 1<<20); err != nil || string(got) != data {
			t.Errorf("untouched: Load = %q, %v, want %q", got, err, data)
		}
	}
}

// TestOtherTextsAreRefused is, B-091 and R-38.
func TestOtherTextsAreRefused(t *testing.T) {
	s := newSigner(t, StoreSalt, testKey)
	signed := s.Sign("text", moment)
	other := s.Sign("other", moment.Add(time.Hour))
	message, sig, _ := strings.Cut(signed, ":1r31eq:")
	message += ":1r31eq"
	foreign := func(salt, key string) string { return newSigner(t, salt, key).Sign("text", moment) }

	cases := map[string]string{
		"nothing":                       "",
		"one separator":                 ":",
		"two separators":                "::",
		"an empty signature":            message + ":",
		"no signature":                  message,
		"padding":                       signed + "=",
		"a line break at the end":       signed + "\n",
		"a line break in the signature": signed[:len(signed)-4] + "\r\n" + signed[len(signed)-4:],
		"a space in front":              " " + signed,
		"a field in front":              "x:" + signed,
		"a signature of another text":   message + other[strings.LastIndexByte(other, ':'):],
		"another case":                  message + ":" + swapCase(sig),
		"upper case":                    strings.ToUpper(signed),
		"the standard base64 alphabet":  message + ":" + strings.NewReplacer("-", "+", "_", "/").Replace(sig) + "",
		"alg none":                      base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + ".text.",
		"another key":                   foreign(StoreSalt, otherKey),
		"another engine's salt":         foreign(CookieSalt, testKey),
		"the salt of reset links":       foreign("django.contrib.auth.tokens.PasswordResetTokenGenerator", testKey),
		"the general salt":              foreign("django.core.signing", testKey),
		"SHA-1":                         sha1Signed(StoreSalt, testKey, message),
		"the bare key":                  rawSigned([]byte(testKey), message),
		"unsigned JSON":                 base64.RawURLEncoding.EncodeToString([]byte(`{"a":1}`)),
	}
	for i := range signed {
		cases["prefix "+signed[:i]] = signed[:i]
		if i > 0 {
			cases["suffix "+signed[i:]] = signed[i:]
		}
	}
	for name, text := range cases {
		if text == signed {
			continue // a signature that the change does not concern
		}
		if got, _, err := s.Unsign(text); !errors.Is(err, ErrSignature) || got != "" {
			t.Errorf("%s: Unsign(%q) = %q, %v, want ErrSignature", name, text, got, err)
		}
	}
}

// TestTheLastCharacterIsCanonical is R-32: four texts decode to each signature.
func TestTheLastCharacterIsCanonical(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	s := newSigner(t, StoreSalt, testKey)
	signed := s.Sign("text", moment)
	cut, last := signed[:len(signed)-1], signed[len(signed)-1:]
	valid := 0
	for _, c := range alphabet {
		if _, _, err := s.Unsign(cut + string(c)); err == nil {
			valid++
		}
	}
	if valid != 1 {
		t.Errorf("%d last characters are valid, want only %s", valid, last)
	}
}

// TestSignedTextOfAnotherFormat: the signature is good, what stands before it is not.
func TestSignedTextOfAnotherFormat(t *testing.T) {
	s := newSigner(t, StoreSalt, testKey)
	for name, message := range map[string]string{
		"no timestamp":       "text",
		"empty timestamp":    "text:",
		"bare minus":         "text:-",
		"no base62":          "text:1r31e!",
		"space in timestamp": "text: 1r31eq",
	} {
		var sig [signatureLength]byte
		sign(s.keys[0], []byte(message), &sig)
		if got, _, err := s.Unsign(message + ":" + string(sig[:])); !errors.Is(err, ErrFormat) || got != "" {
			t.Errorf("%s: Unsign = %q, %v, want ErrFormat", name, got, err)
		}
	}
}

// TestKeysRotate is R-37 and Django B-099.
func TestKeysRotate(t *testing.T) {
	before := newSigner(t, StoreSalt, testKey)
	during := newSigner(t, StoreSalt, otherKey, "a third key that signed nothing", testKey)
	after := newSigner(t, StoreSalt, otherKey)

	old := before.Sign("text", moment)
	for name, c := range map[string]struct {
		s     *Signer
		valid bool
	}{"before": {before, true}, "during": {during, true}, "after": {after, false}} {
		if _, _, err := c.s.Unsign(old); (err == nil) != c.valid {
			t.Errorf("%s the change: Unsign: err = %v, want valid = %v", name, err, c.valid)
		}
	}
	if got, want := during.Sign("text", moment), after.Sign("text", moment); got != want {
		t.Error("a signer with fallbacks does not sign with its main key")
	}
}

func TestSignerIsSafeForConcurrentUse(t *testing.T) {
	s := newSigner(t, StoreSalt, testKey, otherKey)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			data := bytes.Repeat([]byte{'a' + byte(i)}, 100*(i+1))
			for range 100 {
				if got, _, err := s.Load(s.Dump(data, moment), 1000); err != nil || !bytes.Equal(got, data) {
					t.Errorf("Load = %.20q, %v, want %.20q", got, err, data)
				}
			}
		})
	}
	wg.Wait()
}

func TestDumpLeavesItsInputAlone(t *testing.T) {
	s := newSigner(t, StoreSalt, testKey)
	data := append(make([]byte, 0, 1000), `{"a":1}`...)
	signed := s.Dump(data, moment)
	again := bytes.Clone(signed)
	if _, _, err := s.Load(signed, 100); err != nil || !bytes.Equal(signed, again) {
		t.Errorf("Load: err = %v, and what it was given is now %q, want %q", err, signed, again)
	}
	if string(data[:cap(data)][:8]) != "{\"a\":1}\x00" {
		t.Errorf("Dump wrote behind its input: %q", data[:cap(data)][:20])
	}
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz", r) {
			return r - 32
		} else if strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZ", r) {
			return r + 32
		}
		return r
	}, s)
}

func rawSigned(key []byte, message string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return message + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func sha1Signed(salt, key, message string) string {
	derived := sha1.Sum([]byte(salt + "signer" + key))
	mac := hmac.New(sha1.New, derived[:])
	mac.Write([]byte(message))
	return message + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
