package interop

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sessionlab/sessions"
	"sessionlab/sessions/signing"
)

// jsonValue draws anything that JSON can hold, three levels deep.
func jsonValue(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.Int64().AsAny(),
		rapid.Custom(func(t *rapid.T) any { // integers that no machine word holds
			return json.Number(rapid.StringMatching(`-?[1-9][0-9]{18,40}`).Draw(t, "n"))
		}),
		rapid.Float64().Filter(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }).AsAny(),
		rapid.Custom(func(t *rapid.T) any { // where Python's notation changes
			return rapid.Float64Range(-9.99, 9.99).Draw(t, "f") * math.Pow10(rapid.IntRange(-8, 20).Draw(t, "exp"))
		}),
		rapid.String().AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.SliceOfN(jsonValue(depth-1), 0, 4).AsAny(),
			rapid.MapOfN(rapid.String(), jsonValue(depth-1), 0, 4).AsAny())
	}
	return rapid.OneOf(kinds...)
}

// TestRandomSessions: any session that Go encodes, Django decodes to the same text, and
// the other way round, in a record and in a cookie.
func TestRandomSessions(t *testing.T) {
	s := openCookies(t) // its Manager makes the text
	d, m := s.django, s.layer
	codec := signed(t)
	cookies, err := signing.New(signing.CookieSalt, secret)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.MapOfN(rapid.String(), jsonValue(3), 0, 6).Draw(rt, "session")
		text := encode(rt, m, values)
		entries, err := sessions.InsecureUnsigned{}.Decode([]byte(text))
		if err != nil {
			rt.Fatalf("Decode(%s): %v", text, err)
		}
		stored, err := codec.Encode(entries)
		if err != nil {
			rt.Fatal(err)
		}
		if got := d.run(t, "decode", string(stored)); got != text {
			rt.Errorf("Django decodes the record of %s as %s", text, got)
		}
		cookie := string(cookies.Dump([]byte(text), time.Now()))
		if got := d.run(t, "cookie-decode", cookie); got != text {
			rt.Errorf("Django decodes the cookie of %s as %s", text, got)
		}
		back, err := codec.Decode([]byte(d.run(t, "encode", text)))
		if err != nil {
			rt.Fatalf("Decode of Django's record: %v", err)
		}
		again, err := sessions.InsecureUnsigned{}.Encode(back)
		if err != nil || string(again) != text {
			rt.Errorf("Go decodes Django's record of %s as %s, %v", text, again, err)
		}
		data, _, err := cookies.Load([]byte(d.run(t, "cookie-encode", text)), 1<<20)
		if err != nil || string(data) != text {
			rt.Errorf("Go decodes Django's cookie of %s as %s, %v", text, data, err)
		}
	})
}

// encode is how a session with these values is written.
func encode(t *rapid.T, m *sessions.Manager, values map[string]any) string {
	session := m.Open(t.Context(), "")
	session.Update(values)
	if err := session.Err(); err != nil {
		t.Fatal(err)
	}
	text, err := sessions.InsecureUnsigned{}.Encode(sessions.Peek(session).Entries)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
