package redis_test

import (
	"testing"
	"time"

	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest/testserver"
)

// A restart of Redis leaves what Redis has saved: here that is nothing, until it is told to
// save. Who comes with a session that is gone begins anew.
func TestARestartOfRedisLeavesWhatItHasSaved(t *testing.T) {
	server := testserver.NewRedis(t)
	r := openRedis(t, "redis://"+server.Addr, redis.Options{})
	kept := createIn(t, r, 10, time.Hour)
	server.Do(t, "SAVE")
	lost := createIn(t, r, 10, time.Hour)
	server.Kill(t)
	server.Start(t)
	within(t, 10*time.Second, "Ping succeeds", func() bool { return r.Ping(t.Context()) == nil })
	if !isThere(t, r, kept) || isThere(t, r, lost) {
		t.Errorf("saved before the restart: there %t, want true; not saved: there %t, want false", isThere(t, r, kept), isThere(t, r, lost))
	}
}
