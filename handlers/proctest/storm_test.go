package proctest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sessionlab/sessions/sessionstest/testserver"
)

// Visitors click on a site of two copies behind HAProxy, over PostgreSQL with its standby and
// Redis with its replica, while everything happens that operators do to a site. What was
// acknowledged is there, nobody is signed out, and how long the site was away is in the log. The
// time for it is in STORM: make check gives it two minutes.
func TestAStormLosesNothingAndSignsNobodyOut(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("STORM"))
	if err != nil {
		t.Skip("takes as long as STORM says, as in STORM=2m")
	}
	s := newStormSite(t)
	visitors := 200
	if length < time.Minute {
		visitors = 40
	}
	var stop atomic.Bool
	var clicking sync.WaitGroup
	for i := range visitors {
		v := s.visitor(t, i < visitors/20)
		clicking.Go(func() {
			for !stop.Load() && !t.Failed() {
				v.click(t)
				time.Sleep(rand.N(time.Second)) // it reads
			}
		})
	}
	events := []struct {
		name string
		do   func()
	}{
		{"nothing", func() {}},
		{"rolling restart", func() { s.restart(t) }},
		{"failover of PostgreSQL", func() { s.failOver(t) }},
		{"failover of Redis", func() { s.failOverRedis(t) }},
		{"key rotation", func() {
			s.restart(t, "SECRET_KEY="+stormKeys[0], "SECRET_KEY_FALLBACKS="+stormKeys[1])
			s.restart(t, "SECRET_KEY="+stormKeys[1], "SECRET_KEY_FALLBACKS="+stormKeys[0])
		}},
		{"clearing", func() { s.command(t, "clearsessions") }},
		{"failover back", func() { s.failOver(t) }},
	}
	for _, e := range events {
		if t.Failed() {
			break
		}
		s.seen.next(e.name)
		next := time.After(length / time.Duration(len(events)))
		e.do()
		<-next
	}
	stop.Store(true)
	clicking.Wait()
	s.seen.report(t)
}

var stormKeys = [2]string{"T3sts-0nly.first.aWq9zR7xLm2vKd8sHf4gJp6tYb1nUc5eXo0iQrBz",
	"T3sts-0nly.second.mZ8kQw3eRt6yUi9oPa2sDf5gHj7lXc4vBn1qWz0x"}

// stormSite is the site with its servers.
type stormSite struct {
	url      string
	settings []string
	addr     [2]string
	copies   [2]*process
	postgres [2]*testserver.PostgresServer // the primary first
	redis    [2]*testserver.RedisServer    // the master first
	toRedis  *testserver.Proxy             // the address that moves
	seen     *seen
}

func newStormSite(t *testing.T) *stormSite {
	t.Helper()
	s := &stormSite{addr: [2]string{freeAddress(t), freeAddress(t)}, seen: &seen{}}
	s.postgres[0] = testserver.NewPostgres(t)
	database := s.postgres[0].NewDatabase(t)
	s.postgres[1] = s.postgres[0].NewStandby(t)
	s.redis = [2]*testserver.RedisServer{testserver.NewRedis(t), testserver.NewRedis(t)}
	s.redis[1].Follow(t, s.redis[0])
	s.toRedis = testserver.NewProxy(t, s.redis[0].Addr)
	s.settings = []string{
		"DEBUG=false", "ALLOWED_HOSTS=127.0.0.1", "TRUSTED_PROXIES=127.0.0.1", "SESSION_COOKIE_SECURE=false",
		"SESSION_COOKIE_NAME=sessionid", "SESSION_ENGINE=cached_db", "SESSION_CREATE_LIMIT=0", "SECRET_KEY=" + stormKeys[0],
		"STORE_KEY=" + stormKeys[0],
		"DATABASE_URL=" + strings.Replace(database, s.postgres[0].Addr, s.postgres[0].Addr+","+s.postgres[1].Addr, 1),
		"CACHE_URL=redis://" + s.toRedis.Addr,
	}
	s.restart(t)
	s.url = "http://" + s.balancer(t)
	return s
}

// balancer starts HAProxy before the copies and returns its address.
func (s *stormSite) balancer(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("haproxy")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("needs haproxy, which .ci/setup installs")
	} else if err != nil {
		t.Fatal(err)
	}
	addr, file := freeAddress(t), filepath.Join(t.TempDir(), "haproxy.cfg")
	config := fmt.Sprintf(`defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    timeout check 2s
    option redispatch
    retries 3
frontend site
    bind %s
    http-request set-header X-Forwarded-For %%[src]
    default_backend copies
backend copies
    option httpchk GET /healthz
    http-check send hdr Host 127.0.0.1
    default-server check inter 100ms fall 1 rise 1
    server one %s
    server two %s
`, addr, s.addr[0], s.addr[1])
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-db", "-f", file)
	testserver.DieWithUs(cmd, syscall.SIGKILL)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return addr
		}
		if time.Now().After(deadline) {
			t.Fatal("HAProxy does not listen")
		}
	}
}

// restart ends the copies and starts them with more settings, one after the other.
func (s *stormSite) restart(t *testing.T, more ...string) {
	t.Helper()
	s.settings = append(s.settings, more...)
	for i, old := range s.copies {
		if old != nil {
			old.signal(syscall.SIGTERM)
			old.ended()
		}
		p := start(t, t.TempDir(), append(s.settings, "ADDR="+s.addr[i])...)
		for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			if status, _, err := ask(browser(), "GET", p.url+"/healthz", ""); err == nil && status == 200 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("copy %d is not well: %s", i, p.output())
			}
		}
		s.copies[i] = p
	}
}

// failOver stops the primary, makes the standby the primary, and the old one its standby.
func (s *stormSite) failOver(t *testing.T) {
	t.Helper()
	old, heir := s.postgres[0], s.postgres[1]
	old.Stop(t, syscall.SIGINT) // it sends its standby all that it has acknowledged
	heir.Promote(t)
	old.Follow(t, heir)
	s.postgres = [2]*testserver.PostgresServer{heir, old}
}

// failOverRedis moves the address of Redis to the replica; the master becomes the replica.
func (s *stormSite) failOverRedis(t *testing.T) {
	t.Helper()
	old, heir := s.redis[0], s.redis[1]
	heir.Do(t, "REPLICAOF", "NO", "ONE")
	s.toRedis.Move(heir.Addr)
	old.Follow(t, heir)
	s.redis = [2]*testserver.RedisServer{heir, old}
}

// command runs the program beside the copies.
func (s *stormSite) command(t *testing.T, args ...string) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env = t.TempDir(), s.settings
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %v: %s", args, err, out)
	}
}

// stormVisitor clicks on the counter, and remembers what the site has acknowledged.
type stormVisitor struct {
	s       *stormSite
	browser *http.Client
	name    string // if signed in
	visits  int    // acknowledged
	open    int    // asked for since, and perhaps counted
}

func (s *stormSite) visitor(t *testing.T, signedIn bool) *stormVisitor {
	t.Helper()
	v := &stormVisitor{s: s, browser: browser()}
	v.browser.Timeout = 10 * time.Second
	// A client sends a GET again by itself when a connection that it has used before is cut, and
	// then counts one visit that was two.
	v.browser.Transport = &http.Transport{DisableKeepAlives: true}
	if signedIn {
		v.name = fmt.Sprintf("visitor%d", rand.N(1_000_000_000))
		form := "username=" + v.name + "&password1=a-few-words-2026&password2=a-few-words-2026"
		if status, text, err := ask(v.browser, "POST", s.url+"/signup/", form); err != nil || status != 303 {
			t.Fatalf("sign-up: %d %s (%v), want 303", status, text, err)
		}
	}
	return v
}

func (v *stormVisitor) click(t *testing.T) {
	status, text, err := ask(v.browser, "GET", v.s.url+"/counter/", "")
	v.s.seen.add(status, text, err)
	if err != nil || status >= 500 {
		v.open++
		return
	}
	var page struct {
		Visits int `json:"visit_count"`
	}
	if err := json.Unmarshal([]byte(text), &page); err != nil || status != 200 {
		t.Errorf("%d %s (%v)", status, text, err)
		return
	}
	if page.Visits <= v.visits || page.Visits > v.visits+v.open+1 {
		t.Errorf("the counter is at %d after %d visits that were acknowledged and %d that failed",
			page.Visits, v.visits, v.open)
	}
	v.visits, v.open = page.Visits, 0
	if v.name == "" {
		return
	}
	status, text, err = ask(v.browser, "GET", v.s.url+"/account/", "")
	v.s.seen.add(status, text, err)
	if err == nil && status < 500 && (status != 200 || !strings.Contains(text, v.name)) {
		t.Errorf("somebody who is signed in gets %d %s", status, text)
	}
}

// seen is how the site looked to its visitors, in one phase after the other.
type seen struct {
	mu     sync.Mutex
	phases []*phase
}

type phase struct {
	name         string
	well, failed int
	first        string        // failure
	last         time.Time     // when a request last went well
	gap          time.Duration // the longest without one
}

func (s *seen) next(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phases = append(s.phases, &phase{name: name, last: time.Now()})
}

func (s *seen) add(status int, text string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.phases) == 0 {
		return
	}
	p := s.phases[len(s.phases)-1]
	if err != nil || status != 200 {
		if p.failed++; p.failed == 1 {
			p.first = fmt.Sprintf("; the first failure: %d %.80q %v", status, text, err)
		}
		return
	}
	p.well++
	p.gap = max(p.gap, time.Since(p.last))
	p.last = time.Now()
}

func (s *seen) report(t *testing.T) {
	for _, p := range s.phases {
		t.Logf("%-24s %5d well, %4d failed: %6.2f %%, worst gap %v%s", p.name, p.well, p.failed,
			100*float64(p.well)/float64(max(1, p.well+p.failed)), p.gap.Round(time.Millisecond), p.first)
		if p.well == 0 {
			t.Errorf("during %s nothing went well", p.name)
		}
	}
}
