package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// SQLite makes an engine on a SQLite file that is open in WAL mode, and whose table of
// the sessions is there (see [CreateSQLiteTable]). Of writer there is one connection;
// others may use it too, but briefly, since all saves wait meanwhile. Reads go to reader,
// another pool, which may be opened read-only; up to half of its connections, one for each
// processor, stay with the engine until it is closed. The writer's transactions should begin
// with BEGIN IMMEDIATE, a setting of the driver: one that reads first and writes later
// fails at once if another process wrote in between, whatever its busy_timeout. The pools keep
// their connections: SetConnMaxLifetime or SetConnMaxIdleTime on both would let SQLite remove
// its side files and make others, which looks as if somebody had (see [ErrMoved]).
func SQLite(reader, writer *sql.DB, opts Options) (*Engine, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := soundPools(reader, writer, opts.Checkpoints); err != nil {
		return nil, fmt.Errorf("db: SQLite: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // for who forgot to give the writer back
	defer cancel()
	f, err := OpenFiles(ctx, writer)
	for _, pool := range []*sql.DB{reader, opts.Checkpoints} {
		if err == nil && pool != nil {
			err = f.same(ctx, pool)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("db: SQLite: %w", err)
	}
	if opts.Name == "" {
		opts.Name = f.path
	}
	e := &Engine{reader: reader, writer: writer, text: newQueries(sqlite), opts: opts}
	if e.load, err = reader.PrepareContext(ctx, e.text.load); err == nil {
		e.readers, err = newReaders(ctx, reader, e.text.load)
	}
	if err == nil {
		e.group, err = newGroup(ctx, writer, &f, opts, e.text.writes())
	}
	if err != nil {
		err = fmt.Errorf("db: %s: the table of the sessions (do migrations wait?): %w", opts.Name, err)
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// soundPools says what is wrong with pools that were put together by hand.
func soundPools(reader, writer, checkpoints *sql.DB) error {
	switch {
	case reader == nil || writer == nil:
		return errors.New("it needs two pools, one of them is nil")
	case reader == writer || reader == checkpoints || writer == checkpoints:
		return errors.New("reader, writer and Options.Checkpoints must be different pools, or they would wait for each other")
	case writer.Stats().MaxOpenConnections != 1:
		return errors.New("the writer must have one connection: call SetMaxOpenConns(1)")
	}
	return nil
}

// busy reports whether another process holds the lock of the file for too long.
func busy(err error) bool {
	e, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	return ok && e.Code()&0xff == 5 // SQLITE_BUSY, with whatever extension
}
