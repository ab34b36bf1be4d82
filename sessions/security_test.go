package sessions_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

type noRandomness struct{}

func (noRandomness) Read([]byte) (int, error) { return 0, errors.New("no randomness left") }

// Without randomness the program ends, and hands out no key that could be guessed.
func TestWithoutRandomnessThereIsNoKey(t *testing.T) {
	if os.Getenv("SESSIONS_TEST_NO_RANDOMNESS") == "1" {
		rand.Reader = noRandomness{}
		fmt.Println("key", sessions.NewKey())
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "SESSIONS_TEST_NO_RANDOMNESS=1")
	out, err := cmd.CombinedOutput()
	if err == nil || regexp.MustCompile(`key [a-z0-9]{32}`).Match(out) || !strings.Contains(string(out), "crypto/rand") {
		t.Errorf("%v, it said %q; want it to end without a key", err, out)
	}
}

// counting counts what reaches an engine, and answers Replace with a fixed error if there is one.
type counting struct {
	sessions.Engine
	calls   atomic.Int32
	replace error
}

func (c *counting) Load(ctx context.Context, key string) (sessions.Record, error) {
	c.calls.Add(1)
	return c.Engine.Load(ctx, key)
}

func (c *counting) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	c.calls.Add(1)
	if c.replace != nil {
		return "", c.replace
	}
	return c.Engine.Replace(ctx, key, old, rec)
}

func (c *counting) Delete(ctx context.Context, key string) error {
	c.calls.Add(1)
	return c.Engine.Delete(ctx, key)
}

func memory() *counting { return &counting{Engine: cache.NewMemory(cache.MemoryOptions{})} }

// manager makes a manager for an engine of a test, which is in this process and signs nothing.
func manager(t testing.TB, cfg sessions.Config) *sessions.Manager {
	t.Helper()
	if cfg.Codec == nil {
		cfg.Codec = sessions.InsecureUnsigned{}
	}
	m, err := sessions.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ask sends one request with a Cookie header as it is.
func ask(h http.Handler, path string, cookies ...string) *http.Response {
	r := httptest.NewRequest("GET", path, nil)
	r.Header["Cookie"] = cookies
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// readAndFlush reads the session, or ends it at /flush: what a store could be asked for.
func readAndFlush(w http.ResponseWriter, r *http.Request) {
	if s := sessions.From(r); r.URL.Path == "/flush" {
		s.Flush()
	} else {
		s.Has("a")
	}
}

func TestWhatCannotBeAKeyReachesNoStore(t *testing.T) {
	engine := memory()
	h := manager(t, sessions.Config{Engine: engine}).Middleware(http.HandlerFunc(readAndFlush))
	good := sessions.NewKey()
	for _, value := range []string{
		"", "../../x", strings.Repeat("a", 300), "%00", "🍪", "' OR 1=1 --", strings.ToUpper(good), good[:7], good + "a", good[:31], good[:31] + "\x00", good[:31] + "é", " " + good + "x", `"` + good,
	} {
		for _, path := range []string{"/", "/flush"} {
			if res := ask(h, path, "sessionid="+value); res.StatusCode != 200 || engine.calls.Load() != 0 {
				t.Fatalf("%s with %q: status %d, %d calls of the engine; want 200 and none", path, value, res.StatusCode, engine.calls.Load())
			}
		}
	}
}

func TestAStoreThatAlwaysConflictsIsGivenUp(t *testing.T) {
	engine := memory()
	var failed []error
	m := manager(t, sessions.Config{Engine: engine, Observer: func(_ context.Context, e sessions.Event) {
		if e.Kind == sessions.Failed || e.Kind == sessions.Retried {
			failed = append(failed, e.Err)
		}
	}})
	n := sessions.Key[int]("n")
	s := m.Open(t.Context(), "")
	n.Set(s, 1)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	engine.replace = fmt.Errorf("as ever: %w", sessions.ErrConflict)
	h := m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n.Update(sessions.From(r), func(n int) int { return n + 1 })
	}))
	start := time.Now()
	res := ask(h, "/", "sessionid="+s.Key())
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || res.Header.Get("Set-Cookie") != "" {
		t.Errorf("status %d, header %v; want 503 with Retry-After and no cookie", res.StatusCode, res.Header)
	}
	if took := time.Since(start); took > 2*time.Second || engine.calls.Load() > 100 {
		t.Errorf("given up after %v and %d calls, want at most 2s and 100", took, engine.calls.Load())
	}
	if len(failed) != 1 || !errors.Is(failed[0], sessions.ErrBusy) {
		t.Errorf("events: %v, want one that says ErrBusy", failed)
	}
	if again := m.Open(t.Context(), s.Key()); n.Get(again) != 1 {
		t.Errorf("n = %d, want what it was", n.Get(again))
	}
}

func TestThousandsOfCookiesCostNothing(t *testing.T) {
	engine := memory()
	h := manager(t, sessions.Config{Engine: engine}).Middleware(http.HandlerFunc(readAndFlush))
	var cookies []string
	for i := range 5000 {
		if i%17 == 0 { // 295 of our name, each with the shape of a key
			cookies = append(cookies, "sessionid="+sessions.NewKey())
		}
		cookies = append(cookies, fmt.Sprintf("c%d=%d", i, i))
	}
	line, best := strings.Join(cookies, "; "), time.Hour
	for range 5 { // the machine may be busy with something else
		engine.calls.Store(0)
		start := time.Now()
		if res := ask(h, "/", line); res.StatusCode != 200 || engine.calls.Load() > 3 {
			t.Fatalf("status %d after %d calls of the engine, want 200 after 3 at most", res.StatusCode, engine.calls.Load())
		}
		best = min(best, time.Since(start))
	}
	if best > 50*time.Millisecond {
		t.Errorf("answered after %v, want 50ms at most", best)
	}
}
