package abtest

import (
	"errors"
	"testing"
)

func TestWhatASessionSaysOfItsGroupIsChecked(t *testing.T) {
	for _, c := range []struct {
		name string
		have Group
		want bool
	}{
		{"a group of this run counts", Group{Run: 3, Variant: "green"}, true},
		{"a group of an earlier run is void", Group{Run: 2, Variant: "green"}, false},
		{"a variant that is no longer tested is void", Group{Run: 3, Variant: "blinking"}, false},
		{"no group is none", Group{}, false},
	} {
		if _, got := (Groups{button.Name: c.have}).In(button, Status{Run: 3}); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAVisitorJoinsOnceAndActsOnce(t *testing.T) {
	now := Status{Run: 3}
	before := Groups{"other": {Run: 1, Variant: "x"}}
	if _, counts := before.Act(button, now); counts {
		t.Error("a visitor who is in no group acted")
	}
	joined, isNew := before.Join(button, now, "green")
	if !isNew || joined[button.Name] != (Group{3, "green", false}) || len(before) != 1 {
		t.Fatalf("joined: %v %v, and before is %v", joined, isNew, before)
	}
	if again, isNew := joined.Join(button, now, "orange"); isNew || again[button.Name].Variant != "green" {
		t.Errorf("joined again: %v %v", again, isNew)
	}
	acted, isNew := joined.Act(button, now)
	if !isNew || !acted[button.Name].Acted || joined[button.Name].Acted {
		t.Errorf("acted: %v %v", acted, isNew)
	}
	if _, isNew := acted.Act(button, now); isNew {
		t.Error("a second click counts")
	}
	if next, isNew := acted.Join(button, Status{Run: 4}, "orange"); !isNew || next[button.Name] != (Group{4, "orange", false}) {
		t.Errorf("in the next run: %v %v", next, isNew)
	}
	if first, isNew := Groups(nil).Join(button, now, "green"); !isNew || len(first) != 1 {
		t.Errorf("the first group: %v %v", first, isNew)
	}
}

func TestFindKnowsItsOwnTestsOnly(t *testing.T) {
	for _, e := range All() {
		if got, err := Find(e.Name); err != nil || got.Name != e.Name || e.Check() != nil {
			t.Errorf("%s: %v %v %v", e.Name, got, err, e.Check())
		}
	}
	if _, err := Find("nothing"); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v, want ErrUnknown", err)
	}
}
