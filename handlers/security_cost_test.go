package handlers

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/handlers/limit"
	"sessionlab/sessions"
)

// What strangers can make the store pay.

func TestWhoeverStoresNothingGetsNoCookieAndNoRecord(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		stores := []string{
			"/counter/", "/experiments/", // a visit is counted, and a group is drawn
			"/missions/",     // a learner's cookie says whose progress it is; the session is left alone
			"/security/xss/", // a cookie for a script to try to read
		}
		for _, path := range app.routes("GET") {
			if slices.Contains(stores, path) {
				continue
			}
			r := app.visitor().get(path, "Accept", map[bool]string{true: "application/json", false: "text/html"}[path == "/events/stream"])
			if r.status >= 500 || r.header.Get("Set-Cookie") != "" {
				t.Errorf("GET %s: status %d, Set-Cookie %q", path, r.status, r.header.Get("Set-Cookie"))
			}
		}
		if n := app.count("event=created"); n > 0 {
			t.Errorf("%d records were made", n)
		}
	})
}

func TestUnknownKeysCostNoRecord(t *testing.T) {
	for _, always := range []bool{false, true} {
		for _, engine := range serverEngines {
			t.Run(fmt.Sprintf("%s, SESSION_SAVE_EVERY_REQUEST=%t", engine, always), func(t *testing.T) {
				app := newTestApp(t, func(s *config.Settings) { s.SessionEngine, s.SessionSaveEveryRequest = engine, always })
				for i := range 60 {
					method, path := "GET", "/cart/"
					if i%6 == 5 {
						method, path = "POST", "/logout/"
					}
					r := app.scripted().do(method, path, nil, "Cookie", "sessionid="+sessions.NewKey())
					// A page that only reads leaves a cookie alone that it does not know: it may be
					// that of another program on this host. A sign-out takes it back.
					line := r.header.Get("Set-Cookie")
					takenBack := strings.HasPrefix(line, "sessionid=; ") && strings.Contains(line, "Max-Age=0")
					if r.status >= 400 || takenBack != (method == "POST") || method == "GET" && line != "" {
						t.Fatalf("%s %s: status %d, Set-Cookie %q", method, path, r.status, line)
					}
				}
				app.scripted().post("/login/", "username", "nobody", "password", "wrong password")
				if n := app.count("event=created"); n > 0 {
					t.Errorf("%d records were made", n)
				}
			})
		}
	}
}

func TestOneAddressBeginsABoundedNumberOfSessions(t *testing.T) {
	for _, engine := range serverEngines {
		limited := newTestApp(t, func(s *config.Settings) {
			s.SessionEngine, s.SessionCreateLimit, s.TrustedProxies = engine, 20, []string{"127.0.0.1"}
		})
		old := limited.scripted()
		old.wantStatus(old.post("/theme/", "theme", "dark"), 303)
		refused := 0
		for range 100 {
			r := limited.scripted().post("/theme/", "theme", "dark")
			if r.status == 303 && refused == 0 {
				continue
			}
			refused++
			if seconds, err := strconv.Atoi(r.header.Get("Retry-After")); r.status != 429 || err != nil || seconds < 1 || r.header.Get("Set-Cookie") != "" {
				t.Errorf(engine+": status %d, header %v; want 429 with Retry-After and no cookie", r.status, r.header)
			}
		}
		if refused < 70 {
			t.Errorf(engine+": %d of 100 were refused, want all but the 19 that were left and a few that came later", refused)
		}
		old.wantStatus(old.post("/cart/add/1/"), 303)
		old.want("/theme/", `{"theme_preference":"dark"}`)
		if r := limited.scripted().get("/theme/"); r.status != 200 {
			t.Errorf(engine+": reading: status %d, want 200", r.status)
		}
		other := limited.scripted()
		if r := other.do("POST", "/theme/", map[string][]string{"theme": {"dark"}}, "X-Forwarded-For", "203.0.113.7"); r.status != 303 {
			t.Errorf(engine+": another address: status %d, want 303", r.status)
		}
		if page := limited.visitor().post("/theme/", "theme", "dark"); page.status != 429 || !strings.Contains(page.body, "Too many new sessions") {
			t.Errorf(engine+": the page: %d, want one that says why", page.status)
		}
	}
}

// junk is a cookie that nobody was given.
func junk(r *rand.Rand, valid string) string {
	switch r.IntN(8) {
	case 0: // any bytes but those that a server would refuse
		b := make([]byte, r.IntN(60))
		for i := range b {
			b[i] = byte(1 + r.IntN(255))
		}
		return string(b)
	case 1:
		return `"` + valid[:r.IntN(len(valid))] + `"; $Version=1`
	case 2:
		return strings.Repeat("x; sessionid=", 40)
	case 3: // near misses
		i := r.IntN(len(valid))
		return valid[:i] + string(valid[i]^1) + valid[i+1:]
	case 4:
		return strings.Repeat("[", 5000)
	case 5:
		return strings.ToUpper(valid)
	case 6:
		return valid + valid
	}
	return sessions.NewKey()
}

func TestThousandsOfRandomCookiesDoNoHarm(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.scripted()
		v.post("/theme/", "theme", "dark")
		valid, r := v.cookie(), rand.New(rand.NewPCG(1, 2))
		h := app.app.Handler()
		ask := func(cookie string) (int, time.Duration) {
			req := httptest.NewRequest("GET", "/theme/", nil)
			req.Header["Cookie"], req.Header["Accept"] = []string{"sessionid=" + cookie}, []string{"application/json"}
			w, start := httptest.NewRecorder(), time.Now()
			h.ServeHTTP(w, req)
			return w.Code, time.Since(start)
		}
		var known, strange []time.Duration
		created := app.count("event=created")
		for i := range 1000 { // on each of five engines
			status, took := ask(junk(r, valid))
			if strange = append(strange, took); status >= 500 {
				t.Fatalf("status %d", status)
			}
			if i%10 == 0 {
				_, took := ask(valid)
				known = append(known, took)
			}
		}
		slices.Sort(known)
		slices.Sort(strange)
		if mid, late := known[len(known)/2], strange[len(strange)*9/10]; late > 10*mid+20*time.Millisecond {
			t.Errorf("a tenth of the strange ones took more than %v, half of the known ones less than %v", late, mid)
		}
		if n := app.count("event=created") - created; n > 0 {
			t.Errorf("%d records were made", n)
		}
		if n := app.count("msg=session"); n > 1000 {
			t.Errorf("%d lines of the log tell of it, want 1000 at most", n)
		}
		v.want("/theme/", `{"theme_preference":"dark"}`)
	})
}

func TestACrowdIsAskedToComeAgain(t *testing.T) {
	app := newTestApp(t)
	release := make(chan struct{})
	var in, served, refused atomic.Int32
	h := app.app.crowd(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			in.Add(1)
			<-release
		}
	}))
	ask := func(path string) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code == 503 && w.Header().Get("Retry-After") == "" {
			t.Error("503 without Retry-After")
		}
		return w.Code
	}
	var crowd sync.WaitGroup
	begun := time.Now()
	for range 2000 {
		crowd.Go(func() {
			if ask("/slow") == 503 {
				refused.Add(1)
			} else {
				served.Add(1)
			}
		})
	}
	for refused.Load() < 2000-limit.Requests && time.Since(begun) < 20*time.Second {
		time.Sleep(5 * time.Millisecond)
		if got := in.Load(); got > limit.Requests {
			t.Fatalf("%d requests are worked on at once, want %d at most", got, limit.Requests)
		}
	}
	start := time.Now()
	if r := app.visitor().get("/healthz"); r.status != 200 || time.Since(start) > time.Second {
		t.Errorf("/healthz in the crowd: %d after %v, want 200 within a second", r.status, time.Since(start))
	}
	if got := ask("/events/stream"); got != 200 {
		t.Errorf("an event stream in the crowd: %d, want 200", got)
	}
	close(release)
	crowd.Wait()
	if served.Load() != limit.Requests || refused.Load() != 2000-limit.Requests {
		t.Errorf("%d were served and %d asked to come again, want %d and the rest", served.Load(), refused.Load(), limit.Requests)
	}
	if got := ask("/again"); got != 200 {
		t.Errorf("after the crowd: %d, want 200", got)
	}
}
