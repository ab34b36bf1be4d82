package db

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/sessionstest/testserver"
)

// calls are all calls of an engine, on the record under key whose data is "old".
func calls(e *Engine, key string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Load":   func(ctx context.Context) error { _, err := e.Load(ctx, key); return err },
		"Create": func(ctx context.Context) error { _, err := e.Create(ctx, record("x")); return err },
		"Replace": func(ctx context.Context) error {
			_, err := e.Replace(ctx, key, record("old"), record("new"))
			return err
		},
		"Touch":  func(ctx context.Context) error { _, err := e.Touch(ctx, key, record("")); return err },
		"Delete": func(ctx context.Context) error { return e.Delete(ctx, key) },
	}
}

// failAll makes every call, each from four goroutines at once, and wants all of them
// to fail within a time, with an error that logs nobody out.
func failAll(t *testing.T, e *Engine, key string, within time.Duration) {
	t.Helper()
	var wg sync.WaitGroup
	for name, call := range calls(e, key) {
		for range 4 {
			wg.Go(func() {
				start := time.Now()
				err := call(t.Context())
				wantOwnError(t, name, err)
				if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
					t.Errorf("%s: err = %v, which a caller takes for its own context's", name, err)
				}
				if took := time.Since(start); took > within {
					t.Errorf("%s failed after %v, want at most %v", name, took, within)
				}
			})
		}
	}
	wg.Wait()
}

// works waits until the engine works again, by itself, and finds the old data.
func works(t *testing.T, e *Engine, key, old, data string) {
	t.Helper()
	start := time.Now()
	eventually(t, "the database works again", func() bool {
		_, err := e.Replace(t.Context(), key, record(old), record(data))
		if errors.Is(err, sessions.ErrNotFound) || errors.Is(err, sessions.ErrConflict) {
			t.Fatalf("Replace: %v", err)
		}
		return err == nil
	})
	if took := time.Since(start); took > 6*time.Second {
		t.Errorf("the engine was back after %v, want at most 6 s", took)
	}
	wantData(t, e, key, data)
}

// stopped, also without a word, and started again.
func TestPostgresThatWasStoppedIsAnErrorUntilItIsBack(t *testing.T) {
	server := testserver.NewPostgres(t)
	e := openEngine(t, server.NewDatabase(t), Options{})
	key := create(t, e, "old")
	old := "old"
	for name, sig := range map[string]syscall.Signal{"fast": syscall.SIGINT, "immediate": syscall.SIGQUIT} {
		server.Stop(t, sig)
		failAll(t, e, key, time.Second)
		server.Start(t)
		works(t, e, key, old, name)
		old = name
	}
}

// what stands between resets connections, swallows every byte, or is slow.
func TestPostgresThatIsOutOfReachIsAnErrorUntilItIsBack(t *testing.T) {
	url := testserver.Postgres(t)
	addr := strings.TrimPrefix(url, "postgres://postgres@")
	addr, _, _ = strings.Cut(addr, "/")
	proxy := testserver.NewProxy(t, addr)
	e := openEngine(t, strings.Replace(url, addr, proxy.Addr, 1), Options{})
	key := create(t, e, "old")
	old := "old"
	for name, fault := range map[string]testserver.Fault{
		"reset":  {Reset: true},
		"silent": {Silent: true},
		"slow":   {Delay: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			proxy.Set(fault)
			failAll(t, e, key, 1500*time.Millisecond)
			proxy.Set(testserver.Fault{})
			if fault.Delay > 0 { // a Delete or Replace that was only slow has been carried out
				old = "fresh"
				eventually(t, "the database takes new records again", func() bool {
					var err error
					key, err = e.Create(t.Context(), record(old))
					return err == nil
				})
			}
			works(t, e, key, old, name)
			old = name
		})
	}
}

// A save that waits for another one's row lock gives up in time as well, and a
// caller's own deadline stays the caller's.
func TestPostgresTimesAreBounded(t *testing.T) {
	e := openEngine(t, testserver.Postgres(t), Options{Timeout: 300 * time.Millisecond})
	key := create(t, e, "old")
	other, err := e.writer.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback()
	if _, err := other.Exec("SELECT 1 FROM django_session WHERE session_key = $1 FOR UPDATE", key); err != nil {
		t.Fatal(err)
	}
	_, err = e.Replace(t.Context(), key, record("old"), record("new"))
	wantOwnError(t, "Replace of a locked row", err)
	if want := "no answer from " + e.opts.Name + " within 300ms"; err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("Replace of a locked row: err = %v, want one with %q", err, want)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := e.Replace(ctx, key, record("old"), record("new")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Replace with an own deadline: err = %v, want %v", err, context.DeadlineExceeded)
	}
}

// the program's clock decides, whatever the server's says, so both sides of
// the comparison must come from here.
func TestPostgresClockIsNotAsked(t *testing.T) {
	q := newQueries(postgres)
	for _, query := range append(q.writes(), q.load, q.count, q.list) {
		if lower := strings.ToLower(query); strings.Contains(lower, "now(") || strings.Contains(lower, "current_") {
			t.Errorf("a statement asks the server for the time: %s", query)
		}
	}
}
