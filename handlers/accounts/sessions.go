package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

const (
	maxSessions  = 100 // of one user; the one unseen for longest goes when another comes
	maxAgent     = 160 // characters of a user agent that are kept
	seenInterval = time.Minute
)

// Session is one of the sessions that a user is signed in with.
type Session struct {
	Hash      string    // a short hash of the session's key, from whoever added it
	UserAgent string    // what the browser calls itself: anything at all, so show it as text only
	Created   time.Time // when the user signed in
	Seen      time.Time // when it was last used, to the minute
}

// AddSession notes that the user has signed in with the session whose key has this
// short hash, never the key itself.
func (s *Store) AddSession(ctx context.Context, userID int64, hash, userAgent string) error {
	now := time.Now().UnixMicro()
	tx, err := s.db.W.BeginTx(ctx, nil)
	if err != nil {
		return unavailable("add session", err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, s.db.Q(`
		INSERT INTO lab_user_sessions (user_id, session, user_agent, created_at, seen_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (user_id, session) DO UPDATE SET user_agent = excluded.user_agent, seen_at = excluded.seen_at`),
		userID, hash, shorten(userAgent), now, now); err != nil {
		return unavailable("add session", err)
	}
	if _, err := tx.ExecContext(ctx, s.db.Q(`
		DELETE FROM lab_user_sessions WHERE user_id = ? AND session IN (
			SELECT session FROM lab_user_sessions WHERE user_id = ? ORDER BY seen_at DESC, session LIMIT 1000 OFFSET ?)`),
		userID, userID, maxSessions); err != nil {
		return unavailable("add session", err)
	}
	if err := tx.Commit(); err != nil {
		return unavailable("add session", err)
	}
	return nil
}

// SeeSession notes that the session is in use, in at most one write a minute. It
// returns [ErrNotFound] when the user has ended the session on another device:
// the caller then flushes it.
func (s *Store) SeeSession(ctx context.Context, userID int64, hash string) error {
	var seen int64
	err := s.db.R.QueryRowContext(ctx, s.db.Q(`SELECT seen_at FROM lab_user_sessions WHERE user_id = ? AND session = ?`),
		userID, hash).Scan(&seen)
	if err != nil {
		return s.sessionError("see session", err)
	}
	now := time.Now()
	if now.Sub(time.UnixMicro(seen)) < seenInterval {
		return nil
	}
	if _, err := s.db.W.ExecContext(ctx, s.db.Q(`
		UPDATE lab_user_sessions SET seen_at = ? WHERE user_id = ? AND session = ? AND seen_at < ?`),
		now.UnixMicro(), userID, hash, now.UnixMicro()); err != nil {
		return unavailable("see session", err)
	}
	return nil
}

// RenameSession follows a session to its new key. It returns [ErrNotFound] when the
// session has ended meanwhile.
func (s *Store) RenameSession(ctx context.Context, userID int64, from, to string) error {
	var id int64
	err := s.db.W.QueryRowContext(ctx, s.db.Q(`
		UPDATE lab_user_sessions SET session = ? WHERE user_id = ? AND session = ? RETURNING user_id`),
		to, userID, from).Scan(&id)
	return s.sessionError("rename session", err)
}

// EndSession takes the session off the user's list; [Store.SeeSession] then ends
// it. A session that is not on the list is no error.
func (s *Store) EndSession(ctx context.Context, userID int64, hash string) error {
	if _, err := s.db.W.ExecContext(ctx, s.db.Q(`DELETE FROM lab_user_sessions WHERE user_id = ? AND session = ?`),
		userID, hash); err != nil {
		return fmt.Errorf("%w: end session: %w", ErrUncertain, err)
	}
	return nil
}

// Sessions returns the user's sessions, the one seen last first, at most 100.
func (s *Store) Sessions(ctx context.Context, userID int64) ([]Session, error) {
	rows, err := s.db.R.QueryContext(ctx, s.db.Q(`
		SELECT session, user_agent, created_at, seen_at FROM lab_user_sessions
		WHERE user_id = ? ORDER BY seen_at DESC, session`), userID)
	if err != nil {
		return nil, unavailable("sessions", err)
	}
	defer rows.Close()
	var list []Session
	for rows.Next() {
		var one Session
		var created, seen int64
		if err := rows.Scan(&one.Hash, &one.UserAgent, &created, &seen); err != nil {
			return nil, unavailable("sessions", err)
		}
		one.Created, one.Seen = time.UnixMicro(created).UTC(), time.UnixMicro(seen).UTC()
		list = append(list, one)
	}
	if err := rows.Err(); err != nil {
		return nil, unavailable("sessions", err)
	}
	return list, nil
}

// PurgeSessions removes the entries of sessions not seen since before: they have
// expired without a sign-out. It works in batches of 1,000 and returns how many
// went.
func (s *Store) PurgeSessions(ctx context.Context, before time.Time) (int64, error) {
	const batch = 1000
	var gone int64
	for {
		// The outer condition again: a session seen since it was selected stays.
		result, err := s.db.W.ExecContext(ctx, s.db.Q(`
			DELETE FROM lab_user_sessions WHERE seen_at < ? AND (user_id, session) IN (
				SELECT user_id, session FROM lab_user_sessions WHERE seen_at < ? LIMIT ?)`),
			before.UnixMicro(), before.UnixMicro(), batch)
		if err != nil {
			return gone, unavailable("purge sessions", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return gone, unavailable("purge sessions", err)
		}
		gone += n
		if n < batch {
			return gone, nil
		}
	}
}

// shorten makes text that any database stores and any page shows: PostgreSQL takes
// neither zero bytes nor broken UTF-8.
func shorten(agent string) string {
	agent = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(agent, "\uFFFD"))
	if runes := []rune(agent); len(runes) > maxAgent {
		return string(runes[:maxAgent-1]) + "…"
	}
	return agent
}

// sessionError wraps err, if any; a row that is not there is ErrNotFound.
func (s *Store) sessionError(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	}
	return unavailable(doing, err)
}
