// Package missions has the tasks of the lab. A mission is solved by what really happened to a
// learner's sessions, and by no button that says done: each request of a learner becomes a
// [Fact], made of the session layer's own events, and each mission is a small rule over the
// facts so far. Where something is to be understood, the learner types or chooses an answer,
// which is a fact like any other and is compared with what is really stored.
package missions

import "slices"

// Hints is how many each mission has.
const Hints = 3

// Mission is one task.
type Mission struct {
	ID      string // as it stands in addresses and tables
	Title   string
	Path    string // the chapter that it belongs to
	Purpose string // in one sentence
	Hints   [Hints]string
	Learned string    // the explanation, once it is solved
	Ask     *Question // nil: there is nothing to answer
	Try     []Try     // what the mission's own card offers
	solved  rule
}

// Question is what a learner has to say about what happened.
type Question struct {
	Text    string
	Choices []Choice // none: the answer is typed
}

// Choice is one answer of those that are offered.
type Choice struct{ Value, Text string }

// Try is a button on a mission's card.
type Try struct {
	Label  string
	Action string // the address that its form is posted to
	NewTab bool
}

// All returns the missions, in the order of the chapters.
func All() []Mission { return slices.Clone(all) }

// Find returns the mission of this id, and whether there is one.
func Find(id string) (Mission, bool) {
	for _, m := range all {
		if m.ID == id {
			return m, true
		}
	}
	return Mission{}, false
}

var all []Mission

// The list needs the rules, and the rules need nothing of the list.
func init() { all = slices.Concat(useASession(), realExamples(), lookInside()) }
