package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"
)

// attempt is one try of a call of the engine, on a connection of its own.
type attempt struct {
	*sql.Conn
	broke error // why the connection of an earlier try broke, which may have been carried out
}

// before returns why the connection of an earlier try of the same call broke. Nobody heard
// whether that try was carried out.
func before(x execer) error {
	if a, ok := x.(*attempt); ok {
		return a.broke
	}
	return nil
}

// inTime gives do a connection and a context that ends after the timeout. On PostgreSQL it
// calls do again where that is safe:
//
//   - when the server says that it has undone do, until the timeout;
//   - when no connection could be made, or one broke, for half of that time: a server that
//     restarts, or hands over to its standby, is back within it or is out of reach. A do that
//     writes asks [before], for its statement may have been carried out.
//
// When the timeout, or the driver's own for a new connection, is why do failed, the error does
// not wrap context.DeadlineExceeded, which the caller would take for its own deadline.
func (e *Engine) inTime(
	ctx context.Context, pool *sql.DB, timeout time.Duration, do func(context.Context, *attempt) error,
) error {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var undone, broke error
	for started, pause := time.Now(), time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		sent, err := once(limited, pool, broke, do)
		patient := time.Since(started) < timeout/2
		switch {
		case err == nil || e.sqlite() || ctx.Err() != nil:
			return err
		case limited.Err() != nil && undone != nil:
			return fmt.Errorf("%w; tried again for %v", undone, timeout)
		case limited.Err() != nil:
			return fmt.Errorf("no answer from %s within %v", e.opts.Name, timeout)
		case refused(err):
			undone = err
		case !sent && patient:
		case lost(err) && patient:
			broke = err
		case errors.Is(err, context.DeadlineExceeded):
			return errors.New(err.Error())
		default:
			return err
		}
		select {
		case <-limited.Done():
		case <-time.After(rand.N(pause)): // at random, or those that met would meet again
		}
	}
}

// once calls do on one connection. sent is false if there was none.
func once(
	ctx context.Context, pool *sql.DB, broke error, do func(context.Context, *attempt) error,
) (sent bool, err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close() // gives it back to the pool
	return true, do(ctx, &attempt{conn, broke})
}

// refused reports whether the server says that it has not carried out a statement, which may
// go well when it is sent again: it met another transaction (a serialization failure, a
// deadlock), or the server is a standby by now and the next connection may lead to its heir.
func refused(err error) bool {
	switch sqlState(err) {
	case "40001", "40P01", "25006":
		return true
	}
	return false
}

// lost reports whether the connection broke, so that nobody knows whether the statement was
// carried out.
func lost(err error) bool {
	state := sqlState(err)
	switch { // of a pooler; of a server that stops, or crashed
	case strings.HasPrefix(state, "08"), state == "57P01", state == "57P02":
		return true
	}
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn)
}

func sqlState(err error) string {
	e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	if !ok {
		return ""
	}
	return e.SQLState()
}
