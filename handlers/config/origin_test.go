package config

import (
	"strings"
	"testing"
)

func valueOf(t *testing.T, s *Settings, name string) Setting {
	t.Helper()
	for _, one := range s.All() {
		if one.Name == name {
			return one
		}
	}
	t.Fatalf("there is no setting %s", name)
	return Setting{}
}

func TestSecretsAreShownByTheirLengthAlone(t *testing.T) {
	const key, former, password = "MARKER-key-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG", "MARKER-former", "MARKER-password"
	s := &Settings{
		SecretKey: key, SecretKeyFallbacks: []string{former}, StoreKey: former,
		DatabaseURL: "postgres://lab:" + password + "@db.example:5432/lab?sslpassword=" + password, CacheURL: "redis://:" + password + "@cache.example:6379/0",
	}
	for _, one := range s.All() {
		if strings.Contains(one.Value, "MARKER") {
			t.Errorf("%s shows %q", one.Name, one.Value)
		}
	}
	for name, want := range map[string]string{
		"SECRET_KEY": "set (56 characters)", "SECRET_KEY_FALLBACKS": "set (13 characters)", "STORE_KEY": "set (13 characters)",
		"DATABASE_URL": "postgres://lab:xxxxx@db.example:5432/lab?…", "CACHE_URL": "redis://:xxxxx@cache.example:6379/0",
	} {
		if got := valueOf(t, s, name).Value; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestNothingIsShownOfAnAddressThatCannotBeRead(t *testing.T) {
	for _, address := range []string{"postgres://lab:MARKER%zz@h/db", "postgres:lab:MARKER@h/db", "MARKER", "://MARKER", "postgres://lab:MARKER@h:port/db"} {
		if got := withoutPassword(address); strings.Contains(got, "MARKER") {
			t.Errorf("%s is shown as %q", address, got)
		}
	}
	for _, address := range []string{"sqlite:sessionlab.db", "sqlite:///var/lib/lab.db", "memory:", "redis://localhost:6379/0"} {
		if got := withoutPassword(address); got != address {
			t.Errorf("%s is shown as %q, although nothing in it is secret", address, got)
		}
	}
}

func TestEverySettingSaysWhereItsValueCameFrom(t *testing.T) {
	s := &Settings{
		Addr: "127.0.0.1:8000", Debug: "auto", SecretKey: "made", SecretMade: true, SessionEngine: "file", SessionCookieAge: 3600, SessionCookieName: "other",
		Sources: map[string]string{"SESSION_ENGINE": "flag", "SESSION_COOKIE_AGE": "environment"},
	}
	for name, want := range map[string]string{
		"ADDR": "default", "DEBUG": "default", "SECRET_KEY": "made for this run", "SECRET_KEY_FALLBACKS": "default", "SESSION_SAVE_EVERY_REQUEST": "default",
		"SESSION_ENGINE": "flag", "SESSION_COOKIE_AGE": "environment", "SESSION_COOKIE_NAME": "the program",
	} {
		if got := valueOf(t, s, name).From; got != want {
			t.Errorf("%s came from %q, want %q", name, got, want)
		}
	}
	if got, want := valueOf(t, s, "DEBUG").Value, "auto (true, except behind a proxy)"; got != want {
		t.Errorf("DEBUG is %q, want %q", got, want)
	}
}

func TestPublicSettingsNameNoPathHostOrSecret(t *testing.T) {
	s := &Settings{
		Addr: "MARKER:1", TrustedProxies: []string{"MARKER"}, SecretKey: "MARKER", SecretKeyFallbacks: []string{"MARKER"},
		DatabaseURL: "sqlite:MARKER", CacheURL: "redis://MARKER", SessionFilePath: "MARKER", SessionCookieDomain: "MARKER", SecretFile: "MARKER",
		AllowedHosts: []string{"MARKER"},
	}
	shown := 0
	for _, one := range s.All() {
		if one.Public && strings.Contains(one.Value, "MARKER") {
			t.Errorf("%s is public: %q", one.Name, one.Value)
		}
		if one.Public {
			shown++
		}
		if one.Group == "" || one.Help == "" {
			t.Errorf("%s has no group or no help", one.Name)
		}
	}
	if shown != len(public) {
		t.Errorf("%d settings are public, want the %d of the list: one of its names is wrong", shown, len(public))
	}
}
