package database

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"modernc.org/sqlite"
)

// watchEvery is how soon it is noticed that somebody has taken the files away.
const watchEvery = 500 * time.Millisecond

// Watch looks after the files of a SQLite database until ctx ends. When one of them was removed
// or replaced, it logs that once, and nothing is committed to any table until the file is back
// or the program is started again: the next program would find nothing of it. PostgreSQL keeps
// its own files, so there Watch returns at once.
func (d *DB) Watch(ctx context.Context, log *slog.Logger) {
	if d.Dialect != SQLite {
		return
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch err := d.files.Check(); {
		case err == nil && d.moved.Swap(false):
			log.InfoContext(ctx, "the database's files are back: saving goes on", "file", d.Name)
		case err != nil && !d.moved.Swap(true):
			rescued := "yes"
			if lost := d.files.Rescue(ctx, d.W); lost != nil {
				rescued = "no, stop the program with SIGTERM: " + lost.Error()
			}
			log.ErrorContext(ctx, "the database's files have changed under the program: nothing is saved any more. "+
				"Put the right file in its place and start the program again",
				"err", err, "saves_before_are_in_the_file", rescued)
		}
	}
}

// refuseWhenMoved has the writer's connection commit nothing while the files are not those that
// it was opened on.
func (d *DB) refuseWhenMoved(ctx context.Context) error {
	conn, err := d.W.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		hooks, ok := driver.(sqlite.HookRegisterer)
		if !ok {
			return fmt.Errorf("the driver's %T takes no hooks", driver)
		}
		hooks.RegisterCommitHook(func() int32 {
			if d.moved.Load() {
				return 1
			}
			return 0
		})
		return nil
	})
}
