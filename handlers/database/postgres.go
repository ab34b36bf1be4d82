package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	neturl "net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	dialTimeout  = 500 * time.Millisecond // if the URL says nothing else
	defaultConns = 16                     // PostgreSQL allows 100 in all: room for six copies of a program
	maxConns     = 1000
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
	conns := defaultConns
	if text, ok := config.RuntimeParams["pool_max_conns"]; ok {
		delete(config.RuntimeParams, "pool_max_conns") // ours; the server does not know it
		if conns, err = strconv.Atoi(text); err != nil || conns < 1 || conns > maxConns {
			return nil, fmt.Errorf("database: pool_max_conns=%q: want a number from 1 to %d", text, maxConns)
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = dialTimeout
	}
	config.RuntimeParams["timezone"] = "UTC" // Django works so too; times then come back in UTC

	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns) // fewer, and connections would be opened anew under load
	d := &DB{
		R: pool, W: pool, Dialect: Postgres,
		Name: net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))) + "/" + config.Database,
	}
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("database: PostgreSQL at %s does not answer: %w", d.Name, err), d.Close())
	}
	return d, nil
}
