package config

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// Setting is one setting as it is in force, for people: the page /settings/ shows them all.
type Setting struct {
	Name  string // of the variable: SESSION_COOKIE_AGE
	Group string
	Value string // never a secret: of a key the length, of a URL all but its password
	From  string // "flag", "environment", "default", or "made for this run"
	Help  string // what it means, in a sentence
	// Public tells that every visitor may see the value: it names no path, host or
	// secret, and could be read off the app's answers anyway.
	Public bool
}

// public are the settings that pages show to everybody. What is not in the list, such as a
// setting that is added later, is shown with DEBUG only.
var public = []string{
	"SESSION_ENGINE", "SESSION_COOKIE_NAME", "SESSION_COOKIE_AGE", "SESSION_COOKIE_PATH", "SESSION_COOKIE_SECURE",
	"SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "SESSION_EXPIRE_AT_BROWSER_CLOSE",
	"SESSION_SAVE_EVERY_REQUEST", "SESSION_IDLE_TIMEOUT", "SESSION_ABSOLUTE_AGE",
}

// All returns all settings in the order in which they are declared, group by group.
func (s *Settings) All() []Setting {
	var all []Setting
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		name := tag.Get("env")
		if name == "" {
			continue
		}
		all = append(all, Setting{
			Name: name, Group: tag.Get("group"), Help: tag.Get("help"),
			Value: s.text(name, v.Field(i)), From: s.from(name, tag.Get("default"), v.Field(i)),
			Public: slices.Contains(public, name),
		})
	}
	return all
}

// text is what may be said of a value: never a secret.
func (s *Settings) text(name string, v reflect.Value) string {
	switch name {
	case "SECRET_KEY":
		return keys([]string{s.SecretKey})
	case "STORE_KEY":
		return keys([]string{s.StoreKey})
	case "SECRET_KEY_FALLBACKS":
		return keys(s.SecretKeyFallbacks)
	case "DATABASE_URL", "CACHE_URL":
		return withoutPassword(v.String())
	case "DEBUG":
		switch {
		case s.Debug == "auto" && s.DebugOn():
			return "auto (true, except behind a proxy)"
		case s.Debug == "auto":
			return "auto (false: other computers can reach this server)"
		}
	case "SESSION_COOKIE_NAME":
		return s.CookieName()
	}
	return plain(v)
}

func plain(v reflect.Value) string {
	if list, ok := v.Interface().([]string); ok {
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(v.Interface())
}

// from says where a value came from. A program that fills in the struct itself, as tests
// do, is its own source.
func (s *Settings) from(name, byDefault string, v reflect.Value) string {
	switch from, ok := s.Sources[name]; {
	case name == "SECRET_KEY" && s.SecretMade:
		return "made for this run"
	case ok:
		return from
	case v.IsZero() && byDefault == "" || plain(v) == byDefault:
		return "default"
	}
	return "the program"
}

// keys says of secret keys how long they are, and nothing else.
func keys(secrets []string) string {
	var all []string
	for _, key := range secrets {
		if key != "" {
			all = append(all, fmt.Sprintf("set (%d characters)", len(key)))
		}
	}
	if len(all) == 0 {
		return "not set"
	}
	return strings.Join(all, ", ")
}

// withoutPassword leaves the password out of a URL, wherever it stands. A query may hold one
// too, so none is shown, and nothing of what is no URL at all.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || strings.Contains(u.Opaque, "@") {
		return "set, but not shown: it is no URL that can be read"
	}
	more := ""
	if u.RawQuery != "" || u.Fragment != "" {
		u.RawQuery, u.Fragment, more = "", "", "?…"
	}
	return u.Redacted() + more
}
