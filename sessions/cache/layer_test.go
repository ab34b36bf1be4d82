package cache_test

import (
	"testing"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/sessionstest"
	"sessionlab/sessions/sessionstest/testserver"
)

// TestLayer runs whole sessions in memory and in Redis.
func TestLayer(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		sessionstest.Layer(t, func(t *testing.T) sessions.Config { return sessions.Config{Engine: openMemory(t)} })
	})
	t.Run("Redis", func(t *testing.T) {
		e := openRedis(t, testserver.Redis(t), cache.RedisOptions{})
		sessionstest.Layer(t, func(*testing.T) sessions.Config { return sessions.Config{Engine: e} })
	})
}
