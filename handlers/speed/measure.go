package speed

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sessionlab/sessions"
)

const (
	// Rounds is how often each engine has its turn: spread over the run, so that a disk
	// that is busy for a moment does not meet one engine alone.
	Rounds = 3
	// PerRound is how many reads, and how many saves, one turn has at most.
	PerRound = 100
)

// Measure is what reading and saving cost, engine by engine.
type Measure struct {
	At   time.Time // when the run was over
	Rows []MeasureRow
}

// MeasureRow holds the figures of one engine. A read opens a session and decodes a value; a
// save stores a changed one, conflict check included.
type MeasureRow struct {
	Engine       string
	Read, Save   time.Duration // medians
	Slow         time.Duration // the 99th percentile of the saves
	Reads, Saves int           // how many there were
	Err          error         // why there are no figures
}

// turn is one engine in a measurement.
type turn struct {
	m            *sessions.Manager
	key          string
	reads, saves []time.Duration
	err          error
}

func measure(ctx context.Context, lanes []Lane, report func(Progress) bool) *Measure {
	turns := make([]turn, len(lanes))
	for i, l := range lanes {
		t := &turns[i]
		if t.m, t.err = l.open(saveLimit, nil); t.err == nil {
			t.key, t.err = create(ctx, t.m)
		}
	}
	share := Limit * 9 / 10 / time.Duration(2*Rounds*max(len(lanes), 1))
	stopped := false
	for round := range Rounds {
		for i := range turns {
			stopped = stopped || !report(Progress{
				Done: round*len(turns) + i, Total: Rounds * len(turns),
				Text: fmt.Sprintf("Reading and saving: %s, round %d of %d", lanes[i].Name, round+1, Rounds),
			})
			if !stopped {
				turns[i].take(ctx, share)
			}
		}
	}
	result := &Measure{At: time.Now()}
	for i, l := range lanes {
		result.Rows = append(result.Rows, turns[i].row(l.Name))
		if turns[i].key != "" {
			_ = remove(ctx, turns[i].m, turns[i].key) // if it stays, its time is over in a minute
		}
	}
	return result
}

// take reads for one share of the time, and saves for another.
func (t *turn) take(ctx context.Context, share time.Duration) {
	read := func() (time.Duration, error) {
		start := time.Now()
		s := t.m.Open(ctx, t.key)
		_, ok := cart.Lookup(s)
		took := time.Since(start)
		if !ok && s.Err() == nil {
			return took, errGone
		}
		return took, s.Err()
	}
	save := func() (time.Duration, error) {
		s := t.m.Open(ctx, t.key)
		count.Update(s, func(n int) int { return n + 1 })
		start := time.Now()
		err := s.Save()
		t.key = s.Key() // another one on an engine whose key is the data
		return time.Since(start), err
	}
	t.times(ctx, &t.reads, share, read)
	t.times(ctx, &t.saves, share, save)
}

// times adds the durations of do until there are enough, the time is over, or one fails.
func (t *turn) times(ctx context.Context, all *[]time.Duration, share time.Duration, do func() (time.Duration, error)) {
	end := time.Now().Add(share)
	for range PerRound {
		if t.err != nil || ctx.Err() != nil || time.Now().After(end) {
			return
		}
		var took time.Duration
		if took, t.err = do(); t.err == nil {
			*all = append(*all, took)
		}
	}
}

func (t *turn) row(name string) MeasureRow {
	row := MeasureRow{Engine: name, Err: t.err, Reads: len(t.reads), Saves: len(t.saves)}
	if row.Err == nil && (row.Reads == 0 || row.Saves == 0) {
		row.Err = ErrNoTime
	}
	if row.Err != nil {
		return row
	}
	row.Read, row.Save, row.Slow = rank(t.reads, 50), rank(t.saves, 50), rank(t.saves, 99)
	return row
}

// rank returns the smallest duration that percent of all are not above.
func rank(all []time.Duration, percent int) time.Duration {
	slices.Sort(all)
	return all[(len(all)*percent+99)/100-1]
}
