package speed

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"sessionlab/handlers/race"
	"sessionlab/sessions"
)

// Clicks is how many requests click at once in a race.
const Clicks = 50

// Race is how clicks were counted that came all at once.
type Race struct {
	At    time.Time // when the run was over
	Rows  []RaceRow // for each engine
	Plain RaceCount // by plain scs with its own store
}

// RaceRow is one engine's count.
type RaceRow struct {
	Engine  string
	Layer   RaceCount // by this layer
	Django  RaceCount // by Django's rule, the last write wins, on the same engine
	Retries int       // saves of this layer that came second and were done again
	Err     error     // why the engine could not take part
}

// RaceCount is what came of the clicks. Clicks less Counted less Refused were lost in silence.
type RaceCount struct {
	Counted int           // what the store holds in the end
	Refused int           // clicks that were not saved, and whose visitor was told
	Took    time.Duration // from the first save to the last
}

func runRace(ctx context.Context, lanes []Lane, report func(Progress) bool) *Race {
	result := &Race{}
	for i, l := range lanes {
		if !report(Progress{Done: i, Total: len(lanes), Text: "Racing: " + l.Name}) {
			break
		}
		result.Rows = append(result.Rows, raceOne(ctx, l))
	}
	result.Plain = racePlain()
	result.At = time.Now()
	return result
}

// raceOne has this layer count on the engine, and then Django's rule.
func raceOne(ctx context.Context, l Lane) RaceRow {
	row := RaceRow{Engine: l.Name}
	if ctx.Err() != nil {
		row.Err = ErrNoTime
		return row
	}
	var retries atomic.Int64
	row.Layer, row.Err = l.count(ctx, func(_ context.Context, e sessions.Event) {
		if e.Kind == sessions.Retried {
			retries.Add(int64(e.Attempts))
		}
	}, func(s *sessions.Session, _ int) { count.Update(s, func(n int) int { return n + 1 }) })
	row.Retries = int(retries.Load())
	if row.Err != nil {
		return row
	}
	l.Config.Engine = race.LastWriteWins(l.Config.Engine)
	row.Django, row.Err = l.count(ctx, nil, func(s *sessions.Session, seen int) { count.Set(s, seen+1) })
	return row
}

// count has requests click on one session of its own. A request gives what it has read to
// click, and then saves.
func (l Lane) count(
	ctx context.Context, observe sessions.Observer, click func(s *sessions.Session, seen int),
) (c RaceCount, err error) {
	m, err := l.open(raceLimit, observe)
	if err != nil {
		return c, err
	}
	key, err := create(ctx, m)
	if err != nil {
		return c, err
	}
	var refused atomic.Int64
	var mu sync.Mutex
	last := key // the cookie that a browser would hold in the end: that of the last answer
	c.Took = atOnce(func(ready func()) {
		s := m.Open(ctx, key)
		seen := count.Get(s)
		ready()
		if click(s, seen); s.Save() != nil {
			refused.Add(1)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		last = s.Key()
	})
	s := m.Open(ctx, last)
	c.Counted, c.Refused = count.Get(s), int(refused.Load())
	err = s.Err()
	_ = remove(ctx, m, last) // if it stays, its time is over in a minute
	return c, err
}

// racePlain has plain scs count, used as its middleware uses it.
func racePlain() (c RaceCount) {
	const name = string(count)
	m, ctx := race.PlainSCS(), context.Background()
	first, _ := m.Load(ctx, "") // a store in memory does not fail
	m.Put(first, name, 0)
	key, _, _ := m.Commit(first)
	c.Took = atOnce(func(ready func()) {
		ctx, _ := m.Load(ctx, key)
		seen := m.GetInt(ctx, name)
		ready()
		m.Put(ctx, name, seen+1)
		_, _, _ = m.Commit(ctx)
	})
	last, _ := m.Load(ctx, key)
	c.Counted = m.GetInt(last, name)
	return c
}

// atOnce runs request so often that all clicks have read, and said that they are ready,
// before the first of them goes on: the worst case, and the reason why a plain "read, add
// one, write" counts one click of all. It returns how long they took from there on.
func atOnce(request func(ready func())) time.Duration {
	var ready, done sync.WaitGroup
	ready.Add(Clicks)
	begin := make(chan struct{})
	for range Clicks {
		done.Go(func() {
			request(func() {
				ready.Done()
				<-begin
			})
		})
	}
	ready.Wait()
	start := time.Now()
	close(begin)
	done.Wait()
	return time.Since(start)
}
