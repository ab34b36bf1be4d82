package cacheddb

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// breaker leaves a cache alone that has failed, and brings it back.
//
// A failure may have left an old entry behind, and so does every write from then on.
// So the cache is brought back in two steps: first writes use it again, then all that
// it holds is forgotten, then reads use it. A write that left it out was finished
// before the second step, and what it missed is forgotten in the third.
type breaker struct {
	cache Cache
	retry time.Duration
	log   *slog.Logger

	state   atomic.Int32
	probing atomic.Bool
	next    atomic.Int64 // when to try again, in nanoseconds since 1970
	began   atomic.Int64 // when the outage began, likewise
}

const (
	inUse int32 = iota
	left        // alone
	back        // for writes
)

func (b *breaker) mayRead() bool {
	switch b.state.Load() {
	case inUse:
		return true
	case left:
		b.tryAgain()
	}
	return false
}

func (b *breaker) mayWrite() bool {
	state := b.state.Load()
	if state == left {
		b.tryAgain()
	}
	return state != left
}

// failed takes note of an error of the cache. That the client has gone is none.
func (b *breaker) failed(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	now := time.Now()
	b.next.Store(now.Add(b.retry).UnixNano())
	if b.state.Swap(left) == inUse { // once for each outage
		b.began.Store(now.UnixNano())
		b.log.Warn("the session cache failed, going on without it", "err", err)
	}
}

// tryAgain looks after a cache that was left alone, beside the request, when it is
// time to.
func (b *breaker) tryAgain() {
	if time.Now().UnixNano() < b.next.Load() || !b.probing.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer b.probing.Store(false)
		ctx := context.Background() // the cache has a time limit of its own
		if err := b.cache.Forget(ctx); err != nil {
			b.next.Store(time.Now().Add(b.retry).UnixNano())
			return // still out of reach
		}
		if !b.state.CompareAndSwap(left, back) {
			return // somebody was quicker
		}
		if err := b.cache.Forget(ctx); err != nil {
			b.failed(ctx, err)
			return
		}
		if b.state.CompareAndSwap(back, inUse) { // unless a write has failed meanwhile
			b.log.Info("the session cache is back", "after", time.Since(time.Unix(0, b.began.Load())).Round(time.Millisecond))
		}
	}()
}
