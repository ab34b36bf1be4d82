package class

import (
	"net/http"
	"time"

	"sessionlab/handlers/limit"
)

// Enter takes a place for a request of a learner, who has a bounded number of them and, apart
// from those, of streams. It returns a [*limit.Refused] if none is free.
func (c *Room) Enter(learner string, stream bool) (leave func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, most := &c.seat(learner).requests, limit.LearnerAtOnce
	if stream {
		at, most = &c.seat(learner).streams, limit.LearnerStreams
	}
	if *at >= most {
		return nil, &limit.Refused{
			Status: http.StatusTooManyRequests, RetryAfter: time.Second,
			Text: "Too many of your requests are under way at once. Nothing was done.",
		}
	}
	*at++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		*at--
	}, nil
}
