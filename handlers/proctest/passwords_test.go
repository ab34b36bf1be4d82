package proctest

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// peak is the most memory that the program has taken at once, in bytes: its resident size, as
// the system has measured it.
func (p *process) peak() int64 {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil && os.Getenv("CI") == "true" {
		p.t.Fatal("the resident size of a process is read from /proc, and CI=true forbids to skip: ", err)
	} else if err != nil {
		p.t.Skip("the resident size of a process is read from /proc: ", err)
	}
	var kB int64
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(rest, &kB); err != nil {
		p.t.Fatalf("no VmHWM in %s", status)
	}
	return kB << 10
}

// signIn sends the form as a client at an address of its own, and returns the status.
func (p *process) signIn(c *http.Client, address, form string) int {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), "POST", p.url+"/login/", strings.NewReader(form))
	if err != nil {
		p.t.Error(err)
		return 0
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-Forwarded-For", address)
	res, err := c.Do(req)
	if err != nil {
		p.t.Error(err)
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

// A hundred people sign in at once, each at a name of their own, or they would wait for each
// other. A name that nobody has costs the same hash as any other.
func TestAHundredSignInsTakeLittleMemoryAndHoldUpNobody(t *testing.T) {
	p := start(t, t.TempDir(), "SESSION_ENGINE=cache", "DEBUG=true", "TRUSTED_PROXIES=127.0.0.1")
	if status := p.signIn(browser(), "192.0.2.1", "username=alice&password=wonderland-2026"); status != 303 {
		t.Fatalf("alice: status %d, want 303", status)
	}
	before := p.peak()
	statuses := make([]int, 100)
	var crowd sync.WaitGroup
	for i := range statuses {
		crowd.Go(func() {
			statuses[i] = p.signIn(browser(), fmt.Sprintf("198.51.100.%d", i), fmt.Sprintf("username=nobody-%d&password=this-is-wrong", i))
		})
	}
	over := make(chan struct{})
	go func() { crowd.Wait(); close(over) }()
	health := browser()
	var waits []time.Duration
	for done := false; !done; {
		begun := time.Now()
		status, _, err := ask(health, "GET", p.url+"/healthz", "")
		if waits = append(waits, time.Since(begun)); err != nil || status != 200 {
			t.Errorf("/healthz: %d %v, want 200", status, err)
		}
		select {
		case <-over:
			done = true
		default:
		}
	}
	checked := 0
	for i, status := range statuses {
		switch status {
		case 422:
			checked++
		case 503: // asked to come again, on a machine that is too slow for a hundred hashes in 5 s
		default:
			t.Errorf("sign-in %d: status %d, want 422", i, status)
		}
	}
	if checked < 10 {
		t.Errorf("%d passwords were checked, want most of a hundred", checked)
	}
	grown := p.peak() - before
	if grown >= 300<<20 {
		t.Errorf("%d sign-ins took %d MB of memory, want less than 300", len(statuses), grown>>20)
	}
	// One late answer says that this machine is busy, a tenth of them that the program is.
	slices.Sort(waits)
	if late := waits[len(waits)*9/10]; late > time.Second {
		t.Errorf("a tenth of %d requests for /healthz took %v or more, want less than a second", len(waits), late)
	}
	t.Logf("%d passwords checked; %d MB more than before; /healthz took %v at most, half of them %v", checked, grown>>20, waits[len(waits)-1], waits[len(waits)/2])
}

// What is sent as a password may be as large as a body. It is answered like one that is
// wrong, and nothing is made of its length.
func TestAPasswordOfAMegabyteCostsNoMoreThanAShortOne(t *testing.T) {
	p := start(t, t.TempDir(), "SESSION_ENGINE=cache", "TRUSTED_PROXIES=127.0.0.1", "DEBUG=true")
	const most = 1<<20 - len("username=nobody-00&password=")
	c := browser()
	// The least time of each counts, since a busy machine only ever adds.
	least := map[int]time.Duration{8: time.Hour, most: time.Hour}
	for i := range 20 {
		for size := range least {
			form := fmt.Sprintf("username=nobody-%02d&password=%s", i, strings.Repeat("x", size))
			begun := time.Now()
			if status := p.signIn(c, fmt.Sprintf("192.0.2.%d", i), form); status != 422 {
				t.Fatalf("%d bytes: status %d, want 422", size, status)
			}
			least[size] = min(least[size], time.Since(begun))
		}
	}
	t.Log(least)
	// To send a megabyte takes a few milliseconds of its own.
	if least[most] > 3*least[8]/2+20*time.Millisecond {
		t.Errorf("a megabyte took %v at least, eight bytes %v; want them alike", least[most], least[8])
	}
}
