package sessions

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestDecodeKeepsTheOrderOfNames(t *testing.T) { // Django B-012
	entries, err := InsecureUnsigned{}.Decode([]byte(`{"b":1,"a":2,"c":3}`))
	if got := fmt.Sprintf("%s", entries); err != nil || got != "[{b 1} {a 2} {c 3}]" {
		t.Errorf("Decode = %s, %v", got, err)
	}
}

// TestLastOfEqualNamesWins is R-49; Python keeps the place of the first.
func TestLastOfEqualNamesWins(t *testing.T) {
	entries, err := InsecureUnsigned{}.Decode([]byte(`{"a":1,"b":2,"\u0061":3}`))
	if got := fmt.Sprintf("%s", entries); err != nil || got != "[{a 3} {b 2}]" {
		t.Errorf("Decode = %s, %v", got, err)
	}
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, `"k%d":%d,`, i%40, i)
	}
	entries, err = InsecureUnsigned{}.Decode([]byte("{" + strings.TrimSuffix(many.String(), ",") + "}"))
	if err != nil || len(entries) != 40 {
		t.Fatalf("Decode: %d entries, %v, want 40", len(entries), err)
	}
	for i, e := range entries {
		if want := lastOf(i); e.Name != fmt.Sprintf("k%d", i) || string(e.Value) != fmt.Sprint(want) {
			t.Errorf("entry %d = %s: %s, want k%d: %d", i, e.Name, e.Value, i, want)
		}
	}
}

// lastOf is the last number under 100 that is i in steps of 40.
func lastOf(i int) int {
	if i < 20 {
		return i + 80
	}
	return i + 40
}

func TestDecodeTakesWhatPythonTakes(t *testing.T) {
	for _, c := range []struct{ name, text, value string }{
		{"white space", " {\n\"a\"\t:\r 1 } ", "1"},
		{"needless escapes", `{"a":"\/\u0041"}`, `"\/\u0041"`},
		{"half a surrogate pair", `{"a":"\ud83d"}`, `"\ud83d"`},
		{"not a number", `{"a":NaN}`, "NaN"},
		{"infinities", `{"a":[Infinity,-Infinity]}`, "[Infinity,-Infinity]"},
		{"a number beyond float64", `{"a":1e400}`, "1e400"},
		{"a long integer", `{"a":-123456789012345678901234567890}`, "-123456789012345678901234567890"},
		{"0x7F raw", "{\"a\":\"\x7f\"}", "\"\x7f\""},
		{"99 lists in the session", `{"a":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + "}", ""},
	} {
		entries, err := InsecureUnsigned{}.Decode([]byte(c.text))
		if err != nil || len(entries) != 1 || entries[0].Name != "a" || (c.value != "" && string(entries[0].Value) != c.value) {
			t.Errorf("%s: Decode(%.60q) = %.60q, %v, want a: %s", c.name, c.text, entries, err, c.value)
		}
	}
}

// TestDecodeRefuses is.
func TestDecodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":               "",
		"white space":           "  ",
		"a list":                `[1]`,
		"a text":                `"a"`,
		"a number":              `5`,
		"null":                  `null`,
		"cut short":             `{"a":`,
		"cut in a string":       `{"a":"x`,
		"cut in an escape":      `{"a":"\u00`,
		"a name alone":          `{"a"}`,
		"no comma":              `{"a":1 "b":2}`,
		"a comma at the end":    `{"a":1,}`,
		"a comma at the start":  `{,"a":1}`,
		"a name without quotes": `{a:1}`,
		"single quotes":         `{'a':1}`,
		"more behind it":        `{"a":1}x`,
		"two objects":           `{"a":1}{"b":2}`,
		"a raw line break":      "{\"a\":\"x\ny\"}",
		"a NUL":                 "{\"a\":\"x\x00\"}",
		"raw UTF-8":             `{"a":"é"}`,
		"raw Latin-1":           "{\"a\":\"\xe9\"}",
		"a byte order mark":     "\ufeff{}",
		"UTF-16":                "{\x00}\x00",
		"a leading zero":        `{"a":01}`,
		"a leading plus":        `{"a":+1}`,
		"a bare minus":          `{"a":-}`,
		"a point at the end":    `{"a":1.}`,
		"a point at the start":  `{"a":.5}`,
		"an empty exponent":     `{"a":1e+}`,
		"a hex number":          `{"a":0x1}`,
		"an unknown escape":     `{"a":"\x41"}`,
		"a half escape":         `{"a":"\u12g4"}`,
		"an unknown word":       `{"a":nul}`,
		"another unknown word":  `{"a":-Inf}`,
		"half a pair in a name": `{"\ud83d":1}`,
		"a list half open":      `{"a":[1,2}`,
		"an object half open":   `{"a":{"b":1]}`,
		"a comma in a list":     `{"a":[1,]}`,
		"a broken inner name":   `{"a":{"b" 1}}`,
		"100 lists":             `{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}",
		"5000 lists":            strings.Repeat("[", 5000),
		"100 objects":           strings.Repeat(`{"a":`, 101) + "1" + strings.Repeat("}", 101),
		"a million brackets":    `{"a":` + strings.Repeat("[", 1e6),
	} {
		entries, err := InsecureUnsigned{}.Decode([]byte(text))
		if !errors.Is(err, ErrDecode) || entries != nil {
			t.Errorf("%s: Decode(%.60q) = %.60q, %v, want ErrDecode", name, text, entries, err)
		}
	}
}

func TestEncodeEscapesNames(t *testing.T) {
	got, err := InsecureUnsigned{}.Encode([]Entry{{"é\"\\\n\x00\x7f🍪/<", []byte("1")}, {"", []byte("2")}})
	if want := `{"\u00e9\"\\\n\u0000\u007f\ud83c\udf6a/<":1,"":2}`; string(got) != want || err != nil {
		t.Errorf("Encode = %s, %v, want %s", got, err, want)
	}
	if got, err := (InsecureUnsigned{}).Encode(nil); string(got) != "{}" || err != nil {
		t.Errorf("Encode of nothing = %s, %v, want {}", got, err)
	}
}

func TestEncodeRefusesWhatCannotBeRead(t *testing.T) {
	for name, e := range map[string]Entry{
		"a name that is not UTF-8": {"\xff", []byte("1")},
		"no value":                 {"a", nil},
	} {
		for _, codec := range []Codec{InsecureUnsigned{}, newSigned(t, "k")} {
			if got, err := codec.Encode([]Entry{e}); !errors.Is(err, ErrValue) || got != nil {
				t.Errorf("%s: %T.Encode = %q, %v, want ErrValue", name, codec, got, err)
			}
		}
	}
}
