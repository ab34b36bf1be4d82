// Package abtest counts A/B tests: who saw which variant, how many of them
// did what was hoped for, and how sure one can be of the difference.
//
// What is tested is a value in the program, an [Experiment]. The visitor's session holds
// which variant the visitor got, as [Groups]; the table holds sums only and knows no
// visitor. So it is the session that sees to it that a visitor is counted once.
package abtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"sessionlab/handlers/database"
)

var (
	// ErrUnknown: there is no experiment of this name.
	ErrUnknown = errors.New("abtest: no such test")
	// ErrUnavailable: the database could not be asked, or did not take the change.
	ErrUnavailable = errors.New("abtest: the database does not answer")
	// ErrNotJoined: the visitor is in no group of the test's present run.
	ErrNotJoined = errors.New("abtest: not in a group")
	// ErrVariant: the experiment has no variant of this name.
	ErrVariant = errors.New("abtest: no such variant")
	// ErrEnded: the experiment has a winner already; Reset starts it anew.
	ErrEnded = errors.New("abtest: ended")
)

// Experiment is a test of two or more variants. The first is the one to beat: the
// others are compared with it.
type Experiment struct {
	Name     string
	Variants []Variant
}

// Variant is one of the things that are tried. With weights 3 and 1 the first gets
// three visitors of four; a weight of 0 gets none.
type Variant struct {
	Name   string
	Weight int
}

// Has reports whether the experiment has a variant of this name. What comes from a
// session needs the question.
func (e Experiment) Has(variant string) bool {
	return slices.ContainsFunc(e.Variants, func(v Variant) bool { return v.Name == variant })
}

// Check returns what is wrong with the definition: fewer than two variants, no
// name or one name twice, a weight below 0 or no weight above it.
func (e Experiment) Check() error {
	if e.Name == "" || len(e.Variants) < 2 {
		return errors.New("abtest: an experiment has a name and at least two variants")
	}
	names, sum := map[string]bool{}, 0
	for _, v := range e.Variants {
		if v.Name == "" || names[v.Name] || v.Weight < 0 {
			return fmt.Errorf("abtest: %s: each variant has a name of its own and a weight of 0 or more", e.Name)
		}
		names[v.Name] = true
		sum += v.Weight
	}
	if sum == 0 {
		return fmt.Errorf("abtest: %s: no variant has a weight", e.Name)
	}
	return nil
}

// unavailable is an error of the database, at what was tried.
func unavailable(e Experiment, what string, err error) error {
	return fmt.Errorf("%w: %s: %s: %w", ErrUnavailable, e.Name, what, err)
}

// Assign picks a variant by weight. r is a random number, 0 <= r < 1. It returns ""
// only if no variant has a weight.
func Assign(variants []Variant, r float64) string {
	sum := 0
	for _, v := range variants {
		sum += max(v.Weight, 0)
	}
	place, last := r*float64(sum), ""
	for _, v := range variants {
		if v.Weight <= 0 {
			continue
		}
		last = v.Name
		if place -= float64(v.Weight); place < 0 {
			break
		}
	}
	return last
}

// Status is where an experiment stands.
type Status struct {
	Run    int64  // 1, and one more with each reset; assignments of other runs are void
	Winner string // "" while the test runs, then the variant that everybody gets
}

// Store keeps the counts. It is safe for concurrent use, and exact: each count is
// one statement.
type Store struct{ db *database.DB }

// New returns a Store on d, whose migrations are up to date.
func New(d *database.DB) *Store { return &Store{db: d} }

// Status returns where e stands; a test that nobody has ended or reset is in run 1.
func (s *Store) Status(ctx context.Context, e Experiment) (Status, error) {
	status := Status{Run: 1}
	err := s.db.R.QueryRowContext(ctx, s.db.Q(`SELECT run, winner FROM lab_experiments WHERE name = ?`), e.Name).
		Scan(&status.Run, &status.Winner)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Status{}, unavailable(e, "status", err)
	}
	return status, nil
}

// Expose counts one visitor who sees variant in this run. It returns [ErrVariant].
func (s *Store) Expose(ctx context.Context, e Experiment, run int64, variant string) error {
	if !e.Has(variant) {
		return ErrVariant
	}
	_, err := s.db.W.ExecContext(ctx, s.db.Q(`
		INSERT INTO lab_experiment_counts (experiment, run, variant, exposures, conversions) VALUES (?, ?, ?, 1, 0)
		ON CONFLICT (experiment, run, variant) DO UPDATE SET exposures = lab_experiment_counts.exposures + 1`),
		e.Name, run, variant)
	if err != nil {
		return unavailable(e, "expose", err)
	}
	return nil
}

// Convert counts one visitor who was exposed to variant in this run and then did
// what was hoped for. Never more convert than were exposed: what goes beyond, or
// belongs to a run that was reset, is not counted. It returns [ErrVariant].
func (s *Store) Convert(ctx context.Context, e Experiment, run int64, variant string) error {
	if !e.Has(variant) {
		return ErrVariant
	}
	_, err := s.db.W.ExecContext(ctx, s.db.Q(`
		UPDATE lab_experiment_counts SET conversions = conversions + 1
		WHERE experiment = ? AND run = ? AND variant = ? AND conversions < exposures`),
		e.Name, run, variant)
	if err != nil {
		return unavailable(e, "convert", err)
	}
	return nil
}

// End ends the test and fixes its winner, which need not be the best one. It
// returns [ErrVariant], or [ErrEnded] if somebody ended it before.
func (s *Store) End(ctx context.Context, e Experiment, winner string) error {
	if !e.Has(winner) {
		return ErrVariant
	}
	var run int64
	err := s.db.W.QueryRowContext(ctx, s.db.Q(`
		INSERT INTO lab_experiments (name, run, winner) VALUES (?, 1, ?)
		ON CONFLICT (name) DO UPDATE SET winner = excluded.winner WHERE lab_experiments.winner = ''
		RETURNING run`), e.Name, winner).Scan(&run)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrEnded
	}
	if err != nil {
		return unavailable(e, "end", err)
	}
	return nil
}

// Reset forgets winner and counts and starts the next run, in which every visitor
// is assigned anew.
func (s *Store) Reset(ctx context.Context, e Experiment) error {
	tx, err := s.db.W.BeginTx(ctx, nil)
	if err != nil {
		return unavailable(e, "reset", err)
	}
	defer tx.Rollback()
	var run int64
	err = tx.QueryRowContext(ctx, s.db.Q(`
		INSERT INTO lab_experiments (name, run, winner) VALUES (?, 2, '')
		ON CONFLICT (name) DO UPDATE SET run = lab_experiments.run + 1, winner = ''
		RETURNING run`), e.Name).Scan(&run)
	if err != nil {
		return unavailable(e, "reset", err)
	}
	if _, err := tx.ExecContext(ctx, s.db.Q(`DELETE FROM lab_experiment_counts WHERE experiment = ? AND run < ?`),
		e.Name, run); err != nil {
		return unavailable(e, "reset", err)
	}
	if err := tx.Commit(); err != nil {
		return unavailable(e, "reset", err)
	}
	return nil
}
