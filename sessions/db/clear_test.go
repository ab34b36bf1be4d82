package db

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// Clear lets others in between its batches, and keeps the log short by itself.
func TestSavesGetInWhileClearing(t *testing.T) {
	e := openEngine(t, stores["SQLite"](t), Options{})
	live := create(t, e, "0")
	fill(t, e, 1000)
	if _, err := e.writer.Exec("UPDATE django_session SET expire_date = '2020-01-01 00:00:00' WHERE session_key <> ?", live); err != nil {
		t.Fatal(err)
	}
	saves := 0
	n, err := e.Clear(t.Context(), nil, func(done, total int) {
		if total != 1000 {
			t.Errorf("progress(%d, %d), want a total of 1000", done, total)
		}
		increment(t, e, live, 1)
		saves++
	})
	if n != 1000 || err != nil {
		t.Errorf("Clear = %d, %v, want 1000", n, err)
	}
	if saves < 2 {
		t.Errorf("Clear made %d batches, want at least 2", saves)
	}
	wantData(t, e, live, fmt.Sprint(saves))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := checkpoint(ctx, e.opts.Checkpoints); err != nil {
		t.Errorf("checkpoint: %v", err)
	}
}
