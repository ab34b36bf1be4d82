package proctest

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"sessionlab/sessions/sessionstest/testserver"
)

// visits asks for the counter and wants it at n.
func visits(t *testing.T, p *process, c *http.Client, n int) {
	t.Helper()
	want := fmt.Sprintf(`{"visit_count":%d}`, n)
	if status, text, err := ask(c, "GET", p.url+"/counter/", ""); err != nil || status != 200 || strings.TrimSpace(text) != want {
		t.Errorf("%d %s (%v), want 200 %s", status, text, err, want)
	}
}

// What the table of the README says of a kill for those engines of which the next run need not
// have anything: db, file and cached_db are in the tests of the program itself.
func TestAKillEndsTheSessionsInMemoryAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		engine string
		env    func(t *testing.T) string
		next   int // after two visits
	}{
		{"cache in memory", func(*testing.T) string { return "CACHE_URL=memory:" }, 1},
		{"cache in Redis", func(t *testing.T) string { return "CACHE_URL=redis://" + testserver.NewRedis(t).Addr }, 3},
		{"signed_cookies", func(*testing.T) string { return "CACHE_URL=memory:" }, 3},
	} {
		t.Run(c.engine, func(t *testing.T) {
			t.Parallel()
			name, _, _ := strings.Cut(c.engine, " ")
			dir, env, client := t.TempDir(), []string{"SESSION_ENGINE=" + name, c.env(t), "SECRET_KEY="}, browser()
			p := start(t, dir, env...)
			visits(t, p, client, 1)
			visits(t, p, client, 2)
			p.signal(syscall.SIGKILL)
			p.ended()
			p = start(t, dir, env...)
			visits(t, p, client, c.next) // cookies know no ports: the browser sends them to the next run
			client.CloseIdleConnections()
		})
	}
}
