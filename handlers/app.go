// Package handlers is the app: one file per page, each with the handlers of its paths.
// routes.go has all routes, middleware.go what a request passes on its way to them, respond.go
// how a handler answers, errors.go what an error means to a visitor. What pages need beside
// that is in packages below.
package handlers

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"sessionlab/handlers/abtest"
	"sessionlab/handlers/accounts"
	"sessionlab/handlers/attack"
	"sessionlab/handlers/catalog"
	"sessionlab/handlers/class"
	"sessionlab/handlers/config"
	"sessionlab/handlers/database"
	"sessionlab/handlers/events"
	"sessionlab/handlers/faults"
	"sessionlab/handlers/health"
	"sessionlab/handlers/learners"
	"sessionlab/handlers/limit"
	"sessionlab/handlers/metrics"
	"sessionlab/handlers/missions"
	"sessionlab/handlers/panel"
	"sessionlab/handlers/proxy"
	"sessionlab/handlers/signups"
	"sessionlab/handlers/speed"
	"sessionlab/handlers/tryout"
	"sessionlab/migrations"
	"sessionlab/sessions"
	"sessionlab/static"
)

// The source of the handlers travels in the binary, so that a page can show the very lines
// that have just run, and beside them the same in Django and in curl.
//
//go:embed *.go examples
var sourceFiles embed.FS

// App is what the handlers share. Make it with New, and Close it.
type App struct {
	settings    *config.Settings
	debug       bool // DEBUG can be on in this run; debugOn says whether it is for a request
	log         *slog.Logger
	db          *database.DB
	engines     *config.Engines
	proxies     proxy.Trusted
	catalog     *catalog.Store
	signups     *signups.Store
	accounts    *accounts.Store
	abtests     *abtest.Store
	learners    *learners.Store
	missions    *missions.Store
	feed        *events.Feed
	panel       *panel.Panel // nil without DEBUG
	runs        speed.Runner
	faults      *faults.Programs
	second      map[string]*sessions.Manager // of the second visitor, by engine; nil without DEBUG
	trials      tryout.Managers              // of visitors who try settings
	places      *limit.Places                // for requests
	health      *health.Probe
	metrics     *metrics.Metrics // nil without METRICS_ADDR
	corrupt     *limit.Buckets   // lines in the log about one record that cannot be read
	checking    sync.Mutex       // one check of an exercise at a time
	newAccounts *limit.Buckets   // how many a network asks for
	demoReady   atomic.Bool      // the demo accounts are there
	demoTurn    *limit.Places    // for the one request that makes them
	draining    atomic.Bool
	room        *class.Room    // nil: this is no class
	asks        *limit.Buckets // of learners in a class
}

// New opens the database, brings its tables up to date, and opens the engines: the one in
// the settings, and with DEBUG all others too, for visitors to choose from. The settings
// must have been prepared.
func New(ctx context.Context, s *config.Settings, log *slog.Logger) (_ *App, err error) {
	a := &App{settings: s, debug: s.DebugOn(), log: log}
	a.places = limit.NewPlaces(limit.Requests, limit.RequestWait, limit.Crowded())
	a.corrupt = limit.NewBuckets(limit.LoggedCorrupt)
	a.newAccounts = limit.NewBuckets(limit.SignUps)
	a.asks = limit.NewBuckets(limit.LearnerRequests)
	a.demoTurn = limit.NewPlaces(1, limit.PasswordWait, limit.Passwords())
	a.runs.Stop = a.draining.Load
	a.faults = faults.New()
	defer func() {
		if err != nil {
			_ = a.Close()
		}
	}()
	trusted, err := s.Proxies()
	if err != nil {
		return nil, fmt.Errorf("TRUSTED_PROXIES: %w", err)
	}
	a.proxies = trusted
	if a.debug {
		a.panel = panel.New(panel.Options{HTTPS: a.proxies.HTTPS})
	}
	if a.db, err = database.Open(ctx, s.DatabaseURL); err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	if _, err = migrations.Up(ctx, a.db.W, string(a.db.Dialect)); err != nil {
		return nil, err
	}
	a.catalog, a.signups, a.abtests = catalog.New(a.db), signups.New(a.db), abtest.New(a.db)
	a.accounts, err = accounts.New(a.db, accounts.Options{
		Secret: s.SecretKey, Fallbacks: s.SecretKeyFallbacks, Demo: a.debug && !s.Class,
		PerName: s.SigninNameLimit, PerNetwork: s.SigninNetworkLimit, PerAccount: s.SigninAccountLimit,
	})
	if err != nil {
		return nil, err
	}
	a.missions = missions.New(a.db)
	a.learners, err = learners.New(a.db, learners.Options{
		Secret: s.SecretKey, Fallbacks: s.SecretKeyFallbacks, Cookie: s.LearnerCookie(), Class: s.Class,
		Secure: func(r *http.Request) bool { return s.SecureFor(r, a.proxies.HTTPS) },
	})
	if err == nil && s.Class {
		err = a.newRoom(ctx)
	}
	if err != nil {
		return nil, err
	}
	a.feed = events.NewFeed(events.New(a.db), log)
	names := []string{s.SessionEngine}
	if a.debug {
		names = config.EngineNames()
	}
	if s.MetricsAddr != "" {
		if a.metrics, err = metrics.Listen(s.MetricsAddr, names...); err != nil {
			return a, err
		}
		log.InfoContext(ctx, "figures for Prometheus", "url", "http://"+a.metrics.Addr()+"/metrics")
	}
	begun := limit.NewBuckets(limit.NewSessions.With(s.SessionCreateLimit))
	a.engines, err = config.OpenEngines(ctx, config.EngineOptions{
		Settings: s, DB: a.db, Log: log, HTTPS: a.proxies.HTTPS, ErrorHandler: a.sessionError, Observe: a.observe,
		AllowCreate: func(r *http.Request) error { return begun.Take(network(r)) }, Wrap: a.behindGate,
	}, names...)
	if err != nil {
		return a, err
	}
	if a.debug {
		if err = a.openSecond(); err != nil {
			return a, err
		}
	}
	a.health = health.New(a.engines.Manager(a.engines.Default).Config().Engine)
	return a, nil
}

// Server returns a server for the app that bounds how long clients may take, and the
// listener that it has to serve: the panel shows what came and went on its connections.
func (a *App) Server(l net.Listener) (*http.Server, net.Listener) {
	if a.room != nil {
		a.openRoom(l)
	}
	s := NewServer(a.Handler(), a.log)
	s.ConnContext = a.panel.ConnContext
	return s, a.panel.Listener(l)
}

// debugOn reports whether the answer to r may show internals: behind a proxy on this machine
// only if DEBUG was set by hand.
// In a class it is for those who have joined.
func (a *App) debugOn(r *http.Request) bool {
	if a.room != nil {
		return memberOf(r.Context()) != nil
	}
	return a.settings.DebugFor(r)
}

// demoOn reports whether the demo accounts are there for r: in a class everybody has an
// account of their own.
func (a *App) demoOn(r *http.Request) bool { return a.debugOn(r) && a.room == nil }

// network is whose limits r counts for.
func network(r *http.Request) string { return limit.Network(clientAddr(r)) }

// ensureDemo makes the demo accounts before the first sign-in of a run with DEBUG; not at the
// start, since their passwords take a while to hash.
func (a *App) ensureDemo(ctx context.Context) error {
	if !a.debug || a.room != nil || a.demoReady.Load() {
		return nil
	}
	done, err := a.demoTurn.Enter(ctx) // a crowd that comes first would hash them all at once
	if err != nil {
		return err
	}
	defer done()
	if a.demoReady.Load() {
		return nil
	}
	if err := a.accounts.EnsureDemo(ctx); err != nil {
		return err
	}
	a.demoReady.Store(true)
	return nil
}

// Run does the app's work in the background until ctx ends: it clears expired sessions at
// the interval in the settings, and keeps the event log.
func (a *App) Run(ctx context.Context) {
	var background sync.WaitGroup
	background.Go(func() { a.feed.Run(ctx) })
	if a.room != nil {
		background.Go(func() { a.room.Run(ctx, a, a.log) })
	}
	background.Go(func() { a.db.Watch(ctx, a.log) })
	background.Go(func() { a.askServers(ctx) })
	background.Go(func() { a.metrics.Serve(ctx) })
	defer background.Wait()
	every := a.settings.ClearInterval()
	if every == 0 {
		return // once the feed has ended
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		for _, name := range config.EngineNames() {
			a.clear(ctx, name)
		}
		a.clearSignIns(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// askServers says in the log what the servers of the sessions lack.
func (a *App) askServers(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, f := range a.settings.CheckServers(ctx, a.db, a.engines) {
		if f.Level >= config.Warning {
			a.log.WarnContext(ctx, f.Title+": "+f.Found, "do", f.Why)
		}
	}
}

func (a *App) clear(ctx context.Context, name string) {
	m := a.engines.Manager(name)
	if m == nil {
		return
	}
	start := time.Now()
	switch n, err := m.Clear(ctx, nil); {
	case errors.Is(err, sessions.ErrUnsupported): // it keeps no expired sessions
	case err != nil && ctx.Err() == nil:
		a.log.ErrorContext(ctx, "clearing expired sessions", "engine", name, "err", err)
	case n > 0:
		a.log.InfoContext(ctx, "cleared expired sessions", "engine", name, "sessions", n, "took", time.Since(start))
	}
}

// Drain has /healthz answer 503, so that a balancer sends no new visitors, while all
// requests are still served. It also ends the event streams.
func (a *App) Drain() {
	a.draining.Store(true)
	if a.room != nil {
		a.room.Close()
	}
	if a.feed != nil {
		a.feed.Close()
	}
}

// Close closes engines and database. The server must have stopped.
func (a *App) Close() error {
	var errs []error
	a.metrics.Close()
	if a.feed != nil {
		a.feed.Finish() // writes what is left of the log
	}
	if a.engines != nil {
		errs = append(errs, a.engines.Close())
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	return errors.Join(errs...)
}

// observe is where all session events go: into the log, into the trace of the request that
// caused them, and to the live feed.
func (a *App) observe(ctx context.Context, engine string, e sessions.Event) {
	t := traceOf(ctx)
	if t != nil {
		t.add(e)
	}
	a.metrics.Observe(engine, e)
	if a.debug {
		a.panel.Observe(ctx, engine, e)
		a.tellRoom(ctx, engine, e)
		attack.Observe(ctx, e)
	}
	if !a.feed.Publish(ctx, engine, e) {
		return // one of very many, or the feed's own look at a session: left out of the log too
	}
	if e.Kind == sessions.Corrupt && a.corrupt.Take(e.Session.String()) != nil {
		return // each request of its visitor finds it again
	}
	if level := e.Level(); a.log.Enabled(ctx, level) {
		attrs := []any{slog.String("engine", engine), slog.Any("session", e)}
		if t != nil {
			attrs = append(attrs, slog.String("request", t.id))
		}
		a.log.Log(ctx, level, "session", attrs...)
	}
}

// healthz answers 200 when the engine reads and writes, and 503 when it does not or the server
// is about to stop. It touches no visitor's session. GET /healthz
func (a *App) healthz(w http.ResponseWriter, r *http.Request) error {
	status, text := http.StatusOK, "ok"
	switch {
	case a.draining.Load():
		status, text = http.StatusServiceUnavailable, "stopping"
	default:
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := a.health.Check(ctx); err != nil {
			a.log.ErrorContext(r.Context(), "health", "err", err)
			status, text = http.StatusServiceUnavailable, "sessions cannot be stored"
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
	return nil
}

// favicon leads browsers that look for one to the icon. GET /favicon.ico
func (a *App) favicon(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, static.URL("icon.svg"), http.StatusFound)
	return nil
}
