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
	given := map[string]bool{}
	for cursor := uint64(0); ; {
		reply, err := r.do(ctx, "list", func(ctx context.Context) rueidis.RedisResult {
			return r.client.Do(ctx, r.client.B().Scan().Cursor(cursor).Match(recordPrefix+"*").Count(scanned).Build())
		})
		if err != nil {
			return err
		}
		step, err := reply.AsScanEntry()
		if err != nil {
			return r.failed("list", err)
		}
		values, err := r.values(ctx, step.Elements)
		if err != nil {
			return err
		}
		for i, value := range values {
			key := strings.TrimPrefix(step.Elements[i], recordPrefix)
			rec, ok := r.open(key, value)
			if !ok || rec.Expired(time.Now()) || given[key] {
				continue
			}
			if given[key] = true; !yield(key, rec) {
				return nil
			}
		}
		if cursor = step.Cursor; cursor == 0 {
			return nil
		}
	}
}

// values returns what is stored under each of the names, "" where that is gone meanwhile.
func (r *Redis) values(ctx context.Context, names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	reply, err := r.do(ctx, "list", func(ctx context.Context) rueidis.RedisResult {
		return r.client.Do(ctx, r.client.B().Mget().Key(names...).Build())
	})
	if err != nil {
		return nil, err
	}
	messages, err := reply.ToArray()
	if err != nil {
		return nil, r.failed("list", err)
	}
	values := make([]string, len(messages))
	for i := range messages {
		values[i], _ = messages[i].ToString() // nil for what is gone
	}
	return values, nil
}
