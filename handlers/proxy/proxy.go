// Package proxy finds out how a request began: the visitor's address, scheme and host behind
// the proxies that are trusted, and whether a proxy passed it on at all. From a proxy that is
// not trusted, what the request says of itself decides nothing.
package proxy

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-chi/chi/v5/middleware"
)

// Trusted are the ranges of the proxies that are believed, TRUSTED_PROXIES. Make it with
// [Parse]. The zero value believes nobody.
type Trusted []netip.Prefix

// Parse reads addresses and ranges such as 10.0.0.0/8.
func Parse(texts []string) (Trusted, error) {
	var all Trusted
	for _, text := range texts {
		prefix, err := parse(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		all = append(all, prefix)
	}
	return all, nil
}

func parse(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err == nil && prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
		return netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96), nil
	}
	if err == nil {
		return prefix, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, &net.ParseError{Type: "address or range such as 10.0.0.0/8", Text: text}
	}
	addr = addr.Unmap().WithZone("")
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// Middleware has to come first. It lets [Client] know the visitor's address, and puts the
// host that the visitor asked for into r.Host. A request id is never taken from outside.
func (t Trusted) Middleware(next http.Handler) http.Handler {
	address := middleware.ClientIPFromRemoteAddr
	if len(t) > 0 {
		var ranges []string
		for _, prefix := range t {
			ranges = append(ranges, prefix.String())
		}
		address = middleware.ClientIPFromXFF(ranges...)
	}
	next = address(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r2 := r.Clone(r.Context())
		r2.Header.Del(middleware.RequestIDHeader)
		if t.sent(r) {
			r2.Header["X-Forwarded-For"] = []string{withoutPorts(list(r, "X-Forwarded-For"))}
			if hosts := list(r, "X-Forwarded-Host"); len(hosts) > 0 {
				r2.Host = hosts[len(hosts)-1] // the nearest proxy's word; those before may be the visitor's own
			}
		}
		next.ServeHTTP(w, r2)
	})
}

// sent reports whether a trusted proxy sent the request.
func (t Trusted) sent(r *http.Request) bool {
	peer := peerOf(r)
	for _, prefix := range t {
		if prefix.Contains(peer.WithZone("")) {
			return true
		}
	}
	return false
}

// HTTPS reports whether the visitor's own connection is encrypted. Of several proxies the
// first one knows: it comes first in X-Forwarded-Proto.
func (t Trusted) HTTPS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	schemes := list(r, "X-Forwarded-Proto")
	return len(schemes) > 0 && strings.EqualFold(schemes[0], "https") && t.sent(r)
}

// Client is the visitor's address. If the proxies' words cannot be read, or name proxies
// alone, it is that of the connection.
func Client(r *http.Request) netip.Addr {
	if addr := middleware.GetClientIPAddr(r.Context()); addr.IsValid() {
		return addr
	}
	return peerOf(r)
}

func peerOf(r *http.Request) netip.Addr {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http sets it; text of another kind is no address
	return peer.Addr().Unmap()
}

// list returns the values of a header that may hold several, over all its lines.
func list(r *http.Request, name string) []string {
	var all []string
	for _, line := range r.Header[name] {
		for value := range strings.SplitSeq(line, ",") {
			if value = strings.TrimSpace(value); value != "" {
				all = append(all, value)
			}
		}
	}
	return all
}

// withoutPorts joins addresses again, without the ports that some proxies add: 1.2.3.4:567
// and [2001:db8::1]:443 would be no addresses.
func withoutPorts(addresses []string) string {
	for i, text := range addresses {
		if both, err := netip.ParseAddrPort(text); err == nil {
			text = both.Addr().String()
		}
		addresses[i] = strings.Trim(text, "[]")
	}
	return strings.Join(addresses, ", ")
}
