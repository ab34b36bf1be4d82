package cache_test

import (
	"fmt"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/sessionstest/testserver"
)

// a record of which one bit has changed is not served, whatever the bit is part of.
func TestEveryBitOfARecordInRedisCounts(t *testing.T) {
	server := testserver.NewRedis(t)
	for name, o := range map[string]cache.RedisOptions{"signed": {HashKey: []byte("secret")}, "without a HashKey": {}} {
		t.Run(name, func(t *testing.T) {
			server.Do(t, "FLUSHALL")
			r := openRedis(t, "redis://"+server.Addr, o)
			key := createIn(t, r, 10, time.Hour)
			stored := storedKey(t, server)
			var length int
			if _, err := fmt.Sscanf(server.Do(t, "STRLEN", stored), ":%d", &length); err != nil || length < 80 {
				t.Fatalf("%d characters are stored, %v; want the marks, the times and the data", length, err)
			}
			for bit := range 8 * length {
				at := fmt.Sprint(bit)
				was := server.Do(t, "GETBIT", stored, at)
				flipped := map[string]string{":0": "1", ":1": "0"}[was]
				server.Do(t, "SETBIT", stored, at, flipped)
				if isThere(t, r, key) {
					t.Errorf("bit %d flipped: served all the same", bit)
				}
				server.Do(t, "SETBIT", stored, at, was[1:])
			}
			if !isThere(t, r, key) {
				t.Error("the untouched record is not served")
			}
		})
	}
}

// storedKey is what Redis calls the only record that it holds.
func storedKey(t *testing.T, server *testserver.RedisServer) (name string) {
	t.Helper()
	var length int
	reply := server.Do(t, "KEYS", "sessions:record:*")
	if _, err := fmt.Sscanf(reply, "*1\r\n$%d\r\n%s", &length, &name); err != nil {
		t.Fatalf("KEYS: %q: %v", reply, err)
	}
	return name
}

// who can write to Redis cannot make a record, nor give one to another visitor.
func TestARecordInRedisIsGoodForItsKeyAlone(t *testing.T) {
	server := testserver.NewRedis(t)
	url := "redis://" + server.Addr
	r := openRedis(t, url, cache.RedisOptions{HashKey: []byte("secret")})
	rich := createIn(t, r, 10, time.Hour)
	from := storedKey(t, server)
	server.Do(t, "RENAME", from, "a record that is put by")
	poor := createIn(t, r, 20, time.Hour)
	to := storedKey(t, server)
	server.Do(t, "COPY", "a record that is put by", to, "REPLACE")
	if isThere(t, r, poor) {
		t.Error("the record of one visitor is served to another one")
	}
	server.Do(t, "COPY", "a record that is put by", from)
	if !isThere(t, r, rich) {
		t.Error("under its own key it is not served")
	}
	forger := openRedis(t, url, cache.RedisOptions{})
	key := createIn(t, forger, 10, time.Hour)
	server.Do(t, "RENAME", "sessions:record:"+key, from)
	if isThere(t, r, rich) {
		t.Error("a record that was made without the HashKey is served")
	}
}

// A touch moves the times, and the record is whole afterwards.
func TestATouchedRecordInRedisIsWhole(t *testing.T) {
	r := openRedis(t, testserver.Redis(t), cache.RedisOptions{HashKey: []byte("secret")})
	key := createIn(t, r, 10, time.Hour)
	now := time.Now().UTC().Truncate(time.Microsecond)
	later := sessions.Record{Data: []byte("what somebody else has stored meanwhile"), Saved: now, Expires: now.Add(2 * time.Hour)}
	if _, err := r.Touch(t.Context(), key, later); err != nil {
		t.Fatal(err)
	}
	rec, err := r.Load(t.Context(), key)
	if err != nil || string(rec.Data) != "xxxxxxxxxx" || !rec.Saved.Equal(later.Saved) || !rec.Expires.Equal(later.Expires) {
		t.Errorf("after a touch: %v, %v; want the old data and the new times", rec, err)
	}
}
