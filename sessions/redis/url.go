package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/bits"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// Options are what a URL cannot hold.
type Options struct {
	// HashKey, if set, makes Redis hold a keyed hash (HMAC-SHA-256) of each session
	// key in place of the key, so that whoever can read Redis cannot take over
	// sessions, and sign each record, so that whoever can write to it cannot make or
	// alter one. Another HashKey makes all sessions in it unknown.
	HashKey []byte
	// TLS is for rediss:// with a certificate of one's own. Without it the system's
	// authorities decide, for the host of the URL.
	TLS *tls.Config
}

const (
	dialTimeout = 500 * time.Millisecond
	callTimeout = 800 * time.Millisecond
)

// New returns the engine for a server, which a URL names:
//
//	redis://user:password@host:port/db?connections=4&dial_timeout=500ms&timeout=800ms
//
// Everything but redis:// may be left out; the host is localhost then, the port 6379
// and db 0. With rediss:// the connection is encrypted. connections is 1, 2, 4, 8 or
// 16, at most that many, each shared by many callers at once; left out, 2 or 4 by the
// number of processors. dial_timeout bounds the making of a connection, timeout a
// call as a whole. Special characters in the password are percent-encoded.
//
// addr names more servers, and may be given several times: the nodes of a cluster, of which one
// that answers is enough, or with master_set the sentinels that know which server is the master
// of that name:
//
//	redis://one:6379?addr=two:6379&addr=three:6379
//	redis://one:26379/0?addr=two:26379&addr=three:26379&master_set=mymaster
//
// A cluster has no db. The user and the password are those of the servers; sentinels are asked
// without.
//
// New does not need the server to be up, though it waits for it as long as
// dial_timeout says; see [Redis.Ping].
func New(rawURL string, o Options) (*Redis, error) {
	r := &Redis{hashKey: o.HashKey}
	r.live = map[*conn]bool{}
	var err error
	if r.option, err = r.parse(rawURL, o.TLS); err != nil {
		return nil, fmt.Errorf("redis: URL: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.option.Dialer.Timeout)
	defer cancel()
	_, _ = r.connect(ctx) // an error tells of a server that does not answer yet
	return r, nil
}

func (r *Redis) parse(rawURL string, config *tls.Config) (option rueidis.ClientOption, err error) {
	u, err := url.Parse(rawURL)
	if err != nil { // its text may quote a part of the password
		return option, errors.New("this is no URL; a password in it must be percent-encoded")
	}
	// An @ that is not the one before the host, or a host with a colon, comes from a password
	// that is not encoded.
	stray := strings.Contains(u.Path+u.RawQuery, "@") || strings.Contains(u.Hostname(), ":") && u.Host[0] != '['
	if u.Scheme != "redis" && u.Scheme != "rediss" || u.Opaque != "" || u.Fragment != "" || stray {
		return option, errors.New("it must look like redis://user:password@host:port/db, or rediss:// with TLS; " +
			"a password in it must be percent-encoded")
	}
	option = rueidis.ClientOption{
		InitAddress:         []string{address(u.Host)},
		Username:            u.User.Username(),
		Dialer:              net.Dialer{Timeout: dialTimeout},
		DialCtxFn:           r.dial,
		ReadBufferEachConn:  64 << 10, // instead of half a megabyte each
		WriteBufferEachConn: 64 << 10,
		DisableCache:        true, // its local copies are stale for a moment
		RetryDelay:          retryOnce,
	}
	option.Password, _ = u.User.Password()
	if db := strings.TrimPrefix(u.Path, "/"); db != "" {
		if option.SelectDB, err = strconv.Atoi(db); err != nil || option.SelectDB < 0 {
			return option, fmt.Errorf("the path is the number of a database, not %q", u.Path)
		}
	}
	if u.Scheme == "rediss" {
		option.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		if config != nil {
			option.TLSConfig = config.Clone()
		}
	}
	r.timeout = callTimeout
	addrs := u.Query()["addr"]
	for _, addr := range addrs {
		option.InitAddress = append(option.InitAddress, address(addr))
	}
	err = parameters(u, map[string]func(string) error{
		"master_set":   func(v string) error { option.Sentinel.MasterSet = v; return nil },
		"connections":  func(v string) (err error) { option.PipelineMultiplex, err = multiplex(v); return err },
		"dial_timeout": func(v string) (err error) { option.Dialer.Timeout, err = duration(v); return err },
		"timeout":      func(v string) (err error) { r.timeout, err = duration(v); return err },
	})
	option.ConnWriteTimeout = r.timeout // how long a connection may be silent while a call waits
	option.Sentinel.Dialer, option.Sentinel.TLSConfig = option.Dialer, option.TLSConfig
	option.Sentinel.TopologyRefreshInterval = time.Second // should the message of a failover get lost
	r.place = fmt.Sprintf("Redis %s, database %d", strings.Join(option.InitAddress, ","), option.SelectDB)
	r.cluster = len(addrs) > 0 && option.Sentinel.MasterSet == ""
	option.ForceSingleClient = !r.cluster && option.Sentinel.MasterSet == "" // and so comes up without a server
	if err == nil && r.cluster && option.SelectDB != 0 {
		err = errors.New("a cluster has no databases; with sentinels, master_set names the master")
	}
	return option, err
}

// address is a host and a port, of which either may be left out.
func address(hostPort string) string {
	u := url.URL{Host: hostPort}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = "6379"
	}
	return net.JoinHostPort(host, port)
}

// parameters hands the parameters of a URL to their parsers.
func parameters(u *url.URL, parse map[string]func(string) error) error {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("what follows the ? is not name=value&name=value")
	}
	delete(values, "addr") // read by our caller
	for name, v := range values {
		f, ok := parse[name]
		if !ok {
			return fmt.Errorf("unknown parameter %q", name)
		}
		if len(v) != 1 {
			return fmt.Errorf("parameter %q is given %d times", name, len(v))
		}
		if err := f(v[0]); err != nil {
			return fmt.Errorf("parameter %q: %w", name, err)
		}
	}
	return nil
}

// retryOnce repeats what may be repeated, once, at once: the server may have closed
// an old connection. Who has waited for an answer does not wait for another.
func retryOnce(attempts int, _ rueidis.Completed, err error) time.Duration {
	if waited, ok := errors.AsType[net.Error](err); attempts > 1 || ok && waited.Timeout() {
		return -1
	}
	return time.Millisecond
}

// multiplex turns a number of connections into the power of two that rueidis takes,
// in which 0 stands for its own choice and less for one connection.
func multiplex(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 16 || bits.OnesCount(uint(n)) != 1 {
		return 0, fmt.Errorf("%q is not 1, 2, 4, 8 or 16", s)
	}
	if n == 1 {
		return -1, nil
	}
	return bits.TrailingZeros(uint(n)), nil
}

func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a time such as 500ms", s)
	}
	return d, nil
}
