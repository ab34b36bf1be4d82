package database

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	neturl "net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	dialTimeout  = 500 * time.Millisecond // if the URL says nothing else
	defaultConns = 16                     // PostgreSQL allows 100 in all: room for six copies of a program
	maxConns     = 1000
	maxAge       = 5 * time.Minute // of a connection: longer, and nobody notices that a name has moved
)

// soundURL reports whether a postgres:// URL is well-formed. A password that is not
// percent-encoded leaves an @ behind the host or a port that is no number, and errors of
// the driver would quote that.
func soundURL(url string) bool {
	u, err := neturl.Parse(url)
	if err != nil || strings.Contains(u.Path+u.RawQuery+u.Fragment, "@") {
		return false
	}
	for host := range strings.SplitSeq(u.Host, ",") { // more than one is allowed
		_, port, _ := strings.Cut(host, ":")
		if !strings.HasPrefix(host, "[") && strings.Trim(port, "0123456789") != "" {
			return false
		}
	}
	return true
}

// openPostgres opens a postgres:// URL.
func openPostgres(ctx context.Context, url string) (*DB, error) {
	if !soundURL(url) {
		return nil, errors.New("database: this is no URL of a PostgreSQL database; " +
			"special characters in its password must be percent-encoded")
	}
	config, err := pgx.ParseConfig(url) // its errors leave the password out
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	own, err := ownParameters(config.RuntimeParams)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if own.pooler {
		config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe // which names no prepared statements
		config.StatementCacheCapacity = 0
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = dialTimeout
	}
	if config.ValidateConnect == nil && !strings.Contains(url, "target_session_attrs=") {
		config.ValidateConnect = takesSaves
	}
	config.OnPgError = keepConnection
	config.RuntimeParams["timezone"] = "UTC" // Django works so too; times then come back in UTC

	pool := stdlib.OpenDB(*config, stdlib.OptionShouldPing(shouldPing))
	pool.SetMaxOpenConns(own.conns)
	pool.SetMaxIdleConns(own.conns) // fewer, and connections would be opened anew under load
	pool.SetConnMaxLifetime(own.lifetime)
	d := &DB{R: pool, W: pool, Dialect: Postgres, Name: hosts(config) + "/" + config.Database}
	if err := pool.PingContext(ctx); err != nil {
		what := "does not answer"
		if errors.Is(err, errNoSaves) {
			what = "takes no saves"
		}
		return nil, errors.Join(fmt.Errorf("database: PostgreSQL at %s %s: %w", d.Name, what, err), d.Close())
	}
	return d, nil
}

var errNoSaves = errors.New("it is a standby, or is read-only for this user or database")

// takesSaves is what target_session_attrs=read-write asks of a new connection.
func takesSaves(ctx context.Context, conn *pgconn.PgConn) error {
	results, err := conn.Exec(ctx, "SHOW transaction_read_only").ReadAll()
	if err == nil && string(results[0].Rows[0][0]) == "on" {
		err = errNoSaves
	}
	return err
}

// poolOptions are the parameters of a URL that the server does not know.
type poolOptions struct {
	conns    int
	lifetime time.Duration
	pooler   bool
}

// ownParameters takes them out of those that are sent to the server.
func ownParameters(params map[string]string) (o poolOptions, err error) {
	o = poolOptions{conns: defaultConns, lifetime: maxAge}
	take := func(name string, parse func(string) error) {
		text, ok := params[name]
		delete(params, name)
		if ok && err == nil {
			err = parse(text)
		}
	}
	take("pool_max_conns", func(text string) error {
		if o.conns, err = strconv.Atoi(text); err != nil || o.conns < 1 || o.conns > maxConns {
			return fmt.Errorf("pool_max_conns=%q: want a number from 1 to %d", text, maxConns)
		}
		return nil
	})
	take("pool_max_conn_lifetime", func(text string) error {
		if o.lifetime, err = time.ParseDuration(text); err != nil || o.lifetime <= 0 {
			return fmt.Errorf("pool_max_conn_lifetime=%q: want a time such as 5m", text)
		}
		return nil
	})
	take("pooler", func(text string) error {
		if o.pooler = text == "transaction"; !o.pooler {
			return fmt.Errorf("pooler=%q: the only value is transaction; a pooler in session mode needs none", text)
		}
		return nil
	})
	return o, err
}

// hosts names every host of a URL once, in its order.
func hosts(config *pgx.ConnConfig) string {
	names := []string{net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))}
	for _, other := range config.Fallbacks { // each may be there twice, with and without TLS
		if name := net.JoinHostPort(other.Host, strconv.Itoa(int(other.Port))); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// keepConnection is asked about every error of the server. After a FATAL one the server has
// gone; one that answers "read-only" has become a standby, and a new connection leads to its
// heir. Statements that are mixed up come from a pooler.
func keepConnection(_ *pgconn.PgConn, e *pgconn.PgError) bool {
	const readOnly, noSuchStatement, statementExists = "25006", "26000", "42P05"
	switch e.Code {
	case noSuchStatement, statementExists:
		e.Message += " (if a pooler in transaction mode stands before the database, its URL needs ?pooler=transaction)"
		return false
	case readOnly:
		return false
	}
	return e.Severity != "FATAL"
}

// shouldPing is asked before a connection is used again, and lets those be looked at that the
// server may have closed: after a restart of the server all would be, each at the cost of
// a request.
func shouldPing(_ context.Context, p stdlib.ShouldPingParams) bool {
	return p.IdleDuration > time.Second || !quiet(p.Conn.PgConn().Conn())
}

// quiet reports whether a connection is open and the server has not said anything unasked, which
// would be that it closes it.
func quiet(conn net.Conn) bool {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	silent := true
	// Not raw.Read, which waits for other readers: pgx leaves one behind after a long write.
	err = raw.Control(func(fd uintptr) { silent = nothingToRead(fd) })
	return err == nil && silent
}
