package metrics

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// What happens to sessions is in the figures, once each, and no key.
func TestFiguresSayWhatHappened(t *testing.T) {
	m := count("cache", "db")
	manager, err := sessions.New(sessions.Config{
		Engine: cache.NewMemory(cache.MemoryOptions{}), Secret: "tests",
		Observer: func(_ context.Context, e sessions.Event) { m.Observe("cache", e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	number := sessions.Key[int]("n")
	open := func(key string) *sessions.Session { return manager.Open(t.Context(), key) }
	save := func(s *sessions.Session) {
		t.Helper()
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
	}
	first := open("")
	number.Set(first, 1)
	save(first)
	key := first.Key()
	told, adding, plain := open(key), open(key), open(key)
	number.Get(told)
	number.Update(adding, func(n int) int { return n + 1 })
	number.Get(adding)
	number.Update(plain, func(n int) int { return n + 1 })
	save(plain)
	save(adding) // is computed again
	number.Set(told, 7)
	if err := told.Save(); !errors.Is(err, sessions.ErrConflict) {
		t.Fatalf("%v, want a conflict", err)
	}
	ended := open(key)
	ended.Flush()
	save(ended)
	open(key).Has("n") // it is gone
	want := map[string]int{
		"created": 1, "loaded": 5, "saved": 2, // one load is that of the request that is computed again
		"flushed": 1, "unknown": 1, "expired": 0,
	}
	text := ""
	for event, n := range want {
		text += fmt.Sprintf("sessions_events_total{engine=%q,event=%q} %d\n", "cache", event, n)
	}
	text += "sessions_errors_total{engine=\"cache\",reason=\"conflict\"} 1\n" +
		"sessions_errors_total{engine=\"cache\",reason=\"store\"} 0\n" +
		"sessions_replays_total{engine=\"cache\"} 1\n" +
		"sessions_duration_seconds_count{engine=\"cache\",event=\"saved\"} 2\n" +
		"sessions_events_total{engine=\"db\",event=\"created\"} 0\n"
	has := figures(t, m)
	for line := range strings.Lines(text) {
		if !strings.Contains(has, line) {
			t.Errorf("the figures lack %s", line)
		}
	}
	if strings.Contains(has, key) {
		t.Error("the figures hold a session key")
	}
	if t.Failed() {
		t.Log(has)
	}
}

// figures are what Prometheus gets.
func figures(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	return w.Body.String()
}

// The names are such as Prometheus' own checks want them.
func TestNamesAreGoodOnes(t *testing.T) {
	problems, err := testutil.GatherAndLint(count("db").registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// BenchmarkObserve is what one event costs; a request has two to four.
func BenchmarkObserve(b *testing.B) {
	for name, m := range map[string]*Metrics{"off": nil, "on": count("db", "file")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Observe("db", sessions.Event{Kind: sessions.Saved, Duration: time.Millisecond})
			}
		})
	}
}
