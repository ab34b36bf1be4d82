package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Postgres makes an engine on a PostgreSQL database. The table of the sessions may be
// made later, see [CreatePostgresTable]. The engine prepares no statements: leave that to
// the driver, which can do it once for each connection.
func Postgres(pool *sql.DB, opts Options) (*Engine, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if pool == nil {
		return nil, errors.New("db: Postgres: the pool is nil")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*opts.Timeout)
	defer cancel()
	var name, version string // the second is there to see that it is PostgreSQL at all
	row := pool.QueryRowContext(ctx, "SELECT current_database(), current_setting('server_version_num')")
	if err := row.Scan(&name, &version); err != nil {
		return nil, fmt.Errorf("db: Postgres: the pool does not answer as PostgreSQL does: %w", err)
	}
	if opts.Name == "" {
		opts.Name = name
	}
	return &Engine{reader: pool, writer: pool, text: newQueries(postgres), opts: opts}, nil
}
