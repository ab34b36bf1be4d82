package exercise

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// limits are what one check may cost the app and the lab.
type limits struct {
	requests      int
	redirects     int   // one after another
	bytes         int64 // of all answers together
	header        int64 // of one answer
	answer, total time.Duration
}

var usual = limits{
	requests: 120, redirects: 5, bytes: 1 << 20, header: 64 << 10,
	answer: 4 * time.Second, total: 20 * time.Second,
}

// Result says whether one criterion is met, and from what that was seen. Got quotes the
// learner's app: it is one line of printable characters, and short.
type Result struct {
	Criterion string `json:"criterion"` // its ID
	Met       bool   `json:"met"`
	// After, if not empty, is the ID of a criterion that must be met first. This one was
	// not looked at, and Sent, Got and Want are empty.
	After string `json:"after,omitempty"`
	Sent  string `json:"sent,omitempty"`
	Got   string `json:"got,omitempty"`
	Want  string `json:"want,omitempty"`
}

// String is the result in one sentence.
func (r Result) String() string {
	if r.After != "" {
		return "Not looked at yet: the criterion " + r.After + " comes first."
	}
	return r.Sent + "; back came " + r.Got + "; expected: " + r.Want + "."
}

// Summary is the outcome of a check: one Result for each criterion, in their order.
type Summary struct {
	Met     int      `json:"met"`
	Total   int      `json:"total"`
	Results []Result `json:"results"`
}

// Done reports whether all criteria are met.
func (s Summary) Done() bool { return s.Met == s.Total }

// Check plays visitors against the app at baseURL, an address like http://127.0.0.1:9000/,
// and looks at every criterion of exercise n. If report is not nil it is called with each
// result as it is found. An app that cannot be reached, answers too slowly or too much meets
// no more criteria; that is no error.
//
// The error wraps [ErrUnknown] for a wrong n, [ErrAddress] for an address that is not
// loopback, and ctx's error if ctx ends. Calls may run at the same time. One takes 20
// seconds at most; those of exercises 4 and 5 wait for sessions to expire, and so take a
// good three.
func Check(ctx context.Context, n int, baseURL string, report func(Result)) (Summary, error) {
	return check(ctx, n, baseURL, report, usual)
}

func check(ctx context.Context, n int, baseURL string, report func(Result), most limits) (Summary, error) {
	e, err := Find(n)
	if err != nil {
		return Summary{}, err
	}
	t, err := parseTarget(ctx, baseURL)
	if err != nil {
		return Summary{}, err
	}
	tooLong := fmt.Errorf("no more answers: the check took longer than %v", most.total)
	limited, cancel := context.WithTimeoutCause(ctx, most.total, tooLong)
	defer cancel()
	p := &play{
		ctx: limited, client: t.client(most.header), target: t, most: most, report: report,
		summary: Summary{Total: len(e.Criteria)},
	}
	e.play(p)
	if err := ctx.Err(); err != nil {
		return p.summary, fmt.Errorf("exercise: check stopped: %w", err)
	}
	return p.summary, nil
}

// play is one run of a check. An error of a request sticks to it: nothing more is sent, and
// every criterion from there on is not met.
type play struct {
	ctx      context.Context
	client   *http.Client
	target   *target
	most     limits
	report   func(Result)
	summary  Summary
	requests int
	bytes    int64
	err      error  // what made the play stop
	stopped  string // ID of the criterion at which it stopped
	last     string // the request that was sent last
}

// result is what a criterion's look at the app returns.
func result(met bool, sent, got, want string) Result {
	return Result{Met: met, Sent: sent, Got: got, Want: want}
}

// tick looks at one criterion. It needs other ones to be met before; otherwise a criterion
// that forbids something would be met by an app that does nothing.
func (p *play) tick(id string, look func() Result, needs ...string) {
	var r Result
	missing := slices.IndexFunc(needs, func(need string) bool { return !p.met(need) })
	switch {
	case p.err != nil:
		r = Result{After: p.stopped}
	case missing >= 0:
		r = Result{After: needs[missing]}
	default:
		if r = look(); p.err != nil {
			r = result(false, p.last, p.err.Error(), "an answer")
			p.stopped = id
		}
	}
	r.Criterion = id
	if r.Met {
		p.summary.Met++
	}
	p.summary.Results = append(p.summary.Results, r)
	if p.report != nil {
		p.report(r)
	}
}

func (p *play) met(id string) bool {
	return slices.ContainsFunc(p.summary.Results, func(r Result) bool { return r.Criterion == id && r.Met })
}

// wait lets time pass, as a visitor does who is away.
func (p *play) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-p.ctx.Done():
		p.fail(context.Cause(p.ctx))
	}
}

func (p *play) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}
