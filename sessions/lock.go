package sessions

import (
	"context"
	"runtime"
	"strings"
	"sync"
)

// lock takes the session's lock. A function of the caller's that the session calls while it
// is locked, such as that of [Key.Update], must not use the session: it would wait for
// itself, so it panics instead, with a sentence.
func (s *Session) lock() {
	if !s.mu.TryLock() {
		if s.calling.Load() && insideCall() {
			panic("sessions: a function that a session calls (of Update, AllowCreate or an Observer) uses the session itself")
		}
		s.mu.Lock()
	}
}

// call calls a function of the caller's while the session's lock is held.
func (s *Session) call(f func()) {
	was := s.calling.Swap(true)
	defer s.calling.Store(was)
	f()
}

// insideCall reports whether this goroutine is inside of call, or of an update's function:
// then it, and no other one, holds the lock that it is about to wait for.
func insideCall() bool {
	stack := make([]uintptr, 64)
	n := runtime.Callers(2, stack)
	for n == len(stack) { // it is deeper than that
		stack = make([]uintptr, 2*n)
		n = runtime.Callers(2, stack)
	}
	frames := runtime.CallersFrames(stack[:n])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, "sessions.(*Session).call") || strings.HasSuffix(frame.Function, "sessions.(*txn).apply") {
			return true
		}
		if !more {
			return false
		}
	}
}

// A keyedMutex lets requests of this process that collided on one session go on one after
// another, so that a crowd on one session costs each of them one more load and one more
// swap, and not as many as there are others. Requests that met no conflict never come
// here, and other processes are kept out by the engine's compare-and-swap alone.
type keyedMutex struct {
	mu    sync.Mutex
	locks map[string]*waitedFor
}

type waitedFor struct {
	free    chan struct{} // holds one token while nobody has the lock
	waiting int           // users of this lock; the last one removes it
}

// lock waits for the lock of this key and returns how to give it back, or ctx's error.
func (k *keyedMutex) lock(ctx context.Context, key string) (unlock func(), err error) {
	k.mu.Lock()
	if k.locks == nil {
		k.locks = make(map[string]*waitedFor)
	}
	l := k.locks[key]
	if l == nil {
		l = &waitedFor{free: make(chan struct{}, 1)}
		l.free <- struct{}{}
		k.locks[key] = l
	}
	l.waiting++
	k.mu.Unlock()

	leave := func() {
		k.mu.Lock()
		if l.waiting--; l.waiting == 0 {
			delete(k.locks, key)
		}
		k.mu.Unlock()
	}
	select {
	case <-l.free:
		return func() { l.free <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
