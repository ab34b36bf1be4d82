package speed

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"sessionlab/sessions"
)

// Clicks is how many requests click at once in a race.
const Clicks = 50

// Race is how each engine counted clicks that came all at once.
type Race struct {
	At   time.Time // when the run was over
	Rows []RaceRow
}

// RaceRow is one engine's count. Clicks less Counted less Refused were lost in silence.
type RaceRow struct {
	Engine  string
	Counted int           // what the counter says in the end
	Refused int           // clicks that were not saved, and whose visitor was told
	Retries int           // saves that came second and were done again
	Took    time.Duration // from the first save to the last
	Err     error         // why the engine could not take part
}

func race(ctx context.Context, lanes []Lane, report func(Progress) bool) *Race {
	result := &Race{}
	for i, l := range lanes {
		if !report(Progress{Done: i, Total: len(lanes), Text: "Racing: " + l.Name}) {
			break
		}
		result.Rows = append(result.Rows, raceOne(ctx, l))
	}
	result.At = time.Now()
	return result
}

// raceOne has all clicks read the counter before the first of them saves: the worst case,
// and the reason why a plain "read, add one, write" would count one click of all.
func raceOne(ctx context.Context, l Lane) RaceRow {
	row := RaceRow{Engine: l.Name}
	if ctx.Err() != nil {
		row.Err = ErrNoTime
		return row
	}
	var retries, refused atomic.Int64
	m, err := l.open(raceLimit, func(_ context.Context, e sessions.Event) {
		if e.Kind == sessions.Retried {
			retries.Add(int64(e.Attempts))
		}
	})
	if err != nil {
		row.Err = err
		return row
	}
	key, err := create(ctx, m)
	if err != nil {
		row.Err = err
		return row
	}

	var mu sync.Mutex
	last := key // the cookie that a browser would hold in the end: that of the last answer
	var ready, done sync.WaitGroup
	ready.Add(Clicks)
	begin := make(chan struct{})
	for range Clicks {
		done.Go(func() {
			s := m.Open(ctx, key)
			count.Get(s)
			ready.Done()
			<-begin
			count.Update(s, func(n int) int { return n + 1 })
			if s.Save() != nil {
				refused.Add(1)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			last = s.Key()
		})
	}
	ready.Wait()
	start := time.Now()
	close(begin)
	done.Wait()
	row.Took = time.Since(start)

	s := m.Open(ctx, last)
	row.Counted, row.Retries, row.Refused = count.Get(s), int(retries.Load()), int(refused.Load())
	row.Err = s.Err()
	_ = remove(ctx, m, last) // if it stays, its time is over in a minute
	return row
}
