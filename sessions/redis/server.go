package redis

import (
	"context"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// Server is what a server says of itself, as far as it matters to sessions.
type Server struct {
	Replica  bool          // it takes no saves
	Scripts  error         // why it runs no scripts for this user, which saves need; nil if it does
	Evicts   string        // its maxmemory-policy, if that may remove records when the memory is full
	Volatile bool          // it has neither an append-only file nor snapshots: a restart loses everything
	Ahead    time.Duration // how far its clock is ahead of this machine's
	Untold   string        // what it refused to tell, in its own words; the fields above are zero then
}

// Server asks the server what it is and can do. The error says that it does not answer; what
// it may not tell this user, as on some rented servers, is in Untold.
func (r *Redis) Server(ctx context.Context) (s Server, err error) {
	if err := r.Ping(ctx); err != nil {
		return s, err
	}
	ask := func(name string, command ...string) rueidis.RedisResult {
		reply, err := r.do(ctx, name, func(ctx context.Context, c rueidis.Client) rueidis.RedisResult {
			return c.Do(ctx, c.B().Arbitrary(command...).Build())
		})
		if err != nil {
			s.Untold = err.Error()
		}
		return reply
	}
	_, s.Scripts = r.do(ctx, "eval", func(ctx context.Context, c rueidis.Client) rueidis.RedisResult {
		return c.Do(ctx, c.B().Eval().Script("return 1").Numkeys(0).Build())
	})
	before := time.Now()
	if clock, err := ask("time", "TIME").AsIntSlice(); err == nil && len(clock) == 2 {
		ours := before.Add(time.Since(before) / 2)
		s.Ahead = time.Unix(clock[0], clock[1]*1000).Sub(ours)
	}
	if text, err := ask("info", "INFO").ToString(); err == nil {
		info := fields(text)
		s.Replica = info["role"] == "slave" && !r.cluster // which may ask any of its nodes
		if policy := info["maxmemory_policy"]; info["maxmemory"] != "0" && policy != "noeviction" {
			s.Evicts = policy
		}
		if info["aof_enabled"] == "0" {
			snapshots, err := ask("config", "CONFIG", "GET", "save").AsStrMap()
			s.Volatile = err == nil && snapshots["save"] == ""
		}
	}
	return s, nil
}

// fields reads the lines of INFO, name:value each.
func fields(info string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			all[name] = value
		}
	}
	return all
}
