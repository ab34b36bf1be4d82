package panel

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// told is a diff as text: kind, path, before and after of each place.
func told(before, after string) string {
	c := change{name: "k"}
	if before != "" {
		c.before = []byte(before)
	}
	if after != "" {
		c.after = []byte(after)
	}
	d := diffOf(c)
	var all []string
	for _, l := range d.Leaves {
		all = append(all, fmt.Sprintf("%s %s: %s → %s", l.Kind, strings.Join(l.Path, " · "), l.Before.Text, l.After.Text))
	}
	return strings.Join(all, "; ")
}

func TestAChangeIsShownInsideTheValue(t *testing.T) {
	for _, c := range []struct{ name, before, after, want string }{
		{"a number", "6", "7", "change : 6 → 7"},
		{"a new entry", "", `{"a":1}`, `add :  → {"a": 1}`},
		{"an entry that went", `"x"`, "", `delete : "x" → `},
		{"a place deep inside", `{"1":{"quantity":1,"name":"Go"}}`, `{"1":{"quantity":2,"name":"Go"}}`, `change "1" · quantity: 1 → 2`},
		{"a new member", `{"1":{}}`, `{"1":{},"full name":2}`, `add "full name":  → 2`},
		{"a member that went", `{"a":1,"b":2}`, `{"b":2}`, "delete a: 1 → "},
		{"the order of members says nothing", `{"a":1,"b":2}`, `{"b":2,"a":1}`, ""},
		{"a list that grew", `[1,2]`, `[1,2,3]`, "add [2]:  → 3"},
		{"a list whose first went", `["a","b","c"]`, `["b","c"]`, `delete [0]: "a" → `},
		{"a list that is another", `[1,2]`, `[3]`, "delete [0]: 1 → ; delete [1]: 2 → ; add [0]:  → 3"},
		{"one of a list", `[1,2,3]`, `[1,9,3]`, "change [1]: 2 → 9"},
		{"another type", `"1"`, "1", `change : "1" → 1`},
		{"figures as they are written", "1.0", "1", "change : 1.0 → 1"},
		{"large figures", "9007199254740993", "9007199254740992", "change : 9007199254740993 → 9007199254740992"},
		{"one's own script", `"\u05e9"`, `"\u05e9\u05dc"`, `change : "ש" → "של"`},
		{"nothing", `{"a":[1]}`, `{"a":[1]}`, ""},
		{"what only Python takes for JSON", "NaN", "1", "change : NaN → 1"},
		{"half a surrogate", `"\ud800"`, `"a"`, `change : "\ud800" → "a"`},
	} {
		if got := told(c.before, c.after); got != c.want {
			t.Errorf("%s: %s → %s:\n got %s\nwant %s", c.name, c.before, c.after, got, c.want)
		}
	}
}

func TestWhatOnlyPythonReadsIsMarked(t *testing.T) {
	for value, want := range map[string]bool{"NaN": true, "-Infinity": true, `"\udc00"`: true, `{"a":NaN}`: true, "1": false, `"\ud83d\ude00"`: false} {
		if got := diffOf(change{"k", nil, []byte(value)}).Raw; got != want {
			t.Errorf("%s: marked %v, want %v", value, got, want)
		}
	}
}

// Text that turns its neighbours round, or hides, is shown as what it is.
func TestWhatCannotBeSeenIsShownAsAnEscape(t *testing.T) {
	for in, want := range map[string]string{
		`"\u202egnp.exe"`: `"\u202egnp.exe"`, "\"a\u200bb\"": `"a\u200bb"`, `"a\u0000"`: `"a\u0000"`, `"a\nb"`: `"a\nb"`,
		`"\"\\"`: `"\"\\"`, `"\u00e4\u4e2d"`: `"ä中"`, `"\ud83d\udc68\u200d\ud83d\udc69"`: "\"👨\u200d👩\"",
	} {
		n, ok := parse([]byte(in))
		if got := n.line(); !ok || got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestLongValuesAreFolded(t *testing.T) {
	long := `{"list":["` + strings.Repeat(`word","`, 60) + `end"]}`
	v := diffOf(change{"k", nil, []byte(long)}).Leaves[0].After
	if utf8.RuneCountInString(v.Text) > longest || !strings.HasSuffix(v.Text, "…") {
		t.Errorf("the short form is %q", v.Text)
	}
	if !strings.Contains(v.Whole, "\n    \"end\"\n") {
		t.Errorf("the long form is %q", v.Whole)
	}
	huge := `"` + strings.Repeat("x", 100_000) + `"`
	if n := len(diffOf(change{"k", nil, []byte(huge)}).Leaves[0].After.Whole); n > most+10 {
		t.Errorf("a huge value is shown in %d characters", n)
	}
	many := diffOf(change{"k", []byte("[]"), []byte("[" + strings.Repeat("1,", 99) + "1]")})
	if len(many.Leaves) != maxLeaves || many.More != 100-maxLeaves {
		t.Errorf("%d places are shown and %d counted", len(many.Leaves), many.More)
	}
}

func TestEntriesThatAreNotTheAppsOwnAreNamed(t *testing.T) {
	for name, want := range map[string]string{
		"_messages": "a message for the next page", "_auth_user_hash": "sign-in", "_session_expiry": "when the session ends",
		"_anything": "kept for the lab itself", "cart": "", "visit_count": "",
	} {
		if got := meaning(name); got != want {
			t.Errorf("%s is named %q, want %q", name, got, want)
		}
	}
	texts := messageTexts(change{"_messages", nil, []byte(`"[[\"__json_message\",0,25,\"Notebook is in your cart.\"]]"`)})
	if len(texts) != 1 || texts[0] != "Notebook is in your cart." {
		t.Errorf("the message reads %q", texts)
	}
}

// FuzzDiff holds every pair of values to what a diff promises.
func FuzzDiff(f *testing.F) {
	for _, pair := range [][2]string{
		{`{"a":1}`, `{"a":2}`}, {`[1,[2,{"b":null}]]`, `[1,[2,{"b":true}]]`}, {"NaN", `"\ud800"`}, {`"\u202e"`, "\xff\xfe"},
		{`{"a":{"a":{"a":[]}}}`, "0"}, {"", "1e9"}, {`{"a":1,"a":2}`, `{"a":2}`},
	} {
		f.Add([]byte(pair[0]), []byte(pair[1]))
	}
	f.Fuzz(func(t *testing.T, before, after []byte) {
		d := diffOf(change{"k", before, after})
		a, ok1 := parse(before)
		b, ok2 := parse(after)
		if ok1 && ok2 {
			if same := a.equal(b); same != (len(d.Leaves) == 0) || same != b.equal(a) {
				t.Errorf("%q and %q: equal %v, and %d places differ", before, after, same, len(d.Leaves))
			}
			if again, ok := parse([]byte(a.pretty())); !strings.ContainsAny(a.pretty(), `\`) && (!ok || !again.equal(a)) {
				t.Errorf("%q reads differently once it is made pretty: %q", before, a.pretty())
			}
		}
		if ok1 {
			if n := len(diffOf(change{"k", before, before}).Leaves); before != nil && n != 0 {
				t.Errorf("%q differs from itself in %d places", before, n)
			}
		}
		for _, l := range d.Leaves {
			for _, text := range []string{l.Before.Text, l.After.Text, l.Before.Whole, l.After.Whole} {
				hidden := func(r rune) bool {
					return !unicode.IsPrint(r) && r != '\n' && r != '\u200c' && r != '\u200d'
				}
				if !utf8.ValidString(text) || strings.ContainsFunc(text, hidden) {
					t.Errorf("%q cannot be shown", text)
				}
			}
		}
	})
}
