package sessions

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sessionlab/sessions/signing"
)

func TestSignedCarriesTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		codec := newSigned(t, "k")
		signed, err := codec.Encode([]Entry{{"a", []byte("1")}})
		if err != nil {
			t.Fatal(err)
		}
		_, at, err := codec.Signer.Load(signed, 100)
		if want := time.Now().Truncate(time.Second); err != nil || !at.Equal(want) {
			t.Errorf("signed at %v, %v, want %v", at, err, want)
		}
		time.Sleep(10 * 365 * 24 * time.Hour) // Django B-092: a stored value has no age limit of its own
		if entries, err := codec.Decode(signed); err != nil || len(entries) != 1 {
			t.Errorf("ten years later: Decode = %q, %v", entries, err)
		}
	})
}

// TestSignedRefuses is and Django B-093: what is damaged, forged or no
// session gives ErrDecode, and nothing of it is returned.
func TestSignedRefuses(t *testing.T) {
	codec := newSigned(t, "k")
	signer := codec.Signer
	cookies, err := signing.New(signing.CookieSalt, "k")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, c := range []struct {
		name   string
		data   []byte
		forged bool
	}{
		{"nothing", nil, true},
		{"zeros", make([]byte, 100), true},
		{"HTML", []byte("<html><body>It works: really</body></html>"), true},
		{"one MiB of text", bytes.Repeat([]byte("a:b."), 1<<18), true},
		{"unsigned JSON", []byte(`{"a":1}`), true},
		{"a value of the cookie engine", cookies.Dump([]byte(`{"a":1}`), now), true},
		{"a newline at the end", append(signer.Dump([]byte(`{"a":1}`), now), '\n'), true},
		{"a signed list", signer.Dump([]byte(`[1]`), now), false},
		{"a signed null", signer.Dump([]byte(`null`), now), false},
		{"a signed pickle", signer.Dump([]byte("\x80\x04}."), now), false},
		{"nothing, signed", signer.Dump(nil, now), false},
	} {
		entries, err := codec.Decode(c.data)
		if !errors.Is(err, ErrDecode) || entries != nil {
			t.Errorf("%s: Decode = %q, %v, want ErrDecode", c.name, entries, err)
		}
		if got := errors.Is(err, signing.ErrSignature); got != c.forged {
			t.Errorf("%s: wraps ErrSignature = %v, want %v: %v", c.name, got, c.forged, err)
		}
	}
}

// TestSizeIsLimitedBothWays is: what could not be read is not written.
func TestSizeIsLimitedBothWays(t *testing.T) {
	codec := newSigned(t, "k")
	small := codec
	small.max = 1000
	for size := 990; size <= 1010; size++ {
		entries := []Entry{{"a", []byte(`"` + strings.Repeat("x", size-len(`{"a":""}`)) + `"`)}}
		got, err := small.Encode(entries)
		if fits := size <= 1000; (err == nil) != fits {
			t.Errorf("Encode of %d bytes: err = %v, want success = %v", size, err, fits)
		}
		if err != nil {
			if !errors.Is(err, ErrTooLarge) || got != nil {
				t.Errorf("Encode of %d bytes = %q, %v, want ErrTooLarge", size, got, err)
			}
			if got, err = codec.Encode(entries); err != nil {
				t.Fatal(err)
			}
			if _, err := small.Decode(got); !errors.Is(err, ErrDecode) {
				t.Errorf("Decode of %d bytes: err = %v, want ErrDecode", size, err)
			}
		} else if back, err := small.Decode(got); err != nil || !sameEntries(back, entries) {
			t.Errorf("Decode of %d bytes: %v", size, err)
		}
	}
	large := []Entry{{"a", []byte(`"` + strings.Repeat("x", 1<<20) + `"`)}}
	if _, err := codec.Encode(large); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Encode of more than 1 MiB: err = %v, want ErrTooLarge", err)
	}
}

func TestTooLargeNamesTheLargestKeys(t *testing.T) {
	entries := []Entry{
		{"small", []byte("1")}, {"cart", []byte(`"` + strings.Repeat("x", 500) + `"`)},
		{strings.Repeat("é", 30), []byte(`"12345678"`)}, {"recent", []byte(`"` + strings.Repeat("x", 700) + `"`)},
	}
	err := TooLarge(4242, 4096, entries)
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("err = %v, want ErrTooLarge", err)
	}
	const want = `4242 bytes, the limit is 4096; largest keys: "recent" (702), "cart" (502), "éééééééééééééééééééé..." (10)`
	if !strings.HasSuffix(err.Error(), want) {
		t.Errorf("err = %q, want it to end with %q", err, want)
	}
	if entries[0].Name != "small" {
		t.Error("TooLarge sorted the entries of its caller")
	}
}

func TestDecodedEntriesDoNotOverlap(t *testing.T) {
	data := []byte(`{"a":[1],"b":2}`)
	entries, err := InsecureUnsigned{}.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(entries[0].Value, '!')
	if string(entries[1].Value) != "2" || string(data) != `{"a":[1],"b":2}` {
		t.Errorf("appending to one value changed others: %s, %s", entries[1].Value, data)
	}
}

func BenchmarkCodec(b *testing.B) {
	var cart []Entry
	for i := range 10 {
		cart = append(cart, Entry{fmt.Sprintf("name_%d", i), fmt.Appendf(nil, `{"quantity":%d,"price":"19.99","tags":["a","b"]}`, i)})
	}
	for _, size := range []struct {
		name    string
		entries []Entry
	}{{"counter", []Entry{{"visit_count", []byte("3")}}}, {"cart", cart}} {
		for _, codec := range []Codec{InsecureUnsigned{}, newSigned(b, "k")} {
			data, err := codec.Encode(size.entries)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("encode/%T/%s", codec, size.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := codec.Encode(size.entries); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(fmt.Sprintf("decode/%T/%s", codec, size.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := codec.Decode(data); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
