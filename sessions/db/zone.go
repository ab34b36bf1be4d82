package db

import (
	"context"
	"fmt"
	"time"
)

const (
	zoneRows = 100              // the newest rows that ZoneOffset looks at
	zoneStep = 15 * time.Minute // every zone in use is a multiple of it away from UTC
	zoneMost = 14 * time.Hour   // and at most so far
)

// ZoneOffset looks whether the dates of a table are in another zone than
// Options.Location, as they are when a Django with USE_TZ=False shares a SQLite table. A
// row whose record was made to last for age expires at age after its data was written;
// written tells that time from the data (Django's signature has it), or false. Where the
// newest rows agree that their dates lie a multiple of 15 minutes away from there,
// ZoneOffset returns by how much, and how many rows say so. It returns 0 rows if it cannot
// tell: rows that were touched, or that have an expiry of their own, say nothing.
func (e *Engine) ZoneOffset(
	ctx context.Context, age time.Duration, written func(data []byte) (time.Time, bool),
) (offset time.Duration, rows int, err error) {
	if !e.made() {
		return 0, 0, errNotMade
	}
	var newest []listed
	err = e.inTime(ctx, e.reader, e.opts.Timeout, func(ctx context.Context, x *attempt) (err error) {
		newest, err = e.newest(ctx, x)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("db: zone of the table: %w", err)
	}
	for _, row := range newest {
		at, ok := written(row.data)
		expires, readable := e.readDate(row.expires)
		if !ok || !readable {
			continue
		}
		off := expires.Sub(at.Add(age))
		step := off.Round(zoneStep)
		if (off-step).Abs() > 2*time.Second || step.Abs() > zoneMost { // signatures have whole seconds
			continue
		}
		if rows > 0 && step != offset {
			return 0, 0, nil // they do not agree
		}
		offset, rows = step, rows+1
	}
	return offset, rows, nil
}

func (e *Engine) newest(ctx context.Context, x *attempt) (newest []listed, err error) {
	rows, err := x.QueryContext(ctx, e.text.newest, zoneRows)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var row listed
		if err := rows.Scan(&row.data, &row.expires); err != nil {
			return nil, err
		}
		newest = append(newest, row)
	}
	return newest, rows.Err()
}
