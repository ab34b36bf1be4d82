package cache

import (
	"math"
	"sync"
	"sync/atomic"
)

// shard holds a part of the entries, in a ring by their last use. The map and the ring are
// guarded by its mutex, which the methods below expect to be held.
type shard struct {
	sync.Mutex
	entries map[string]*entry
	ring    entry // has no record: ring.next was used last, ring.prev longest ago

	// oldest is the tick of ring.prev, for those who do not hold the mutex; the largest
	// number if the shard is empty.
	oldest atomic.Int64
}

// entry is a record, or, if lease is set, the promise of one (see Reserve). Its data
// is never written to, only exchanged, so it may be read without the mutex.
type entry struct {
	key                  string
	data                 []byte
	saved, used, expires int64 // of the record, in microseconds since 1970
	until                int64 // when the entry ends: for the engine's records the same as expires
	lease                uint64

	tick       int64 // of the last use: the larger, the later
	prev, next *entry
}

// overhead is what a record takes in memory beside its data, in bytes, as measured
// by TestMemoryTakesWhatItCounts.
const overhead = 210

func (e *entry) size() int64 { return overhead + int64(len(e.data)) }

func (s *shard) init() {
	s.entries = map[string]*entry{}
	s.ring.prev, s.ring.next = &s.ring, &s.ring
	s.ring.tick = math.MaxInt64
	s.oldest.Store(math.MaxInt64)
}

// use makes e, new or not, the entry that was used last.
func (s *shard) use(e *entry, tick int64) {
	if e.next != nil {
		e.prev.next, e.next.prev = e.next, e.prev
	}
	e.tick = tick
	e.prev, e.next = &s.ring, s.ring.next
	e.prev.next, e.next.prev = e, e
	s.note()
}

func (s *shard) remove(e *entry) {
	e.prev.next, e.next.prev = e.next, e.prev
	delete(s.entries, e.key)
	s.note()
}

func (s *shard) note() {
	if tick := s.ring.prev.tick; tick != s.oldest.Load() {
		s.oldest.Store(tick)
	}
}

// last is the entry that was used longest ago, nil if there is none.
func (s *shard) last() *entry {
	if e := s.ring.prev; e != &s.ring {
		return e
	}
	return nil
}

// evict removes what was used longest ago of all, until there is room. The shards say
// themselves what their oldest entry is, so only one of them has to be locked. Nobody holds
// a shard meanwhile: what is used between the look and the lock may be the one that goes.
func (m *Memory) evict() {
	for m.full() {
		oldest, tick := &m.shards[0], int64(math.MaxInt64)
		for i := range m.shards {
			if t := m.shards[i].oldest.Load(); t < tick {
				oldest, tick = &m.shards[i], t
			}
		}
		oldest.Lock()
		if e := oldest.last(); e != nil && e.tick == tick && m.full() {
			m.remove(oldest, e)
		}
		oldest.Unlock()
	}
}
