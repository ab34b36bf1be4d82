package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// parse reads the settings as the program does.
func parse(t *testing.T, args ...string) *Settings {
	t.Helper()
	var s Settings
	k, err := kong.New(&s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Parse(args); err != nil {
		t.Fatal(err)
	}
	return &s
}

func TestTheDefaultsAreDjangos(t *testing.T) {
	s := parse(t)
	if s.SessionEngine != "db" || s.CookieName() != "sessionid" || s.SessionCookieAge != 1209600 || s.SessionCookieDomain != "" || s.SessionCookiePath != "/" ||
		s.secure() != 0 || !s.SessionCookieHTTPOnly || s.SessionCookieSameSite != "Lax" || s.SessionExpireAtBrowserClose || s.SessionSaveEveryRequest || s.SessionFilePath == "" ||
		s.SecretKey != "" || len(s.SecretKeyFallbacks) != 0 {
		t.Errorf("defaults: %+v", s)
	}
}

func TestTheEnvironmentSetsWhatFlagsDo(t *testing.T) {
	t.Setenv("SESSION_ENGINE", "file")
	t.Setenv("SESSION_COOKIE_HTTPONLY", "false")
	t.Setenv("SECRET_KEY_FALLBACKS", "one,two")
	s := parse(t, "--session-cookie-age", "60", "--session-cookie-samesite", "Strict")
	if s.SessionEngine != "file" || s.SessionCookieHTTPOnly || len(s.SecretKeyFallbacks) != 2 || s.SessionCookieAge != 60 || s.SessionCookieSameSite != "Strict" {
		t.Errorf("settings: %+v", s)
	}
}

func TestDebugIsOnWhereNobodyElseCanLook(t *testing.T) {
	for addr, want := range map[string]bool{"127.0.0.1:8000": true, "[::1]:8000": true, "localhost:1": true, "0.0.0.0:8000": false, ":8000": false, "192.168.1.2:8000": false, "example.test:80": false} {
		if got := (&Settings{Addr: addr, Debug: "auto"}).DebugOn(); got != want {
			t.Errorf("ADDR=%s: DEBUG %v, want %v", addr, got, want)
		}
	}
}

func TestAWeakKeyDoesNotStartWithoutDebug(t *testing.T) {
	strong := "k9Q-x2Lw_8vNq5RtZb7YcJ3mHs6Pd1Fg4Ea0UiOoTyWzXsVrBn"
	for key, ok := range map[string]bool{
		strong: true, "": false, "secret": false, strings.Repeat("a", 60): false, "django-insecure-" + strong: false,
		"vectors-secret-key-0123456789abcdefghijklmnopqrstuvwxyz": false,
	} {
		s := parse(t, "--debug", "false", "--secret-key", key)
		err := s.Prepare()
		if (err == nil) != ok || err != nil && key != "" && strings.Contains(err.Error(), key) && len(key) > 6 {
			t.Errorf("key %.20q…: %v, want it accepted: %v, and never printed", key, err, ok)
		}
	}
	s := parse(t, "--debug", "false", "--secret-key", strong, "--secret-key-fallbacks", "short")
	if err := s.Prepare(); err == nil || !strings.Contains(err.Error(), "FALLBACKS") {
		t.Errorf("a weak fallback: %v", err)
	}
}

func TestWithDebugAKeyIsMadeAndKept(t *testing.T) {
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "lab.db")
	first := parse(t, "--database-url", url)
	again := parse(t, "--database-url", url)
	if err := first.Prepare(); err != nil {
		t.Fatal(err)
	}
	if err := again.Prepare(); err != nil {
		t.Fatal(err)
	}
	if len(first.SecretKey) < minSecret || first.SecretKey != again.SecretKey || !first.SecretMade {
		t.Errorf("keys of %d and %d characters, want one key that is kept", len(first.SecretKey), len(again.SecretKey))
	}
	if info, err := os.Stat(filepath.Join(dir, ".secret-key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its file: %v, %v; want mode 0600", info, err)
	}
}
