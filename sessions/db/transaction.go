package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// transaction is an execer over one transaction and the group's prepared statements.
type transaction struct {
	tx       *sql.Tx
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	bound    map[string]*sql.Stmt // those of prepared that are in use here, bound to tx
}

// begin opens a transaction. The wait for the connection ends with ctx; the wait for
// another process's lock, once begun, only with SQLite's busy timeout.
func (g *group) begin(ctx context.Context) (*transaction, error) {
	if g.lost != nil {
		return nil, g.lost
	}
	if err := g.files.Check(); err != nil {
		return nil, err
	}
	t := &transaction{prepared: g.statements, bound: map[string]*sql.Stmt{}}
	err := guarded(func() (err error) {
		if t.conn, err = g.writer.Conn(ctx); err != nil {
			return err
		}
		t.tx, err = t.conn.BeginTx(context.Background(), nil) // not ctx: its end would undo what others have saved
		return err
	})
	switch {
	case errors.Is(err, errPanic):
		g.lost = t.discard()
		return nil, err
	case err != nil && t.conn != nil:
		return nil, errors.Join(err, t.conn.Close())
	case err != nil:
		return nil, err
	}
	return t, nil
}

func (t *transaction) statement(ctx context.Context, query string) *sql.Stmt {
	s := t.bound[query]
	if s == nil {
		s = t.tx.StmtContext(ctx, t.prepared[query])
		t.bound[query] = s
	}
	return s
}

func (t *transaction) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.statement(ctx, query).ExecContext(ctx, args...)
}

func (t *transaction) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.statement(ctx, query).QueryRowContext(ctx, args...)
}

func (t *transaction) commit() error {
	return errors.Join(t.tx.Commit(), t.conn.Close())
}

func (t *transaction) rollback() {
	_ = t.tx.Rollback() // an error means that SQLite has rolled back already
	_ = t.conn.Close()  // gives the connection back to the pool
}

// errPanic is what a panic in the middle of a batch becomes.
var errPanic = errors.New("panic")

// guarded makes an error of a panic in f. A leader works for others, too, which would
// wait for ever.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	return f()
}

// discard undoes the transaction after a panic and closes its connection, which may be
// in any state; the pool opens another. If the driver panicked, database/sql may hold its
// locks for ever; then the connection is lost, which discard returns as an error, since
// the next save would wait for it.
func (t *transaction) discard() error {
	if t.conn == nil {
		return nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = guarded(func() error {
			if t.tx != nil {
				_ = t.tx.Rollback() // the connection goes anyway
			}
			_ = t.conn.Raw(func(any) error { return driver.ErrBadConn })
			return t.conn.Close()
		})
	}()
	select {
	case <-done:
		return nil
	case <-time.After(5 * time.Second):
		return errors.New("the connection for saves was lost when the driver panicked; start the program again")
	}
}
