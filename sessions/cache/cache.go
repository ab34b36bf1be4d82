// Package cache keeps sessions where they are quick to reach and may be lost: in the
// memory of the process ([Memory]), or in Redis or Valkey ([Redis]).
//
// Both are engines, as Django's cache engine (B-200 to B-214), and both can be the
// cache before another engine, see package cacheddb.
//
// A record that the store had no room for, or that was in it when it restarted, is
// gone: its visitor is anonymous and gets a new session (B-209, R-119).
//
// Deliberate differences from Django:
//
//   - B-201: keys begin with sessions:record:, and may be hashed.
//   - B-202: what is stored is the bytes of the layer's codec, no pickled dictionary.
//   - B-205: an error of the store is an error, not a session that is not there.
//   - B-206: eight keys in use in a row are an error, not ten thousand.
//   - B-207: the look and the write of Replace are one step, so nothing is revived.
//   - B-211: a record that cannot fit is an error, not a success.
package cache

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"sessionlab/sessions"
)

// Store is what [Open] returns, a [*Memory] or a [*Redis].
type Store interface {
	sessions.Engine
	sessions.Toucher
	sessions.Locator

	// What package cacheddb asks of a cache, and explains.
	Get(ctx context.Context, key string) (rec sessions.Record, lease uint64, err error)
	Reserve(ctx context.Context, key string) (lease uint64, err error)
	Put(ctx context.Context, key string, lease uint64, rec sessions.Record, ttl time.Duration) error
	Drop(ctx context.Context, key string) error
	Forget(ctx context.Context) error

	// Ping reports whether the store answers.
	Ping(ctx context.Context) error
	// Close ends the connections to the store.
	Close() error
}

var (
	_ Store = (*Memory)(nil)
	_ Store = (*Redis)(nil)
)

// leaseTime is how long a lease holds at most: longer than a load from a database
// may take, short enough to be nothing that one has to clean.
const leaseTime = 10 * time.Second

var errNoExpiry = errors.New("a record needs an expiry")

// Open returns the store that a URL names:
//
//	memory:                                in this process
//	memory:?max_entries=N&max_bytes=N      see MemoryOptions
//	redis://user:password@host:port/db     Redis or Valkey; see NewRedis for all parts
//	rediss://…                             the same over TLS
//
// The options are for Redis alone. Open does not need the server to be up, see
// [Redis.Ping]; it returns an error only for a URL that it does not understand, and
// the error never quotes a password.
func Open(rawURL string, o RedisOptions) (Store, error) {
	u, err := url.Parse(rawURL)
	if err != nil { // its text may quote a part of a password
		return nil, errors.New("cache: this is no URL; a password in it must be percent-encoded")
	}
	switch u.Scheme {
	case "memory":
		mo, err := parseMemoryURL(u)
		if err != nil {
			return nil, fmt.Errorf("cache: memory URL: %w", err)
		}
		return NewMemory(mo), nil
	case "redis", "rediss":
		return NewRedis(rawURL, o)
	}
	return nil, errors.New("cache: the URL must begin with memory:, redis:// or rediss://")
}

func parseMemoryURL(u *url.URL) (o MemoryOptions, err error) {
	if u.Opaque != "" || u.Host != "" || u.Path != "" || u.User != nil || u.Fragment != "" {
		return o, errors.New("after memory: nothing but ?max_entries=N&max_bytes=N may follow")
	}
	err = eachParameter(u, map[string]func(string) error{
		"max_entries": func(v string) (err error) { o.MaxEntries, err = positive(v); return err },
		"max_bytes":   func(v string) (err error) { o.MaxBytes, err = positive(v); return err },
	})
	return o, err
}

// eachParameter hands the parameters of a URL to their parsers.
func eachParameter(u *url.URL, parse map[string]func(string) error) error {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("what follows the ? is not name=value&name=value")
	}
	for name, v := range values {
		f, ok := parse[name]
		if !ok {
			return fmt.Errorf("unknown parameter %q", name)
		}
		if len(v) != 1 {
			return fmt.Errorf("parameter %q is given %d times", name, len(v))
		}
		if err := f(v[0]); err != nil {
			return fmt.Errorf("parameter %q: %w", name, err)
		}
	}
	return nil
}

func positive(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is not a whole number above 0", s)
	}
	return n, nil
}
