package redis

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"sessionlab/sessions"
)

// As the cache of package cacheddb, Redis keeps under each key either
//
//	V generation record    a copy of a record, as sealCopy writes it
//	L generation lease     a lease
//
// where generation is the 32 random characters that stand under the key of the generation,
// before a mark of the server. Where there is none, after a Forget or in an empty server, or
// the mark is that of another server, a script makes one, and all that was stored before is
// unreadable at once, for every process. The mark is the address of a function in the
// server's memory: it costs nothing and differs from process to process. So a replica that
// takes over forgets the copies that it has, since the last writes may not have come to it,
// also behind a proxy that does not let its clients notice; and a replica serves none.
//
// Where Redis has no room (maxmemory), a script removes what it cannot store. Forget
// needs none.
const currentGeneration = `
local generation, server = redis.call('GET', KEYS[2]), tostring(redis.call)
if not generation or string.sub(generation, 33) ~= server then
	generation = ARGV[1] .. server
	redis.pcall('SET', KEYS[2], generation)
end
generation = string.sub(generation, 1, 32)
`

// leaseTime is how long a lease holds at most: longer than a load from a database may
// take, short enough to be nothing that one has to clean.
const leaseTime = 10 * time.Second

var (
	// get answers with the record, 1 for a new lease or 0 for nothing.
	getScript = rueidis.NewLuaScriptRetryable(currentGeneration + `
local stored = redis.call('GET', KEYS[1])
if stored and string.sub(stored, 2, 33) == generation then
	if string.sub(stored, 1, 1) == 'V' then return string.sub(stored, 34) end
	return 0
end
local done = redis.pcall('SET', KEYS[1], 'L' .. generation .. ARGV[2], 'PX', ARGV[3])
if type(done) == 'table' and done.err then
	redis.call('DEL', KEYS[1])
	return 0
end
return 1`)

	reserveScript = rueidis.NewLuaScriptRetryable(currentGeneration + `
local done = redis.pcall('SET', KEYS[1], 'L' .. generation .. ARGV[2], 'PX', ARGV[3])
if type(done) == 'table' and done.err then redis.call('DEL', KEYS[1]) end
return 1`)

	putScript = rueidis.NewLuaScriptRetryable(currentGeneration + `
if redis.call('GET', KEYS[1]) == 'L' .. generation .. ARGV[2] then
	local done = redis.pcall('SET', KEYS[1], 'V' .. generation .. ARGV[4], 'PX', ARGV[3])
	if type(done) ~= 'table' or not done.err then return 1 end
end
redis.call('DEL', KEYS[1])
return 0`)
)

// Get implements the cache of package cacheddb.
//
// A server that was restarted, or a replica that took its place, may hold old
// records. It can only be reached over a connection made since, so an answer counts
// only if no connection was made since the last [Redis.Forget] of this process;
// otherwise Get forgets everything and asks again.
func (r *Redis) Get(ctx context.Context, key string) (sessions.Record, uint64, error) {
	for range 16 { // more than there are connections to be made
		lease := newLease()
		reply, err := r.onCached(ctx, "get", getScript, key, lease, leaseTime)
		if err != nil {
			return sessions.Record{}, 0, err
		}
		if r.dials.Load() != r.known.Load() {
			if err := r.Forget(ctx); err != nil {
				return sessions.Record{}, 0, err
			}
			continue
		}
		if leased, err := reply.ToInt64(); err == nil {
			if leased == 0 {
				lease = 0
			}
			return sessions.Record{}, lease, sessions.ErrNotFound
		}
		value, err := reply.ToString()
		if err != nil {
			return sessions.Record{}, 0, r.failed("get", err)
		}
		rec, ok := r.openCopy(key, value)
		if !ok { // damaged: the store is asked
			return sessions.Record{}, 0, sessions.ErrNotFound
		}
		return rec, 0, nil
	}
	return sessions.Record{}, 0, r.failed("get", errors.New("the connections do not last"))
}

// Reserve implements the cache of package cacheddb.
func (r *Redis) Reserve(ctx context.Context, key string) (uint64, error) {
	lease := newLease()
	_, err := r.onCached(ctx, "reserve", reserveScript, key, lease, leaseTime)
	return lease, err
}

// Put implements the cache of package cacheddb.
func (r *Redis) Put(ctx context.Context, key string, lease uint64, rec sessions.Record, ttl time.Duration) error {
	if ttl <= 0 {
		return r.Drop(ctx, key)
	}
	_, err := r.onCached(ctx, "put", putScript, key, lease, ttl, r.sealCopy(key, rec))
	return err
}

// Drop implements the cache of package cacheddb.
func (r *Redis) Drop(ctx context.Context, key string) error {
	cached, _ := r.cached(key)
	return r.del(ctx, "drop", cached)
}

// Forget implements the cache of package cacheddb.
func (r *Redis) Forget(ctx context.Context) error {
	dials := r.dials.Load()
	for _, tag := range r.tags() {
		if err := r.del(ctx, "forget", generationKey+tag); err != nil {
			return err
		}
	}
	r.known.Store(dials)
	return nil
}

// cached names the copy of a record and the generation that it belongs to. A script may only
// use keys of one slot of a cluster, so there the session keys are dealt out to as many slots
// as there are tags, each with a generation of its own.
func (r *Redis) cached(key string) (copied, generation string) {
	if !r.cluster {
		return r.key(cachedPrefix, key), generationKey
	}
	tags := r.tags()
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(key))
	tag := tags[sum.Sum32()%uint32(len(tags))]
	return r.key(cachedPrefix+tag+":", key), generationKey + tag
}

var clusterTags = func() (tags []string) {
	for n := range 64 { // few enough to forget, and more than a cluster of sessions has nodes
		tags = append(tags, fmt.Sprintf("{%02d}", n))
	}
	return tags
}()

func (r *Redis) tags() []string {
	if r.cluster {
		return clusterTags
	}
	return []string{""}
}

// sealCopy writes rec with Used, which the store behind the cache may keep, before its data.
func (r *Redis) sealCopy(key string, rec sessions.Record) string {
	rec.Data = append([]byte(digits(rec.Used)), rec.Data...)
	return r.seal(key, rec)
}

// openCopy reads what sealCopy wrote.
func (r *Redis) openCopy(key, value string) (sessions.Record, bool) {
	rec, ok := r.open(key, value)
	if !ok || len(rec.Data) < timeLength {
		return sessions.Record{}, false
	}
	used, err := strconv.ParseInt(string(rec.Data[:timeLength]), 10, 64)
	rec.Used, rec.Data = instant(used), rec.Data[timeLength:]
	return rec, err == nil
}

// onCached runs a script on the cached record under key.
func (r *Redis) onCached(
	ctx context.Context, name string, script *rueidis.Lua, key string, lease uint64, ttl time.Duration, more ...string,
) (rueidis.RedisResult, error) {
	args := append([]string{
		newGeneration(), // should there be none
		strconv.FormatUint(lease, 36),
		strconv.FormatInt(milliseconds(ttl), 10),
	}, more...)
	copied, generation := r.cached(key)
	return r.do(ctx, name, func(ctx context.Context, c rueidis.Client) rueidis.RedisResult {
		return script.Exec(ctx, c, []string{copied, generation}, args)
	})
}

// newLease is random, because processes do not share a counter. 0 stands for none.
func newLease() uint64 { return max(1, rand.Uint64()) }

// newGeneration must differ from all that were: a counter would not, after a restart
// with old data. Nobody gains by guessing it.
func newGeneration() string {
	return fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64())
}
