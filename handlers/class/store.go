package class

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Answer is one learner's answer to one question.
type Answer struct {
	Learner, Question, Answer string
	Right                     bool
	At                        time.Time
}

func (c *Room) state(ctx context.Context, name string) (value int64, err error) {
	err = c.db.R.QueryRowContext(ctx, c.db.Q(`SELECT value FROM lab_class WHERE name = ?`), name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, unavailable("read "+name, err)
	}
	return value, nil
}

func (c *Room) setState(ctx context.Context, name string, value int64) error {
	_, err := c.db.W.ExecContext(ctx, c.db.Q(`INSERT INTO lab_class (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`), name, value)
	if err != nil {
		return unavailable("write "+name, err)
	}
	return nil
}

// keep stores an answer; the last one to a question counts.
func (c *Room) keep(ctx context.Context, a Answer) error {
	_, err := c.db.W.ExecContext(ctx, c.db.Q(`
		INSERT INTO lab_answers (learner, question, answer, correct, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (learner, question) DO UPDATE
		SET answer = excluded.answer, correct = excluded.correct, at = excluded.at`),
		a.Learner, a.Question, a.Answer, bit(a.Right), a.At.UnixMicro())
	if err != nil {
		return unavailable("keep an answer", err)
	}
	return nil
}

// Answers returns all answers of the class, in the order in which they were given.
func (c *Room) Answers(ctx context.Context) (all []Answer, err error) {
	rows, err := c.db.R.QueryContext(ctx,
		`SELECT learner, question, answer, correct, at FROM lab_answers ORDER BY at, learner`)
	if err != nil {
		return nil, unavailable("list the answers", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a Answer
		var right, at int64
		if err := rows.Scan(&a.Learner, &a.Question, &a.Answer, &right, &at); err != nil {
			return nil, unavailable("list the answers", err)
		}
		a.Right, a.At = right != 0, time.UnixMicro(at).UTC()
		all = append(all, a)
	}
	if err := rows.Err(); err != nil {
		return nil, unavailable("list the answers", err)
	}
	return all, nil
}

// GiveAccount notes which account belongs to a learner.
func (c *Room) GiveAccount(ctx context.Context, learner string, user int64) error {
	_, err := c.db.W.ExecContext(ctx, c.db.Q(`INSERT INTO lab_class_accounts (learner, user_id) VALUES (?, ?)`),
		learner, user)
	if err != nil {
		return unavailable("give an account", err)
	}
	return nil
}

// Account returns the id of the account that belongs to a learner, 0 for none.
func (c *Room) Account(ctx context.Context, learner string) (user int64, err error) {
	err = c.db.R.QueryRowContext(ctx, c.db.Q(`SELECT user_id FROM lab_class_accounts WHERE learner = ?`),
		learner).Scan(&user)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, unavailable("find an account", err)
	}
	return user, nil
}

// belongs are the tables with what a class has left, learners and their accounts first: who
// has no row there is nobody from then on.
var belongs = []string{
	"lab_learners", "lab_class_accounts", "lab_user_sessions", "lab_users", "lab_signin_failures",
	"lab_progress", "lab_answers", "lab_submissions", "lab_experiment_counts", "lab_experiments", "lab_events",
	"django_session",
}

// Reset sends everybody home and forgets what they left, in one transaction: learners,
// accounts, progress, answers, sessions in the table. The next group has another join code.
// What other engines keep, the caller ends.
func (c *Room) Reset(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	tx, err := c.db.W.BeginTx(ctx, nil)
	if err != nil {
		return unavailable("reset", err)
	}
	defer tx.Rollback()
	for _, table := range belongs {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table); err != nil {
			return unavailable("reset", err)
		}
	}
	_, err = tx.ExecContext(ctx, c.db.Q(`INSERT INTO lab_class (name, value) VALUES ('group', ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`), c.group+1)
	if err != nil {
		return unavailable("reset", err)
	}
	if err := tx.Commit(); err != nil {
		return unavailable("reset", err)
	}
	c.group++
	c.qr = QR(c.url + "?code=" + c.joinCode())
	c.seats, c.live, c.show, c.stolen, c.locked = map[string]*seat{}, nil, show{}, nil, false
	c.endRun()
	c.run = nil
	c.change()
	return nil
}

// Forget forgets what is live of a learner who was removed, and what they answered.
func (c *Room) Forget(ctx context.Context, id string) error {
	if _, err := c.db.W.ExecContext(ctx, c.db.Q(`DELETE FROM lab_answers WHERE learner = ?`), id); err != nil {
		return unavailable("forget a learner", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.seats, id)
	if c.show.question != nil {
		delete(c.show.question.votes, id)
	}
	if c.stolen.has(id) {
		c.stolen = nil
	}
	c.change()
	return nil
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func unavailable(what string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, what, err)
}
