// Package metrics counts what happens to sessions, for Prometheus: by engine and by kind of
// event, with no session, key or name in it. It is fed by the events of the session layer.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sessionlab/sessions"
)

// Metrics are the figures of one program, and the address at which Prometheus gets them. Its
// methods are safe for concurrent use; those of nil do nothing.
type Metrics struct {
	listener net.Listener
	registry *prometheus.Registry
	engines  map[string]*engine
}

// engine are the figures of one engine.
type engine struct {
	events  map[sessions.EventKind]prometheus.Counter
	took    map[sessions.EventKind]prometheus.Observer
	errors  map[string]prometheus.Counter
	replays prometheus.Counter
}

// counted are the kinds of events that are counted. What happens to cookies is not among them:
// it happens on every request.
var counted = []sessions.EventKind{
	sessions.Loaded, sessions.Unknown, sessions.Expired, sessions.Corrupt, sessions.Created, sessions.Saved,
	sessions.Touched, sessions.KeyCycled, sessions.Flushed, sessions.Emptied, sessions.Interrupted,
}

// reasons are why a load or a save fails. The first that fits counts.
var reasons = []struct {
	name string
	err  error
}{
	{"client_left", context.Canceled},
	{"conflict", sessions.ErrConflict},
	{"busy", sessions.ErrBusy},
	{"too_large", sessions.ErrTooLarge},
	{"too_many", sessions.ErrTooMany},
	{"store", sessions.ErrStore},
	{"other", nil},
}

// buckets are the upper bounds of the histograms, in seconds: from what memory takes to what a
// server takes that is about to fail.
var buckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}

// Listen opens the address, and begins to count for these engines. The figures are at /metrics
// when [Metrics.Serve] runs.
func Listen(addr string, engines ...string) (*Metrics, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("METRICS_ADDR: %w", err)
	}
	m := count(engines...)
	m.listener = l
	return m, nil
}

// count begins to count.
func count(engines ...string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), engines: map[string]*engine{}}
	events := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sessions_events_total", Help: "What happened to sessions.",
	}, []string{"engine", "event"})
	failures := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sessions_errors_total", Help: "Loads and saves that failed. A conflict was answered with 409; " +
			"store is a store that did not answer.",
	}, []string{"engine", "reason"})
	replays := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sessions_replays_total", Help: "Times that a request was computed again, since another had saved first.",
	}, []string{"engine"})
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "sessions_duration_seconds", Help: "How long what an event tells of took, with all calls of the engine.",
		Buckets: buckets,
	}, []string{"engine", "event"})
	m.registry.MustRegister(events, failures, replays, took,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, name := range engines {
		e := &engine{
			events: map[sessions.EventKind]prometheus.Counter{}, took: map[sessions.EventKind]prometheus.Observer{},
			errors: map[string]prometheus.Counter{}, replays: replays.WithLabelValues(name),
		}
		for _, kind := range counted {
			label := strings.ReplaceAll(string(kind), " ", "_")
			e.events[kind] = events.WithLabelValues(name, label)
			e.took[kind] = took.WithLabelValues(name, label)
		}
		for _, reason := range reasons {
			e.errors[reason.name] = failures.WithLabelValues(name, reason.name)
		}
		m.engines[name] = e
	}
	return m
}

// Addr is the address at which the figures are.
func (m *Metrics) Addr() string {
	if m == nil {
		return ""
	}
	return m.listener.Addr().String()
}

// Observe counts one event of an engine.
func (m *Metrics) Observe(name string, event sessions.Event) {
	if m == nil {
		return
	}
	e := m.engines[name]
	if e == nil {
		return
	}
	switch event.Kind {
	case sessions.Failed:
		e.errors[reason(event.Err)].Inc()
	case sessions.Retried:
		e.replays.Add(float64(event.Attempts))
	default:
		if counter, ok := e.events[event.Kind]; ok {
			counter.Inc()
			if event.Duration > 0 {
				e.took[event.Kind].Observe(event.Duration.Seconds())
			}
		}
	}
}

func reason(err error) string {
	for _, r := range reasons {
		if r.err == nil || errors.Is(err, r.err) {
			return r.name
		}
	}
	return ""
}

// Serve answers at /metrics until ctx ends.
func (m *Metrics) Serve(ctx context.Context) {
	if m == nil {
		return
	}
	server := &http.Server{Handler: m.handler(), ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	_ = server.Serve(m.listener) // that of Close
}

func (m *Metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	return mux
}

// Close gives up the address.
func (m *Metrics) Close() {
	if m != nil {
		_ = m.listener.Close() // it may be closed already
	}
}
