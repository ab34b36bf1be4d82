package handlers

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestAClassOfSixty measures a full class: each learner clicks once a second with two feeds
// open, while the teacher looks at the board. It logs how long requests took and how far the
// board was behind; what it asserts is that nothing was lost. Set CLASS_LOAD to run it.
func TestAClassOfSixty(t *testing.T) {
	if os.Getenv("CLASS_LOAD") == "" {
		t.Skip("set CLASS_LOAD to measure a class of sixty")
	}
	const people, seconds = 60, 20
	app, _ := newTestClass(t)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { app.app.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	learners := make([]*visitor, people)
	for i := range learners {
		learners[i] = app.joined(fmt.Sprintf("Learner %02d", i))
		learners[i].expect(http.StatusOK, "GET", "/counter/")
	}
	var feeds sync.WaitGroup
	listen := func(v *visitor, path string, take func(string)) {
		feeds.Go(func() {
			r, _ := http.NewRequestWithContext(ctx, "GET", app.URL+path, nil)
			answer, err := v.Do(r)
			if err != nil {
				return
			}
			defer answer.Body.Close()
			lines := bufio.NewScanner(answer.Body)
			lines.Buffer(nil, 4<<20)
			for lines.Scan() {
				if take != nil && strings.HasPrefix(lines.Text(), "data:") {
					take(lines.Text())
				}
			}
		})
	}
	boards := make(chan string, 1000)
	listen(app.teacher(), "/teach/stream", func(s string) { boards <- s })
	for _, v := range learners {
		listen(v, "/join/stream", nil)
		listen(v, "/events/stream", nil)
	}
	var mu sync.Mutex
	var took, lag []time.Duration
	failed := 0
	var work sync.WaitGroup
	for i, v := range learners {
		work.Go(func() {
			time.Sleep(time.Duration(i) * time.Second / people)
			for range seconds {
				start := time.Now()
				got := v.get("/counter/")
				d := time.Since(start)
				mu.Lock()
				took = append(took, d)
				if got.status != http.StatusOK {
					failed++
				}
				mu.Unlock()
				time.Sleep(time.Until(start.Add(time.Second)))
			}
		})
	}
	work.Go(func() { // how long it takes until the board shows what has happened
		for n := range seconds {
			up := n%2 == 0
			start := time.Now()
			learners[0].expect(http.StatusSeeOther, "POST", "/join/hand/", "up", fmt.Sprint(up))
			for board := range boards {
				if strings.Contains(board, "hand raised") == up {
					break
				}
			}
			lag = append(lag, time.Since(start))
			time.Sleep(time.Second)
		}
	})
	work.Wait()
	lost := 0
	for _, v := range learners {
		if got := v.get("/counter/"); !strings.Contains(got.body, fmt.Sprintf(`id="visit-count">%d<`, seconds+2)) {
			lost++
		}
	}
	stop()
	feeds.Wait()
	slices.Sort(took)
	slices.Sort(lag)
	t.Logf("%d requests, p50 %v, p99 %v, most %v; board behind by p50 %v, most %v; %d not answered, %d counters wrong",
		len(took), took[len(took)/2], took[len(took)*99/100], took[len(took)-1], lag[len(lag)/2], lag[len(lag)-1], failed, lost)
	if failed > 0 || lost > 0 {
		t.Errorf("%d requests were not answered, %d learners lost a click", failed, lost)
	}
}
