package limit

import (
	"context"
	"net/http"
	"time"
)

// Places bounds how many do something at once. One more waits a little for a free place, and
// is then refused. It is safe for concurrent use.
type Places struct {
	free    chan struct{}
	wait    time.Duration
	refusal Refused
}

// NewPlaces returns n free places; refusal is for those who have waited in vain.
func NewPlaces(n int, wait time.Duration, refusal *Refused) *Places {
	return &Places{make(chan struct{}, n), wait, *refusal}
}

// Enter takes a place, which the caller gives back by calling leave. The error is a [*Refused]
// after the wait, or after the deadline of ctx, and otherwise that of ctx.
func (p *Places) Enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-p.free }
	select {
	case p.free <- struct{}{}:
		return leave, nil
	default:
	}
	wait := time.NewTimer(p.wait)
	defer wait.Stop()
	select {
	case p.free <- struct{}{}:
		return leave, nil
	case <-wait.C:
	case <-ctx.Done():
		if ctx.Err() != context.DeadlineExceeded {
			return nil, ctx.Err()
		}
	}
	refused := p.refusal
	return nil, &refused
}

// Middleware gives each request a place until it is answered, except those that skip names.
func (p *Places) Middleware(skip func(*http.Request) bool, refuse Refuse) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if skip(r) {
				next.ServeHTTP(w, r)
				return
			}
			leave, err := p.Enter(r.Context())
			if err != nil {
				answer(w, r, err, refuse)
				return
			}
			defer leave()
			next.ServeHTTP(w, r)
		})
	}
}

// answer refuses the request; a client that has hung up needs no answer.
func answer(w http.ResponseWriter, r *http.Request, err error, refuse Refuse) {
	if refused, ok := err.(*Refused); ok {
		refuse(w, r, refused)
	}
}

// Crowded is the refusal of a request for which no place became free in RequestWait.
func Crowded() *Refused {
	return &Refused{http.StatusServiceUnavailable, crowdedText, 5 * time.Second}
}
