package signing

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// FuzzUnsign: only the one text that the key makes is valid.
func FuzzUnsign(f *testing.F) {
	s := newSigner(f, StoreSalt, testKey)
	for _, c := range loadVectors(f).Cases {
		if c.Engine == "db" && len(c.Value) < 200 {
			f.Add(c.Value)
		}
	}
	f.Add(s.Sign("text", moment))
	f.Fuzz(func(t *testing.T, signed string) {
		text, at, err := s.Unsign(signed)
		if err != nil {
			if text != "" {
				t.Errorf("Unsign(%q) = %q beside the error %v", signed, text, err)
			}
			return
		}
		if again := s.Sign(text, at); signed != again {
			t.Errorf("Unsign takes %q, but Sign makes %q", signed, again)
		}
	})
}

// FuzzStamp: each number has one text, and reads back.
func FuzzStamp(f *testing.F) {
	for _, text := range []string{"0", "1r31eq", "-1", "zzzzzzzzzzzz", "", "-", "00", "!"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := parseStamp([]byte(text))
		if !ok || at.Unix() == farthest || at.Unix() == -farthest {
			return
		}
		canonical := string(appendStamp(nil, at))
		if again, ok := parseStamp([]byte(canonical)); !ok || !again.Equal(at) {
			t.Errorf("parseStamp(%q) = %v, %v, want %v", canonical, again, ok, at)
		}
		digits := strings.TrimLeft(strings.TrimPrefix(text, "-"), "0")
		if digits != strings.TrimLeft(strings.TrimPrefix(canonical, "-"), "0") {
			t.Errorf("%q reads as %v, which is written %q", text, at, canonical)
		}
	})
}

// FuzzLoad: unpacking never panics, never exceeds the limit, and what was unpacked can be
// packed again.
func FuzzLoad(f *testing.F) {
	s := newSigner(f, StoreSalt, testKey)
	for _, v := range loadVectors(f).Vectors {
		if len(v.Payload) < 200 {
			f.Add([]byte(v.Payload))
		}
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		const limit = 1000
		data, _, err := s.Load(s.seal(bytes.Clone(p), moment), limit)
		if len(data) > limit {
			t.Errorf("Load returned %d bytes, want at most %d", len(data), limit)
		}
		if err != nil {
			return
		}
		if again, _, err := s.Load(s.Dump(data, moment), limit); err != nil || !bytes.Equal(again, data) {
			t.Errorf("Load of what Dump made = %q, %v, want %q", again, err, data)
		}
	})
}

// FuzzInflate: any bytes, bounded.
func FuzzInflate(f *testing.F) {
	f.Add(zlibbed(f, []byte(`{"a":1}`)))
	f.Add(zlibbed(f, make([]byte, 5000)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, z []byte) {
		const limit = 1000
		if data, err := inflate(z, limit); len(data) > limit || (err != nil && data != nil) {
			t.Errorf("inflate = %d bytes, %v, want at most %d", len(data), err, limit)
		}
	})
}

// FuzzDump: what is dumped loads back.
func FuzzDump(f *testing.F) {
	f.Add([]byte(`{"a":1}`), int64(1700000000))
	f.Add(bytes.Repeat([]byte("abc"), 50), int64(-1))
	f.Fuzz(func(t *testing.T, data []byte, seconds int64) {
		when := time.Unix(seconds%(1<<50), 0)
		s := newSigner(t, CookieSalt, testKey)
		got, at, err := s.Load(s.Dump(data, when), len(data))
		if err != nil || !bytes.Equal(got, data) || !at.Equal(when) {
			t.Errorf("Load = %q, %v, %v, want %q, %v", got, at, err, data, when)
		}
	})
}
