package otel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/examples/otel"
)

// serve answers with one span for each request, and below it those of its session. The program's
// own middleware is that of otelhttp or the like.
func serve(spans *tracetest.SpanRecorder, m func(sessions.Observer) *sessions.Manager) *httptest.Server {
	tracer := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans)).Tracer("shop")
	layer := m(otel.Observer(tracer)).Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if s := sessions.From(r); !s.Has("user") {
			s.Set("user", "ann")
		}
	}))
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := tracer.Start(r.Context(), r.URL.Path)
		defer span.End()
		layer.ServeHTTP(w, r.WithContext(ctx))
	}))
}

func manager(o sessions.Observer) *sessions.Manager {
	m, err := sessions.New(sessions.Config{
		Engine:           cache.NewMemory(cache.MemoryOptions{}),
		SaveEveryRequest: true, // so that each visit is a touch
		Observer:         o,
	})
	if err != nil {
		panic(err)
	}
	return m
}

// visit asks for pages as one browser would, and returns its cookie.
func visit(server *httptest.Server, paths ...string) string {
	jar, _ := cookiejar.New(nil) // it never fails
	client := &http.Client{Jar: jar}
	key := ""
	for _, path := range paths {
		res, err := client.Get(server.URL + path)
		if err != nil {
			panic(err)
		}
		res.Body.Close()
		for _, cookie := range res.Cookies() {
			key = cookie.Value
		}
	}
	return key
}

func ExampleObserver() {
	spans := tracetest.NewSpanRecorder()
	server := serve(spans, manager)
	defer server.Close()
	visit(server, "/first", "/second")
	for _, span := range spans.Ended() {
		fmt.Println(span.Name())
	}
	// Output:
	// session save
	// /first
	// session load
	// session touch
	// /second
}

func TestSpansAreBelowTheRequestAndNameNoKey(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	server := serve(spans, manager)
	defer server.Close()
	key := visit(server, "/first", "/second")
	if len(key) < 32 {
		t.Fatalf("the cookie is %q", key)
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

// A store that is out of reach is a span with an error.
func TestAFailingStoreIsASpanWithAnError(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	server := serve(spans, func(o sessions.Observer) *sessions.Manager {
		m, err := sessions.New(sessions.Config{Engine: broken{cache.NewMemory(cache.MemoryOptions{})}, Observer: o})
		if err != nil {
			panic(err)
		}
		return m
	})
	defer server.Close()
	visit(server, "/first")
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
