package proxy

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Passed reports whether a proxy passed the request on, or may have: it has a header that
// proxies add, it speaks HTTP/1.0, which nginx does unless told otherwise and no browser
// does, or its Origin names another host, as when a proxy has changed Host.
//
// A visitor can make a request look passed on, and gains nothing. The other way round is
// what matters: a proxy that leaves no sign at all cannot be told from a visitor.
func Passed(r *http.Request) bool {
	for name := range r.Header {
		if signs[name] || strings.HasPrefix(name, "X-Forwarded-") {
			return true
		}
	}
	if !r.ProtoAtLeast(1, 1) {
		return true
	}
	_, origin, found := strings.Cut(r.Header.Get("Origin"), "://")
	return found && !strings.EqualFold(origin, r.Host)
}

// signs are headers that proxies and delivery networks add, in the form that Go gives them.
var signs = map[string]bool{
	"Forwarded": true, "Via": true, "X-Real-Ip": true, "X-Client-Ip": true, "X-Cluster-Client-Ip": true,
	"True-Client-Ip": true, "Client-Ip": true, "Cf-Connecting-Ip": true, "Fastly-Client-Ip": true,
	"X-Original-Host": true, "X-Original-Url": true, "X-Rewrite-Url": true, "X-Proxyuser-Ip": true,
	"X-Envoy-External-Address": true, "Cdn-Loop": true, "X-Arr-Ssl": true, "X-Arr-Log-Id": true,
}

// ToThisMachine reports whether the request asks for this machine by a name that nobody else
// can give to it: localhost, a name below it, or the address that the connection came to.
// Any other name may belong to somebody who points it here (DNS rebinding).
func ToThisMachine(r *http.Request) bool {
	host := hostname(r.Host)
	if matches(host, "localhost") || matches(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return false
	}
	return addr.IsLoopback() || addr.Unmap() == localAddr(r)
}

// localAddr is the address of this machine that the connection came to.
func localAddr(r *http.Request) netip.Addr {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if local == nil {
		return netip.Addr{}
	}
	both, _ := netip.ParseAddrPort(local.String())
	return both.Addr().Unmap()
}

// Allowed reports whether host, with or without a port, is one of patterns, by Django's
// rules for ALLOWED_HOSTS: a pattern that begins with a dot also stands for all names below
// it, * stands for every host, and case does not matter.
func Allowed(host string, patterns []string) bool {
	host = hostname(host)
	for _, pattern := range patterns {
		if pattern == "*" || matches(host, strings.ToLower(pattern)) {
			return true
		}
	}
	return false
}

func matches(host, pattern string) bool {
	if below, ok := strings.CutPrefix(pattern, "."); ok {
		return host == below || strings.HasSuffix(host, pattern)
	}
	return host == pattern && host != ""
}

// hostname is a host in lower case, without its port and the dot at the end. IPv6 addresses
// keep their brackets. It is "" for what is no host.
func hostname(host string) string {
	host = strings.ToLower(host)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.Contains(host[i:], "]") {
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	inner := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.HasPrefix(host, "[") {
		if _, err := netip.ParseAddr(inner); err != nil || !strings.HasSuffix(host, "]") {
			return ""
		}
		return host
	}
	if strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
		return ""
	}
	return host
}
