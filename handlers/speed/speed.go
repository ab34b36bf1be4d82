// Package speed puts session engines to the test for the page /engines/: it measures what a
// read and a save cost, and has them count clicks that come all at once. A run takes a few
// seconds at most, works in the background on sessions of its own, and leaves none behind.
package speed

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sessionlab/sessions"
)

// Limit is how long a measurement takes at most, a store that does not answer apart.
const Limit = 3 * time.Second

const (
	saveLimit = time.Second // of one save that is measured: a store that hangs must not hold up the others
	// raceLimit: a race takes a fraction of a second, but each click counts on a slow machine too.
	raceLimit = 10 * time.Second
)

// Lane is one engine that takes part, with the settings under which the app uses it.
type Lane struct {
	Name   string
	Config sessions.Config
}

// Progress tells how far a run has come.
type Progress struct {
	Done, Total int
	Text        string // what it is doing now
}

// State is a picture of a Runner: the run under way and the last results, nil for none.
type State struct {
	Running *Progress
	Measure *Measure
	Race    *Race
}

// Runner does one run at a time and keeps the last result of each kind. The zero value is
// ready for use.
type Runner struct {
	// Stop, if not nil, is asked often whether to end a run early: the program is about to end.
	Stop func() bool

	mu    sync.Mutex
	state State
}

// State returns the present state.
func (r *Runner) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Measure starts a measurement. It reports false, and starts nothing, while a run is under way.
func (r *Runner) Measure(lanes []Lane) bool {
	return r.start(Limit, func(ctx context.Context) {
		result := measure(ctx, lanes, r.report)
		r.set(func(s *State) { s.Measure = result })
	})
}

// Race starts a race, under the same rule as Measure.
func (r *Runner) Race(lanes []Lane) bool {
	return r.start(raceLimit, func(ctx context.Context) {
		result := runRace(ctx, lanes, r.report)
		r.set(func(s *State) { s.Race = result })
	})
}

func (r *Runner) start(limit time.Duration, run func(context.Context)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.Running != nil {
		return false
	}
	r.state.Running = &Progress{Total: 1, Text: "Getting ready"}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		run(ctx)
		r.set(func(s *State) { s.Running = nil })
	}()
	return true
}

func (r *Runner) set(change func(*State)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.state)
}

// report notes the progress of a run, and tells it whether to go on.
func (r *Runner) report(p Progress) bool {
	r.set(func(s *State) { s.Running = &p })
	return r.Stop == nil || !r.Stop()
}

// basket is what the sessions of a run hold, about as much as a visitor with a cart.
type basket struct {
	Name     string `json:"name"`
	Price    string `json:"price"`
	Quantity int    `json:"quantity"`
}

const (
	count = sessions.Key[int]("visit_count")
	cart  = sessions.Key[map[string]basket]("cart")
)

// open makes a manager for the lane whose events go to observe alone: neither the log nor
// the live feed should drown in a run, nor slow it down. A save may take as long as limit.
func (l Lane) open(limit time.Duration, observe sessions.Observer) (*sessions.Manager, error) {
	cfg := l.Config
	cfg.Observer, cfg.CommitTimeout = observe, limit
	m, err := sessions.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("speed: %s: %w", l.Name, err)
	}
	return m, nil
}

// create stores a session for a run and returns its key. Should the program die before the
// run removes it, the session's own time is over soon.
func create(ctx context.Context, m *sessions.Manager) (string, error) {
	s := m.Open(ctx, "")
	count.Set(s, 0)
	cart.Set(s, map[string]basket{"1": {"Blank notebook", "4.50", 2}, "2": {"Desk lamp", "39.90", 1}})
	s.SetExpiry(sessions.After(time.Minute))
	err := s.Save()
	return s.Key(), err
}

// remove ends the session of a run, also when the run's time is over.
func remove(ctx context.Context, m *sessions.Manager, key string) error {
	s := m.Open(context.WithoutCancel(ctx), key)
	s.Flush()
	return s.Save()
}

// ErrNoTime tells of an engine whose turn did not come before the run was over.
var ErrNoTime = errors.New("speed: no time was left")

var errGone = errors.New("speed: the session of the run is gone")
