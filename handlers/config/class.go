package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// classFiles are what a class keeps in its directory.
var classFiles = []string{
	"secret-key", "class.db", "class.db-wal", "class.db-shm", "session-files",
}

// ForClass makes these the settings of a class, which keeps its data in dir: everybody in the
// room can reach the server, over plain HTTP, and whoever has joined sees the internals of
// their own sessions. ADDR and ALLOWED_HOSTS stay if somebody has set them.
func (s *Settings) ForClass(dir string) {
	s.Class = true
	if s.Sources["ADDR"] == "" {
		s.Addr = ":8000"
	}
	s.Debug, s.TrustedProxies = "true", nil
	s.AllowedHosts = append(slices.Clone(s.AllowedHosts), ownNames()...)
	s.SecretKey, s.SecretKeyFallbacks = "", nil // one of its own, so that the last class's cookies are void
	s.SecretFile = filepath.Join(dir, "secret-key")
	s.DatabaseURL = "sqlite:" + filepath.Join(dir, "class.db")
	s.SessionFilePath = filepath.Join(dir, "session-files")
	s.CacheURL = "memory:"
	s.SessionCookieName, s.SessionCookieDomain, s.SessionCookieSecure = "class_session", "", "false"
}

// EmptyForClass makes the directory of a class, and with fresh empties it. It takes away only
// what a class has left there, and refuses a directory that holds anything else.
func EmptyForClass(dir string, fresh bool) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the directory of the class: %w", err)
	}
	if !fresh {
		return nil
	}
	found, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("the directory of the class: %w", err)
	}
	for _, f := range found {
		if !slices.Contains(classFiles, f.Name()) {
			return fmt.Errorf("%s holds %s, which no class has put there; name another directory with --dir",
				dir, f.Name())
		}
	}
	var errs []error
	for _, f := range found {
		if err := os.RemoveAll(filepath.Join(dir, f.Name())); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// ownNames are what this machine is called: its names and the addresses of its interfaces.
func ownNames() []string {
	names := []string{"localhost"}
	if host, err := os.Hostname(); err == nil {
		host = strings.ToLower(host)
		names = append(names, host, host+".local") // the second is its name by multicast DNS
	}
	for _, addr := range ownAddrs() {
		if addr.Is6() {
			names = append(names, "["+addr.String()+"]")
		} else {
			names = append(names, addr.String())
		}
	}
	return slices.Compact(names)
}

// RoomHost is the address by which the others in the room most likely reach this machine:
// that of the way out, and where there is none, which is common in a classroom, the first
// private address of a real interface. Without any network it is 127.0.0.1.
func RoomHost() string {
	if c, err := net.Dial("udp", "192.0.2.1:9"); err == nil { // sends nothing: it only asks for the way
		defer c.Close()
		if at, ok := c.LocalAddr().(*net.UDPAddr); ok && !at.IP.IsLoopback() {
			return at.IP.String()
		}
	}
	for _, addr := range ownAddrs() {
		if addr.Is4() && !addr.IsLoopback() {
			return addr.String()
		}
	}
	return "127.0.0.1"
}

// ownAddrs are the addresses of the interfaces that are up: private ones first, those that
// only programs on this machine use last.
func ownAddrs() (all []netip.Addr) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	virtual := map[netip.Addr]bool{}
	for _, i := range interfaces {
		addrs, err := i.Addrs()
		if err != nil || i.Flags&net.FlagUp == 0 {
			continue
		}
		for _, a := range addrs {
			prefix, err := netip.ParsePrefix(a.String())
			if err != nil || prefix.Addr().IsLinkLocalUnicast() && prefix.Addr().Is6() {
				continue
			}
			all = append(all, prefix.Addr())
			virtual[prefix.Addr()] = i.Flags&net.FlagLoopback != 0 || hasAnyPrefix(i.Name, "docker", "br-", "virbr", "veth")
		}
	}
	slices.SortStableFunc(all, func(a, b netip.Addr) int {
		return rank(a, virtual[a]) - rank(b, virtual[b])
	})
	return all
}

func rank(a netip.Addr, virtual bool) int {
	switch {
	case virtual:
		return 2
	case !a.IsPrivate():
		return 1
	}
	return 0
}

func hasAnyPrefix(text string, all ...string) bool {
	return slices.ContainsFunc(all, func(p string) bool { return strings.HasPrefix(text, p) })
}
