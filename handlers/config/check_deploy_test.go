package config

import (
	"slices"
	"strings"
	"testing"
)

// Each rule for a site that others use, broken alone in settings that break no other.
func TestCheckDeployNamesWhatIsUnsafeForASite(t *testing.T) {
	good := []string{
		"--debug=false",
		"--secret-key=T3sts-0nly.aWq9zR7xLm2vKd8sHf4gJp6tYb1nUc5eXo0iQrBz", "--allowed-hosts=lab.example.org",
		"--trusted-proxies=127.0.0.1", "--session-engine=cached_db", "--session-cookie-name=__Host-sessionid",
		"--database-url=postgres:///lab", "--cache-url=redis://127.0.0.1/0", "--metrics-addr=127.0.0.1:9100",
		"--store-key=T3sts-0nly.mZ8kQw3eRt6yUi9oPa2sDf5gHj7lXc4vBn1qWz0xAsD",
	}
	for _, f := range parse(t, good...).CheckDeploy() {
		if f.Level != OK {
			t.Errorf("settings of a good site: %v %s: %s", f.Level, f.Title, f.Found)
		}
	}
	for _, c := range []struct {
		title, arg string
		level      Level
		says       string
	}{
		{"DEBUG", "--debug=auto", Warning, "auto"},
		{"DEBUG", "--debug=true", Warning, "can be on: true"},
		{"ALLOWED_HOSTS", "--allowed-hosts=", Warning, "not set"},
		{"ALLOWED_HOSTS", "--allowed-hosts=*", Warning, "every host name"},
		{"TRUSTED_PROXIES", "--trusted-proxies=", Warning, "no request counts as one over HTTPS"},
		{"SESSION_COOKIE_SECURE", "--session-cookie-secure=false", Warning, "in clear"},
		{"SESSION_COOKIE_HTTPONLY", "--no-session-cookie-httponly", Warning, "any script"},
		{"SESSION_COOKIE_NAME", "--session-cookie-name=sessionid", Note, "sessionid"},
		{"CACHE_URL", "--cache-url=memory:", Note, "a cache of its own"},
		{"DATABASE_URL", "--database-url=sqlite:lab.db", Note, "one copy"},
		{"SESSION_FILE_PATH", "--session-engine=file", Note, "one machine"},
		{"METRICS_ADDR", "--metrics-addr=:9100", Warning, "reads the figures"},
		{"METRICS_ADDR", "--metrics-addr=203.0.113.5:9100", Warning, "reads the figures"},
		{"STORE_KEY", "--store-key=", Note, "hashes session keys"},
		{"STORE_KEY", "--store-key=short", Error, "shorter than"},
		{"SECRET_KEY", "--secret-key=short", Error, "shorter than"},
	} {
		var got Finding
		name, value, _ := strings.Cut(c.arg, "=")
		args := slices.DeleteFunc(slices.Clone(good), func(arg string) bool { return strings.HasPrefix(arg, name+"=") })
		if value != "" || !strings.Contains(c.arg, "=") {
			args = append(args, c.arg)
		}
		for _, f := range parse(t, args...).CheckDeploy() {
			if f.Title == c.title {
				got = f
			}
		}
		if got.Level != c.level || !strings.Contains(got.Found, c.says) {
			t.Errorf("%s: %v %q, want %v and %q", c.arg, got.Level, got.Found, c.level, c.says)
		}
	}
	s := parse(t, append(good, "--cache-url=memory:", "--session-engine=cache")...)
	s.SecretMade = true
	for _, f := range s.CheckDeploy() {
		if (f.Title == "CACHE_URL" || f.Title == "SECRET_KEY") && f.Level != Warning {
			t.Errorf("%s: %v %s, want a warning", f.Title, f.Level, f.Found)
		}
	}
}
