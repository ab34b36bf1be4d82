package handlers

import (
	"net/http"
	"net/netip"
	"strings"
)

// proxies are the addresses whose forwarded headers are believed; from anybody else they
// decide nothing.
type proxies []netip.Prefix

func (p proxies) trusts(r *http.Request) bool {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	return p.contain(addr.Addr().Unmap())
}

func (p proxies) contain(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// https reports whether the visitor's own connection is encrypted.
func (p proxies) https(r *http.Request) bool {
	return r.TLS != nil || len(p) > 0 && p.trusts(r) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// client is the visitor's address: of the connection, or of the last address that a trusted
// proxy has seen.
func (p proxies) client(r *http.Request) string {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	client := addr.Addr().Unmap()
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0 && p.contain(client); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
		if err != nil {
			break
		}
		client = next.Unmap()
	}
	return client.String()
}
