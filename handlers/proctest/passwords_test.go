package proctest

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"sessionlab/handlers/limit"
)

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
func TestAHundredSignInsHoldUpNobody(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "SESSION_ENGINE=cache", "DEBUG=true", "TRUSTED_PROXIES=127.0.0.1")
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
	for done := false; !done; {
		if status, _, err := ask(health, "GET", p.url+"/healthz", ""); err != nil || status != 200 {
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
		case 503: // asked to come again, on a machine that is too slow for a hundred hashes
		default:
			t.Errorf("sign-in %d: status %d, want 422 or 503", i, status)
		}
	}
	if checked == 0 {
		t.Error("no password was checked")
	}
	if status := p.signIn(browser(), "192.0.2.1", "username=alice&password=wonderland-2026"); status != 303 {
		t.Errorf("alice signs in afterwards: status %d, want 303", status)
	}
}

// What is sent as a password may be as large as a form. It is answered like one that is wrong.
func TestAPasswordAsLargeAsAFormIsWrong(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "SESSION_ENGINE=cache", "TRUSTED_PROXIES=127.0.0.1", "DEBUG=true")
	const most = limit.FormBody - len("username=alice&password=")
	for i, size := range []int{8, most} {
		form := "username=alice&password=" + strings.Repeat("x", size)
		if status := p.signIn(browser(), fmt.Sprintf("192.0.2.%d", i), form); status != 422 {
			t.Errorf("%d bytes: status %d, want 422", size, status)
		}
	}
}
