package events

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// maxEarlier is how many sessions a visitor is known by: with signed cookies every save
// makes another one.
const maxEarlier = 50

// Link says that one session led to another: a visitor who signs in gets a new key, and is
// still the same visitor. Both are short hashes. The log keeps links, so that every copy of
// the app knows them.
type Link struct{ Old, New string }

// Led returns the session itself and before it those that led to it, the oldest first. The
// one that was left does not learn of its heir: whoever had stolen its key must not.
func (s *Store) Led(ctx context.Context, session string) ([]string, error) {
	if session == "" {
		return nil, nil
	}
	led, err := s.led(ctx, s.db.R, session)
	return led[session], err
}

// querier is a database or a transaction in it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// led returns what Led does, for several sessions at once.
func (s *Store) led(ctx context.Context, q querier, sessions ...string) (map[string][]string, error) {
	led := map[string][]string{}
	var args []any
	for _, session := range sessions {
		if _, ok := led[session]; !ok {
			led[session] = []string{session}
			args = append(args, session)
		}
	}
	if len(args) == 0 {
		return led, nil
	}
	rows, err := q.QueryContext(ctx, s.db.Q(`SELECT session, earlier FROM lab_event_links WHERE session IN (?`+
		strings.Repeat(`, ?`, len(args)-1)+`)`), args...)
	if err != nil {
		return nil, fmt.Errorf("events: links: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var session, earlier string
		if err := rows.Scan(&session, &earlier); err != nil {
			return nil, fmt.Errorf("events: links: %w", err)
		}
		led[session] = append(strings.Fields(earlier), session)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("events: links: %w", err)
	}
	return led, nil
}

// link adds links in their order.
func (s *Store) link(ctx context.Context, tx *sql.Tx, links []Link) error {
	for _, l := range links {
		if l.Old == "" || l.New == "" || l.Old == l.New {
			continue
		}
		led, err := s.led(ctx, tx, l.Old, l.New)
		if err != nil {
			return err
		}
		earlier := led[l.New][:len(led[l.New])-1]
		known := len(earlier)
		for _, before := range led[l.Old] {
			if before != l.New && !slices.Contains(earlier, before) {
				earlier = append(earlier, before)
			}
		}
		if len(earlier) == known {
			continue
		}
		earlier = earlier[max(0, len(earlier)-maxEarlier):]
		if _, err := tx.ExecContext(ctx, s.db.Q(`
			INSERT INTO lab_event_links (session, earlier) VALUES (?, ?)
			ON CONFLICT (session) DO UPDATE SET earlier = excluded.earlier`), l.New, strings.Join(earlier, " ")); err != nil {
			return fmt.Errorf("events: link: %w", err)
		}
	}
	return nil
}
