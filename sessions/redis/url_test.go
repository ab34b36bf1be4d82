package redis_test

import (
	"strings"
	"testing"

	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest/testserver"
)

func TestEveryPartOfAURLIsUnderstood(t *testing.T) {
	for _, url := range []string{testserver.Redis(t), testserver.Redis(t) + "?connections=1&dial_timeout=1s&timeout=2s"} {
		if err := openRedis(t, url, redis.Options{}).Ping(t.Context()); err != nil {
			t.Errorf("New(%q), Ping: %v", url, err)
		}
	}
}

func TestABadURLIsExplainedWithoutItsPassword(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"", "must look like"},
		{"memcached://localhost", "must look like"},
		{"localhost:6379", "must look like"},
		{"redis:localhost", "must look like"},
		{"redis://:hunter2-marker/x@localhost", "percent-encoded"},
		{"redis://user:hunter2-marker%zz@localhost", "percent-encoded"},
		{"redis://user:hunter2-marker#1@localhost", "percent-encoded"},
		{"redis://user:hunter2-marker@localhost:port", "percent-encoded"},
		{"redis://user:hunter2-marker@localhost/first", `number of a database, not "/first"`},
		{"redis://user:hunter2-marker@localhost/-1", "number of a database"},
		{"redis://user:hunter2-marker@localhost/0/1", "number of a database"},
		{"redis://user:hunter2-marker@localhost?connections=3", "1, 2, 4, 8 or 16"},
		{"redis://user:hunter2-marker@localhost?timeout=5", "a time such as 500ms"},
		{"redis://user:hunter2-marker@localhost?timeout=-5s", "a time such as 500ms"},
		{"redis://user:hunter2-marker@localhost?pool=5", `unknown parameter "pool"`},
		{"redis://user:hunter2-marker@localhost?a=%zz", "name=value"},
		{"redis://user:hunter2-marker@localhost/1?addr=other:6379", "a cluster has no databases"},
	} {
		_, err := redis.New(c.url, redis.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%q): err = %v, want it to say %q", c.url, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "marker") {
			t.Errorf("New(%q): the error quotes the password: %v", c.url, err)
		}
	}
}
