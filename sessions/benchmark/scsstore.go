package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// scsStore does what scs's store for SQLite does, with the same table and statements. That
// store is a module of its own, which nothing else here needs.
type scsStore struct{ db *sql.DB }

// openSCSStore opens the store as well as it can be opened: a write-ahead log, and one
// connection, since with the default pool the slowest saves take over a second. Saves are
// as durable as those of the db engine.
func openSCSStore(path string) (*scsStore, error) {
	options := url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_busy_timeout": {"5000"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: options.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(context.Background(), `CREATE TABLE sessions (token TEXT PRIMARY KEY, data BLOB NOT NULL, expiry REAL NOT NULL);
		CREATE INDEX sessions_expiry_idx ON sessions(expiry)`)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &scsStore{db}, nil
}

func (s *scsStore) Find(token string) (data []byte, found bool, err error) {
	err = s.db.QueryRow("SELECT data FROM sessions WHERE token = $1 AND julianday('now') < expiry", token).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

func (s *scsStore) Commit(token string, data []byte, expiry time.Time) error {
	_, err := s.db.Exec("REPLACE INTO sessions (token, data, expiry) VALUES ($1, $2, julianday($3))",
		token, data, expiry.UTC().Format("2006-01-02T15:04:05.999"))
	return err
}

func (s *scsStore) Delete(token string) error {
	_, err := s.db.Exec("DELETE FROM sessions WHERE token = $1", token)
	return err
}
