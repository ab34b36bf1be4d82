package sessions

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"
)

type celsius float64

type product struct {
	Name  string  `json:"name"`
	Price float64 `json:"price"`
	Count int     `json:"count,omitzero"`
}

func TestMarshalValue(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, "null"},
		{true, "true"},
		{false, "false"},
		{0, "0"},
		{-7, "-7"},
		{int64(math.MinInt64), "-9223372036854775808"},
		{uint64(math.MaxUint64), "18446744073709551615"},
		{uint8(200), "200"},
		{int16(-3), "-3"},
		{1.0, "1.0"},
		{math.Copysign(0, -1), "-0.0"},
		{0.1, "0.1"},
		{0.0001, "0.0001"},
		{0.00001, "1e-05"},
		{1e15, "1000000000000000.0"},
		{1e16, "1e+16"},
		{9999999999999998.0, "9999999999999998.0"},
		{1.5e300, "1.5e+300"},
		{5e-324, "5e-324"},
		{float32(0.1), "0.1"},
		{celsius(20), "20.0"},
		{map[string]celsius{"t": 1e16}, `{"t":1e+16}`},
		{[]any{1, 1.0, "é", nil, true, float32(2)}, `[1,1.0,"\u00e9",null,true,2.0]`},
		{map[string]any{"b": 1, "a": 2.0, "é": []int{}}, `{"a":2.0,"b":1,"\u00e9":[]}`},
		{map[int]string{2: "b", 1: "a"}, `{"1":"a","2":"b"}`},
		{product{"Zoë 🍪", 19, 0}, `{"name":"Zo\u00eb \ud83c\udf6a","price":19.0}`},
		{&product{"x", 0.5, 2}, `{"name":"x","price":0.5,"count":2}`},
		{"", `""`},
		{"<a href=\"/\">&'\u2028\x7f\t\x01", `"<a href=\"/\">&'\u2028\u007f\t\u0001"`},
		{[]string{"\u2028\x7f\b\f\n\r\t\x1f", "\uffff"}, `["\u2028\u007f\b\f\n\r\t\u001f","\uffff"]`},
		{stdjson.Number("123456789012345678901234567890"), "123456789012345678901234567890"},
		{map[string]stdjson.Number{"n": "1.50"}, `{"n":1.50}`},
		{big.NewInt(7), "7"},
		{stdjson.RawMessage(` { "b" : 1.0 , "a" : "é" } `), `{"b":1.0,"a":"\u00e9"}`},
		{time.Date(2030, 1, 2, 3, 4, 5, 6000, time.UTC), `"2030-01-02T03:04:05.000006Z"`},
		{[]byte("hi"), `"aGk="`},
	} {
		got, err := marshalValue(c.value)
		if err != nil || string(got) != c.want {
			t.Errorf("marshalValue(%#v) = %s, %v, want %s", c.value, got, err, c.want)
		}
	}
}

func TestMarshalValueRefuses(t *testing.T) {
	deep := any(1)
	for range 100 {
		deep = []any{deep}
	}
	for name, value := range map[string]any{
		"NaN":                  math.NaN(),
		"an infinity":          []float64{math.Inf(1)},
		"an infinity, deeper":  map[string]any{"x": celsius(math.Inf(-1))},
		"a channel":            make(chan int),
		"a function":           func() {},
		"text that is no UTF8": "\xff",
		"the same in a list":   []string{"\xff"},
		"a broken raw value":   stdjson.RawMessage(`{"a":`),
		"no number":            stdjson.Number("1x"),
		"NaN as a number":      stdjson.Number("NaN"),
		"an empty number":      stdjson.Number(""),
		"100 lists":            deep,
		"a complex number":     1i,
	} {
		if got, err := marshalValue(value); !errors.Is(err, ErrValue) || got != nil {
			t.Errorf("%s: marshalValue = %s, %v, want ErrValue", name, got, err)
		}
	}
}

func TestMarshalValueOfAMapIsTheSameEachTime(t *testing.T) {
	m := map[string]any{}
	for i := range 50 {
		m[fmt.Sprint(i)] = map[int]int{i: i, -i: i, 1000: 1}
	}
	first, err := marshalValue(m)
	for range 20 {
		if again, _ := marshalValue(m); string(again) != string(first) {
			t.Fatalf("marshalValue = %s, then %s, %v", first, again, err)
		}
	}
}

func TestUnmarshalValueIntoAny(t *testing.T) { // integers above 2^53 are kept
	for _, c := range []struct {
		raw  string
		want any
	}{
		{"1", int64(1)},
		{"-9007199254740993", int64(-9007199254740993)},
		{"9223372036854775808", stdjson.Number("9223372036854775808")},
		{"1.0", 1.0},
		{"1e3", 1e3},
		{"-0.0", math.Copysign(0, -1)},
		{"1e400", stdjson.Number("1e400")},
		{`"\u00e9\ud83c\udf6a"`, "é🍪"},
		{`"\ud83d"`, "\ufffd"},
		{`[1,{"a":2,"a":3}]`, []any{int64(1), map[string]any{"a": int64(3)}}},
		{"null", nil},
		{"true", true},
	} {
		var got any
		if err := unmarshalValue([]byte(c.raw), &got); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("unmarshalValue(%s) = %#v, %v, want %#v", c.raw, got, err, c.want)
		}
	}
}

func TestUnmarshalValueIntoATypeOfItsOwn(t *testing.T) {
	var p product
	if err := unmarshalValue([]byte(`{"name":"x","price":1,"more":[1]}`), &p); err != nil || p != (product{"x", 1, 0}) {
		t.Errorf("unmarshalValue = %+v, %v", p, err)
	}
	var n stdjson.Number
	if err := unmarshalValue([]byte(`1.50`), &n); err != nil || n != "1.50" {
		t.Errorf("unmarshalValue = %q, %v, want 1.50", n, err)
	}
}

// TestUnmarshalValueOfAnotherType is R-48: an error, which the layer makes a zero value of.
func TestUnmarshalValueOfAnotherType(t *testing.T) {
	for _, c := range []struct {
		raw string
		dst any
	}{
		{`"x"`, new(int)}, {`{}`, new(int)}, {`1.5`, new(int)}, {`300`, new(uint8)}, {`"x"`, new(map[string]int)},
		{`[1]`, new(string)}, {`NaN`, new(float64)}, {`[NaN]`, new(any)}, {`1e400`, new(float64)}, {``, new(any)},
	} {
		if err := unmarshalValue([]byte(c.raw), c.dst); err == nil {
			t.Errorf("unmarshalValue(%s) into %T: no error", c.raw, c.dst)
		}
	}
}

// FuzzDecode: any bytes give entries or ErrDecode, and entries survive encoding.
func FuzzDecode(f *testing.F) {
	for _, v := range loadDjangoVectors(f).Vectors {
		if len(v.JSON) < 300 {
			f.Add([]byte(v.JSON))
		}
	}
	for _, text := range []string{`{"a":1,}`, "{\"a\":\"\x00\"}", `{"a":[[[[1]]]]}`, `{"\ud83d":1}`, " {} x", strings.Repeat("[", 200)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := InsecureUnsigned{}.Decode(data)
		if err != nil {
			if !errors.Is(err, ErrDecode) || entries != nil {
				t.Errorf("Decode(%q) = %q, %v, want ErrDecode", data, entries, err)
			}
			return
		}
		text, err := InsecureUnsigned{}.Encode(entries)
		if err != nil {
			t.Fatalf("Encode(%q): %v", entries, err)
		}
		again, err := InsecureUnsigned{}.Decode(text)
		if err != nil || !reflect.DeepEqual(again, entries) {
			t.Errorf("Decode(%q) = %q, %v, want %q", text, again, err, entries)
		}
		var viaStandard map[string]stdjson.RawMessage
		stdErr := stdjson.Unmarshal(data, &viaStandard)
		if odd := strings.Contains(string(data), "NaN") || strings.Contains(string(data), "Infinity"); stdErr != nil && !odd {
			t.Errorf("Decode takes %q, encoding/json does not: %v", data, stdErr)
		}
	})
}

// FuzzValue: texts keep their meaning through marshalValue and unmarshalValue.
func FuzzValue(f *testing.F) {
	f.Add("é\x7f\u2028🍪\"\\\n", 1.5, int64(1)<<53+1)
	f.Fuzz(func(t *testing.T, s string, x float64, n int64) {
		value := map[string]any{s: []any{s, x, n}}
		raw, err := marshalValue(value)
		if err != nil {
			return // no UTF-8, or NaN: refused
		}
		for _, c := range raw {
			if c < 0x20 || c > 0x7e {
				t.Errorf("marshalValue(%q) = %q: not printable ASCII", value, raw)
			}
		}
		var got map[string]any
		if err := unmarshalValue(raw, &got); err != nil || !reflect.DeepEqual(got, value) {
			t.Errorf("unmarshalValue(%s) = %v, %v, want %v", raw, got, err, value)
		}
	})
}

func BenchmarkMarshalValue(b *testing.B) {
	for _, v := range []any{3, "dark", []string{"golang", "sessions"}, map[string]product{"1": {"Notebook", 19.99, 2}}} {
		b.Run(fmt.Sprintf("%T", v), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := marshalValue(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUnmarshalValue(b *testing.B) {
	for _, c := range []struct {
		raw string
		dst any
	}{{"3", new(int)}, {`"dark"`, new(string)}, {`["golang","sessions"]`, new([]string)}, {`{"1":{"name":"Notebook","price":19.99,"count":2}}`, new(map[string]product)}} {
		b.Run(fmt.Sprintf("%T", c.dst), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := unmarshalValue([]byte(c.raw), c.dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
