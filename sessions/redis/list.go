package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"sessionlab/sessions"
)

// scanned is how many keys the server looks at in one step of a List.
const scanned = 100

// List implements [sessions.Lister]. It goes through the server by SCAN, which gives every
// key that is there from the first step to the last, some of them twice: List remembers what
// it has given. It leaves out damaged records. With a HashKey nobody can tell the session
// keys, and the error wraps [errors.ErrUnsupported].
func (r *Redis) List(ctx context.Context, yield func(key string, rec sessions.Record) bool) error {
	if len(r.hashKey) != 0 {
		return fmt.Errorf("redis: list: only hashes of the session keys are stored: %w", errors.ErrUnsupported)
	}
	client, err := r.connect(ctx)
	if err != nil {
		return r.failed("list", err)
	}
	given := map[string]bool{}
	for _, node := range client.Nodes() { // one, or the masters and replicas of a cluster
		if more, err := r.listNode(ctx, node, given, yield); err != nil || !more {
			return err
		}
	}
	return nil
}

// listNode lists what one server has, and reports whether to go on with the next.
func (r *Redis) listNode(
	ctx context.Context, node rueidis.Client, given map[string]bool, yield func(key string, rec sessions.Record) bool,
) (more bool, err error) {
	for cursor := uint64(0); ; {
		reply, err := r.do(ctx, "list", func(ctx context.Context, _ rueidis.Client) rueidis.RedisResult {
			return node.Do(ctx, node.B().Scan().Cursor(cursor).Match(recordPrefix+"*").Count(scanned).Build())
		})
		if err != nil {
			return false, err
		}
		step, err := reply.AsScanEntry()
		if err != nil {
			return false, r.failed("list", err)
		}
		values, err := r.values(ctx, step.Elements)
		if err != nil {
			return false, err
		}
		for i, value := range values {
			key := strings.TrimPrefix(step.Elements[i], recordPrefix)
			rec, ok := r.open(key, value)
			if !ok || rec.Expired(time.Now()) || given[key] {
				continue
			}
			if given[key] = true; !yield(key, rec) {
				return false, nil
			}
		}
		if cursor = step.Cursor; cursor == 0 {
			return true, nil
		}
	}
}

// values returns what is stored under each of the names, "" where that is gone meanwhile.
func (r *Redis) values(ctx context.Context, names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var replies []rueidis.RedisResult
	_, err := r.do(ctx, "list", func(ctx context.Context, c rueidis.Client) rueidis.RedisResult {
		gets := make(rueidis.Commands, len(names)) // no MGET: in a cluster they are in many slots
		for i, name := range names {
			gets[i] = c.B().Get().Key(name).Build()
		}
		replies = c.DoMulti(ctx, gets...)
		for _, reply := range replies {
			if err := reply.Error(); err != nil && !rueidis.IsRedisNil(err) {
				return reply
			}
		}
		return replies[0]
	})
	if err != nil && !rueidis.IsRedisNil(err) {
		return nil, err
	}
	values := make([]string, len(replies))
	for i, reply := range replies {
		values[i], _ = reply.ToString() // nil for what is gone
	}
	return values, nil
}
