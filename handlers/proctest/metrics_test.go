package proctest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The figures are at an address of their own, if one was asked for, and nowhere else.
func TestFiguresAreAtAnAddressOfTheirOwn(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), browser()
	p := start(t, dir, "SESSION_ENGINE=db", "METRICS_ADDR=127.0.0.1:0")
	visits(t, p, c, 1)
	visits(t, p, c, 2)
	if err := os.Rename(dir+"/sessionlab.db", dir+"/aside"); err != nil {
		t.Fatal(err)
	}
	if status, _, err := ask(c, "GET", p.url+"/counter/", ""); err != nil || status != 503 {
		t.Fatalf("without its file: %d %v, want 503", status, err)
	}
	p.says(t, "/metrics")
	figures := regexp.MustCompile(`http://127\.0\.0\.1:\d+/metrics`).FindString(p.output())
	status, text, err := ask(browser(), "GET", figures, "")
	if err != nil || status != 200 {
		t.Fatalf("%s: %d %v", figures, status, err)
	}
	for _, want := range []string{
		`sessions_events_total{engine="db",event="created"} 1`, `sessions_events_total{engine="db",event="saved"} 1`,
		`sessions_errors_total{engine="db",reason="store"} 1`, "process_open_fds ", "go_goroutines ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the figures lack %s:\n%s", want, text)
		}
	}
	if status, _, err := ask(c, "GET", p.url+"/metrics", ""); err != nil || status != 404 {
		t.Errorf("/metrics where the pages are: %d %v, want 404", status, err)
	}
}
