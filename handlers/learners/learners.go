// Package learners knows who a learner is. That stands in a signed cookie beside the
// session's, so that it survives a flush, another engine and a lost session: a learner ends
// sessions all day and is still the same.
//
// Whoever learns alone has the cookie and nothing else, see [Store.Solo]. In a class one
// joins with a name, see [Store.Join], and is a row in a table; a cookie without a row is
// worth nothing there. So a class that was emptied, or a learner who was removed, is gone
// at once.
package learners

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"sessionlab/handlers/database"
	"sessionlab/handlers/limit"
	"sessionlab/sessions/signing"
)

const (
	// Most is how many learners a class has room for.
	Most = 100
	// MaxName is how many characters a name may have.
	MaxName = 30
	// Colours is how many there are: [Learner.Colour] is 1 to Colours.
	Colours = 12
)

var (
	// ErrNotFound: there is no such learner in the class.
	ErrNotFound = errors.New("learners: no such learner")
	// ErrName: the name is empty, too long, or has characters that nobody sees.
	ErrName = errors.New("learners: not a usable name")
	// ErrNameTaken: somebody in the class has this name, perhaps in other case.
	ErrNameTaken = errors.New("learners: the name is taken")
	// ErrFull: the class has no room left.
	ErrFull = errors.New("learners: the class is full")
	// ErrCode: this is not the personal code of a learner of this name. It is the same for a
	// name that nobody has.
	ErrCode = errors.New("learners: wrong name or code")
	// ErrUnavailable: the database does not answer. Nothing was changed.
	ErrUnavailable = errors.New("learners: unavailable")
)

// Learner is somebody who learns, alone or in a class. For one who is alone only ID and
// Browser are set.
type Learner struct {
	ID      string // random, and no secret: only the signature of the cookie proves anything
	Browser string // which of the learner's browsers sent the request; "" where none did
	Name    string // as it was typed: any text
	Colour  int    // 1 to Colours
	Joined  time.Time
	Seen    time.Time // the last visit that was noted
	Chapter string    // the path of the page that was opened then
	Engine  string    // with which it was opened
	Hand    time.Time // when the hand was raised; zero: it is not
}

// Options say how a [Store] works.
type Options struct {
	// Secret signs the cookies, and Fallbacks are older secrets that are still accepted.
	// Secret must not be empty.
	Secret    string
	Fallbacks []string
	// Cookie is the name of the cookie.
	Cookie string
	// Secure reports whether the cookie for r is kept to encrypted connections.
	Secure func(r *http.Request) bool
	// Class: a learner is one who has joined. Without it nobody joins, and everybody is alone.
	Class bool
}

// Store keeps learners. It is safe for concurrent use.
type Store struct {
	db      *database.DB
	o       Options
	cookies *signing.Signer // what the cookie holds
	links   *signing.Signer // what leads another browser to the same learner
	codes   [][]byte        // the keys of personal codes, the newest first
	guesses *limit.Buckets  // wrong codes, by name
}

// New returns a Store on d, whose migrations are up to date.
func New(d *database.DB, o Options) (*Store, error) {
	salt := "sessionlab.learners.solo"
	if o.Class {
		salt = "sessionlab.learners.class" // a cookie from outside is worth nothing in a class
	}
	cookies, err := signing.New(salt+".cookie", o.Secret, o.Fallbacks...)
	if err != nil {
		return nil, fmt.Errorf("learners: %w", err)
	}
	links, err := signing.New(salt+".link", o.Secret, o.Fallbacks...)
	if err != nil {
		return nil, fmt.Errorf("learners: %w", err)
	}
	s := &Store{db: d, o: o, cookies: cookies, links: links, guesses: limit.NewBuckets(limit.FailuresPerName)}
	for _, secret := range append([]string{o.Secret}, o.Fallbacks...) {
		s.codes = append(s.codes, codeKey(secret))
	}
	return s, nil
}

// Join lets somebody into the class and returns the personal code with which other browsers
// may [Store.Return]. Hand the learner to [Store.SetCookie]. It returns [ErrName],
// [ErrNameTaken] or [ErrFull].
func (s *Store) Join(ctx context.Context, name string) (Learner, string, error) {
	name, folded, err := usable(name)
	if err != nil {
		return Learner{}, "", err
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	l := Learner{ID: rand.Text(), Name: name, Joined: now, Seen: now}
	for range Most { // a seat can be lost to somebody who joins at the same moment
		if _, err := s.one(ctx, `folded_name = ?`, folded); err == nil {
			return Learner{}, "", ErrNameTaken
		} else if !errors.Is(err, ErrNotFound) {
			return Learner{}, "", err
		}
		var seat int
		err := s.db.W.QueryRowContext(ctx, s.db.Q(`
			INSERT INTO lab_learners (id, seat, name, folded_name, created_at, seen_at)
			SELECT ?, MIN(free.seat), ?, ?, CAST(? AS BIGINT), CAST(? AS BIGINT) FROM (
				SELECT 1 AS seat UNION SELECT seat + 1 FROM lab_learners
			) AS free WHERE free.seat <= ? AND free.seat NOT IN (SELECT seat FROM lab_learners)
			HAVING COUNT(*) > 0
			ON CONFLICT DO NOTHING RETURNING seat`),
			l.ID, name, folded, now.UnixMicro(), now.UnixMicro(), Most).Scan(&seat)
		if err == nil {
			l.Colour = colour(seat)
			return l, s.Code(l), nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return Learner{}, "", unavailable("join", err)
		}
		if n, err := s.count(ctx); err != nil || n >= Most {
			return Learner{}, "", errors.Join(err, full(n))
		}
	}
	return Learner{}, "", ErrFull
}

func full(n int) error {
	if n >= Most {
		return ErrFull
	}
	return nil
}

func (s *Store) count(ctx context.Context) (n int, err error) {
	err = s.db.W.QueryRowContext(ctx, `SELECT COUNT(*) FROM lab_learners`).Scan(&n)
	if err != nil {
		return 0, unavailable("count", err)
	}
	return n, nil
}

// Get returns a learner of the class, or [ErrNotFound].
func (s *Store) Get(ctx context.Context, id string) (Learner, error) { return s.one(ctx, `id = ?`, id) }

// List returns the class, in the order in which its learners joined.
func (s *Store) List(ctx context.Context) (all []Learner, err error) {
	rows, err := s.db.R.QueryContext(ctx, `SELECT `+columns+` FROM lab_learners ORDER BY created_at, seat`)
	if err != nil {
		return nil, unavailable("list", err)
	}
	defer rows.Close()
	for rows.Next() {
		l, err := scan(rows)
		if err != nil {
			return nil, unavailable("list", err)
		}
		all = append(all, l)
	}
	if err := rows.Err(); err != nil {
		return nil, unavailable("list", err)
	}
	return all, nil
}

// Rename gives a learner another name. It returns [ErrName], [ErrNameTaken] or [ErrNotFound].
func (s *Store) Rename(ctx context.Context, id, name string) error {
	name, folded, err := usable(name)
	if err != nil {
		return err
	}
	switch other, err := s.one(ctx, `folded_name = ?`, folded); {
	case err == nil && other.ID != id:
		return ErrNameTaken
	case err != nil && !errors.Is(err, ErrNotFound):
		return err
	}
	return s.change(ctx, "rename", `UPDATE lab_learners SET name = ?, folded_name = ? WHERE id = ?`, name, folded, id)
}

// Remove takes a learner out of the class; the seat is free again. It returns [ErrNotFound].
func (s *Store) Remove(ctx context.Context, id string) error {
	return s.change(ctx, "remove", `DELETE FROM lab_learners WHERE id = ?`, id)
}

// Visit notes where a learner is. It returns [ErrNotFound].
func (s *Store) Visit(ctx context.Context, id, chapter, engine string) error {
	return s.change(ctx, "visit", `UPDATE lab_learners SET seen_at = ?, chapter = ?, engine = ? WHERE id = ?`,
		time.Now().UnixMicro(), chapter, engine, id)
}

// Raise raises the learner's hand, or takes it down. It returns [ErrNotFound].
func (s *Store) Raise(ctx context.Context, id string, up bool) error {
	at := int64(0)
	if up {
		at = time.Now().UnixMicro()
	}
	return s.change(ctx, "raise", `UPDATE lab_learners SET hand_at = ? WHERE id = ?`, at, id)
}

// Empty sends everybody home, for a new class.
func (s *Store) Empty(ctx context.Context) error {
	if _, err := s.db.W.ExecContext(ctx, `DELETE FROM lab_learners`); err != nil {
		return unavailable("empty", err)
	}
	return nil
}

// change runs a statement that is for one learner.
func (s *Store) change(ctx context.Context, what, query string, args ...any) error {
	done, err := s.db.W.ExecContext(ctx, s.db.Q(query), args...)
	if err != nil {
		return unavailable(what, err)
	}
	if n, err := done.RowsAffected(); err != nil {
		return unavailable(what, err)
	} else if n == 0 {
		return ErrNotFound
	}
	return nil
}

const columns = `id, seat, name, created_at, seen_at, chapter, engine, hand_at`

func (s *Store) one(ctx context.Context, where string, args ...any) (Learner, error) {
	row := s.db.R.QueryRowContext(ctx, s.db.Q(`SELECT `+columns+` FROM lab_learners WHERE `+where), args...)
	l, err := scan(row)
	if errors.Is(err, sql.ErrNoRows) {
		return Learner{}, ErrNotFound
	}
	if err != nil {
		return Learner{}, unavailable("find", err)
	}
	return l, nil
}

func scan(row interface{ Scan(...any) error }) (l Learner, err error) {
	var seat int
	var joined, seen, hand int64
	if err := row.Scan(&l.ID, &seat, &l.Name, &joined, &seen, &l.Chapter, &l.Engine, &hand); err != nil {
		return Learner{}, err
	}
	l.Colour, l.Joined, l.Seen = colour(seat), time.UnixMicro(joined).UTC(), time.UnixMicro(seen).UTC()
	if hand != 0 {
		l.Hand = time.UnixMicro(hand).UTC()
	}
	return l, nil
}

func colour(seat int) int { return (seat-1)%Colours + 1 }

// usable returns a name without the spaces around it, and the form in which it is compared:
// what looks the same to most people is one name.
func usable(name string) (clean, folded string, err error) {
	if !utf8.ValidString(name) {
		return "", "", ErrName
	}
	clean = strings.TrimSpace(norm.NFC.String(name))
	hidden := func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) && r != ' ' }
	n := utf8.RuneCountInString(clean)
	if n < 1 || n > MaxName || strings.ContainsFunc(clean, hidden) {
		return "", "", ErrName
	}
	folded = strings.ToLower(norm.NFKC.String(clean))
	return clean, strings.Join(strings.Fields(folded), " "), nil
}

func unavailable(what string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, what, err)
}
