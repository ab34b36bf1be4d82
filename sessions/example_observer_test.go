package sessions_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// An observer that writes each event as a line of the log. A session is named by a short hash,
// and its key appears nowhere. Package sessions/examples/otel has an observer for OpenTelemetry.
func ExampleObserver() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelInfo, // cookies read and sessions loaded are for debugging
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case slog.TimeKey, "took": // other ones in each run
				return slog.Attr{}
			case "session", "old":
				return slog.String(a.Key, "0123456789")
			}
			return a
		},
	}))
	m, err := sessions.New(sessions.Config{
		Engine: cache.NewMemory(cache.MemoryOptions{}),
		Observer: func(ctx context.Context, e sessions.Event) {
			log.LogAttrs(ctx, e.Level(), "session", slog.Attr{Value: e.LogValue()})
		},
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(_ http.ResponseWriter, r *http.Request) {
		s := sessions.From(r)
		s.CycleKey()
		s.Set("user", "ann")
	})
	mux.HandleFunc("/logout", func(_ http.ResponseWriter, r *http.Request) {
		sessions.From(r).Flush()
	})
	browse(m.Middleware(mux), "/login", "/login", "/logout")
	// Output:
	// level=INFO msg=session event=created session=0123456789 op=create
	// level=INFO msg=session event="key cycled" session=0123456789 old=0123456789 op="create, replace, delete"
	// level=INFO msg=session event=flushed session=0123456789 op=delete
}
