package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"runtime"
)

// readers are connections of SQLite's reader pool on which nothing but loads run. They ask
// the driver itself: what database/sql does around it (its locks, a conversion of each
// value, twelve allocations) is a fifth of a load. A load that finds none of them free, or
// an odd answer, goes the way of all others.
type readers struct{ free chan *loader }

// loader is a connection with its statement, and the room for a question and an answer.
type loader struct {
	conn *sql.Conn
	stmt driver.StmtQueryContext
	args [2]driver.NamedValue
	row  [3]driver.Value
}

// errOtherWay: ask database/sql.
var errOtherWay = errors.New("db: not by a reader of one's own")

// newReaders takes one connection for each processor, but at most half of the pool.
func newReaders(ctx context.Context, pool *sql.DB, query string) (r readers, err error) {
	n := runtime.GOMAXPROCS(0)
	if most := pool.Stats().MaxOpenConnections; most > 0 {
		n = min(n, most/2)
	}
	r.free = make(chan *loader, n)
	for range n {
		l := &loader{args: [2]driver.NamedValue{{Ordinal: 1}, {Ordinal: 2}}}
		if l.conn, err = pool.Conn(ctx); err != nil {
			return r, err
		}
		r.free <- l
		err := l.conn.Raw(func(c any) (err error) {
			if conn, ok := c.(driver.ConnPrepareContext); ok {
				var stmt driver.Stmt
				stmt, err = conn.PrepareContext(ctx, query)
				l.stmt, _ = stmt.(driver.StmtQueryContext)
			}
			return err
		})
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// load returns the row under key, sql.ErrNoRows, or errOtherWay.
func (r readers) load(now any, key string) (data []byte, expires any, live bool, err error) {
	var l *loader
	select {
	case l = <-r.free:
	default:
		return nil, nil, false, errOtherWay
	}
	defer func() { r.free <- l }()
	if l.stmt == nil {
		return nil, nil, false, errOtherWay // the driver has not got it
	}
	l.args[0].Value, l.args[1].Value = now, key
	switch err := l.conn.Raw(func(any) error { return l.ask() }); {
	case err == io.EOF:
		return nil, nil, false, sql.ErrNoRows
	case err != nil: // database/sql knows what to do with a connection that is broken
		return nil, nil, false, errOtherWay
	}
	text, ok := l.row[0].(string)
	n, number := l.row[2].(int64)
	if !ok || !number {
		return nil, nil, false, errOtherWay // a BLOB, which another program may have written
	}
	return []byte(text), l.row[1], n != 0, nil
}

// ask fills in the row; io.EOF says that there is none.
func (l *loader) ask() error {
	rows, err := l.stmt.QueryContext(context.Background(), l.args[:])
	if err != nil {
		return err
	}
	defer rows.Close()
	return rows.Next(l.row[:])
}

func (r readers) close() error {
	var err error
	for range len(r.free) {
		l := <-r.free
		if l.stmt != nil {
			_ = l.conn.Raw(func(any) error { return l.stmt.(driver.Stmt).Close() }) // the connection goes on
		}
		if e := l.conn.Close(); !errors.Is(e, sql.ErrConnDone) { // which one that broke is already
			err = errors.Join(err, e)
		}
	}
	return err
}
