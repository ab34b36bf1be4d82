package config

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/redis"
)

// cacheStore is a store of the engine cache, and the cache of the engine cached_db.
type cacheStore interface {
	sessions.Engine
	cacheddb.Cache
	io.Closer
}

// openCache opens the store that CACHE_URL names:
//
//	memory:                                in this process
//	memory:?max_entries=N&max_bytes=N      see cache.MemoryOptions
//	redis://user:password@host:port/db     Redis or Valkey; see redis.New for all parts
//	redis://one:6379?addr=two:6379         a cluster; with master_set=NAME, sentinels
//	rediss://…                             the same over TLS
//
// It does not need the server to be up. An error never quotes a password.
func openCache(rawURL string, o redis.Options) (cacheStore, error) {
	u, err := url.Parse(rawURL)
	if err != nil { // its text may quote a part of a password
		return nil, errors.New("cache: this is no URL; a password in it must be percent-encoded")
	}
	switch u.Scheme {
	case "memory":
		memory, err := memoryOptions(u)
		if err != nil {
			return nil, fmt.Errorf("cache: memory URL: %w", err)
		}
		return closable{cache.NewMemory(memory)}, nil
	case "redis", "rediss":
		return redis.New(rawURL, o)
	}
	return nil, errors.New("cache: the URL must begin with memory:, redis:// or rediss://")
}

// CacheInMemory reports whether the cache is in the memory of this process, where no other
// program can look.
func (s *Settings) CacheInMemory() bool { return strings.HasPrefix(s.CacheURL, "memory:") }

func memoryOptions(u *url.URL) (o cache.MemoryOptions, err error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.Opaque+u.Host+u.Path+u.Fragment != "" || u.User != nil {
		return o, errors.New("after memory: nothing but ?max_entries=N&max_bytes=N may follow")
	}
	for name, v := range values {
		n, err := strconv.Atoi(v[0])
		if err != nil || n <= 0 || len(v) > 1 {
			return o, fmt.Errorf("%s is one whole number above 0, not %q", name, v)
		}
		switch name {
		case "max_entries":
			o.MaxEntries = n
		case "max_bytes":
			o.MaxBytes = n
		default:
			return o, fmt.Errorf("unknown parameter %q", name)
		}
	}
	return o, nil
}

// closable is a memory that need not be closed.
type closable struct{ *cache.Memory }

func (closable) Close() error { return nil }
