// Package config holds what can be set about Session Lab: each setting is a flag and an
// environment variable at once, under Django's name where Django has it. The rules that say
// which settings are wrong or unsafe are here too, once, for the start, for the command
// check, and for the page /security/.
package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sessionlab/sessions"
)

// Settings are all settings, as kong reads them. Ages and timeouts are seconds.
type Settings struct {
	Addr           string   `group:"Server" env:"ADDR" default:"127.0.0.1:8000" placeholder:"HOST:PORT" help:"Address to listen on."`
	Debug          string   `group:"Server" env:"DEBUG" default:"auto" enum:"auto,true,false" placeholder:"auto" help:"Show visitors the internals of their own session: true, false, or auto, which is true on a loopback address only."`
	TrustedProxies []string `group:"Server" env:"TRUSTED_PROXIES" placeholder:"CIDR,…" help:"Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, as addresses or CIDR ranges."`
	LogFormat      string   `group:"Server" env:"LOG_FORMAT" default:"text" enum:"text,json" placeholder:"text" help:"Format of the log on standard error: text or json."`

	SecretKey          string   `group:"Secrets" env:"SECRET_KEY" placeholder:"TEXT" help:"Signs sessions. Without one, a run with DEBUG makes its own and keeps it in a file; any other run refuses to start."`
	SecretKeyFallbacks []string `group:"Secrets" env:"SECRET_KEY_FALLBACKS" placeholder:"TEXT,…" help:"Former secret keys, whose signatures still count."`

	DatabaseURL string `group:"Stores" name:"database-url" env:"DATABASE_URL" default:"sqlite:sessionlab.db" placeholder:"URL" help:"Database of the app and of the db engine: sqlite:FILE or postgres://…"`
	CacheURL    string `group:"Stores" name:"cache-url" env:"CACHE_URL" default:"memory:" placeholder:"URL" help:"Cache of the cache and cached_db engines: memory: or redis://…"`

	SessionEngine               string `group:"Sessions" env:"SESSION_ENGINE" default:"db" enum:"db,file,cache,cached_db,signed_cookies" placeholder:"NAME" help:"Where sessions are kept: db, file, cache, cached_db or signed_cookies."`
	SessionCookieName           string `group:"Sessions" env:"SESSION_COOKIE_NAME" default:"sessionid" placeholder:"NAME" help:"Name of the session cookie."`
	SessionCookieAge            int64  `group:"Sessions" env:"SESSION_COOKIE_AGE" default:"1209600" placeholder:"SECONDS" help:"How long a session lasts after it was last saved; two weeks by default."`
	SessionCookieDomain         string `group:"Sessions" env:"SESSION_COOKIE_DOMAIN" placeholder:"DOMAIN" help:"Domain of the cookie; empty is this host alone."`
	SessionCookiePath           string `group:"Sessions" env:"SESSION_COOKIE_PATH" default:"/" placeholder:"PATH" help:"Path of the cookie."`
	SessionCookieSecure         string `group:"Sessions" env:"SESSION_COOKIE_SECURE" default:"auto" enum:"auto,true,false" placeholder:"auto" help:"Send the cookie over HTTPS only: true, false, or auto, which follows each request with DEBUG and is true without."`
	SessionCookieHTTPOnly       bool   `group:"Sessions" name:"session-cookie-httponly" env:"SESSION_COOKIE_HTTPONLY" default:"true" negatable:"" help:"Hide the cookie from scripts."`
	SessionCookieSameSite       string `group:"Sessions" name:"session-cookie-samesite" env:"SESSION_COOKIE_SAMESITE" default:"Lax" enum:"Lax,Strict,None,lax,strict,none,False,false" placeholder:"Lax" help:"Lax, Strict, None, or false for no such attribute."`
	SessionExpireAtBrowserClose bool   `group:"Sessions" env:"SESSION_EXPIRE_AT_BROWSER_CLOSE" negatable:"" help:"End sessions when the browser is closed."`
	SessionSaveEveryRequest     bool   `group:"Sessions" env:"SESSION_SAVE_EVERY_REQUEST" negatable:"" help:"Renew session and cookie at every request."`
	SessionFilePath             string `group:"Sessions" env:"SESSION_FILE_PATH" default:"session-files" placeholder:"DIR" help:"Directory of the file engine."`
	SessionIdleTimeout          int64  `group:"Sessions" env:"SESSION_IDLE_TIMEOUT" default:"0" placeholder:"SECONDS" help:"End sessions that were not used for so long; 0 is never."`
	SessionAbsoluteAge          int64  `group:"Sessions" env:"SESSION_ABSOLUTE_AGE" default:"2592000" placeholder:"SECONDS" help:"End a sign-in after so long, however busy it is; 30 days by default, 0 is never."`
	SessionClearInterval        int64  `group:"Sessions" env:"SESSION_CLEAR_INTERVAL" default:"3600" placeholder:"SECONDS" help:"How often expired sessions are cleared while serving; 0 is never."`
	SessionCreateLimit          uint   `group:"Sessions" env:"SESSION_CREATE_LIMIT" default:"600" placeholder:"NUMBER" help:"How many sessions one address may begin within a minute, before it is asked to wait; 0 is no limit."`
	SessionEncryptCookies       bool   `group:"Sessions" env:"SESSION_ENCRYPT_COOKIES" negatable:"" help:"Encrypt what the signed_cookies engine keeps in the cookie. Django cannot read such cookies."`

	SessionHashKeys bool `group:"Sessions" env:"SESSION_HASH_KEYS" negatable:"" help:"Keep a keyed hash of each session key in the store in place of the key. Django cannot find such sessions."`

	// Sources says of each setting, by its variable, where its value came from:
	// "environment" or "flag"; what is not in it is the default.
	Sources map[string]string `kong:"-"`
	// SecretFile is where a key made for this computer is kept.
	SecretFile string `kong:"-"`
	// SecretMade tells that SecretKey came from that file and not from a person.
	SecretMade bool `kong:"-"`
}

// DebugOn reports whether pages show internals.
func (s *Settings) DebugOn() bool {
	return s.Debug == "true" || s.Debug == "auto" && s.Loopback()
}

// Loopback reports whether only this computer can reach the server.
func (s *Settings) Loopback() bool {
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// Prepare completes the settings: it makes a secret key for a run with DEBUG that was given
// none, and keeps it in a file of mode 0600 beside the database, so that sessions survive a
// restart. It returns the errors of the rules; a start with any of them is refused.
func (s *Settings) Prepare() error {
	if s.SecretKey == "" && s.DebugOn() {
		if s.SecretFile == "" {
			dir := filepath.Dir(s.sqlitePath())
			if _, err := os.Stat(dir); err != nil {
				return fmt.Errorf("DATABASE_URL: the directory %s is not there", dir)
			}
			s.SecretFile = filepath.Join(dir, ".secret-key")
		}
		key, err := secretFrom(s.SecretFile)
		if err != nil {
			return fmt.Errorf("SECRET_KEY: %w", err)
		}
		s.SecretKey, s.SecretMade = key, true
	}
	var errs []error
	for _, f := range s.Check() {
		if f.State == Error {
			errs = append(errs, fmt.Errorf("%s: %s", f.Title, f.Found))
		}
	}
	return errors.Join(errs...)
}

// sqlitePath is the file in DATABASE_URL, "" if it names a server.
func (s *Settings) sqlitePath() string {
	path, ok := strings.CutPrefix(s.DatabaseURL, "sqlite:")
	if !ok {
		return ""
	}
	path, _, _ = strings.Cut(path, "?")
	return strings.TrimPrefix(path, "//")
}

// secretFrom reads the key in a file, or makes both.
func secretFrom(path string) (string, error) {
	for range 2 {
		text, err := os.ReadFile(path)
		if err == nil {
			if key := strings.TrimSpace(string(text)); len(key) >= minSecret {
				return key, nil
			}
			return "", fmt.Errorf("the file %s holds no key; delete it to have a new one made", path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read: %w", err)
		}
		raw := make([]byte, 48)
		rand.Read(raw)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue // another process was first
		}
		if err != nil {
			return "", fmt.Errorf("make a key: %w", err)
		}
		_, err = f.WriteString(base64.RawURLEncoding.EncodeToString(raw) + "\n")
		if err = errors.Join(err, f.Close()); err != nil {
			return "", fmt.Errorf("make a key: %w", err)
		}
	}
	return "", fmt.Errorf("the file %s could not be read", path)
}

// Age, IdleTimeout, AbsoluteAge and ClearInterval are the settings as durations.
func (s *Settings) Age() time.Duration { return time.Duration(s.SessionCookieAge) * time.Second }

// IdleTimeout is SESSION_IDLE_TIMEOUT.
func (s *Settings) IdleTimeout() time.Duration {
	return time.Duration(s.SessionIdleTimeout) * time.Second
}

// AbsoluteAge is SESSION_ABSOLUTE_AGE.
func (s *Settings) AbsoluteAge() time.Duration {
	return time.Duration(s.SessionAbsoluteAge) * time.Second
}

// ClearInterval is SESSION_CLEAR_INTERVAL.
func (s *Settings) ClearInterval() time.Duration {
	return time.Duration(s.SessionClearInterval) * time.Second
}

// Cookie says how the session cookie is sent. isHTTPS decides for SESSION_COOKIE_SECURE=auto.
func (s *Settings) Cookie(isHTTPS func(*http.Request) bool) sessions.Cookie {
	return sessions.Cookie{
		Name: s.SessionCookieName, Domain: s.SessionCookieDomain, Path: s.SessionCookiePath,
		Secure: s.secure(), HTTPS: isHTTPS, ReadableByScripts: !s.SessionCookieHTTPOnly, SameSite: s.sameSite(),
	}
}

func (s *Settings) secure() sessions.SecureMode {
	switch {
	case s.SessionCookieSecure == "true", s.SessionCookieSecure == "auto" && !s.DebugOn():
		return sessions.SecureAlways
	case s.SessionCookieSecure == "false":
		return sessions.SecureNever
	}
	return sessions.SecureAuto
}

func (s *Settings) sameSite() http.SameSite {
	switch strings.ToLower(s.SessionCookieSameSite) {
	case "strict":
		return http.SameSiteStrictMode
	case "none":
		return http.SameSiteNoneMode
	case "false":
		return http.SameSiteDefaultMode
	}
	return http.SameSiteLaxMode
}

// Proxies are TRUSTED_PROXIES as ranges.
func (s *Settings) Proxies() ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range s.TrustedProxies {
		text = strings.TrimSpace(text)
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err2 := netip.ParseAddr(text)
			if err2 != nil {
				return nil, fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8", text)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		all = append(all, prefix)
	}
	return all, nil
}
