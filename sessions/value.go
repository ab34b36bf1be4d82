package sessions

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// marshalValue encodes any Go value in Django's text form (see [JSON]), the same value
// always to the same text. Its error wraps [ErrValue]: for what JSON cannot hold, such
// as NaN, a channel or bytes that are not UTF-8, and for what nests too deep.
func marshalValue(v any) (jsontext.Value, error) {
	switch v := v.(type) { // the common ones, without reflection
	case nil:
		return jsontext.Value("null"), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	case int:
		return strconv.AppendInt(nil, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case string:
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("%w: text is not UTF-8", ErrValue)
		}
		return appendString(make([]byte, 0, len(v)+2), v), nil
	}
	text, err := json.Marshal(v, marshalOptions)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrValue, err)
	}
	text = asciiText(text)
	if s := (scanner{text: text}); !s.value(maxDepth-1) || s.pos != len(text) {
		return nil, fmt.Errorf("%w: more than %d objects and lists in each other", ErrValue, maxDepth-1)
	}
	return text, nil
}

// unmarshalValue decodes one value into what dst points to. Numbers in an any become
// int64 or float64 as they are written, so that they are stored again as they were; a
// number that neither can hold becomes an encoding/json.Number.
func unmarshalValue(raw []byte, dst any) error {
	return json.Unmarshal(raw, dst, unmarshalOptions)
}

var marshalOptions = json.JoinOptions(
	json.Deterministic(true), // or every save of a map would look like a change
	json.WithMarshalers(json.JoinMarshalers(
		json.MarshalToFunc(func(enc *jsontext.Encoder, f float64) error { return writeFloat(enc, f, 64) }),
		json.MarshalToFunc(func(enc *jsontext.Encoder, f float32) error { return writeFloat(enc, float64(f), 32) }),
		json.MarshalToFunc(func(enc *jsontext.Encoder, n stdjson.Number) error { return writeNumber(enc, n) }),
		json.MarshalToFunc(func(enc *jsontext.Encoder, v any) error {
			// Types of one's own, such as type Celsius float64; v is a pointer to one.
			switch r := reflect.ValueOf(v).Elem(); r.Kind() {
			case reflect.Float64:
				return writeFloat(enc, r.Float(), 64)
			case reflect.Float32:
				return writeFloat(enc, r.Float(), 32)
			}
			return errors.ErrUnsupported
		}),
	)),
)

var unmarshalOptions = json.JoinOptions(
	jsontext.AllowDuplicateNames(true), // as Python does
	jsontext.AllowInvalidUTF8(true),    // half a surrogate pair becomes U+FFFD
	json.WithUnmarshalers(json.JoinUnmarshalers(
		json.UnmarshalFromFunc(func(dec *jsontext.Decoder, v *any) error {
			if dec.PeekKind() != '0' {
				return errors.ErrUnsupported
			}
			raw, err := dec.ReadValue()
			if err == nil {
				*v = number(string(raw))
			}
			return err
		}),
		json.UnmarshalFromFunc(func(dec *jsontext.Decoder, n *stdjson.Number) error {
			if dec.PeekKind() != '0' {
				return errors.ErrUnsupported
			}
			raw, err := dec.ReadValue()
			if err == nil {
				*n = stdjson.Number(raw)
			}
			return err
		}),
	)),
)

// writeFloat writes f as Python does: the shortest digits that read back to f, with a
// point or an exponent.
func writeFloat(enc *jsontext.Encoder, f float64, bits int) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("%v is no JSON", f)
	}
	return enc.WriteValue(appendFloat(enc.AvailableBuffer(), f, bits))
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

func writeNumber(enc *jsontext.Encoder, n stdjson.Number) error {
	if s := (scanner{text: []byte(n)}); !s.number() || s.pos != len(n) {
		return fmt.Errorf("%q is no number", clip(string(n)))
	}
	return enc.WriteValue(jsontext.Value(n))
}

func number(text string) any {
	if !strings.ContainsAny(text, ".eE") {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	} else if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	return stdjson.Number(text)
}

// asciiText escapes in JSON text what Django writes escaped and the encoder does not:
// everything from 0x7F on, which can stand in strings alone.
func asciiText(text []byte) []byte {
	for i, c := range text {
		if c < 0x7f {
			continue
		}
		out := append(make([]byte, 0, len(text)+len(text)/2), text[:i]...)
		for _, r := range string(text[i:]) {
			if r < 0x7f {
				out = append(out, byte(r))
			} else {
				out = appendUnicode(out, r)
			}
		}
		return out
	}
	return text
}
