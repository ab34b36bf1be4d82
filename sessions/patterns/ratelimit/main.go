// Ratelimit bounds what one session and what one address may do.
//
// The trap: Who is limited by the session alone throws the cookie away and is somebody
// new. Who is limited by the address alone shares that limit with the whole office. Here
// both count: a narrow limit for each session, a wide one for each address, and one for
// how many sessions an address may begin. X-Forwarded-For is what the client wrote: it
// is believed only from a proxy of your own. An IPv6 client has a whole /64, so that
// counts as one address.
//
// When not to use it: With several servers, each counts for itself; put the limit by
// address into the proxy in front. Sign-in needs one more limit, with the name of the
// account as its key.
//
// In Django: not built in. The package django-ratelimit, or the throttles of
// Django REST framework, keep their counts in the cache.
package main

import (
	"cmp"
	"fmt"
	"log"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// limits has one limiter for each key.
type limits struct {
	rate  rate.Limit
	burst int
	mu    sync.Mutex
	by    map[string]*rate.Limiter
}

func newLimits(every time.Duration, burst int) *limits {
	return &limits{rate: rate.Every(every), burst: burst, by: map[string]*rate.Limiter{}}
}

// allow forgets limiters that are full again before there are too many of them.
func (l *limits) allow(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.by) >= 100_000 {
		maps.DeleteFunc(l.by, func(_ string, one *rate.Limiter) bool {
			return one.Tokens() >= float64(l.burst)
		})
	}
	if l.by[key] == nil {
		l.by[key] = rate.NewLimiter(l.rate, l.burst)
	}
	return l.by[key].Allow()
}

// address is the client's; behind a proxy of your own, take what that proxy has added.
func address(r *http.Request) string {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := a.Addr().Unmap()
	if ip.Is6() {
		network, _ := ip.WithZone("").Prefix(64) // never an error: 64 is not too long
		return network.String()
	}
	return ip.String()
}

func tooMany(w http.ResponseWriter, what string) {
	w.Header().Set("Retry-After", "10")
	http.Error(w, "Too many requests "+what+". Wait a little.", http.StatusTooManyRequests)
}

func byAddress(l *limits, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !l.allow(address(r)) {
			tooMany(w, "from your address")
			return
		}
		next.ServeHTTP(w, r)
	})
}

var visits = sessions.Key[int]("visits")

func bySession(l *limits, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		if visits.Has(s) && !l.allow(s.ID().String()) { // known only once it is loaded
			tooMany(w, "in your session")
			return
		}
		next(w, r)
	}
}

func home(w http.ResponseWriter, r *http.Request) {
	n := visits.Update(sessions.From(r), func(n int) int { return n + 1 })
	fmt.Fprintln(w, "Visit", n)
}

func newServer() (http.Handler, error) {
	begun := newLimits(10*time.Second, 20) // sessions of one address
	m, err := sessions.New(sessions.Config{
		Engine: cache.NewMemory(cache.MemoryOptions{}),
		AllowCreate: func(r *http.Request) error {
			if !begun.allow(address(r)) {
				return fmt.Errorf("from %s", address(r))
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", bySession(newLimits(time.Second, 10), home))
	site := http.NewCrossOriginProtection().Handler(m.Middleware(mux))
	return byAddress(newLimits(100*time.Millisecond, 100), site), nil
}

func main() {
	h, err := newServer()
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/ : reload quickly, then open a private window.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
