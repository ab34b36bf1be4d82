package limit

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// bucketsKept bounds the memory of a Buckets to a few megabytes. The bucket that was used
// least recently goes first; it is full again when its owner comes back.
const bucketsKept = 20_000

// Buckets is one token bucket for each key. It is safe for concurrent use, and its memory is
// bounded whatever the keys are.
type Buckets struct {
	rate Rate
	mu   sync.Mutex
	all  *lru.Cache[string, *rate.Limiter]
}

// NewBuckets returns full buckets of this rate. A Burst of 0 is no limit.
func NewBuckets(r Rate) *Buckets {
	b := &Buckets{rate: r}
	b.all, _ = lru.New[string, *rate.Limiter](bucketsKept) // fails for sizes below 1 only
	return b
}

// Take takes one token from the bucket of key. If there is none it returns a [*Refused] that
// says when there will be one.
func (b *Buckets) Take(key string) error {
	if b.rate.Burst == 0 {
		return nil
	}
	one, now := b.bucket(key), time.Now()
	if one.AllowN(now, 1) {
		return nil
	}
	missing := 1 - one.TokensAt(now)
	return TooOften(max(0, time.Duration(missing*float64(b.rate.Per)/float64(b.rate.Burst))))
}

func (b *Buckets) bucket(key string) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, ok := b.all.Get(key)
	if !ok {
		one = rate.NewLimiter(rate.Every(b.rate.Per/time.Duration(b.rate.Burst)), b.rate.Burst)
		b.all.Add(key, one)
	}
	return one
}

// Middleware takes a token for each request; key says whose.
func (b *Buckets) Middleware(key func(*http.Request) string, refuse Refuse) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err, ok := b.Take(key(r)).(*Refused); ok {
				refuse(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Network is whose bucket an address takes from: an IPv4 address counts alone, an IPv6
// address with its whole /56, since providers give each customer that much. An address that
// is not known counts with all others of that kind.
func Network(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	if !addr.Is6() {
		return addr.String()
	}
	prefix, _ := addr.Prefix(56) // fails for more bits than an address has only
	return prefix.String()
}
