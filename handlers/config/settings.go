// Package config holds the settings of Session Lab: each is a flag and an environment variable
// at once, under Django's name where Django has it. The rules that say which settings are
// wrong or unsafe are here too, once, for the start, for the command check, and for the page
// /security/.
package config

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"sessionlab/handlers/proxy"
	"sessionlab/sessions"
)

// Settings are all settings, as kong reads them. Ages and timeouts are seconds.
type Settings struct {
	Addr           string   `group:"Server" env:"ADDR" default:"127.0.0.1:8000" placeholder:"HOST:PORT" help:"Address to listen on."`
	Debug          string   `group:"Server" env:"DEBUG" default:"auto" enum:"auto,true,false" placeholder:"auto" help:"Show visitors the internals of their own session: true, false, or auto, which is true for a browser on this computer that no proxy stands in front of."`
	AllowedHosts   []string `group:"Server" env:"ALLOWED_HOSTS" placeholder:"HOST,…" help:"Host names that this site answers to: .example.org is also every name below it, * is every name. Empty is this computer's own names with DEBUG, and every name without."`
	TrustedProxies []string `group:"Server" env:"TRUSTED_PROXIES" placeholder:"CIDR,…" help:"Proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host are believed, as addresses or CIDR ranges."`
	LogFormat      string   `group:"Server" env:"LOG_FORMAT" default:"text" enum:"text,json" placeholder:"text" help:"Format of the log on standard error: text or json."`
	MetricsAddr    string   `group:"Server" env:"METRICS_ADDR" placeholder:"HOST:PORT" help:"Address of /metrics, with figures for Prometheus; empty is none."`

	SecretKey          string   `group:"Secrets" env:"SECRET_KEY" placeholder:"TEXT" help:"Signs sessions. Without one, a run with DEBUG makes its own and keeps it in a file; any other run refuses to start."`
	SecretKeyFallbacks []string `group:"Secrets" env:"SECRET_KEY_FALLBACKS" placeholder:"TEXT,…" help:"Former secret keys, whose signatures are still accepted."`
	StoreKey           string   `group:"Secrets" env:"STORE_KEY" placeholder:"TEXT" help:"Hashes session keys in Redis, and with SESSION_HASH_KEYS in every store. Empty is SECRET_KEY; set it to that before SECRET_KEY changes, or the sessions there end."`

	SigninNameLimit    uint `group:"Accounts" env:"SIGNIN_NAME_LIMIT" default:"10" placeholder:"NUMBER" help:"Wrong passwords that one network may try at one name in ten minutes; 0 is the default."`
	SigninNetworkLimit uint `group:"Accounts" env:"SIGNIN_NETWORK_LIMIT" default:"200" placeholder:"NUMBER" help:"Wrong passwords that one network may try at all names in ten minutes; 0 is the default."`
	SigninAccountLimit uint `group:"Accounts" env:"SIGNIN_ACCOUNT_LIMIT" default:"100" placeholder:"NUMBER" help:"Wrong passwords that all networks together may try at one name in an hour. Browsers that have signed in to the account before are counted apart; 0 is the default."`

	DatabaseURL string `group:"Stores" name:"database-url" env:"DATABASE_URL" default:"sqlite:sessionlab.db" placeholder:"URL" help:"Database of the app and of the db engine: sqlite:FILE or postgres://…"`
	CacheURL    string `group:"Stores" name:"cache-url" env:"CACHE_URL" default:"memory:" placeholder:"URL" help:"Cache of the cache and cached_db engines: memory: or redis://…"`

	SessionEngine               string `group:"Sessions" env:"SESSION_ENGINE" default:"db" enum:"db,file,cache,cached_db,signed_cookies" placeholder:"NAME" help:"Where sessions are kept: db, file, cache, cached_db or signed_cookies."`
	SessionCookieName           string `group:"Sessions" env:"SESSION_COOKIE_NAME" placeholder:"NAME" help:"Name of the session cookie. The default is sessionid; on this computer's own address with another port than 8000 it also has the port, as in sessionid_8001."`
	SessionCookieAge            int64  `group:"Sessions" env:"SESSION_COOKIE_AGE" default:"1209600" placeholder:"SECONDS" help:"How long a session lasts after it was last saved; two weeks by default."`
	SessionCookieDomain         string `group:"Sessions" env:"SESSION_COOKIE_DOMAIN" placeholder:"DOMAIN" help:"Domain of the cookie; empty is this host alone."`
	SessionCookiePath           string `group:"Sessions" env:"SESSION_COOKIE_PATH" default:"/" placeholder:"PATH" help:"Path of the cookie."`
	SessionCookieSecure         string `group:"Sessions" env:"SESSION_COOKIE_SECURE" default:"auto" enum:"auto,true,false" placeholder:"auto" help:"Send the cookie over HTTPS only: true, false, or auto, which follows each request with DEBUG and is true without."`
	SessionCookieHTTPOnly       bool   `group:"Sessions" name:"session-cookie-httponly" env:"SESSION_COOKIE_HTTPONLY" default:"true" negatable:"" help:"Hide the cookie from scripts."`
	SessionCookieSameSite       string `group:"Sessions" name:"session-cookie-samesite" env:"SESSION_COOKIE_SAMESITE" default:"Lax" enum:"Lax,Strict,None,lax,strict,none,False,false" placeholder:"Lax" help:"Lax, Strict, None, or false to leave the attribute out."`
	SessionExpireAtBrowserClose bool   `group:"Sessions" env:"SESSION_EXPIRE_AT_BROWSER_CLOSE" negatable:"" help:"End sessions when the browser is closed."`
	SessionSaveEveryRequest     bool   `group:"Sessions" env:"SESSION_SAVE_EVERY_REQUEST" negatable:"" help:"Renew session and cookie with every request."`
	SessionFilePath             string `group:"Sessions" env:"SESSION_FILE_PATH" default:"session-files" placeholder:"DIR" help:"Directory of the file engine."`
	SessionIdleTimeout          int64  `group:"Sessions" env:"SESSION_IDLE_TIMEOUT" default:"0" placeholder:"SECONDS" help:"End sessions that were not used for this long; 0 is never."`
	SessionAbsoluteAge          int64  `group:"Sessions" env:"SESSION_ABSOLUTE_AGE" default:"2592000" placeholder:"SECONDS" help:"End a sign-in after this long, however much it is used; 30 days by default, 0 is never."`
	SessionClearInterval        int64  `group:"Sessions" env:"SESSION_CLEAR_INTERVAL" default:"3600" placeholder:"SECONDS" help:"How often expired sessions are cleared while serving; 0 is never."`
	SessionCreateLimit          uint   `group:"Sessions" env:"SESSION_CREATE_LIMIT" default:"600" placeholder:"NUMBER" help:"How many sessions one network may begin within a minute; 0 is no limit."`
	SessionEncryptCookies       bool   `group:"Sessions" env:"SESSION_ENCRYPT_COOKIES" negatable:"" help:"Encrypt what the signed_cookies engine keeps in the cookie. Django cannot read such cookies."`
	SessionHashKeys             bool   `group:"Sessions" env:"SESSION_HASH_KEYS" negatable:"" help:"Store a keyed hash of each session key in place of the key. Django cannot find such sessions."`
	SessionDBTimeZone           string `group:"Sessions" name:"session-db-time-zone" env:"SESSION_DB_TIME_ZONE" default:"UTC" placeholder:"ZONE" help:"Time zone of the dates in the table of sessions, where a Django site with USE_TZ=False shares it: that site's TIME_ZONE, such as Europe/Berlin."`

	// Class: this run is a class, see [Settings.ForClass].
	Class bool `kong:"-"`
	// Sources says of each setting, by its variable, where its value came from:
	// "environment" or "flag"; what is not in it is the default.
	Sources map[string]string `kong:"-"`
	// SecretFile is where a key made for this computer is kept.
	SecretFile string `kong:"-"`
	// SecretMade tells that SecretKey came from that file and not from a person.
	SecretMade bool `kong:"-"`
}

// DebugOn reports whether this run can show internals: DEBUG is true, or auto on a loopback
// address. Which requests may see them is up to [Settings.DebugFor].
func (s *Settings) DebugOn() bool {
	return s.Debug == "true" || s.Debug == "auto" && s.Loopback()
}

// DebugFor reports whether the answer to r may show internals. With auto that takes a request
// that is for this machine by name and that no proxy has passed on: behind a proxy on the same
// machine, everybody's requests come from a loopback address.
func (s *Settings) DebugFor(r *http.Request) bool {
	return s.Debug == "true" || s.DebugOn() && !proxy.Passed(r) && proxy.ToThisMachine(r)
}

// HostAllowed reports whether this site answers to the Host of r, see ALLOWED_HOSTS. With
// DEBUG an empty list is this machine's own names, which stops other sites from pointing a
// name of theirs here and reading what only this machine should. Behind a proxy, auto has no
// DEBUG.
func (s *Settings) HostAllowed(r *http.Request) bool {
	switch {
	case len(s.AllowedHosts) > 0:
		return proxy.Allowed(r.Host, s.AllowedHosts)
	case s.Debug == "true", s.DebugOn() && !proxy.Passed(r):
		return proxy.ToThisMachine(r)
	}
	return true
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

// URL is an address of the server that a browser on this machine can open, for a listener's
// address such as [::]:8765, which stands for all addresses and which no browser opens.
func URL(listener string) string {
	host, port, err := net.SplitHostPort(listener)
	if err != nil {
		return "http://" + listener + "/"
	}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}

// storeKey is STORE_KEY, or what stands in for it.
func (s *Settings) storeKey() string {
	if s.StoreKey != "" {
		return s.StoreKey
	}
	return s.SecretKey
}

// Age is SESSION_COOKIE_AGE.
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

// CookieName is the name of the session cookie. Cookies know no ports: two programs on this
// machine, say a Django site on port 8000 and the lab on 8001, would take each other's cookie
// for their own, so by default the name has the port where only this machine is served. Port
// 0 is another port in each run, which should find the sessions of the last one.
func (s *Settings) CookieName() string {
	if s.SessionCookieName != "" {
		return s.SessionCookieName
	}
	return "sessionid" + s.portSuffix()
}

// LearnerCookie is the name of the cookie that says who a learner is, made like CookieName.
func (s *Settings) LearnerCookie() string {
	if s.Class {
		return "class_learner" + s.portSuffix()
	}
	return "learner" + s.portSuffix()
}

func (s *Settings) portSuffix() string {
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil || !s.Loopback() || port == "8000" || port == "0" {
		return ""
	}
	return "_" + port
}

// Cookie says how the session cookie is sent. isHTTPS says whether the visitor's own
// connection is encrypted; SESSION_COOKIE_SECURE=auto follows it.
func (s *Settings) Cookie(isHTTPS func(*http.Request) bool) sessions.Cookie {
	return sessions.Cookie{
		Name: s.CookieName(), Domain: s.SessionCookieDomain, Path: s.SessionCookiePath,
		Secure: s.secure(), ReadableByScripts: !s.SessionCookieHTTPOnly, SameSite: s.sameSite(),
		// A request without DEBUG gets a Secure cookie, also where auto decides by request.
		HTTPS: func(r *http.Request) bool { return isHTTPS(r) || !s.DebugFor(r) },
	}
}

// SecureFor reports whether a cookie in the answer to r is Secure, as the session's is.
func (s *Settings) SecureFor(r *http.Request, isHTTPS func(*http.Request) bool) bool {
	switch s.secure() {
	case sessions.SecureAlways:
		return true
	case sessions.SecureNever:
		return false
	}
	return isHTTPS(r) || !s.DebugFor(r)
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
func (s *Settings) Proxies() (proxy.Trusted, error) { return proxy.Parse(s.TrustedProxies) }

// DBTimeZone is SESSION_DB_TIME_ZONE. An empty name is UTC.
func (s *Settings) DBTimeZone() (*time.Location, error) {
	if s.SessionDBTimeZone == "Local" { // of the machine: another one on each machine
		return nil, fmt.Errorf("name a time zone, such as UTC or Europe/Berlin")
	}
	return time.LoadLocation(s.SessionDBTimeZone)
}
