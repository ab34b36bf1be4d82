package main

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/alexedwards/scs/v2"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
	"sessionlab/sessions/cacheddb"
	"sessionlab/sessions/db"
	"sessionlab/sessions/file"
	"sessionlab/sessions/redis"
	"sessionlab/sessions/sessionstest/testdb"
	"sessionlab/sessions/signedcookies"
	"sessionlab/sessions/signing"
)

// The names of the candidates, in the order of the table.
const (
	memory         = "cache"
	signedCookies  = "signed_cookies"
	cachedDB       = "cached_db"
	database       = "db"
	files          = "file"
	redisServer    = "redis"
	postgresServer = "db, PostgreSQL"
	scsMemory      = "scs, memory"
	scsSQLite      = "scs, SQLite"
)

// ours are the engines of this module.
func ours() []string {
	return []string{memory, signedCookies, cachedDB, database, files, redisServer, postgresServer}
}

func engines() []string { return append(ours(), scsMemory, scsSQLite) }

// process is the name of the processes that keep the sessions of an engine, "" for none.
func process(engine string) string {
	return map[string]string{redisServer: "redis-server", postgresServer: "postgres"}[engine]
}

// age is how long sessions last: two weeks, as with Django.
const age = 14 * 24 * time.Hour

const secret = "no secret of anybody, but fifty characters are asked for"

// open opens a candidate, whose database or files go into dir, or whose store is at url.
func open(name, dir, url string) (counter, error) {
	switch name {
	case scsMemory, scsSQLite:
		return openSCS(name, dir)
	}
	l := &layer{}
	cfg, err := l.config(name, dir, url)
	if err == nil {
		l.Manager, err = sessions.New(cfg)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), l.close())
	}
	return l, nil
}

// layer is the session layer of this module over one of its engines.
type layer struct {
	*sessions.Manager
	closers []io.Closer // in the order of opening
}

// config gives each engine the codec that the app gives it.
func (l *layer) config(name, dir, url string) (cfg sessions.Config, err error) {
	signer, err := signing.New(signing.StoreSalt, secret)
	if err != nil {
		return cfg, err
	}
	cfg.Codec = sessions.Signed{Signer: signer}
	switch name {
	case memory:
		cfg.Codec, cfg.Engine = nil, cache.NewMemory(cache.MemoryOptions{})
	case signedCookies:
		cfg.Codec = nil
		cfg.Engine, err = signedcookies.New(signedcookies.Config{Secret: secret})
	case database:
		cfg.Engine, err = l.table(dir)
	case cachedDB:
		var table *db.Engine
		table, err = l.table(dir)
		cfg.Engine = cacheddb.New(table, cache.NewMemory(cache.MemoryOptions{}), cacheddb.Options{})
	case files:
		var e *file.Engine
		if e, err = file.Open(file.Config{Dir: filepath.Join(dir, "sessions")}); err == nil {
			l.closers = append(l.closers, e)
		}
		cfg.Engine = e
	case redisServer:
		var e *redis.Redis
		if e, err = redis.New(url, redis.Options{HashKey: []byte(secret)}); err == nil {
			l.closers = append(l.closers, e)
		}
		cfg.Codec, cfg.Engine = nil, e
	case postgresServer:
		cfg.Engine, err = l.postgres(url)
	default:
		err = errors.New("there is no such engine")
	}
	return cfg, err
}

// table is the db engine over SQLite, synchronous=FULL and with group commit.
func (l *layer) table(dir string) (*db.Engine, error) {
	d, err := l.openDB(dir)
	if err != nil {
		return nil, err
	}
	e, err := db.SQLite(d.Reader, d.Writer, db.Options{Checkpoints: d.Checkpoints})
	if err == nil {
		l.closers = append(l.closers, e)
	}
	return e, err
}

func (l *layer) postgres(url string) (*db.Engine, error) {
	d, err := testdb.Open(context.Background(), url)
	if err != nil {
		return nil, err
	}
	l.closers = append(l.closers, d)
	if err := db.CreatePostgresTable(context.Background(), d.Writer); err != nil {
		return nil, err
	}
	return db.Postgres(d.Writer, db.Options{})
}

func (l *layer) openDB(dir string) (*testdb.DB, error) {
	d, err := testdb.Open(context.Background(), "sqlite:"+filepath.Join(dir, "sessions.db"))
	if err != nil {
		return nil, err
	}
	l.closers = append(l.closers, d)
	return d, db.CreateSQLiteTable(context.Background(), d.Writer)
}

func (l *layer) close() error {
	var errs []error
	for i := len(l.closers) - 1; i >= 0; i-- {
		errs = append(errs, l.closers[i].Close())
	}
	return errors.Join(errs...)
}

const visits = sessions.Key[int]("visit_count")

func (l *layer) wrap(h http.Handler) http.Handler { return l.Middleware(h) }
func (l *layer) count(r *http.Request) int        { return visits.Get(sessions.From(r)) }
func (l *layer) add(r *http.Request) int {
	return visits.Update(sessions.From(r), func(n int) int { return n + 1 })
}
func (l *layer) set(r *http.Request, name string, v any) { sessions.From(r).Set(name, v) }

// plain is alexedwards/scs as it comes: its middleware, its default codec.
type plain struct {
	*scs.SessionManager
	stop func() error
}

func openSCS(name, dir string) (*plain, error) {
	for _, v := range []any{preferences, cart, searches, viewed} {
		gob.Register(v)
	}
	p := &plain{scs.New(), func() error { return nil }} // its own store in memory
	p.Lifetime = age
	if name == scsSQLite {
		store, err := openSCSStore(filepath.Join(dir, "scs.db"))
		if err != nil {
			return nil, err
		}
		p.Store, p.stop = store, store.db.Close
	}
	return p, nil
}

func (p *plain) wrap(h http.Handler) http.Handler { return p.LoadAndSave(h) }
func (p *plain) count(r *http.Request) int        { return p.GetInt(r.Context(), "visit_count") }
func (p *plain) add(r *http.Request) int {
	n := p.count(r) + 1
	p.Put(r.Context(), "visit_count", n)
	return n
}

func (p *plain) set(r *http.Request, name string, v any) { p.Put(r.Context(), name, v) }

func (p *plain) close() error { return p.stop() }
