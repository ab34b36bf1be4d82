package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"sessionlab/handlers/database"
	"sessionlab/sessions"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/db"
	"sessionlab/sessions/file"
	"sessionlab/sessions/redis"
	"sessionlab/sessions/signedcookies"
)

// EngineNames are the engines in the order in which pages show them.
func EngineNames() []string { return []string{"db", "file", "cache", "cached_db", "signed_cookies"} }

// EngineOptions are what the engines need beside the settings.
type EngineOptions struct {
	Settings     *Settings
	DB           *database.DB
	Log          *slog.Logger
	HTTPS        func(*http.Request) bool
	ErrorHandler func(http.ResponseWriter, *http.Request, error)
	// AllowCreate bounds how many sessions a client begins, where they cost something;
	// nil is no bound.
	AllowCreate func(*http.Request) error
	// Wrap puts something before each engine; nil is nothing.
	Wrap func(sessions.Engine) sessions.Engine
	// Observe is told of every event of every engine.
	Observe func(ctx context.Context, engine string, e sessions.Event)
}

// Engines are the opened engines, each behind a manager of its own.
type Engines struct {
	Default  string // the name of the engine in the settings
	managers map[string]*sessions.Manager
	failed   map[string]error
	closers  []io.Closer
	cache    cacheStore // nil if no engine uses it
}

// OpenEngines opens the engines with these names. Of them only the one in the settings has to
// open: the others are for looking at, and [Engines.Err] tells what they lack. The one in the
// settings uses the cookie name in the settings; the others add their own name to it, so that each engine finds its session
// again when a visitor comes back to it.
func OpenEngines(ctx context.Context, o EngineOptions, names ...string) (_ *Engines, err error) {
	set := &Engines{Default: o.Settings.SessionEngine, managers: map[string]*sessions.Manager{}, failed: map[string]error{}}
	defer func() {
		if err != nil {
			_ = set.Close()
		}
	}()
	shared := &parts{o: o, set: set}
	for _, name := range names {
		m, err := shared.manager(ctx, name)
		switch {
		case err != nil && name == set.Default:
			return nil, fmt.Errorf("engine %s: %w", name, err)
		case err != nil:
			o.Log.WarnContext(ctx, "an engine could not be opened; the app works without it", "engine", name, "err", err)
			set.failed[name] = err
			continue
		}
		set.managers[name] = m
	}
	return set, nil
}

// Manager returns the manager of an engine, nil if it was not opened.
func (s *Engines) Manager(name string) *sessions.Manager { return s.managers[name] }

// Err is why an engine could not be opened, nil if it was or if nobody asked for it.
func (s *Engines) Err(name string) error { return s.failed[name] }

// Close closes the engines; the database is its owner's.
func (s *Engines) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i].Close())
	}
	return errors.Join(errs...)
}

// parts are opened once for all engines that use them.
type parts struct {
	o     EngineOptions
	set   *Engines
	table *db.Engine
	store cacheStore
}

func (p *parts) manager(ctx context.Context, name string) (*sessions.Manager, error) {
	s := p.o.Settings
	cfg := sessions.Config{
		Cookie: s.Cookie(p.o.HTTPS), Age: s.Age(),
		ExpireAtBrowserClose: s.SessionExpireAtBrowserClose, SaveEveryRequest: s.SessionSaveEveryRequest,
		Secret: s.SecretKey, Fallbacks: s.SecretKeyFallbacks,
		IdleTimeout: s.IdleTimeout(), AbsoluteAge: s.AbsoluteAge(),
		ErrorHandler: p.o.ErrorHandler,
		HashSecret:   []byte("sessionlab.short-hash" + s.SecretKey),
		Observer:     func(ctx context.Context, e sessions.Event) { p.o.Observe(ctx, name, e) },
	}
	if name != "signed_cookies" { // it stores nothing
		cfg.AllowCreate = p.o.AllowCreate
	}
	if name != p.set.Default {
		cfg.Cookie.Name += "_" + name
	}
	var err error
	switch name {
	case "db":
		cfg.Engine, err = p.sqlTable()
	case "file":
		var e *file.Engine
		if e, err = file.Open(file.Config{Dir: s.SessionFilePath, CookieName: cfg.Cookie.Name}); err == nil {
			p.set.closers = append(p.set.closers, e)
			cfg.Engine = e
		}
	case "cache":
		cfg.Engine, err = p.cache()
	case "cached_db":
		var table *db.Engine
		var store cacheStore
		if table, err = p.sqlTable(); err == nil {
			if store, err = p.cache(); err == nil {
				cfg.Engine = cacheddb.New(table, store, cacheddb.Options{Logger: p.o.Log})
			}
		}
	case "signed_cookies":
		c := signedcookies.Config{Secret: s.SecretKey, Fallbacks: s.SecretKeyFallbacks, CookieName: cfg.Cookie.Name, Age: s.Age()}
		if s.SessionEncryptCookies {
			cfg.Engine, err = signedcookies.NewEncrypted(c)
		} else {
			cfg.Engine, err = signedcookies.New(c)
		}
	default:
		err = fmt.Errorf("there is no engine of this name; there are %v", EngineNames())
	}
	if err != nil {
		return nil, err
	}
	if keyed, ok := cfg.Engine.(sessions.Keyed); ok && s.SessionHashKeys {
		cfg.Engine = sessions.HashKeys(keyed, []byte("sessionlab.stored-key"+s.storeKey()))
	}
	if p.o.Wrap != nil {
		cfg.Engine = p.o.Wrap(cfg.Engine)
	}
	return sessions.New(cfg)
}

// sqlTable is the db engine, alone or behind a cache.
func (p *parts) sqlTable() (*db.Engine, error) {
	if p.table == nil {
		zone, err := p.o.Settings.DBTimeZone()
		if err != nil {
			return nil, err
		}
		e, err := p.o.DB.Sessions(db.Options{Location: zone})
		if err != nil {
			return nil, err
		}
		p.table = e
		p.set.closers = append(p.set.closers, e)
	}
	return p.table, nil
}

func (p *parts) cache() (cacheStore, error) {
	if p.store == nil {
		s := p.o.Settings
		c, err := openCache(s.CacheURL, redis.Options{HashKey: []byte("sessionlab.cache-key" + s.storeKey())})
		if err != nil {
			return nil, err
		}
		p.store, p.set.cache = c, c
		p.set.closers = append(p.set.closers, c)
	}
	return p.store, nil
}
