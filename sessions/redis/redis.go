// Package redis keeps sessions in Redis or Valkey, where all processes of a site see them.
// It is an engine, as Django's cache engine is with a Redis cache, and it can be the cache
// of package cacheddb.
//
// A record that the server had no room for, or lost in a restart, is gone: its visitor is
// anonymous and gets a new session. A record that is damaged is an error that wraps
// [sessions.ErrDecode]: the visitor starts afresh, and an event tells of it.
//
// Deliberate differences from Django:
//
//   - The keys in Redis begin with sessions:record:, and may be hashed.
//   - What is stored is the bytes of the layer's codec, no pickled dictionary.
//   - An error of the server is an error, not a session that is not there.
//   - Eight new keys in a row that are in use are an error, not ten thousand.
//   - The look and the write of Replace are one step, so nothing is revived.
package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"sessionlab/sessions"
)

// Redis is a [sessions.Engine]. An expired record ends in the server by itself. Every call
// answers within the time limit of its URL (800 ms), whatever the server does, and the
// connections come back by themselves when it does.
//
// It keeps Saved and Expires of a record.
//
// What a restart of the server leaves of the sessions is the server's matter: all
// since the last second with appendfsync everysec, nothing with neither an
// append-only file nor snapshots. A snapshot brings back old records, signed-out
// ones among them; for sessions that must not come back, use db or cached_db.
//
// Redis is one server, one address behind which the provider moves it, a cluster, or servers
// that sentinels watch, see [New]. After a failover a connection may still lead to the old
// server; where that refuses to write, the connections are made anew at the address. What was
// acknowledged may be lost in a failover, as Redis copies to its replicas afterwards.
type Redis struct {
	connections
	place   string // host:port, database
	cluster bool
	hashKey []byte
	macs    sync.Pool // of *mac
	timeout time.Duration
	known   atomic.Int64 // connections made before the last Forget
}

const (
	recordPrefix  = "sessions:record:"
	cachedPrefix  = "sessions:cached:"
	generationKey = "sessions:generation"
)

// A stored value is its marks (see mark.go), two times of 18 digits, Saved and Expires in
// microseconds since 1970, and the data: characters 1 to 44, 45 to 62, 63 to 80, and from
// 81 on. Of equal length, the digits compare as the numbers do, so a script needs no
// arithmetic.
const (
	timeLength = 18
	headLength = 2 * timeLength
)

var (
	_ sessions.Keyed     = (*Redis)(nil)
	_ sessions.Toucher   = (*Redis)(nil)
	_ sessions.Describer = (*Redis)(nil)
	_ sessions.Lister    = (*Redis)(nil)
	_ sessions.Locator   = (*Redis)(nil)
)

var errNoExpiry = errors.New("a record needs an expiry")

// swap is Replace in one round trip. It answers -1 if the record is gone, 0 if it was
// changed by somebody else and 1 if it was saved, or, with nothing to save, deleted.
// It is never repeated after an error: it may have been carried out.
var swap = rueidis.NewLuaScript(`
local stored = redis.call('GET', KEYS[1])
if not stored or string.sub(stored, 63, 80) <= ARGV[1] then return -1 end
if string.sub(stored, 81) ~= ARGV[2] then return 0 end
if ARGV[3] == '' then
	redis.call('DEL', KEYS[1])
else
	redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
end
return 1`)

// touch exchanges the expiry and its mark for a later one.
var touch = rueidis.NewLuaScriptRetryable(`
local stored = redis.call('GET', KEYS[1])
if not stored or string.sub(stored, 63, 80) <= ARGV[1] then return -1 end
if ARGV[3] > string.sub(stored, 63, 80) then
	redis.call('SET', KEYS[1], ARGV[2] .. string.sub(stored, 23, 62) .. ARGV[3] .. string.sub(stored, 81), 'PX', ARGV[4])
end
return 1`)

// Load implements [sessions.Engine]. The error for a damaged record wraps [sessions.ErrDecode].
func (r *Redis) Load(ctx context.Context, key string) (sessions.Record, error) {
	reply, err := r.do(ctx, "load", func(ctx context.Context, c rueidis.Client) rueidis.RedisResult {
		return c.Do(ctx, c.B().Get().Key(r.key(recordPrefix, key)).Build())
	})
	if rueidis.IsRedisNil(err) {
		return sessions.Record{}, sessions.ErrNotFound
	}
	if err != nil {
		return sessions.Record{}, err
	}
	value, err := reply.ToString()
	if err != nil {
		return sessions.Record{}, r.failed("load", err)
	}
	rec, ok := r.open(key, value)
	switch {
	case !ok:
		return sessions.Record{}, fmt.Errorf(
			"redis: load: %w: the stored value is malformed or belongs to another key", sessions.ErrDecode)
	case rec.Expired(time.Now()):
		return sessions.Record{}, sessions.ErrExpired
	}
	return rec, nil
}

// Create implements [sessions.Engine].
func (r *Redis) Create(ctx context.Context, rec sessions.Record) (string, error) {
	return sessions.CreateKeyed(func(key string) error { return r.CreateUnder(ctx, key, rec) })
}

// CreateUnder implements [sessions.Keyed].
func (r *Redis) CreateUnder(ctx context.Context, key string, rec sessions.Record) error {
	if rec.Expires.IsZero() {
		return r.failed("create", errNoExpiry)
	}
	now := time.Now()
	if rec.Expired(now) {
		return ctx.Err()
	}
	_, err := r.do(ctx, "create", func(ctx context.Context, c rueidis.Client) rueidis.RedisResult {
		return c.Do(ctx, c.B().Set().Key(r.key(recordPrefix, key)).Value(r.seal(key, rec)).
			Nx().PxMilliseconds(milliseconds(rec.Expires.Sub(now))).Build())
	})
	if rueidis.IsRedisNil(err) {
		return sessions.ErrConflict
	}
	return err
}

// Replace implements [sessions.Engine].
func (r *Redis) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	if rec.Expires.IsZero() {
		return "", r.failed("replace", errNoExpiry)
	}
	now := time.Now()
	value, px := "", int64(0)
	if !rec.Expired(now) {
		value, px = r.seal(key, rec), milliseconds(rec.Expires.Sub(now))
	}
	saved, err := r.run(ctx, "replace", swap, key, digits(now), string(old.Data), value, strconv.FormatInt(px, 10))
	switch {
	case err != nil:
		return "", err
	case saved < 0:
		return "", sessions.ErrNotFound
	case saved == 0:
		return "", sessions.ErrConflict
	}
	return key, nil
}

// Delete implements [sessions.Engine].
func (r *Redis) Delete(ctx context.Context, key string) error {
	return r.del(ctx, "delete", r.key(recordPrefix, key))
}

// Touch implements [sessions.Toucher]. It moves Expires.
func (r *Redis) Touch(ctx context.Context, key string, rec sessions.Record) (string, error) {
	now := time.Now()
	expires := digits(rec.Expires)
	mark := r.hash("expires", key, expires)
	touched, err := r.run(ctx, "touch", touch, key, digits(now), string(mark[:markLength]), expires,
		strconv.FormatInt(milliseconds(rec.Expires.Sub(now)), 10))
	switch {
	case err != nil:
		return "", err
	case touched < 0:
		return "", sessions.ErrNotFound
	}
	return key, nil
}

// Locate implements [sessions.Locator].
func (r *Redis) Locate(string) sessions.Location {
	key := recordPrefix + "{session key}"
	if len(r.hashKey) != 0 {
		key = recordPrefix + "{keyed hash of the session key}"
	}
	return sessions.Location{
		Place:   "key in Redis",
		Store:   r.place,
		Key:     key,
		Data:    "value, from its character 81 on",
		Expires: "time to live (PTTL)",
	}
}

// Traits says that nobody else can write a record if there is a HashKey, which signs them.
func (r *Redis) Traits() sessions.Traits {
	return sessions.Traits{Private: len(r.hashKey) != 0, KeepsSaved: true}
}

// Ping reports whether the server answers, and takes the user and password of the URL.
func (r *Redis) Ping(ctx context.Context) error {
	_, err := r.do(ctx, "ping", func(ctx context.Context, c rueidis.Client) rueidis.RedisResult {
		return c.Do(ctx, c.B().Ping().Build())
	})
	return err
}

// Close waits for the calls under way and closes the connections.
func (r *Redis) Close() error {
	r.close()
	return nil
}

// run runs a script on one record and returns the number that it answers.
func (r *Redis) run(ctx context.Context, name string, script *rueidis.Lua, key string, args ...string) (int64, error) {
	reply, err := r.do(ctx, name, func(ctx context.Context, c rueidis.Client) rueidis.RedisResult {
		return script.Exec(ctx, c, []string{r.key(recordPrefix, key)}, args)
	})
	if err != nil {
		return 0, err
	}
	n, err := reply.ToInt64()
	if err != nil {
		return 0, r.failed(name, err)
	}
	return n, nil
}

func (r *Redis) del(ctx context.Context, name, key string) error {
	_, err := r.do(ctx, name, func(ctx context.Context, c rueidis.Client) rueidis.RedisResult {
		return c.Do(ctx, c.B().Del().Key(key).Build().ToRetryable())
	})
	return err
}

// do carries out one call within the time limit. "No such key" comes back as it is,
// see [rueidis.IsRedisNil]; other errors say what was tried. What a server has refused to
// carry out is sent again, once if it is to go to another server.
func (r *Redis) do(
	ctx context.Context, name string, call func(context.Context, rueidis.Client) rueidis.RedisResult,
) (rueidis.RedisResult, error) {
	if err := ctx.Err(); err != nil {
		return rueidis.RedisResult{}, r.failed(name, err)
	}
	limited, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	client, err := r.connect(limited)
	if err != nil {
		return rueidis.RedisResult{}, r.failed(name, err)
	}
	for again := true; ; {
		began := time.Now()
		reply := call(limited, client)
		err := reply.Error()
		switch {
		case err == nil || rueidis.IsRedisNil(err):
			return reply, err
		case errors.Is(err, context.Canceled) && limited.Err() == nil:
			continue // not ours: who made a connection for all gave up, and nothing was sent
		case again && answers(err, elsewhere) && r.leave(began):
			again = false
			continue
		case answers(err, unsettled) && pause(limited, 20*time.Millisecond):
			continue
		case errors.Is(err, net.ErrClosed) && r.left.Load() < began.UnixNano() && pause(limited, time.Millisecond):
			continue // the client had not noticed that we had left the connection; nothing was sent
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			err = fmt.Errorf("no answer within %v: %w", r.timeout, err)
		}
		return reply, r.failed(name, err)
	}
}

// pause waits a moment, and reports whether there is time for one.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// failed wraps err. What Redis says of a command that it does not know quotes the
// session key; that part is left out.
func (r *Redis) failed(name string, err error) error {
	if refused, ok := errors.AsType[*rueidis.RedisError](err); ok {
		text, _, _ := strings.Cut(refused.Error(), ", with args")
		err = errors.New(text)
	}
	return fmt.Errorf("redis: %s at %s: %w", name, r.place, err)
}

// key is what Redis calls the session key.
func (r *Redis) key(prefix, key string) string {
	if len(r.hashKey) == 0 {
		return prefix + key
	}
	hash := r.hash("key", key)
	return prefix + string(hash[:])
}
