package class

import (
	"context"
	"fmt"
	"time"

	"sessionlab/views"
)

// The experiments with the whole room.
const (
	OneCounter = "counter" // all click on one record
	Outage     = "outage"  // the stores answer nothing
	Restart    = "restart" // what is in memory is gone
	TimePasses = "time"    // 20 minutes go by for all sessions
)

const (
	readyFor  = 3 * time.Second // before the clicks count
	clickFor  = 15 * time.Second
	silentFor = 20 * time.Second
	bootFor   = 3 * time.Second
	passing   = 20 * time.Minute
	passFor   = 2 * time.Second
)

// Store is what the experiments need to know of the engines.
type Store interface {
	// Alive reports whether the engine of this name has a session under key.
	Alive(ctx context.Context, engine, key string) bool
	// Forget empties the engines that are in memory.
	Forget(ctx context.Context) error
	// Pass has d go by for every session of the class.
	Pass(ctx context.Context, d time.Duration) error
}

// run is an experiment with the whole room. It ends by itself.
type run struct {
	kind        string
	begun, ends time.Time
	timer       *time.Timer
	counter     *counter
	before      []watched
	rows        []views.ClassResult // once it is over
	met         int64               // requests that a silent store did not answer
	err         error
}

// watched is a session that was there when the experiment began.
type watched struct{ who, engine, key string }

func (r *run) over() bool { return r.rows != nil || r.err != nil }

func (r *run) phase(now time.Time) string {
	switch {
	case r.over():
		return "over"
	case r.kind == OneCounter && now.Before(r.begun.Add(readyFor)):
		return "ready"
	case now.After(r.ends):
		return "counting"
	}
	return "running"
}

// Start begins an experiment, which ends by itself. It returns [ErrBusy] while another runs.
func (c *Room) Start(kind string, store Store) error {
	lasts := map[string]time.Duration{
		OneCounter: readyFor + clickFor, Outage: silentFor, Restart: bootFor, TimePasses: passFor,
	}[kind]
	if lasts == 0 {
		return fmt.Errorf("class: there is no experiment %q", kind)
	}
	before := c.alive(context.Background(), store)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run != nil && !c.run.over() {
		return ErrBusy
	}
	now := time.Now()
	r := &run{kind: kind, begun: now, ends: now.Add(lasts), before: before}
	switch kind {
	case OneCounter:
		one, err := newCounter()
		if err != nil {
			return err
		}
		r.counter = one
	case Outage, Restart:
		c.gate.Silence(lasts)
	}
	c.run = r
	r.timer = time.AfterFunc(lasts, func() { c.finish(r, store) })
	c.change()
	return nil
}

// alive are the learners' sessions that are there.
func (c *Room) alive(ctx context.Context, store Store) (all []watched) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c.mu.Lock()
	var seen []watched
	for id, s := range c.seats {
		if id != Teacher && s.key != "" {
			seen = append(seen, watched{id, s.engine, s.key})
		}
	}
	c.mu.Unlock()
	for _, w := range seen {
		if store.Alive(ctx, w.engine, w.key) {
			all = append(all, w)
		}
	}
	return all
}

// finish looks what came of an experiment.
func (c *Room) finish(r *run, store Store) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var err error
	switch r.kind {
	case OneCounter:
		r.counter.working.Wait()
	case Restart:
		err = store.Forget(ctx)
	case TimePasses:
		err = store.Pass(ctx, passing)
	}
	rows := []views.ClassResult{}
	at := map[string]int{}
	for _, w := range r.before {
		i, ok := at[w.engine]
		if !ok {
			i = len(rows)
			at[w.engine] = i
			rows = append(rows, views.ClassResult{Engine: w.engine})
		}
		rows[i].Before++
		if r.kind != OneCounter && store.Alive(ctx, w.engine, w.key) {
			rows[i].After++
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r.rows, r.err, r.met = rows, err, c.gate.met.Load()
	c.change()
}

// endRun ends what is running without a result. The caller holds the lock.
func (c *Room) endRun() {
	if c.run != nil && c.run.timer != nil {
		c.run.timer.Stop()
	}
	c.gate.until.Store(0)
}

// Click counts a learner's click on the counter for everybody. It returns [ErrOver] when
// nobody may click, and a [*limit.Refused] to whom clicks faster than people do.
func (c *Room) Click(ctx context.Context, learner string) error {
	if err := c.clicks.Take(learner); err != nil {
		return err
	}
	c.mu.Lock()
	r := c.run
	ok := r != nil && r.kind == OneCounter && r.phase(time.Now()) == "running"
	c.mu.Unlock()
	if !ok {
		return ErrOver
	}
	r.counter.click(context.WithoutCancel(ctx))
	return nil
}

// titles and what to say before and after, of each experiment.
var runWords = map[string]struct{ title, during, after string }{
	OneCounter: {"One counter for everybody",
		"All click for 15 seconds on one session. Each click is saved twice: with plain scs, and with this layer.",
		"A click counts if its answer said that it was saved."},
	Outage: {"The store goes silent",
		"For 20 seconds the session store answers nothing. Who will be signed out?",
		"Nobody's session is gone: a store that does not answer has ended nothing, so no cookie was deleted."},
	Restart: {"The memory is emptied, as by a restart",
		"Whatever is only in memory will be gone.",
		"The engine cache keeps sessions in memory and forgot them. The others have them on disk, or in the browser."},
	TimePasses: {"20 minutes pass",
		"For every session in the room, 20 minutes go by in a moment.",
		"A session ends when it was not used for its idle timeout. Without one, 20 minutes mean nothing to it."},
}

// shown is the experiment as everybody sees it. The caller holds the lock.
func (c *Room) shown(now time.Time) *views.ClassRun {
	r := c.run
	if r == nil {
		return nil
	}
	w, phase := runWords[r.kind], r.phase(now)
	v := &views.ClassRun{Kind: r.kind, Title: w.title, Says: w.during, Phase: phase, Met: int(r.met)}
	if v.Left = max(0, r.ends.Sub(now)); phase == "ready" {
		v.Left = r.begun.Add(readyFor).Sub(now)
	}
	if r.over() {
		v.Says = w.after
	}
	if r.err != nil {
		v.Says = "This did not work: the store could not do it. Nothing was ended."
	}
	if r.counter == nil {
		v.Rows = r.rows
		return v
	}
	plain, layer := r.counter.kept()
	v.Counter = &views.ClassCounter{
		Plain:   views.ClassCount{Kept: plain, Said: int(r.counter.plainSaid.Load())},
		Layer:   views.ClassCount{Kept: layer, Said: int(r.counter.layerSaid.Load())},
		Refused: int(r.counter.refused.Load()),
	}
	return v
}
