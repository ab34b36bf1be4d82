package db

import (
	"context"
	"fmt"
	"time"

	"sessionlab/sessions"
)

// A batch of List ends after so many rows, or so many bytes of data.
const (
	listRows  = 200
	listBytes = 1 << 20
)

// List implements [sessions.Lister]. It goes through the table by key, in batches, so that
// no read lasts long: on SQLite a long one would keep the write-ahead log from being moved
// into the file.
func (e *Engine) List(ctx context.Context, yield func(key string, rec sessions.Record) bool) error {
	if !e.made() {
		return errNotMade
	}
	for last := ""; ; {
		var batch []listed
		err := e.inTime(ctx, e.reader, 10*e.opts.Timeout, func(ctx context.Context, x *attempt) (err error) {
			batch, err = e.listBatch(ctx, x, last)
			return err
		})
		if err != nil {
			return fmt.Errorf("db: list: %w", err)
		}
		if len(batch) == 0 {
			return nil
		}
		now := time.Now()
		for _, row := range batch {
			var ok bool
			rec := sessions.Record{Data: row.data}
			if rec.Expires, ok = e.readDate(row.expires); !ok || rec.Expired(now) || !storable(row.key) {
				continue // Load does not find it either
			}
			if !yield(row.key, rec) {
				return nil
			}
		}
		last = batch[len(batch)-1].key
	}
}

// listed is one row; what other programs put there may be anything.
type listed struct {
	key     string
	data    []byte
	expires any
}

// listBatch reads the live rows whose keys come after last.
func (e *Engine) listBatch(ctx context.Context, x *attempt, last string) (batch []listed, err error) {
	rows, err := x.QueryContext(ctx, e.text.list, last, e.date(time.Now()), listRows)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for size := 0; size < listBytes && rows.Next(); {
		var row listed
		if err := rows.Scan(&row.key, &row.data, &row.expires); err != nil {
			return nil, err
		}
		batch = append(batch, row)
		size += len(row.data)
	}
	return batch, rows.Err()
}
