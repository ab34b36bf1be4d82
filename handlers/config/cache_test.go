package config

import (
	"strings"
	"testing"

	"sessionlab/sessions/redis"
)

// Django B-200, B-213: a setting chooses the store, and only that one is used.
func TestACacheURLChoosesTheStore(t *testing.T) {
	for _, url := range []string{"memory:", "memory://", "memory:?max_entries=10&max_bytes=100000", "redis://localhost:1?dial_timeout=1ms"} {
		store, err := openCache(url, redis.Options{})
		if err != nil {
			t.Errorf("openCache(%q): %v", url, err)
			continue
		}
		if _, isRedis := store.(*redis.Redis); isRedis != strings.HasPrefix(url, "redis:") {
			t.Errorf("openCache(%q) = %T", url, store)
		}
		if err := store.Close(); err != nil {
			t.Errorf("openCache(%q), Close: %v", url, err)
		}
	}
}

func TestABadCacheURLIsExplainedWithoutItsPassword(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"", "must begin with"},
		{"memcached://localhost", "must begin with"},
		{"localhost:6379", "must begin with"},
		{"memory:8000", "nothing but ?max_entries"},
		{"memory://host/path", "nothing but ?max_entries"},
		{"memory://user:marker@", "nothing but ?max_entries"},
		{"memory:?a=%zz", "nothing but ?max_entries"},
		{"memory:?max_entries=0", `whole number above 0, not ["0"]`},
		{"memory:?max_bytes=1GB", `whole number above 0, not ["1GB"]`},
		{"memory:?max_bytes=1&max_bytes=2", `one whole number above 0, not ["1" "2"]`},
		{"memory:?size=1", `unknown parameter "size"`},
		{"redis:localhost", "must look like"},
		{"redis://user:hunter2-marker%zz@localhost", "percent-encoded"},
	} {
		_, err := openCache(c.url, redis.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("openCache(%q): err = %v, want it to say %q", c.url, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "marker") {
			t.Errorf("openCache(%q): the error quotes the password: %v", c.url, err)
		}
	}
}
