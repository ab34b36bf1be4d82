// Package signups holds the sign-ups for a workshop: the rules of their form, which has two
// pages, and those that were completed.
package signups

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"time"

	"sessionlab/handlers/database"
	"sessionlab/handlers/forms"
)

var (
	// ErrNotFound: no sign-up has this token.
	ErrNotFound = errors.New("signups: no such sign-up")
	// ErrUnavailable: the sign-ups cannot be read or written right now.
	ErrUnavailable = errors.New("signups: unavailable")
	// ErrInvalid: an answer breaks its rules, or the token is none of
	// [NewToken]. A page that checks its forms never sees it.
	ErrInvalid = errors.New("signups: invalid")
)

// SignUp is one stored sign-up.
type SignUp struct {
	ID    int64
	Token string
	StepOne
	StepTwo
	Created time.Time // UTC, to the microsecond
}

// Store keeps sign-ups. It is safe for concurrent use.
type Store struct{ db *database.DB }

// New returns a Store on d, whose migrations are up to date.
func New(d *database.DB) *Store { return &Store{db: d} }

var validToken = regexp.MustCompile(`^[A-Z2-7]{26,64}$`)

// NewToken returns a random name for a form that a visitor begins, to be kept
// beside the form's answers and handed to [Store.Add].
func NewToken() string { return rand.Text() }

// Add stores the answers of both steps and returns their id. It is idempotent on
// token: a form that is sent twice, one after the other or at once, is stored
// once, with the answers that came first, and both calls return that id.
func (s *Store) Add(ctx context.Context, one StepOne, two StepTwo, token string) (int64, error) {
	if !validToken.MatchString(token) || len(forms.Check(one, nil)) > 0 || len(forms.Check(two, nil)) > 0 {
		return 0, ErrInvalid
	}
	_, err := s.db.W.ExecContext(ctx, s.db.Q(`
		INSERT INTO lab_submissions (token, full_name, email, track, seats, notes, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (token) DO NOTHING`),
		token, one.FullName, one.Email, two.Track, two.Seats, two.Notes, time.Now().UnixMicro())
	if err != nil {
		return 0, fmt.Errorf("%w: add: %w", ErrUnavailable, err)
	}
	var id int64
	row := s.db.W.QueryRowContext(ctx, s.db.Q(`SELECT id FROM lab_submissions WHERE token = ?`), token)
	if err := row.Scan(&id); err != nil {
		return 0, fmt.Errorf("%w: add: %w", ErrUnavailable, err)
	}
	return id, nil
}

// Get returns the sign-up with this token, or [ErrNotFound]. The token is the proof that one
// may see it: it cannot be guessed, and stands in the session of whoever filled the form in.
func (s *Store) Get(ctx context.Context, token string) (SignUp, error) {
	done := SignUp{Token: token}
	var created int64
	row := s.db.R.QueryRowContext(ctx, s.db.Q(`
		SELECT id, full_name, email, track, seats, notes, created_at FROM lab_submissions WHERE token = ?`), token)
	err := row.Scan(&done.ID, &done.FullName, &done.Email, &done.Track, &done.Seats, &done.Notes, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return SignUp{}, ErrNotFound
	}
	if err != nil {
		return SignUp{}, fmt.Errorf("%w: get: %w", ErrUnavailable, err)
	}
	done.Created = time.UnixMicro(created).UTC()
	return done, nil
}
