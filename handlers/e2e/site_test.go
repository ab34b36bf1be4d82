package e2e

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sessionlab/handlers"
	"sessionlab/handlers/config"
)

// site is the whole app behind a real server, on files of its own.
type site struct {
	*httptest.Server
	app *handlers.App
}

// serve starts the app; change lets a test set its own settings.
func serve(t *testing.T, change ...func(*config.Settings)) *site {
	t.Helper()
	needs(t, "chromium", chromium.err)
	dir := t.TempDir()
	s := &config.Settings{
		Addr: "127.0.0.1:0", Debug: "true", SecretKey: "T3sts-0nly.in-the-browser.aWq9zR7xLm2vKd8sHf4gJp6tYb1nUc5e",
		DatabaseURL: "sqlite:" + filepath.Join(dir, "lab.db"), CacheURL: "memory:",
		SessionEngine: "db", SessionCookieName: "sessionid", SessionCookieAge: 1209600, SessionCookiePath: "/",
		SessionCookieSecure: "auto", SessionCookieHTTPOnly: true, SessionCookieSameSite: "Lax",
		SessionFilePath: filepath.Join(dir, "files"), SessionAbsoluteAge: 2592000,
	}
	for _, f := range change {
		f(s)
	}
	if err := s.Prepare(); err != nil {
		t.Fatalf("settings: %v", err)
	}
	log := &logOnFailure{t: t}
	ctx, cancel := context.WithCancel(context.Background())
	app, err := handlers.New(ctx, s, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	var running sync.WaitGroup
	running.Go(func() { app.Run(ctx) })
	server := httptest.NewUnstartedServer(nil)
	server.Config, server.Listener = app.Server(server.Listener) // as main makes it
	server.Start()
	t.Cleanup(func() {
		app.Drain()
		server.Close()
		cancel()
		running.Wait()
		if err := app.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		log.tell()
	})
	return &site{server, app}
}

// logOnFailure keeps the app's warnings and errors for a test that fails.
type logOnFailure struct {
	t  *testing.T
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logOnFailure) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logOnFailure) tell() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.t.Failed() {
		return
	}
	for line := range strings.Lines(l.b.String()) {
		l.t.Logf("the app said: %.300s", line)
	}
}
