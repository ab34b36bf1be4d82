// Package race runs two requests on one session, step by step, in the order that somebody
// chose, on several tracks at once: plain scs, Django's rule, and this layer. Nothing is
// simulated: each track is a session store of its own in memory, with the real library in
// front of it. A run keeps nothing: it begins anew with every call, so the list of steps is
// all that a caller has to remember.
package race

import (
	"errors"
	"fmt"
	"strings"
)

// StepsEach is how many steps a request has.
const StepsEach = 4

// A and B are the two requests.
const (
	A = 0
	B = 1
)

// Steps says whose turn it is, in order: A or B, at most StepsEach times each.
type Steps []int

// ErrSteps: the list is no order in which two requests can run.
var ErrSteps = errors.New("race: no such order of steps")

// Parse reads steps as String writes them. Its error is ErrSteps.
func Parse(text string) (steps Steps, err error) {
	if text == "" {
		return nil, nil
	}
	names := strings.SplitN(text, ",", 2*StepsEach+1)
	var taken [2]int
	for _, name := range names {
		who := strings.Index("AB", name[:min(1, len(name))])
		if name == "" || who < 0 || taken[who] == StepsEach || name != stepName(who, taken[who]) {
			return nil, fmt.Errorf("%w: %q", ErrSteps, name)
		}
		taken[who]++
		steps = append(steps, who)
	}
	return steps, nil
}

// String writes steps with their numbers: A1,B1,A2.
func (s Steps) String() string { return strings.Join(s.Names(), ",") }

// Names are the single steps: A1, B1, A2.
func (s Steps) Names() (names []string) {
	var taken [2]int
	for _, who := range s {
		names = append(names, stepName(who, taken[who]))
		taken[who]++
	}
	return names
}

// Taken is how many of its steps each request has taken.
func (s Steps) Taken() (taken [2]int) {
	for _, who := range s {
		taken[who]++
	}
	return taken
}

// Over reports whether both requests have been answered.
func (s Steps) Over() bool { return len(s) == 2*StepsEach }

func stepName(who, before int) string { return fmt.Sprintf("%c%d", 'A'+who, before+1) }

// Track is one way to keep sessions, after the steps of a run.
type Track struct {
	Name     string
	Rule     string // what it does at a save, in a sentence
	Requests [2]Request
	Records  []Record // what the store holds now
	Outcome  Outcome  // Open before the run is over
	Verdict  string   // the outcome in words
}

// Request is one of the two, as it stands.
type Request struct {
	Loaded bool
	Sees   []Entry // its own copy of the session, with what it has changed
	Status int     // of its answer; 0 while it is under way
}

// Record is what is stored in one place.
type Record struct {
	Place   string
	There   bool
	Entries []Entry
}

// Entry is one entry of a session; Value is JSON.
type Entry struct{ Name, Value string }

// value is that of the entry with this name, "" if there is none.
func (r Record) value(name string) string {
	for _, e := range r.Entries {
		if e.Name == name {
			return e.Value
		}
	}
	return ""
}

// Outcome is what came of a run on one track.
type Outcome string

// The outcomes.
const (
	Open    Outcome = ""        // it is not over
	Kept    Outcome = "kept"    // everything that was answered with 200 holds
	Refused Outcome = "refused" // one request was refused, and told so
	Lost    Outcome = "lost"    // a change that was answered with 200 is gone
	Revived Outcome = "revived" // a session that had ended, or its old key, is back
	Apart   Outcome = "apart"   // one request came too late to find the session, and began another
)

// Run takes the steps from scratch on each track of the preset. It fails only where a
// session cannot be made at all.
func Run(p Preset, steps Steps) ([]Track, error) {
	var all []Track
	for _, lane := range p.lanes {
		track, err := lane.run(p, steps)
		if err != nil {
			return nil, fmt.Errorf("race: %s: %w", lane.name, err)
		}
		all = append(all, track)
	}
	return all, nil
}

// lane is a track before it is run: start makes its store and both requests.
type lane struct {
	name, rule string
	start      func(Preset) (*running, error)
}

// running is a track while it is run.
type running struct {
	requests [2]*request
	records  func() []Record
	judge    func(answers [2]int, records []Record) (Outcome, string)
}

func (l lane) run(p Preset, steps Steps) (Track, error) {
	on, err := l.start(p)
	if err != nil {
		return Track{}, err
	}
	defer on.requests[A].stop()
	defer on.requests[B].stop()
	for _, who := range steps {
		on.requests[who].next()
	}
	t := Track{Name: l.name, Rule: l.rule, Records: on.records()}
	for who, r := range on.requests {
		t.Requests[who] = Request{Loaded: r.sees != nil, Status: r.status}
		if r.sees != nil {
			t.Requests[who].Sees = r.sees()
		}
	}
	if steps.Over() {
		t.Outcome, t.Verdict = on.judge([2]int{on.requests[A].status, on.requests[B].status}, t.Records)
	}
	return t, nil
}
