package cache

import (
	"context"
	"fmt"
	"time"

	"sessionlab/sessions"
)

// Get implements the cache of package cacheddb.
func (m *Memory) Get(ctx context.Context, key string) (sessions.Record, uint64, error) {
	if err := ctx.Err(); err != nil {
		return sessions.Record{}, 0, fmt.Errorf("cache: get: %w", err)
	}
	s := m.lock(key)
	e, ok := m.valid(s, key)
	if !ok {
		lease := m.reserve(s, key) // unlocks
		return sessions.Record{}, lease, sessions.ErrNotFound
	}
	s.Unlock()
	if e.lease != 0 { // somebody else is about to store one
		return sessions.Record{}, 0, sessions.ErrNotFound
	}
	return e.record(), 0, nil
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
	cached := entryOf(rec, time.Now().Add(ttl))
	s := m.lock(key)
	if e, ok := m.valid(s, key); !ok || e.lease != lease || lease == 0 || ttl <= 0 || cached.size() > m.maxBytes {
		m.remove(s, key)
		s.Unlock()
		return nil
	}
	m.store(s, key, cached) // unlocks
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
		for _, key := range s.lru.Keys() {
			m.remove(s, key)
		}
		s.Unlock()
	}
	return nil
}

// reserve puts a lease under key, and unlocks s.
func (m *Memory) reserve(s *shard, key string) uint64 {
	lease := m.leases.Add(1)
	m.store(s, key, entry{lease: lease, until: time.Now().Add(leaseTime).UnixMicro()})
	return lease
}
