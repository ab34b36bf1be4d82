// Package events keeps what happened to sessions, created, expired and so on, in
// a table: the log page shows it, and the live feed goes on from where a browser
// left off.
package events

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
	"unicode"

	"sessionlab/handlers/database"
)

// maxText is how many characters of a detail or a path are kept.
const maxText = 300

// Entry is one event. It holds no key and no value of a session.
type Entry struct {
	ID      int64     `json:"id"` // rises with every entry: what Last-Event-ID names
	At      time.Time `json:"at"` // UTC, to the microsecond
	Kind    string    `json:"kind"`
	Session string    `json:"session"` // a short hash of the session's key
	Engine  string    `json:"engine"`
	Detail  string    `json:"detail"`
	Path    string    `json:"path"` // of the request
}

// Store keeps the log. It is safe for concurrent use.
type Store struct{ db *database.DB }

// New returns a Store on d, whose migrations are up to date.
func New(d *database.DB) *Store { return &Store{db: d} }

// Append adds entries in their order, all or none; their IDs are given by the
// table. It costs one commit, so collect entries and append them together. Long
// details and paths are cut, and characters that are no text are left out.
func (s *Store) Append(ctx context.Context, entries ...Entry) error {
	return s.append(ctx, entries, nil)
}

// append is Append with the links that were found on the way.
func (s *Store) append(ctx context.Context, entries []Entry, links []Link) error {
	if len(entries) == 0 && len(links) == 0 {
		return nil
	}
	tx, err := s.db.W.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("events: append: %w", err)
	}
	defer tx.Rollback()
	if s.db.Dialect == database.Postgres {
		// PostgreSQL hands out ids before the commit. Without the lock, a reader could
		// see id 8, go on from there, and miss id 7, which another copy commits later.
		if _, err := tx.ExecContext(ctx, `LOCK TABLE lab_events IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return fmt.Errorf("events: append: %w", err)
		}
	}
	// Not prepared: the drivers do that by themselves, where no pooler stands between.
	insert := s.db.Q(`INSERT INTO lab_events (at, kind, session, engine, detail, path) VALUES (?, ?, ?, ?, ?, ?)`)
	for _, e := range entries {
		_, err := tx.ExecContext(ctx, insert,
			e.At.UnixMicro(), e.Kind, e.Session, e.Engine, shorten(e.Detail), shorten(e.Path))
		if err != nil {
			return fmt.Errorf("events: append: %w", err)
		}
	}
	if err := s.link(ctx, tx, links); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("events: append: %w", err)
	}
	return nil
}

// Scope says whose entries are asked for. The zero Scope is nobody's: a visitor
// without a session has none, and must not see all for it.
type Scope struct {
	everyone bool
	sessions []string
}

// Everyone is the scope of a teacher's screen.
func Everyone() Scope { return Scope{everyone: true} }

// Only is the scope of one visitor: the short hashes of the sessions the visitor
// has or had.
func Only(sessions ...string) Scope { return Scope{sessions: sessions} }

// Newest returns the last n entries of the scope, the newest first.
func (s *Store) Newest(ctx context.Context, of Scope, n int) ([]Entry, error) {
	where, args := of.condition()
	return s.list(ctx, where+` ORDER BY id DESC LIMIT ?`, append(args, max(n, 0))...)
}

// After returns up to n entries of the scope that came after the one with this id,
// the oldest first: what a browser that reconnects with Last-Event-ID has missed.
func (s *Store) After(ctx context.Context, of Scope, id int64, n int) ([]Entry, error) {
	where, args := of.condition()
	return s.list(ctx, where+` AND id > ? ORDER BY id LIMIT ?`, append(args, id, max(n, 0))...)
}

// LastID returns the id of the newest entry, 0 if there is none.
func (s *Store) LastID(ctx context.Context) (int64, error) {
	var id sql.NullInt64
	if err := s.db.R.QueryRowContext(ctx, `SELECT MAX(id) FROM lab_events`).Scan(&id); err != nil {
		return 0, fmt.Errorf("events: last id: %w", err)
	}
	return id.Int64, nil
}

// Trim keeps the newest entries and the newest links, as many as keep says of each, and
// returns how many went. It works in batches of 1,000, so that others get their turn to write.
func (s *Store) Trim(ctx context.Context, keep int) (gone int64, err error) {
	const batch = 1000
	for _, table := range []string{"lab_events", "lab_event_links"} {
		for n := int64(batch); n == batch; gone += n {
			result, err := s.db.W.ExecContext(ctx, s.db.Q(`
				DELETE FROM `+table+` WHERE id IN (
					SELECT id FROM `+table+`
					WHERE id <= (SELECT id FROM `+table+` ORDER BY id DESC LIMIT 1 OFFSET ?)
					ORDER BY id LIMIT ?)`), max(keep, 0), batch)
			if err != nil {
				return gone, fmt.Errorf("events: trim %s: %w", table, err)
			}
			if n, err = result.RowsAffected(); err != nil {
				return gone, fmt.Errorf("events: trim %s: %w", table, err)
			}
		}
	}
	return gone, nil
}

// condition is the scope in SQL.
func (of Scope) condition() (where string, args []any) {
	if of.everyone {
		return `1 = 1`, nil
	}
	if len(of.sessions) == 0 {
		return `1 = 0`, nil
	}
	for _, session := range of.sessions {
		args = append(args, session)
	}
	return `session IN (?` + strings.Repeat(`, ?`, len(args)-1) + `)`, args
}

func (s *Store) list(ctx context.Context, rest string, args ...any) ([]Entry, error) {
	rows, err := s.db.R.QueryContext(ctx, s.db.Q(`
		SELECT id, at, kind, session, engine, detail, path FROM lab_events WHERE `+rest), args...)
	if err != nil {
		return nil, fmt.Errorf("events: list: %w", err)
	}
	defer rows.Close()
	var entries []Entry
	for rows.Next() {
		var e Entry
		var at int64
		if err := rows.Scan(&e.ID, &at, &e.Kind, &e.Session, &e.Engine, &e.Detail, &e.Path); err != nil {
			return nil, fmt.Errorf("events: list: %w", err)
		}
		e.At = time.UnixMicro(at).UTC()
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("events: list: %w", err)
	}
	return entries, nil
}

// shorten makes text that any database stores: PostgreSQL takes neither zero bytes
// nor broken UTF-8.
func shorten(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText-1]) + "…"
	}
	return text
}
