package proctest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"sessionlab/handlers/database"
)

// wantSound checks the database of a program that runs in dir.
func wantSound(t *testing.T, dir string) {
	t.Helper()
	d, err := database.Open(t.Context(), "sqlite:"+filepath.Join(dir, "sessionlab.db"))
	if err != nil {
		t.Fatal(err)
	}
	var found string
	if err := d.R.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&found); err != nil || found != "ok" {
		t.Errorf("integrity_check: %q %v, want ok", found, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// count visits the counter and returns what it says, or an error.
func count(c *http.Client, url string) (int, error) {
	status, text, err := ask(c, "GET", url+"/counter/", "")
	if err != nil {
		return 0, err
	}
	if status != 200 {
		return 0, fmt.Errorf("status %d: %s", status, text)
	}
	var face struct {
		N int `json:"visit_count"`
	}
	return face.N, json.Unmarshal([]byte(text), &face)
}

// Each of 25 times, eight visitors write as fast as they can until the program is killed, some
// dozens of visits later. The next run has what was acknowledged, and at most the one visit
// of each that was under way.
func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	for _, engine := range []string{"db", "file", "cached_db"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := start(t, dir, "SESSION_ENGINE="+engine)
			var clients [8]*http.Client
			for i := range clients {
				clients[i] = browser()
			}
			var acknowledged [len(clients)]int
			for range 25 {
				var left atomic.Int32 // visits until the kill
				left.Store(24 + rand.Int32N(48))
				var killed atomic.Bool
				enough := make(chan struct{})
				var writers sync.WaitGroup
				for i, c := range clients {
					writers.Go(func() {
						for {
							n, err := count(c, s.url)
							if err != nil {
								if !killed.Load() {
									t.Errorf("before the kill: %v", err)
								}
								return
							}
							if n != acknowledged[i]+1 {
								t.Errorf("visitor %d: visit %d counts %d", i, acknowledged[i]+1, n)
							}
							acknowledged[i] = n
							if left.Add(-1) == 0 {
								close(enough)
							}
						}
					})
				}
				<-enough
				killed.Store(true)
				s.signal(syscall.SIGKILL)
				s.ended()
				writers.Wait()

				s = start(t, dir, "SESSION_ENGINE="+engine)
				for i, c := range clients {
					c.CloseIdleConnections()
					n, err := count(c, s.url)
					if err != nil || n < acknowledged[i]+1 || n > acknowledged[i]+2 {
						t.Errorf("visitor %d: %d visits acknowledged, the next one counts %d (%v)", i, acknowledged[i], n, err)
					}
					acknowledged[i] = n
				}
				wantSound(t, dir)
			}
			s.signal(syscall.SIGTERM)
			if code := s.ended().ExitCode(); code != 0 {
				t.Errorf("SIGTERM: exit code %d\n%s", code, s.output())
			}
		})
	}
}
