package signing

import (
	"bytes"
	"compress/zlib"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

func zlibbed(t testing.TB, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zlib.NewWriter(&buf)
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// zeros returns the start of a zlib stream of that many MiB of zeros.
func zeros(t testing.TB, megabytes int) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zlib.NewWriter(&buf)
	w.Write(make([]byte, 1<<20))
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	const header = 2
	z := buf.Bytes() // ends at a byte, so that the blocks in it can be repeated
	return append(z[:header:header], bytes.Repeat(z[header:], megabytes)...)
}

// payload is what a holder of the key can make of compressed bytes.
func payload(z []byte) []byte { return encoding.AppendEncode([]byte{compressed}, z) }

// TestInflateIsBounded is R-35 and Django B-314: the signature is good, the content is hostile.
func TestInflateIsBounded(t *testing.T) {
	s := newSigner(t, StoreSalt, testKey)
	bomb := s.seal(payload(zeros(t, 100)), moment)
	s.Load(bomb, 1<<20) // fills the pools

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	data, _, err := s.Load(bomb, 1<<20)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrFormat) || data != nil {
		t.Errorf("Load of %d bytes that inflate to 100 MiB = %d bytes, %v, want ErrFormat", len(bomb), len(data), err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("Load took %d bytes of memory, want less than 4 MiB", took)
	}
}

func TestLimitIsExact(t *testing.T) {
	s := newSigner(t, StoreSalt, testKey)
	random := make([]byte, 1000)
	for i := range random {
		random[i] = byte(rand.IntN(256))
	}
	for name, data := range map[string][]byte{"compressible": bytes.Repeat([]byte("a"), 1000), "random": random, "empty": {}} {
		signed := s.Dump(data, moment)
		if got, _, err := s.Load(signed, len(data)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: Load with the limit at its length: %d bytes, %v", name, len(got), err)
		}
		if _, _, err := s.Load(signed, len(data)-1); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: Load with the limit below its length: err = %v, want ErrFormat", name, err)
		}
	}
}

// TestBrokenPayloads: the signature is good, what it covers cannot be unpacked.
func TestBrokenPayloads(t *testing.T) {
	s := newSigner(t, StoreSalt, testKey)
	z := zlibbed(t, []byte(`{"a":1}`))
	for name, p := range map[string]string{
		"no base64":              "!!!!",
		"impossible length":      "e30AA",
		"padding":                "eyJhYiI6MX0=",
		"standard alphabet":      "eyJwIjoifn5+Pj4+Pz8/fn5+In0",
		"line break":             "ey\nJhIjoxfQ",
		"unused bits":            "eyJhIjoxfR", // decodes like ...fQ
		"mark on plain data":     ".eyJhIjoxfQ",
		"mark alone":             ".",
		"two marks":              "." + string(payload(z)),
		"cut short":              string(payload(z[:len(z)-2])),
		"wrong checksum":         string(payload(append(bytes.Clone(z[:len(z)-1]), z[len(z)-1]^1))),
		"bytes behind the end":   string(payload(append(bytes.Clone(z), 'x'))),
		"line break, compressed": strings.Replace(string(payload(z)), "e", "e\n", 1),
	} {
		if got, _, err := s.Load(s.seal([]byte(p), moment), 1<<20); !errors.Is(err, ErrFormat) || got != nil {
			t.Errorf("%s: Load = %q, %v, want ErrFormat", name, got, err)
		}
		if got, _, err := s.Load(s.Dump([]byte(`{"b":2}`), moment), 1<<20); err != nil || string(got) != `{"b":2}` {
			t.Fatalf("after %s: Load of a good value = %q, %v", name, got, err)
		}
	}
}

// TestShortDataIsNotWorthwhile: what worthwhile rules out never gains by compression.
func TestShortDataIsNotWorthwhile(t *testing.T) {
	var buf bytes.Buffer
	w := zlib.NewWriter(&buf)
	for _, letters := range []string{"abcd", "01234567", `{}":,abcdefghijklmnop`, " !#$%&'()*+,-./0123456789:;<=>?@ABC"} {
		for range 300 {
			data := make([]byte, rand.IntN(70))
			for i := range data {
				data[i] = letters[rand.IntN(len(letters))]
			}
			if worthwhile(data) {
				continue
			}
			buf.Reset()
			w.Reset(&buf)
			w.Write(data)
			w.Close()
			if buf.Len() < len(data)-1 {
				t.Fatalf("%q takes %d bytes, compressed %d", data, len(data), buf.Len())
			}
		}
	}
}

// Both ways to write are read back, and the fast one compresses what is long.
func TestWhatIsWrittenFastIsReadAsWell(t *testing.T) {
	s := newSigner(t, StoreSalt, testKey)
	for _, size := range []int{0, 1, 17, 600, 1 << 10, 1<<10 + 1, 4000, 200_000} {
		data := bytes.Repeat([]byte(`{"visit_count":3,"theme":"dark"} `), size/33+1)[:size]
		best, quick := s.Dump(data, moment), s.DumpFast(data, moment)
		for name, signed := range map[string][]byte{"Dump": best, "DumpFast": quick} {
			if got, at, err := s.Load(signed, size); err != nil || !bytes.Equal(got, data) || !at.Equal(moment) {
				t.Errorf("%s of %d bytes: read back %d bytes of %v, %v", name, size, len(got), at, err)
			}
		}
		if isCompressed := quick[0] == compressed; isCompressed != (size > 1<<10) {
			t.Errorf("DumpFast of %d bytes: compressed %v", size, isCompressed)
		}
		if len(best) > len(quick) {
			t.Errorf("of %d bytes Dump makes %d, DumpFast %d", size, len(best), len(quick))
		}
	}
}
