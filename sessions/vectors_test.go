package sessions

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sessionlab/sessions/signing"
)

// djangoVectors are what a real Django wrote and read (3.2.25, checked with 5.2.17).
type djangoVectors struct {
	Vectors []struct {
		ID        string          `json:"id"`
		SecretKey string          `json:"secret_key"`
		Session   json.RawMessage `json:"session"` // null where strict JSON cannot hold it
		JSON      string          `json:"json"`
		Stored    string          `json:"db_session_data"`
	} `json:"vectors"`
	Cases []struct {
		ID           string   `json:"id"`
		Engine       string   `json:"engine"`
		SecretKey    string   `json:"secret_key"`
		FallbackKeys []string `json:"fallback_keys"`
		Must         bool     `json:"must"` // false: only the holder of the key can make it, and being stricter is fine
		Value        string   `json:"value"`
		Expect       struct {
			JSON string `json:"json"`
		} `json:"expect"`
	} `json:"cases"`
	SessionKeys []struct {
		Key      string `json:"key"`
		Accepted bool   `json:"accepted"`
		FileName string `json:"file_name"`
	} `json:"session_keys"`
	Expiry []struct {
		ID           string          `json:"id"`
		Stored       json.RawMessage `json:"stored"`
		Modification time.Time       `json:"modification"`
		CookieAge    int             `json:"cookie_age"`
		Outcomes     map[string]struct {
			Date any `json:"date"` // text, or what was raised
		} `json:"outcomes"`
	} `json:"expiry"`
	HTTPDate []struct {
		Epoch float64 `json:"epoch"`
		Text  string  `json:"text"`
	} `json:"http_date"`
}

func loadDjangoVectors(t testing.TB) (v djangoVectors) {
	t.Helper()
	text, err := os.ReadFile("signing/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func newSigned(t testing.TB, key string, fallbacks ...string) Signed {
	t.Helper()
	signer, err := signing.New(signing.StoreSalt, key, fallbacks...)
	if err != nil {
		t.Fatal(err)
	}
	return Signed{Signer: signer}
}

// TestCodecsReadAndWriteDjangosText is Django B-090: each vector decodes, and encodes to
// the same text again.
func TestCodecsReadAndWriteDjangosText(t *testing.T) {
	for _, v := range loadDjangoVectors(t).Vectors {
		t.Run(v.ID, func(t *testing.T) {
			entries, err := InsecureUnsigned{}.Decode([]byte(v.JSON))
			if err != nil {
				t.Fatalf("JSON.Decode(%.80q): %v", v.JSON, err)
			}
			got, err := InsecureUnsigned{}.Encode(entries)
			if err != nil || (string(got) != v.JSON && v.ID != "py-duplicate-keys") {
				t.Errorf("JSON.Encode = %.80q, %v, want %.80q", got, err, v.JSON)
			}
			codec := newSigned(t, v.SecretKey)
			stored, err := codec.Decode([]byte(v.Stored))
			if err != nil || !sameEntries(stored, entries) {
				t.Errorf("Signed.Decode(%.80q) = %.80q, %v, want %.80q", v.Stored, stored, err, entries)
			}
			signed, err := codec.Encode(entries)
			if err != nil {
				t.Fatalf("Signed.Encode: %v", err)
			}
			if again, err := codec.Decode(signed); err != nil || !sameEntries(again, entries) {
				t.Errorf("Signed.Decode of what was encoded = %.80q, %v, want %.80q", again, err, entries)
			}
		})
	}
}

// TestValuesAreWrittenAsDjangoDoes: decoding the values and encoding them again yields
// Django's text, byte for byte: escapes, floats, integers of any size.
func TestValuesAreWrittenAsDjangoDoes(t *testing.T) {
	for _, v := range loadDjangoVectors(t).Vectors {
		if string(v.Session) == "null" {
			continue // Python's own: NaN, half a surrogate pair
		}
		entries, err := InsecureUnsigned{}.Decode([]byte(v.JSON))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			var value any
			if err := unmarshalValue(e.Value, &value); err != nil {
				t.Errorf("%s: unmarshalValue(%.80q): %v", v.ID, e.Value, err)
			}
			if raw, err := marshalValue(value); err != nil || string(raw) != sortedText(t, e.Value) {
				t.Errorf("%s: marshalValue(%v) = %.80q, %v, want %.80q", v.ID, value, raw, err, e.Value)
			}
		}
	}
}

// sortedText is raw with the names in objects sorted, as marshalValue writes maps.
func sortedText(t *testing.T, raw []byte) string {
	t.Helper()
	if raw[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(list))
		for i, e := range list {
			texts[i] = sortedText(t, e)
		}
		return "[" + strings.Join(texts, ",") + "]"
	}
	if raw[0] != '{' {
		return string(raw)
	}
	entries, err := splitObject(raw)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	for i, e := range entries {
		entries[i].Value = []byte(sortedText(t, e.Value))
	}
	text, err := appendObject(nil, entries)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestStoredValuesAreReadLikeDjango covers good and bad records: Django B-092 to B-100
// and. The cases of signed cookies are in package signedcookies.
func TestStoredValuesAreReadLikeDjango(t *testing.T) {
	for _, c := range loadDjangoVectors(t).Cases {
		if c.Engine != "db" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			entries, err := newSigned(t, c.SecretKey, c.FallbackKeys...).Decode([]byte(c.Value))
			if err != nil && !errors.Is(err, ErrDecode) {
				t.Errorf("Decode: err = %v, want ErrDecode", err)
			}
			if err != nil && !c.Must {
				return // refused as a whole
			}
			want, err := InsecureUnsigned{}.Decode([]byte(c.Expect.JSON))
			if err != nil {
				t.Fatal(err)
			}
			if !sameEntries(entries, want) && c.ID != "payload-big-exponent/db" { // 1e400 stays as it is written
				t.Errorf("Decode(%.80q) = %.80q, want %.80q", c.Value, entries, want)
			}
		})
	}
}

// TestSessionKeysOfDjango: what Django issues is valid. It lets through more (any text
// of 8 characters, B-062), which no engine can hold.
func TestSessionKeysOfDjango(t *testing.T) {
	for _, k := range loadDjangoVectors(t).SessionKeys {
		issued := len(k.Key) == 32 && k.FileName == "sessionid"+k.Key
		if got := ValidKey(k.Key); got != issued {
			t.Errorf("ValidKey(%q) = %v, want %v", k.Key, got, issued)
		}
		if issued && !k.Accepted {
			t.Errorf("Django does not accept %q", k.Key)
		}
	}
}

// TestExpiryOfDjango is Django B-040 to B-052: when a session ends whose data says so. For
// text that is no date Django raises; here it counts for nothing.
func TestExpiryOfDjango(t *testing.T) {
	for _, v := range loadDjangoVectors(t).Expiry {
		age := time.Duration(v.CookieAge) * time.Second
		want := v.Modification.Add(age)
		if text, ok := v.Outcomes["5.2"].Date.(string); ok {
			var err error
			if want, err = time.Parse(time.RFC3339Nano, text); err != nil {
				want, err = time.Parse("2006-01-02T15:04:05", text) // no offset: UTC
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		raw := func(name string) []byte {
			if name == expiryKey {
				return v.Stored
			}
			return nil
		}
		got := policy{age: age}.times(Record{Saved: v.Modification}, time.Time{}, raw, v.Modification).end
		if !got.Equal(want) {
			t.Errorf("%s: a session with %s ends at %v, want %v", v.ID, v.Stored, got, want)
		}
	}
}

func TestHTTPDatesOfDjango(t *testing.T) { // Django B-139
	for _, v := range loadDjangoVectors(t).HTTPDate {
		at := time.UnixMilli(int64(v.Epoch * 1000))
		got := (&http.Cookie{Name: "n", Value: "v", Expires: at}).String()
		if want := "n=v; Expires=" + v.Text; got != want {
			t.Errorf("cookie that expires at %v = %q, want %q", at, got, want)
		}
	}
}

// TestEveryPartOfTheVectorsIsRead names the test for each part of the file, so that a part
// added to it is not passed over.
func TestEveryPartOfTheVectorsIsRead(t *testing.T) {
	text, err := os.ReadFile("signing/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		t.Fatal(err)
	}
	readBy := map[string]string{
		"about":          "nothing to read",
		"vectors":        "this file; signing; signedcookies",
		"cases":          "this file; signedcookies",
		"base62":         "signing",
		"key_derivation": "signing",
		"http_date":      "TestHTTPDatesOfDjango",
		"expire_date":    "db",
		"session_keys":   "TestSessionKeysOfDjango; file",
		"cache_keys":     "not shared: Django keeps pickles in its cache",
		"expiry":         "TestExpiryOfDjango",
		"middleware":     "the middleware's tests",
	}
	got, want := slices.Sorted(maps.Keys(parts)), slices.Sorted(maps.Keys(readBy))
	if !slices.Equal(got, want) {
		t.Errorf("parts of the vectors = %q, want %q", got, want)
	}
}

// sameEntries compares meaning: values that differ in white space or in needless escapes
// are the same.
func sameEntries(a, b []Entry) bool {
	return slices.EqualFunc(a, b, func(a, b Entry) bool {
		return a.Name == b.Name && (string(a.Value) == string(b.Value) || sameValue(a.Value, b.Value))
	})
}

func sameValue(a, b []byte) bool {
	var texts [2]string
	for i, raw := range [][]byte{a, b} {
		var v any
		if unmarshalValue(raw, &v) != nil {
			return false
		}
		text, err := marshalValue(v)
		if err != nil {
			return false
		}
		texts[i] = string(text)
	}
	return texts[0] == texts[1]
}
