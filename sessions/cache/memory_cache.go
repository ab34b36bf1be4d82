package cache

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sessionlab/sessions"
)

// leaseTime is how long a lease holds at most: longer than a load from a database may
// take, short enough to be nothing that one has to clean.
const leaseTime = 10 * time.Second

// Get implements the cache of package cacheddb.
func (m *Memory) Get(ctx context.Context, key string) (sessions.Record, uint64, error) {
	if err := ctx.Err(); err != nil {
		return sessions.Record{}, 0, fmt.Errorf("cache: get: %w", err)
	}
	s := m.lock(key)
	e := m.valid(s, key)
	if e == nil {
		lease := m.reserve(s, key) // unlocks
		return sessions.Record{}, lease, sessions.ErrNotFound
	}
	m.use(s, e)
	found := *e
	s.Unlock()
	if found.lease != 0 { // somebody else is about to store one
		return sessions.Record{}, 0, sessions.ErrNotFound
	}
	return found.record(), 0, nil
}

// Reserve implements the cache of package cacheddb.
func (m *Memory) Reserve(ctx context.Context, key string) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("cache: reserve: %w", err)
	}
	return m.reserve(m.lock(key), key), nil
}

// Put implements the cache of package cacheddb.
func (m *Memory) Put(ctx context.Context, key string, lease uint64, rec sessions.Record, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cache: put: %w", err)
	}
	cached := entryOf(key, rec, time.Now().Add(ttl))
	s := m.lock(key)
	if e := m.valid(s, key); e == nil || e.lease != lease || lease == 0 || ttl <= 0 || cached.size() > m.maxBytes {
		m.removeKey(s, key)
		s.Unlock()
		return nil
	}
	m.store(s, cached) // unlocks
	return nil
}

// Drop implements the cache of package cacheddb.
func (m *Memory) Drop(ctx context.Context, key string) error { return m.Delete(ctx, key) }

// Forget implements the cache of package cacheddb.
func (m *Memory) Forget(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cache: forget: %w", err)
	}
	for i := range m.shards {
		s := &m.shards[i]
		s.Lock()
		for _, e := range s.entries {
			m.remove(s, e)
		}
		s.Unlock()
	}
	return nil
}

// reserve puts a lease under key, and unlocks s.
func (m *Memory) reserve(s *shard, key string) uint64 {
	lease := m.leases.Add(1)
	m.store(s, entry{key: strings.Clone(key), lease: lease, until: time.Now().Add(leaseTime).UnixMicro()}) // unlocks
	return lease
}
