// Package signups keeps the completed multi-step forms: sign-ups for a
// workshop, collected over two pages.
package signups

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"time"

	"sessionlab/sessions/db"
)

var (
	// ErrNotFound: no submission has this id.
	ErrNotFound = errors.New("signups: no such submission")
	// ErrInvalid: an answer does not pass its Check, or the token is none of
	// [NewToken]. A page that checks its forms never sees it.
	ErrInvalid = errors.New("signups: invalid")
)

// Submission is one stored sign-up.
type Submission struct {
	ID int64
	StepOne
	StepTwo
	Created time.Time // UTC, to the microsecond
}

// Store keeps submissions. It is safe for concurrent use.
type Store struct{ db *db.DB }

// New returns a Store on d, whose migrations are up to date.
func New(d *db.DB) *Store { return &Store{db: d} }

var validToken = regexp.MustCompile(`^[A-Z2-7]{26,64}$`)

// NewToken returns a random name for a form that a visitor begins, to be kept
// beside the form's answers and handed to [Store.Add].
func NewToken() string { return rand.Text() }

// Add stores the answers of both steps and returns their id. It is idempotent on
// token: a form that is sent twice, one after the other or at once, is stored
// once, with the answers that came first, and both calls return that id.
func (s *Store) Add(ctx context.Context, one StepOne, two StepTwo, token string) (int64, error) {
	if !validToken.MatchString(token) || len(one.Check()) > 0 || len(two.Check()) > 0 {
		return 0, ErrInvalid
	}
	_, err := s.db.W.ExecContext(ctx, s.db.Q(`
		INSERT INTO lab_submissions (token, full_name, email, track, seats, notes, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (token) DO NOTHING`),
		token, one.FullName, one.Email, two.Track, two.Seats, two.Notes, time.Now().UnixMicro())
	if err != nil {
		return 0, fmt.Errorf("signups: add: %w", err)
	}
	var id int64
	row := s.db.W.QueryRowContext(ctx, s.db.Q(`SELECT id FROM lab_submissions WHERE token = ?`), token)
	if err := row.Scan(&id); err != nil {
		return 0, fmt.Errorf("signups: add: %w", err)
	}
	return id, nil
}

// Get returns the submission with this id, or [ErrNotFound]. It asks nobody who
// may see it: a page shows a visitor only the id in the own session.
func (s *Store) Get(ctx context.Context, id int64) (Submission, error) {
	sub := Submission{ID: id}
	var created int64
	row := s.db.R.QueryRowContext(ctx, s.db.Q(`
		SELECT full_name, email, track, seats, notes, created_at FROM lab_submissions WHERE id = ?`), id)
	err := row.Scan(&sub.FullName, &sub.Email, &sub.Track, &sub.Seats, &sub.Notes, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return Submission{}, ErrNotFound
	}
	if err != nil {
		return Submission{}, fmt.Errorf("signups: get %d: %w", id, err)
	}
	sub.Created = time.UnixMicro(created).UTC()
	return sub, nil
}
