package db

import (
	"context"
	"fmt"
	"time"

	"sessionlab/sessions"
)

const (
	maxClear    = 1000                 // rows in a batch
	minClear    = 50                   // and even on a disk that is very slow
	clearBudget = 3 * time.Millisecond // what a batch may take, since the saves beside it wait
)

// Clear implements [sessions.Clearer]. The size of a batch follows from how long the
// last one took, and between two of them Clear rests as long as the last one took.
//
// A record that ends at this very instant is neither loaded nor cleared (Django B-158).
func (e *Engine) Clear(ctx context.Context, _ func(sessions.Record) time.Time, progress func(done, total int)) (int, error) {
	now := e.date(time.Now()) // one instant for the whole run, or under load it would never end
	var total int
	count := func(ctx context.Context) error { return e.db.R.QueryRowContext(ctx, e.text.count, now).Scan(&total) }
	err := e.inTime(ctx, 10*e.opts.Timeout, count) // it may have to look at a million rows
	if err != nil {
		return 0, fmt.Errorf("db: clear: count: %w", err)
	}
	cleared := 0
	for limit := maxClear / 4; ; {
		started := time.Now()
		n, err := e.clearBatch(ctx, now, limit)
		cleared += n
		if n == 0 || err != nil {
			return cleared, err
		}
		took := max(time.Since(started), time.Microsecond)
		if progress != nil {
			total = max(total, cleared)
			progress(cleared, total)
		}
		limit = min(max(int(int64(n)*int64(clearBudget)/int64(took)), minClear), maxClear)
		select {
		case <-ctx.Done():
			return cleared, fmt.Errorf("db: clear: %w", ctx.Err())
		case <-time.After(took):
		}
	}
}

// clearBatch deletes at most limit rows. The delete repeats the condition, so a row
// that is renewed meanwhile stays.
func (e *Engine) clearBatch(ctx context.Context, now any, limit int) (n int, err error) {
	err = e.write(ctx, "clear", func(ctx context.Context, x execer) error {
		rows, err := affected(x.ExecContext(ctx, e.text.clear, now, limit, now))
		n = int(rows)
		return err
	})
	if err != nil {
		return 0, err
	}
	if e.group != nil {
		e.group.log.changed(n)
	}
	return n, nil
}
