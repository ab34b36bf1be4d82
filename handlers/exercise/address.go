package exercise

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"
)

// ErrAddress: the app's address is none that the check may talk to. The check runs where
// the lab runs, so any other address would let a visitor send requests from there.
var ErrAddress = errors.New("not an app on this computer")

// target is a learner's app: its address as typed, and the IP addresses that it stands for.
type target struct {
	base *url.URL
	ips  []netip.Addr
	port uint16
}

// parseTarget accepts http with a literal loopback address or localhost, and nothing else:
// any other name could mean another computer by the time it is dialed.
func parseTarget(ctx context.Context, raw string) (*target, error) {
	refuse := func(why string) (*target, error) {
		return nil, fmt.Errorf("%w: %q %s; type it like http://127.0.0.1:9000/", ErrAddress, raw, why)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Scheme != "http" || u.Host == "" || u.User != nil:
		return refuse("does not begin with http:// and a host")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return refuse("has more than a host and a port, and the app must begin at /")
	}
	port := uint64(80)
	if p := u.Port(); p != "" {
		if port, err = strconv.ParseUint(p, 10, 16); err != nil || port == 0 {
			return refuse("has a port that is no number from 1 to 65535")
		}
	}
	t := &target{base: &url.URL{Scheme: "http", Host: u.Host, Path: "/"}, port: uint16(port)}
	if u.Hostname() == "localhost" {
		if t.ips, err = net.DefaultResolver.LookupNetIP(ctx, "ip", "localhost"); err != nil {
			return refuse("cannot be looked up")
		}
	} else {
		ip, err := netip.ParseAddr(u.Hostname())
		if err != nil {
			return refuse("has a host that is neither a loopback IP address nor localhost")
		}
		t.ips = []netip.Addr{ip}
	}
	for i, ip := range t.ips {
		if t.ips[i] = ip.Unmap(); !t.ips[i].IsLoopback() || ip.Zone() != "" {
			return refuse("is not a loopback address")
		}
	}
	return t, nil
}

// client connects to the target's addresses only, whatever a URL says. It goes through no
// proxy and follows no redirect.
func (t *target) client(maxHeader int64) *http.Client {
	dialer := &net.Dialer{Timeout: time.Second, Control: onlyLoopback}
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		var first error
		for _, ip := range t.ips {
			c, err := dialer.DialContext(ctx, network, netip.AddrPortFrom(ip, t.port).String())
			if err == nil {
				return c, nil
			}
			if first == nil {
				first = err
			}
		}
		return nil, first
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dial, DisableKeepAlives: true, DisableCompression: true,
			MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// onlyLoopback looks at the very address that the socket is about to be connected to.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%w: %s", ErrAddress, address)
	}
	return nil
}
