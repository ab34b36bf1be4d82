package sessionstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sessionlab/sessions"
)

// canonical is JSON with one spelling for equal values; numbers stay as they are written.
func canonical(t *testing.T, text []byte) string {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%#v", v)
}

// dictionaryCases are the rows of Django's session object, sections 1 to 3 and 6, put to
// every engine through a save and a load.
var dictionaryCases = []layerCase{
	{"get tells value and absence and is no change", 0, func(t *testing.T, b *bench) {
		s := b.open(b.stored("n", 7))
		wantFlags(t, s, "open", false, false)
		if got := get(s, "n"); got != 7 {
			t.Errorf("n = %d, want 7", got)
		}
		if s.Get("other", new(int)) || s.Has("other") || !s.Has("n") {
			t.Error("membership is wrong")
		}
		wantFlags(t, s, "reading", true, false)
	}},
	{"set stores and marks", 0, func(t *testing.T, b *bench) {
		s := b.open("")
		s.Set("n", 1)
		wantFlags(t, s, "Set", true, true)
		b.save(s)
		wantFlags(t, s, "Save", true, true)
		if got := get(s, "n"); got != 1 {
			t.Errorf("after the save n = %d, want 1", got)
		}
		if got := get(b.open(s.Key()), "n"); got != 1 {
			t.Errorf("loaded n = %d, want 1", got)
		}
	}},
	{"delete removes, and a missing key changes nothing", 0, func(t *testing.T, b *bench) {
		s := b.open(b.stored("a", 1, "b", 2))
		if s.Delete("none") {
			t.Error("Delete of a missing key reports one")
		}
		wantFlags(t, s, "Delete of a missing key", true, false)
		if !s.Delete("a") {
			t.Error("Delete reports no value")
		}
		wantFlags(t, s, "Delete", true, true)
		b.save(s)
		if s = b.open(s.Key()); s.Has("a") || get(s, "b") != 2 {
			t.Error("a is still there, or b is gone")
		}
	}},
	{"pop returns and removes, and a missing key changes nothing", 0, func(t *testing.T, b *bench) {
		s := b.open(b.stored("a", 1, "b", 2))
		n := 9
		if s.Pop("none", &n) || n != 9 {
			t.Error("Pop of a missing key reports one")
		}
		wantFlags(t, s, "Pop of a missing key", true, false)
		if !s.Pop("a", &n) || n != 1 || s.Has("a") {
			t.Error("Pop did not return and remove")
		}
		wantFlags(t, s, "Pop", true, true)
	}},
	{"set default keeps what is there", 0, func(t *testing.T, b *bench) {
		s := b.open(b.stored("a", 1))
		s.SetDefault("a", 5)
		wantFlags(t, s, "SetDefault of a present key", true, false)
		s.SetDefault("b", 6)
		wantFlags(t, s, "SetDefault of a new key", true, true)
		if get(s, "a") != 1 || get(s, "b") != 6 {
			t.Errorf("a = %d, b = %d, want 1, 6", get(s, "a"), get(s, "b"))
		}
	}},
	{"set all overwrites, and counts as a change if empty", 0, func(t *testing.T, b *bench) {
		s := b.open(b.stored("a", 1))
		s.Update(nil)
		wantFlags(t, s, "SetAll of nothing", true, true)
		s.Update(map[string]any{"a": 2, "b": 3})
		if get(s, "a") != 2 || get(s, "b") != 3 {
			t.Error("SetAll did not store all")
		}
	}},
	{"keys come in the order of their first setting", 0, func(t *testing.T, b *bench) {
		s := b.open(b.stored("z", 1, "a", 2, "m", 3))
		s.Set("a", 9)
		s.Delete("z")
		s.Set("z", 8)
		s.Set("b", 7)
		b.save(s)
		if got, want := b.open(s.Key()).Keys(), []string{"a", "m", "z", "b"}; !slices.Equal(got, want) {
			t.Errorf("keys %v, want %v", got, want)
		}
	}},
	{"clear removes all", 0, func(t *testing.T, b *bench) {
		s := b.open(b.stored("a", 1))
		s.Clear()
		wantFlags(t, s, "Clear", true, true)
		s.Set("b", 2)
		b.save(s)
		if s = b.open(s.Key()); s.Has("a") || get(s, "b") != 2 {
			t.Error("Clear and Set were not stored")
		}
	}},
	{"a session emptied of its last entry has no record", storage, func(t *testing.T, b *bench) {
		key := b.stored("a", 1)
		s := b.open(key)
		s.Delete("a")
		b.save(s)
		if s.Key() != "" || !s.Empty() {
			t.Errorf("the session still has a key")
		}
		b.open(key).Has("a")
		if b.count(sessions.Emptied) != 1 || b.count(sessions.Unknown)+b.count(sessions.Expired) != 1 {
			t.Errorf("events: %s; want the record deleted and then unknown", b.kinds())
		}
	}},
	{"values of every JSON type come back as they were", 0, func(t *testing.T, b *bench) {
		for _, v := range []string{
			`1`, `-9007199254740993`, `1.0`, `0.1`, `true`, `null`, `""`, `"grüße \ud83d\ude00 <&>"`,
			`[]`, `{}`, `[1,[2.5,{"a":null}]]`, `{"b":1,"a":[true]}`,
		} {
			key := b.stored("v", json.RawMessage(v), "pad", 1)
			var got json.RawMessage
			ok := b.open(key).Get("v", &got)
			if !ok || canonical(t, got) != canonical(t, []byte(v)) {
				t.Errorf("%s came back as %s", v, got)
			}
		}
		var n int64
		if b.open(b.stored("big", int64(1)<<62+1)).Get("big", &n); n != 1<<62+1 {
			t.Errorf("a large integer came back as %d", n)
		}
	}},
	{"nothing that a handler holds is shared with the session", 0, func(t *testing.T, b *bench) {
		s := b.open("")
		list := []int{1}
		s.Set("list", list)
		list[0] = 99
		var got []int
		if s.Get("list", &got); got[0] != 1 {
			t.Error("a change of the caller's slice changed the session")
		}
	}},
	{"a value that JSON cannot hold is refused at once and nothing is saved", 0, func(t *testing.T, b *bench) {
		s := b.open("")
		s.Set("ok", 1)
		s.Set("bad", func() {})
		wantIs(t, s.Err(), sessions.ErrValue)
		if !strings.Contains(s.Err().Error(), `"bad"`) {
			t.Errorf("the error %q does not name the entry", s.Err())
		}
		wantIs(t, s.Save(), sessions.ErrValue)
		if s.Key() != "" {
			t.Error("the session was stored")
		}
	}},
	{"a value of another type counts as absent, with an event", 0, func(t *testing.T, b *bench) {
		key := sessions.Key[int]("cart")
		s := b.open(b.stored("cart", "x", "visit_count", map[string]int{}))
		if n, ok := key.Lookup(s); ok || n != 0 {
			t.Errorf("Lookup = %d, %v", n, ok)
		}
		if got := key.Update(s, func(n int) int { return n + 1 }); got != 1 {
			t.Errorf("Update = %d, want 1", got)
		}
		if b.count(sessions.Corrupt) == 0 {
			t.Errorf("events: %s; want one that tells of the wrong type", b.kinds())
		}
	}},
	{"data is loaded once and at its first use", storage, func(t *testing.T, b *bench) {
		key := b.stored("a", 1)
		s := b.open(key)
		if b.count(sessions.Loaded) != 0 {
			t.Error("loaded before its use")
		}
		get(s, "a")
		other := b.open(key)
		other.Set("a", 2)
		b.save(other)
		if got := get(s, "a"); got != 1 {
			t.Errorf("a later change shows: a = %d", got)
		}
		get(b.open(""), "a")
		if got := b.count(sessions.Loaded); got != 2 {
			t.Errorf("%d loads, want 2", got)
		}
	}},
	{"emptiness is told without a load", storage, func(t *testing.T, b *bench) {
		if !b.open("").Empty() || !b.open("short").Empty() {
			t.Error("a session without a key is not empty")
		}
		s := b.open(sessions.NewKey())
		if s.Empty() {
			t.Error("an unknown key counts as empty before the load")
		}
		wantFlags(t, s, "Empty", false, false)
		s.Has("a")
		if !s.Empty() || s.Key() != "" {
			t.Error("an unknown key is kept after the load")
		}
	}},
	{"the test cookie is an entry", 0, func(t *testing.T, b *bench) {
		s := b.open("")
		if s.TestCookieWorked() {
			t.Error("worked before it was set")
		}
		s.SetTestCookie()
		b.save(s)
		s = b.open(s.Key())
		if !s.TestCookieWorked() {
			t.Error("did not come back")
		}
		s.Set("other", 1)
		s.DeleteTestCookie()
		wantFlags(t, s, "DeleteTestCookie", true, true)
		b.save(s)
		if b.open(s.Key()).TestCookieWorked() {
			t.Error("still there after it was deleted")
		}
	}},
	{"an unknown key is never adopted", storage, func(t *testing.T, b *bench) {
		planted := sessions.NewKey()
		for _, key := range []string{
			planted, "", "1234567", strings.Repeat("a", 33), strings.ToUpper(planted), "../" + planted[3:],
		} {
			s := b.open(key)
			s.Set("a", 1)
			b.save(s)
			if s.Key() == key || !sessions.ValidKey(s.Key()) {
				t.Errorf("the key %q was adopted", key)
			}
		}
		if b.open(planted).Has("a") {
			t.Error("the planted key leads to a session")
		}
	}},
	{"flush deletes the record and drops the key", storage, func(t *testing.T, b *bench) {
		key := b.stored("a", 1)
		s := b.open(key)
		s.Flush()
		wantFlags(t, s, "Flush", true, true)
		if s.Has("a") || s.Key() != "" {
			t.Error("the session still holds something")
		}
		b.save(s)
		if b.open(key).Has("a") {
			t.Error("the record is still there")
		}
		s.Set("b", 2)
		b.save(s)
		if s.Key() == key || s.Key() == "" {
			t.Error("what came after Flush has no key of its own")
		}
	}},
	{"cycle key moves the data and ends the old key", 0, func(t *testing.T, b *bench) {
		key := b.stored("a", 1)
		s := b.open(key)
		s.CycleKey()
		s.Set("b", 2)
		wantFlags(t, s, "CycleKey", true, true)
		b.save(s)
		if s.Key() == key {
			t.Error("the key did not change")
		}
		if after := b.open(s.Key()); get(after, "a") != 1 || get(after, "b") != 2 {
			t.Error("the data did not move along")
		}
	}},
	{"the old key is dead after a cycle", storage, func(t *testing.T, b *bench) {
		key := b.stored("a", 1)
		s := b.open(key)
		s.CycleKey()
		b.save(s)
		if b.open(key).Has("a") {
			t.Error("the old key still leads to the data")
		}
	}},
	{"a save after a sign-out elsewhere fails and revives nothing", storage, func(t *testing.T, b *bench) {
		for _, act := range []func(*sessions.Session){
			func(s *sessions.Session) { s.Set("a", 2) },
			func(s *sessions.Session) { s.CycleKey() },
			func(s *sessions.Session) { s.MarkModified() },
		} {
			key := b.stored("a", 1)
			slow := b.open(key)
			get(slow, "a")
			other := b.open(key)
			other.Flush()
			b.save(other)
			act(slow)
			wantIs(t, slow.Save(), sessions.ErrInterrupted)
			if b.open(key).Has("a") {
				t.Error("the session came back")
			}
		}
		if b.count(sessions.Interrupted) != 3 {
			t.Errorf("events: %s; want three interrupted", b.kinds())
		}
	}},
	{"messages wait for the next page and survive parallel ones", 0, func(t *testing.T, b *bench) {
		s := b.open("")
		s.AddMessage(sessions.Success, "saved")
		s.AddMessage(sessions.Error, "but")
		b.save(s)
		s = b.open(s.Key())
		want := []sessions.Message{{Level: sessions.Success, Text: "saved"}, {Level: sessions.Error, Text: "but"}}
		if got := s.Messages(); !slices.Equal(got, want) {
			t.Errorf("messages %v, want %v", got, want)
		}
		if got := s.Messages(); got != nil {
			t.Errorf("shown twice: %v", got)
		}
	}},
	{"changes tell what this request did (design: under the hood)", 0, func(t *testing.T, b *bench) {
		s := b.open(b.stored("a", 1, "b", 2))
		s.Set("a", 3)
		s.Set("a", 4)
		s.Delete("b")
		s.Set("c", 5)
		s.Set("d", 6)
		s.Delete("d")
		b.save(s)
		var got []string
		for _, c := range sessions.Peek(s).Changes {
			got = append(got, fmt.Sprintf("%s:%s>%s", c.Name, c.Before, c.After))
		}
		if want := []string{"a:1>4", "b:2>", "c:>5"}; !slices.Equal(got, want) {
			t.Errorf("changes %v, want %v", got, want)
		}
	}},
	{"a session over the limit is refused with its size and largest entries", 0, func(t *testing.T, b *bench) {
		b.manager(func(c *sessions.Config) { c.MaxSize = 2000 })
		s := b.open(b.stored("a", 1))
		var big strings.Builder // of what no compression makes smaller
		for range 200 {
			big.WriteString(sessions.NewKey())
		}
		s.Set("big", big.String())
		err := s.Save()
		wantIs(t, err, sessions.ErrTooLarge)
		if err != nil && (!strings.Contains(err.Error(), "big") || !strings.Contains(err.Error(), "bytes")) {
			t.Errorf("%q does not name size and entry", err)
		}
	}},
}
