package cache

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"sessionlab/sessions"
)

// MemoryOptions bound what a [Memory] holds. What was used longest ago goes first.
type MemoryOptions struct {
	// MaxEntries is how many records there may be; 0 stands for 1,000,000.
	MaxEntries int
	// MaxBytes is what they may take together, in bytes, with about 240 for each
	// beside its data; 0 stands for 256 MiB.
	MaxBytes int
}

// Memory keeps sessions in this process. They end with it, and other processes do
// not see them.
//
// It has no goroutine of its own. A record whose time has passed is never served;
// its room is taken back when it is asked for, when it is among the least recently
// used at the time of a write, or when room is needed (B-212).
type Memory struct {
	maxEntries, maxBytes int64
	entries, bytes       atomic.Int64
	leases               atomic.Uint64
	seed                 maphash.Seed
	shards               [64]shard // each under its own lock, so that processors seldom meet
}

type shard struct {
	sync.Mutex
	lru *simplelru.LRU[string, entry]
}

// entry is a record, or, if lease is set, the promise of one (see Reserve). Its data
// is never written to, only exchanged, so it may be read without the lock.
type entry struct {
	data           []byte
	saved, expires int64 // of the record, in microseconds since 1970
	until          int64 // when the entry ends: for the engine's records the same as expires
	lease          uint64
}

// overhead is what a record takes in memory beside its data, in bytes, as measured
// by TestMemoryTakesWhatItCounts.
const overhead = 240

func (e entry) size() int64 { return overhead + int64(len(e.data)) }

func (e entry) ended(now time.Time) bool { return e.until <= now.UnixMicro() }

// NewMemory returns an empty store.
func NewMemory(o MemoryOptions) *Memory {
	m := &Memory{maxEntries: int64(o.MaxEntries), maxBytes: int64(o.MaxBytes), seed: maphash.MakeSeed()}
	if m.maxEntries <= 0 {
		m.maxEntries = 1_000_000
	}
	if m.maxBytes <= 0 {
		m.maxBytes = 256 << 20
	}
	for i := range m.shards {
		m.shards[i].lru, _ = simplelru.NewLRU[string, entry](math.MaxInt, nil) // fails for sizes below 1 only
	}
	return m
}

// Load implements [sessions.Engine].
func (m *Memory) Load(ctx context.Context, key string) (sessions.Record, error) {
	if err := ctx.Err(); err != nil {
		return sessions.Record{}, fmt.Errorf("cache: load: %w", err)
	}
	s := m.lock(key)
	e, ok := m.valid(s, key)
	s.Unlock()
	if !ok || e.lease != 0 {
		return sessions.Record{}, sessions.ErrNotFound
	}
	return e.record(), nil
}

// Create implements [sessions.Engine].
func (m *Memory) Create(ctx context.Context, rec sessions.Record) (string, error) {
	return sessions.CreateKeyed(func(key string) error { return m.CreateUnder(ctx, key, rec) })
}

// CreateUnder implements [sessions.Keyed].
func (m *Memory) CreateUnder(ctx context.Context, key string, rec sessions.Record) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cache: create: %w", err)
	}
	e, err := m.newEntry(rec)
	if err != nil {
		return fmt.Errorf("cache: create: %w", err)
	}
	if rec.Expired(time.Now()) {
		return nil
	}
	s := m.lock(key)
	if _, ok := m.valid(s, key); ok {
		s.Unlock()
		return sessions.ErrConflict
	}
	m.store(s, key, e) // unlocks
	return nil
}

// Replace implements [sessions.Engine].
func (m *Memory) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("cache: replace: %w", err)
	}
	e, err := m.newEntry(rec)
	if err != nil {
		return "", fmt.Errorf("cache: replace: %w", err)
	}
	s := m.lock(key)
	stored, ok := m.valid(s, key)
	switch {
	case !ok || stored.lease != 0:
		err = sessions.ErrNotFound
	case !bytes.Equal(stored.data, old.Data):
		err = sessions.ErrConflict
	case rec.Expired(time.Now()):
		m.remove(s, key)
	default:
		m.store(s, key, e) // unlocks
		return key, nil
	}
	s.Unlock()
	if err != nil {
		return "", err
	}
	return key, nil
}

// Delete implements [sessions.Engine].
func (m *Memory) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cache: delete: %w", err)
	}
	s := m.lock(key)
	m.remove(s, key)
	s.Unlock()
	return nil
}

// Touch implements [sessions.Toucher].
func (m *Memory) Touch(ctx context.Context, key string, rec sessions.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("cache: touch: %w", err)
	}
	s := m.lock(key)
	defer s.Unlock()
	e, ok := m.valid(s, key)
	if !ok || e.lease != 0 {
		return "", sessions.ErrNotFound
	}
	if expires := rec.Expires.UnixMicro(); expires > e.expires {
		e.saved, e.expires, e.until = rec.Saved.UnixMicro(), expires, expires
		s.lru.Add(key, e)
	}
	return key, nil
}

// Traits implements [sessions.Describer].
func (m *Memory) Traits() sessions.Traits { return sessions.Traits{Private: true, KeepsSaved: true} }

// Locate implements [sessions.Locator].
func (m *Memory) Locate(string) sessions.Location {
	return sessions.Location{
		Place:   "memory of the server process",
		Store:   "gone when the process ends",
		Key:     "key of a map",
		Data:    "bytes in the map's entry",
		Expires: "time in the map's entry",
	}
}

// Ping never fails: the memory is always there.
func (m *Memory) Ping(context.Context) error { return nil }

// Close does nothing.
func (m *Memory) Close() error { return nil }

// Len returns how many records are held, those included whose time has passed and
// whose room was not needed since.
func (m *Memory) Len() int { return int(m.entries.Load()) }

func (m *Memory) newEntry(rec sessions.Record) (entry, error) {
	if rec.Expires.IsZero() {
		return entry{}, errNoExpiry
	}
	e := entryOf(rec, rec.Expires)
	if e.size() > m.maxBytes {
		return entry{}, fmt.Errorf("%w: %d bytes, and all records together may take %d", sessions.ErrTooLarge, e.size(), m.maxBytes)
	}
	return e, nil
}

func entryOf(rec sessions.Record, until time.Time) entry {
	return entry{
		data:    bytes.Clone(rec.Data),
		saved:   rec.Saved.UnixMicro(), // a zero time stays one, both ways
		expires: rec.Expires.UnixMicro(),
		until:   until.UnixMicro(),
	}
}

func (e entry) record() sessions.Record {
	return sessions.Record{
		Data:    bytes.Clone(e.data),
		Saved:   time.UnixMicro(e.saved).UTC(),
		Expires: time.UnixMicro(e.expires).UTC(),
	}
}

// lock locks the shard that key belongs to.
func (m *Memory) lock(key string) *shard {
	s := &m.shards[maphash.String(m.seed, key)%uint64(len(m.shards))]
	s.Lock()
	return s
}

// valid returns what is under key unless its time has passed. The caller holds the
// lock of s, also below.
func (m *Memory) valid(s *shard, key string) (entry, bool) {
	e, ok := s.lru.Get(key)
	if ok && e.ended(time.Now()) {
		m.remove(s, key)
		return entry{}, false
	}
	return e, ok
}

func (m *Memory) remove(s *shard, key string) {
	if e, ok := s.lru.Peek(key); ok {
		s.lru.Remove(key)
		m.entries.Add(-1)
		m.bytes.Add(-e.size())
	}
}

// store puts e under key, makes room for it, and unlocks s.
func (m *Memory) store(s *shard, key string, e entry) {
	if old, ok := s.lru.Peek(key); ok {
		m.bytes.Add(e.size() - old.size())
	} else {
		m.entries.Add(1)
		m.bytes.Add(e.size())
	}
	s.lru.Add(key, e)
	now := time.Now()
	for range 2 { // two out for one in: what has expired does not pile up
		if oldest, e, ok := s.lru.GetOldest(); ok && e.ended(now) {
			m.remove(s, oldest)
		}
	}
	m.evict(s, 1) // all but the new one
	s.Unlock()

	for i := 0; m.full() && i < len(m.shards); i++ {
		if other := &m.shards[i]; other != s {
			other.Lock()
			m.evict(other, 0)
			other.Unlock()
		}
	}
}

func (m *Memory) full() bool {
	return m.entries.Load() > m.maxEntries || m.bytes.Load() > m.maxBytes
}

// evict removes what was used longest ago, until there is room or only keep are left.
func (m *Memory) evict(s *shard, keep int) {
	for m.full() && s.lru.Len() > keep {
		oldest, _, _ := s.lru.GetOldest()
		m.remove(s, oldest)
	}
}
