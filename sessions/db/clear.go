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
	clearPause  = 10 * time.Millisecond
)

// Clear implements [sessions.Clearer]; the table keeps Expires, so it asks ends for
// nothing. The size of a batch follows from how long the last one took, and between two of
// them Clear rests as long as the last one took. Several may run at once, in one program or
// many: each returns when no expired record is left, whoever deleted it.
//
// A record that ends at this very instant is neither loaded nor cleared, as in Django.
func (e *Engine) Clear(
	ctx context.Context, _ func(sessions.Record) time.Time, progress func(done, total int),
) (int, error) {
	if !e.made() {
		return 0, errNotMade
	}
	now := e.date(time.Now()) // one instant for the whole run, or under load it would never end
	total, err := e.countExpired(ctx, now)
	if err != nil {
		return 0, err
	}
	cleared, moved := 0, time.Now()
	for limit := maxClear / 4; ; {
		started := time.Now()
		n, err := e.clearBatch(ctx, now, limit)
		cleared += n
		if err != nil {
			return cleared, err
		}
		rest := max(time.Since(started), time.Microsecond)
		if n > 0 {
			moved = time.Now()
			limit = min(max(int(int64(n)*int64(clearBudget)/int64(rest)), minClear), maxClear)
			if progress != nil {
				total = max(total, cleared)
				progress(cleared, total)
			}
		} else {
			left, err := e.countExpired(ctx, now)
			if err != nil || left == 0 {
				return cleared, err
			}
			if time.Since(moved) > e.opts.Timeout { // another one who clears is quicker than this
				return cleared, fmt.Errorf("db: clear: another transaction holds %d expired records", left)
			}
			rest = clearPause
		}
		select {
		case <-ctx.Done():
			return cleared, fmt.Errorf("db: clear: %w", ctx.Err())
		case <-time.After(rest):
		}
	}
}

func (e *Engine) countExpired(ctx context.Context, now any) (n int, err error) {
	// It may have to look at a million rows.
	err = e.inTime(ctx, e.reader, 10*e.opts.Timeout, func(ctx context.Context, x *attempt) error {
		return x.QueryRowContext(ctx, e.text.count, now).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("db: clear: count: %w", err)
	}
	return n, nil
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
	if e.sqlite() {
		e.group.log.changed(n)
	}
	return n, nil
}
