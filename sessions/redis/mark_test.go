package redis_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest/testserver"
)

// a record of which one bit has changed is not served, whatever the bit is part of.
func TestEveryBitOfARecordInRedisCounts(t *testing.T) {
	server := testserver.NewRedis(t)
	for name, o := range map[string]redis.Options{"signed": {HashKey: []byte("secret")}, "without a HashKey": {}} {
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
				wantDamaged(t, r, key, fmt.Sprintf("bit %d flipped", bit))
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
	r := openRedis(t, url, redis.Options{HashKey: []byte("secret")})
	rich := createIn(t, r, 10, time.Hour)
	from := storedKey(t, server)
	server.Do(t, "RENAME", from, "a record that is put by")
	poor := createIn(t, r, 20, time.Hour)
	to := storedKey(t, server)
	server.Do(t, "COPY", "a record that is put by", to, "REPLACE")
	wantDamaged(t, r, poor, "the record of another visitor")
	server.Do(t, "COPY", "a record that is put by", from)
	if !isThere(t, r, rich) {
		t.Error("under its own key it is not served")
	}
	forger := openRedis(t, url, redis.Options{})
	key := createIn(t, forger, 10, time.Hour)
	server.Do(t, "RENAME", "sessions:record:"+key, from)
	wantDamaged(t, r, rich, "a record made without the HashKey")
}

// A touch moves the expiry alone, and the record is whole afterwards.
func TestATouchedRecordInRedisIsWhole(t *testing.T) {
	r := openRedis(t, testserver.Redis(t), redis.Options{HashKey: []byte("secret")})
	now := time.Now().UTC().Truncate(time.Microsecond)
	stored := sessions.Record{Data: []byte("one"), Saved: now, Expires: now.Add(time.Hour)}
	key, err := r.Create(t.Context(), stored)
	if err != nil {
		t.Fatal(err)
	}
	later := sessions.Record{Data: []byte("what somebody else has stored meanwhile"), Saved: now.Add(time.Minute), Used: now.Add(time.Minute), Expires: now.Add(2 * time.Hour)}
	if _, err := r.Touch(t.Context(), key, later); err != nil {
		t.Fatal(err)
	}
	rec, err := r.Load(t.Context(), key)
	if err != nil || string(rec.Data) != "one" || !rec.Saved.Equal(now) || !rec.Expires.Equal(later.Expires) {
		t.Errorf("after a touch: %+v, %v; want the old data and Saved and the new Expires", rec, err)
	}
}

// A record that was damaged is not given by List, and stops it at nothing.
func TestADamagedRecordIsNotListed(t *testing.T) {
	server := testserver.NewRedis(t)
	r := openRedis(t, "redis://"+server.Addr, redis.Options{})
	whole, damaged := createIn(t, r, 10, time.Hour), createIn(t, r, 10, time.Hour)
	server.Do(t, "SET", "sessions:record:"+damaged, "x", "EX", "60")
	var listed []string
	err := r.List(t.Context(), func(key string, _ sessions.Record) bool { listed = append(listed, key); return true })
	if err != nil || len(listed) != 1 || listed[0] != whole {
		t.Errorf("List gives %d records, %v, want the one that is whole", len(listed), err)
	}
}

func TestHashedKeysCannotBeListed(t *testing.T) {
	r := openRedis(t, testserver.Redis(t), redis.Options{HashKey: []byte("secret")})
	if err := r.List(t.Context(), nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("List: %v, want ErrUnsupported", err)
	}
}

func TestARecordThatLastsUntilTheYear9999IsKept(t *testing.T) {
	r := openRedis(t, testserver.Redis(t), redis.Options{})
	for _, end := range []time.Time{
		time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		key, err := r.Create(t.Context(), sessions.Record{Data: []byte("x"), Saved: time.Now(), Expires: end})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond) // more than the shortest time to live
		if rec, err := r.Load(t.Context(), key); err != nil || !rec.Expires.Equal(end) {
			t.Errorf("Load = %v, %v, want the expiry %v", rec.Expires, err, end)
		}
	}
}
