package class

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"time"

	"sessionlab/views"
)

// tick is how often the screens are drawn: once for all that look at them.
const tick = 500 * time.Millisecond

// Frame is what the streams send: parts of the pages, drawn once for all.
type Frame struct {
	Board, Screen string
	Bar           string // changes when the learners' bars do
}

// hub hands the newest frame to all streams.
type hub struct {
	mu    sync.Mutex
	frame Frame
	next  chan struct{} // closed when there is a newer one
	looks int           // streams that want the board or the screen
	stop  chan struct{}
	once  sync.Once
}

func (h *hub) init() { h.next, h.stop = make(chan struct{}), make(chan struct{}) }

// Closed is closed when the server is about to stop.
func (c *Room) Closed() <-chan struct{} { return c.hub.stop }

// Close ends all streams.
func (c *Room) Close() { c.hub.once.Do(func() { close(c.hub.stop) }) }

// Latest returns the newest frame, and a channel that is closed when there is a newer one.
func (c *Room) Latest() (Frame, <-chan struct{}) {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	return c.hub.frame, c.hub.next
}

// Look has the board and the screen drawn until the caller is done.
func (c *Room) Look() (done func()) {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	c.hub.looks++
	return func() {
		c.hub.mu.Lock()
		defer c.hub.mu.Unlock()
		c.hub.looks--
	}
}

// Run draws the screens until ctx ends.
func (c *Room) Run(ctx context.Context, store Store, log *slog.Logger) {
	clock := time.NewTicker(tick)
	defer clock.Stop()
	for failing := false; ; {
		select {
		case <-clock.C:
		case <-ctx.Done():
			c.mu.Lock()
			c.endRun()
			c.mu.Unlock()
			return
		}
		c.Watch(ctx, store)
		err := c.draw(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			log.ErrorContext(ctx, "the class's board cannot be drawn", "err", err)
		}
		failing = err != nil
	}
}

// draw draws a new frame, and hands it out if it differs from the last.
func (c *Room) draw(ctx context.Context) error {
	c.hub.mu.Lock()
	f, looks := c.hub.frame, c.hub.looks
	c.hub.mu.Unlock()
	c.mu.Lock()
	f.Bar = c.version()
	c.mu.Unlock()
	if looks > 0 {
		b, err := c.Board(ctx)
		if err != nil {
			return err
		}
		screen := c.Screen(b)
		var board, wall bytes.Buffer
		if err := views.ClassLiveBoard(b).Render(ctx, &board); err != nil {
			return err
		}
		if err := views.ClassLiveScreen(screen).Render(ctx, &wall); err != nil {
			return err
		}
		f.Board, f.Screen = board.String(), wall.String()
	}
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	if f != c.hub.frame {
		c.hub.frame = f
		close(c.hub.next)
		c.hub.next = make(chan struct{})
	}
	return nil
}
