package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync/atomic"
	"time"

	"sessionlab/sessions"
)

// MemoryOptions bound what a [Memory] holds. What was used longest ago goes first.
type MemoryOptions struct {
	// MaxEntries is how many records there may be; 0 stands for 1,000,000.
	MaxEntries int
	// MaxBytes is what they may take together, in bytes, with about 210 for each
	// beside its data; 0 stands for 256 MiB.
	MaxBytes int
}

// Memory keeps sessions in this process. They end with it, and other processes do
// not see them. It is a [sessions.Engine] that keeps all times of a record.
//
// It has no goroutine of its own. An expired record is never served; its room is taken
// back when it is asked for, when it is among the least recently used at the time of a
// write, or when room is needed. Then the record goes that was used longest ago, by a load,
// a save or a touch: exactly that one, unless it is used again in the same instant.
type Memory struct {
	maxEntries, maxBytes int64
	entries, bytes       atomic.Int64
	ticks                atomic.Int64 // counts uses
	leases               atomic.Uint64
	seed                 maphash.Seed
	shards               [64]shard // each under its own mutex, so that processors seldom meet
}

var (
	_ sessions.Keyed     = (*Memory)(nil)
	_ sessions.Toucher   = (*Memory)(nil)
	_ sessions.Describer = (*Memory)(nil)
	_ sessions.Lister    = (*Memory)(nil)
	_ sessions.Locator   = (*Memory)(nil)
)

var errNoExpiry = errors.New("a record needs an expiry")

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
		m.shards[i].init()
	}
	return m
}

// Load implements [sessions.Engine].
func (m *Memory) Load(ctx context.Context, key string) (sessions.Record, error) {
	if err := ctx.Err(); err != nil {
		return sessions.Record{}, fmt.Errorf("cache: load: %w", err)
	}
	s := m.lock(key)
	e := m.valid(s, key)
	if e == nil || e.lease != 0 {
		s.Unlock()
		return sessions.Record{}, sessions.ErrNotFound
	}
	m.use(s, e)
	found := *e
	s.Unlock()
	return found.record(), nil
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
	e, err := m.newEntry(key, rec)
	if err != nil {
		return fmt.Errorf("cache: create: %w", err)
	}
	if rec.Expired(time.Now()) {
		return nil
	}
	s := m.lock(key)
	if m.valid(s, key) != nil {
		s.Unlock()
		return sessions.ErrConflict
	}
	m.store(s, e) // unlocks
	return nil
}

// Replace implements [sessions.Engine].
func (m *Memory) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("cache: replace: %w", err)
	}
	e, err := m.newEntry(key, rec)
	if err != nil {
		return "", fmt.Errorf("cache: replace: %w", err)
	}
	s := m.lock(key)
	stored := m.valid(s, key)
	switch {
	case stored == nil || stored.lease != 0:
		err = sessions.ErrNotFound
	case !bytes.Equal(stored.data, old.Data):
		err = sessions.ErrConflict
	case rec.Expired(time.Now()):
		m.remove(s, stored)
	default:
		m.store(s, e) // unlocks
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
	m.removeKey(s, key)
	s.Unlock()
	return nil
}

// Touch implements [sessions.Toucher]. It moves Used and Expires.
func (m *Memory) Touch(ctx context.Context, key string, rec sessions.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("cache: touch: %w", err)
	}
	s := m.lock(key)
	defer s.Unlock()
	e := m.valid(s, key)
	if e == nil || e.lease != 0 {
		return "", sessions.ErrNotFound
	}
	m.use(s, e)
	e.used = max(e.used, rec.Used.UnixMicro())
	e.expires = max(e.expires, rec.Expires.UnixMicro())
	e.until = e.expires
	return key, nil
}

// List implements [sessions.Lister], a shard at a time. To be listed is no use of a record.
func (m *Memory) List(ctx context.Context, yield func(key string, rec sessions.Record) bool) error {
	for i := range m.shards {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("cache: list: %w", err)
		}
		for _, e := range m.shards[i].records() {
			if !yield(e.key, e.record()) {
				return nil
			}
		}
	}
	return nil
}

// records returns copies of the entries that are records and have not expired. They share
// their data, which nobody writes to.
func (s *shard) records() []entry {
	s.Lock()
	defer s.Unlock()
	now := time.Now()
	found := make([]entry, 0, len(s.entries))
	for _, e := range s.entries {
		if e.lease == 0 && !e.ended(now) {
			found = append(found, *e)
		}
	}
	return found
}

// Traits says that only this process can write a record.
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

// Len returns how many records are held, those included that have expired and whose
// room was not needed since.
func (m *Memory) Len() int { return int(m.entries.Load()) }

func (m *Memory) newEntry(key string, rec sessions.Record) (entry, error) {
	if rec.Expires.IsZero() {
		return entry{}, errNoExpiry
	}
	e := entryOf(key, rec, rec.Expires)
	if e.size() > m.maxBytes {
		return entry{}, fmt.Errorf("%w: %d bytes, and all records together may take %d",
			sessions.ErrTooLarge, e.size(), m.maxBytes)
	}
	return e, nil
}

// entryOf copies rec. A zero time stays one, both ways.
func entryOf(key string, rec sessions.Record, until time.Time) entry {
	return entry{
		key:     key,
		data:    bytes.Clone(rec.Data),
		saved:   rec.Saved.UnixMicro(),
		used:    rec.Used.UnixMicro(),
		expires: rec.Expires.UnixMicro(),
		until:   until.UnixMicro(),
	}
}

func (e *entry) record() sessions.Record {
	return sessions.Record{
		Data:    bytes.Clone(e.data),
		Saved:   time.UnixMicro(e.saved).UTC(),
		Used:    time.UnixMicro(e.used).UTC(),
		Expires: time.UnixMicro(e.expires).UTC(),
	}
}

func (e *entry) ended(now time.Time) bool { return e.until <= now.UnixMicro() }

// lock locks the shard that key belongs to.
func (m *Memory) lock(key string) *shard {
	s := &m.shards[maphash.String(m.seed, key)%uint64(len(m.shards))]
	s.Lock()
	return s
}

// What follows expects the mutex of s to be held.

// valid returns what is under key unless it has expired.
func (m *Memory) valid(s *shard, key string) *entry {
	e := s.entries[key]
	if e != nil && e.ended(time.Now()) {
		m.remove(s, e)
		return nil
	}
	return e
}

func (m *Memory) use(s *shard, e *entry) { s.use(e, m.ticks.Add(1)) }

func (m *Memory) removeKey(s *shard, key string) {
	if e := s.entries[key]; e != nil {
		m.remove(s, e)
	}
}

func (m *Memory) remove(s *shard, e *entry) {
	s.remove(e)
	m.entries.Add(-1)
	m.bytes.Add(-e.size())
}

// store puts e in the place of what is under its key, unlocks s, and makes room.
func (m *Memory) store(s *shard, e entry) {
	stored := s.entries[e.key]
	if stored == nil {
		stored = &entry{}
		s.entries[e.key] = stored
		m.entries.Add(1)
		m.bytes.Add(overhead)
	}
	m.bytes.Add(int64(len(e.data) - len(stored.data)))
	e.prev, e.next = stored.prev, stored.next
	if stored.key != "" {
		e.key = stored.key // the caller's may be a part of a larger text, such as a header
	}
	*stored = e
	m.use(s, stored)
	now := time.Now()
	for range 2 { // two out for one in: what has expired does not pile up
		if oldest := s.last(); oldest != nil && oldest.ended(now) {
			m.remove(s, oldest)
		}
	}
	s.Unlock()
	m.evict()
}

func (m *Memory) full() bool {
	return m.entries.Load() > m.maxEntries || m.bytes.Load() > m.maxBytes
}
