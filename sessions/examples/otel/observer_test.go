package otel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/examples/otel"
)

// site answers with one span for each request, and below it those of its session. A program would
// have the middleware of otelhttp or the like outside.
func site(spans *tracetest.SpanRecorder, cfg sessions.Config) http.Handler {
	tracer := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans)).Tracer("shop")
	cfg.Observer = otel.Observer(tracer)
	m, err := sessions.New(cfg)
	if err != nil {
		panic(err)
	}
	layer := m.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if s := sessions.From(r); !s.Has("user") {
			s.Set("user", "ann")
		}
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := tracer.Start(r.Context(), r.URL.Path)
		defer span.End()
		layer.ServeHTTP(w, r.WithContext(ctx))
	})
}

// memory keeps sessions in memory, and ends one that was not used for an hour.
func memory() sessions.Config {
	return sessions.Config{Engine: cache.NewMemory(cache.MemoryOptions{}), IdleTimeout: time.Hour}
}

// visit asks for a page with the cookie of the visit before, and returns the cookie to send next.
func visit(h http.Handler, path, cookie string) string {
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Cookie", cookie)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		cookie = c.Name + "=" + c.Value
	}
	return cookie
}

func ExampleObserver() {
	spans := tracetest.NewSpanRecorder()
	h := site(spans, memory())
	cookie := visit(h, "/first", "")
	visit(h, "/second", cookie)
	for _, span := range spans.Ended() {
		fmt.Println(span.Name())
	}
	// Output:
	// session save
	// /first
	// session load
	// /second
}

func TestSpansAreBelowTheRequestAndNameNoKey(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	h := site(spans, memory())
	cookie := visit(h, "/first", "")
	visit(h, "/second", cookie)
	_, key, _ := strings.Cut(cookie, "=")
	if len(key) < 32 {
		t.Fatalf("the cookie is %q", cookie)
	}
	requests := map[string]bool{}
	for _, span := range spans.Ended() {
		if strings.HasPrefix(span.Name(), "/") {
			requests[span.SpanContext().SpanID().String()] = true
		}
	}
	for _, span := range spans.Ended() {
		if !strings.HasPrefix(span.Name(), "session ") {
			continue
		}
		if !requests[span.Parent().SpanID().String()] {
			t.Errorf("%s is not below a request", span.Name())
		}
		if took := span.EndTime().Sub(span.StartTime()); took <= 0 || took > time.Minute {
			t.Errorf("%s took %v", span.Name(), took)
		}
		id := ""
		for _, a := range span.Attributes() {
			if strings.Contains(a.Value.Emit(), key) {
				t.Errorf("%s has the key in %s", span.Name(), a.Key)
			}
			if a.Key == "session.id" {
				id = a.Value.Emit()
			}
		}
		if len(id) != 10 {
			t.Errorf("%s names the session %q, want its public ID", span.Name(), id)
		}
	}
}

// Using a session that was at rest for a while moves its end.
func TestATouchIsASpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans := tracetest.NewSpanRecorder()
		h := site(spans, memory())
		cookie := visit(h, "/first", "")
		time.Sleep(30 * time.Minute)
		visit(h, "/second", cookie)
		var names []string
		for _, span := range spans.Ended() {
			names = append(names, span.Name())
		}
		if want := []string{"session save", "/first", "session load", "session touch", "/second"}; !slices.Equal(names, want) {
			t.Errorf("spans %q, want %q", names, want)
		}
	})
}

// A store that is out of reach is a span with an error.
func TestAFailingStoreIsASpanWithAnError(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	visit(site(spans, sessions.Config{Engine: broken{cache.NewMemory(cache.MemoryOptions{})}}), "/first", "")
	for _, span := range spans.Ended() {
		if span.Name() == "session error" && len(span.Events()) == 1 && strings.Contains(span.Status().Description, "unplugged") {
			return
		}
	}
	t.Errorf("no span with an error among %v", spans.Ended())
}

// broken is a store that creates nothing.
type broken struct{ *cache.Memory }

func (broken) Create(context.Context, sessions.Record) (string, error) {
	return "", fmt.Errorf("unplugged")
}
