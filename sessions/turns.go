package sessions

import (
	"context"
	"sync"
)

// turns lets requests of this process that collided on one session go on one after
// another, so that a crowd on one session costs each of them one more load and one
// more swap, and not as many as there are others. Requests that met no conflict never
// come here, and another process is kept out by the engine's compare-and-swap alone.
type turns struct {
	mu    sync.Mutex
	lines map[string]*line
}

type line struct {
	turn    chan struct{} // holds one token; whoever has it is at the counter
	waiting int           // users of this line; the last one removes it
}

// take waits for this key's turn and returns how to give it back, or ctx's error.
func (t *turns) take(ctx context.Context, key string) (done func(), err error) {
	t.mu.Lock()
	if t.lines == nil {
		t.lines = make(map[string]*line)
	}
	l := t.lines[key]
	if l == nil {
		l = &line{turn: make(chan struct{}, 1)}
		l.turn <- struct{}{}
		t.lines[key] = l
	}
	l.waiting++
	t.mu.Unlock()

	leave := func() {
		t.mu.Lock()
		if l.waiting--; l.waiting == 0 {
			delete(t.lines, key)
		}
		t.mu.Unlock()
	}
	select {
	case <-l.turn:
		return func() { l.turn <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
