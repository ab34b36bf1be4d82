package abtest

import (
	"fmt"
	"maps"
)

// All returns the experiments of this site.
func All() []Experiment {
	return []Experiment{
		{Name: "button_text", Variants: []Variant{{"plain", 1}, {"friendly", 1}}},
		{Name: "offer", Variants: []Variant{{"nothing", 2}, {"free", 1}, {"hurry", 1}}},
	}
}

// Find returns the experiment of this name, or an error that wraps [ErrUnknown].
func Find(name string) (Experiment, error) {
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
	}
	return Experiment{}, fmt.Errorf("%w: %q", ErrUnknown, name)
}

// Groups are a visitor's groups by the experiment's name, as a session holds them.
type Groups map[string]Group

// Group is what a visitor was given in one run of an experiment.
type Group struct {
	Run     int64  `json:"run"` // when the test starts anew, the group is void
	Variant string `json:"variant"`
	Acted   bool   `json:"acted"` // has been counted as a success
}

// In returns the visitor's group in the experiment's present run, and whether there is one.
// A session is input: a group of another run, or of a variant that is no longer tested, is
// none.
func (g Groups) In(e Experiment, now Status) (Group, bool) {
	mine, ok := g[e.Name]
	if !ok || mine.Run != now.Run || !e.Has(mine.Variant) {
		return Group{}, false
	}
	return mine, true
}

// Join returns the groups with one more, the variant drawn, and true; a visitor who is in a
// group already stays there.
func (g Groups) Join(e Experiment, now Status, drawn string) (Groups, bool) {
	if _, in := g.In(e, now); in {
		return g, false
	}
	return g.with(e, Group{Run: now.Run, Variant: drawn}), true
}

// Act returns the groups with the visitor's success noted, and true; false if it was noted
// before, or if there is no group.
func (g Groups) Act(e Experiment, now Status) (Groups, bool) {
	mine, in := g.In(e, now)
	if !in || mine.Acted {
		return g, false
	}
	mine.Acted = true
	return g.with(e, mine), true
}

func (g Groups) with(e Experiment, one Group) Groups {
	all := maps.Clone(g)
	if all == nil {
		all = Groups{}
	}
	all[e.Name] = one
	return all
}
