// Ownengine keeps sessions in a table of your own, by an engine that passes the suite.
//
// The trap: A Replace that writes whatever is there ("upsert") loses the changes of
// parallel requests, and brings back a session that was ended while a request was under
// way: the visitor signs out, and is signed in again. The look and the write have to be
// one step. In SQL that is one UPDATE whose WHERE names the old data. sessionstest.Run
// finds this and what else an engine has to keep.
//
// When not to use it: The engines db, file, redis and cached_db are there already.
// Behind a store that can only get and set, use the package scsstore.
//
// In Django: subclass SessionBase with load, save, exists, create and delete. There is
// no suite, and save writes whatever is there.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"sessionlab/sessions"

	_ "modernc.org/sqlite"
)

const table = `CREATE TABLE IF NOT EXISTS visitor (
key TEXT PRIMARY KEY, data BLOB NOT NULL, saved INTEGER NOT NULL, used INTEGER NOT NULL,
expires INTEGER NOT NULL)`

// engine keeps records in the table, with times in microseconds.
type engine struct{ db *sql.DB }

var _ sessions.Engine = engine{}

func (e engine) Load(ctx context.Context, key string) (rec sessions.Record, err error) {
	var saved, used, expires int64
	err = e.db.QueryRowContext(ctx,
		"SELECT data, saved, used, expires FROM visitor WHERE key = ?", key).
		Scan(&rec.Data, &saved, &used, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return rec, sessions.ErrNotFound
	} else if err != nil {
		return rec, fmt.Errorf("visitor: load: %w", err)
	}
	rec.Saved, rec.Used = time.UnixMicro(saved).UTC(), time.UnixMicro(used).UTC()
	rec.Expires = time.UnixMicro(expires).UTC()
	if rec.Expired(time.Now()) {
		return sessions.Record{}, sessions.ErrExpired
	}
	return rec, nil
}

// exec runs a statement and reports whether it found a row to change.
func (e engine) exec(ctx context.Context, text string, args ...any) (bool, error) {
	result, err := e.db.ExecContext(ctx, text, args...)
	if err != nil {
		return false, fmt.Errorf("visitor: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

func (e engine) Create(ctx context.Context, rec sessions.Record) (string, error) {
	return sessions.CreateKeyed(func(key string) error {
		if rec.Expired(time.Now()) {
			return ctx.Err()
		}
		ok, err := e.exec(ctx,
			"INSERT INTO visitor VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", key,
			rec.Data, rec.Saved.UnixMicro(), rec.Used.UnixMicro(),
			rec.Expires.UnixMicro())
		if err == nil && !ok {
			err = sessions.ErrConflict
		}
		return err
	})
}

// Replace looks and writes in one statement.
func (e engine) Replace(
	ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	now := time.Now()
	ok, err := e.exec(ctx, `UPDATE visitor SET data = ?, saved = ?, used = ?, expires = ?
		WHERE key = ? AND data = ? AND expires > ?`, rec.Data, rec.Saved.UnixMicro(),
		rec.Used.UnixMicro(), rec.Expires.UnixMicro(), key, old.Data, now.UnixMicro())
	if err == nil && !ok {
		if _, err = e.Load(ctx, key); err == nil {
			err = sessions.ErrConflict
		}
	}
	if err == nil && rec.Expired(now) {
		_, err = e.exec(ctx, "DELETE FROM visitor WHERE key = ? AND data = ?", key, rec.Data)
	}
	return key, err
}

func (e engine) Delete(ctx context.Context, key string) error {
	_, err := e.exec(ctx, "DELETE FROM visitor WHERE key = ?", key)
	return err
}

// open opens a SQLite file. Any other database will do that counts the rows of an UPDATE.
func open(file string) (engine, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)"+
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	if err != nil {
		return engine{}, err
	}
	db.SetMaxOpenConns(1)
	_, err = db.Exec(table)
	return engine{db}, err
}

var visits = sessions.Key[int]("visits")

func newServer(e sessions.Engine, secret string) (http.Handler, error) {
	m, err := sessions.New(sessions.Config{Engine: e, Secret: secret})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		n := visits.Update(sessions.From(r), func(n int) int { return n + 1 })
		fmt.Fprintln(w, "Visit", n)
	})
	return http.NewCrossOriginProtection().Handler(m.Middleware(mux)), nil
}

func main() {
	e, err := open(cmp.Or(os.Getenv("DATABASE"), "visitors.db"))
	if err != nil {
		log.Fatal(err)
	}
	secret := os.Getenv("SECRET_KEY")
	if secret == "" {
		secret = rand.Text()
		fmt.Println("Set SECRET_KEY, and sessions outlive this program.")
	}
	h, err := newServer(e, secret)
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/ : reload; visits are counted in a table.\n",
		l.Addr())
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
