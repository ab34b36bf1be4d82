package sessions

import (
	"context"
	"sync"
	"time"
)

// saving is the detached context of a save, which goes on when the client has hung up, but
// not for ever: the values of one context, and an end of its own. scs finds a session's
// entries by context, so with changes what is seen while the end stays.
type saving struct {
	*limit
	values  context.Context
	encoded []byte // scs's way through scs.go
}

func newSaving(end time.Time, values context.Context) *saving {
	return &saving{limit: &limit{end: end}, values: values}
}

func (c *saving) with(values context.Context) *saving { return &saving{limit: c.limit, values: values} }

func (c *saving) Value(key any) any { return c.values.Value(key) }

// limit is a context without values that ends at a moment, like one of context.WithDeadline.
// But hardly any save has to wait, so its timer comes with the first call of Done, and with
// it four allocations of five.
type limit struct {
	mu    sync.Mutex
	end   time.Time
	timed context.Context // nil before the first call of Done
	stop  context.CancelFunc
}

func (l *limit) Deadline() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end, true
}

func (l *limit) Done() <-chan struct{} { return l.context().Done() }

func (l *limit) context() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timed == nil {
		l.timed, l.stop = context.WithDeadline(context.Background(), l.end)
	}
	return l.timed
}

func (l *limit) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timed != nil {
		return l.timed.Err()
	}
	if time.Now().Before(l.end) {
		return nil
	}
	return context.DeadlineExceeded
}

// AfterFunc spares contexts that are derived from this one a goroutine, see [context.AfterFunc].
func (l *limit) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(l.context(), f) }

// over ends the context now: the save is over.
func (l *limit) over() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end = time.Time{}
	if l.stop != nil {
		l.stop()
	}
}
