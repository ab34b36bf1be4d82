package config

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

// found returns the finding about a setting, after the arguments were parsed.
func found(t *testing.T, title string, args ...string) Finding {
	t.Helper()
	for _, f := range parse(t, args...).Check() {
		if f.Title == title {
			return f
		}
	}
	t.Fatalf("no finding about %s", title)
	return Finding{}
}

func TestCheckNamesWhatWouldGoWrong(t *testing.T) {
	out := []string{"--addr", "0.0.0.0:8000", "--debug", "false"}
	for _, c := range []struct {
		title string
		args  []string
		level Level
		says  string
	}{
		{"DEBUG", nil, Note, "off for requests that a proxy passes on"},
		{"DEBUG", []string{"--trusted-proxies", "127.0.0.1"}, Warning, "auto"},
		{"DEBUG", []string{"--debug", "true"}, Note, "on"},
		{"DEBUG", []string{"--debug", "true", "--addr", ":8000"}, Warning, "OTHER COMPUTERS"},
		{"DEBUG", out, OK, "off"},
		{"ALLOWED_HOSTS", nil, OK, "this computer's own names"},
		{"ALLOWED_HOSTS", out, Warning, "every host name"},
		{"ALLOWED_HOSTS", append(out, "--allowed-hosts", "*"), Warning, "every host name"},
		{"ALLOWED_HOSTS", append(out, "--allowed-hosts", "lab.example.org"), OK, "lab.example.org"},
		{"ALLOWED_HOSTS", append(out, "--allowed-hosts", "lab.example.org,https://lab.example.org"), Error, "https://"},
		{"ALLOWED_HOSTS", append(out, "--allowed-hosts", "lab.example.org:8000"), Error, ":8000"},
		{"ALLOWED_HOSTS", append(out, "--allowed-hosts", "[2001:db8::1],.EXAMPLE.org"), OK, "[2001:db8::1]"},
		{"TRUSTED_PROXIES", []string{"--trusted-proxies", "everybody"}, Error, "everybody"},
		{"SESSION_COOKIE_NAME", nil, Note, "every program on this computer"},
		{"SESSION_COOKIE_NAME", []string{"--addr", "127.0.0.1:8001"}, OK, "sessionid_8001"},
		{"SESSION_COOKIE_SECURE", nil, OK, "auto"},
		{"SESSION_COOKIE_SECURE", []string{"--session-cookie-secure", "false"}, Warning, "in clear"},
		{"SESSION_COOKIE_SECURE", []string{"--session-cookie-secure", "true"}, Warning, "plain HTTP"},
		{"SESSION_COOKIE_SECURE", out, Warning, "plain HTTP"},
		{"SESSION_COOKIE_SECURE", append(out, "--trusted-proxies", "10.0.0.0/8"), OK, "HTTPS only"},
		{"SESSION_COOKIE_DOMAIN", nil, OK, "not set"},
		{"SESSION_COOKIE_DOMAIN", []string{"--session-cookie-domain", "example.org"}, Warning, "localhost"},
		{"SESSION_COOKIE_DOMAIN", append(out, "--session-cookie-domain", "example.org"), Note, "all hosts of this domain"},
		{"SESSION_COOKIE_DOMAIN", append(out, "--session-cookie-domain", ".example.org", "--allowed-hosts", "lab.example.org,.example.org"), Note, "all hosts"},
		{"SESSION_COOKIE_DOMAIN", append(out, "--session-cookie-domain", "example.org", "--allowed-hosts", "lab.example.org,lab.example.net"), Warning, "lab.example.net"},
		{"SESSION_COOKIE_DOMAIN", append(out, "--session-cookie-domain", "co.uk"), Warning, "public suffix"},
		{"SESSION_COOKIE_DOMAIN", append(out, "--session-cookie-domain", "ample.org", "--allowed-hosts", "example.org"), Warning, "example.org"},
		{"SESSION_DB_TIME_ZONE", nil, OK, "UTC"},
		{"SESSION_DB_TIME_ZONE", []string{"--session-db-time-zone", "Europe/Berlin"}, OK, "Europe/Berlin"},
		{"SESSION_DB_TIME_ZONE", []string{"--session-db-time-zone", "Europe/Nowhere"}, Error, "Europe/Nowhere"},
		{"SESSION_DB_TIME_ZONE", []string{"--session-db-time-zone", "Local"}, Error, "name a time zone"},
		{"SIGNIN_ACCOUNT_LIMIT", []string{"--signin-account-limit", "101"}, Warning, "more than 100"},
		{"CACHE_URL", []string{"--cache-url", "nothing://x"}, Error, "must begin with memory:"},
		{"CACHE_URL", []string{"--cache-url", "REDIS://h"}, OK, ""},
		{"SESSION_IDLE_TIMEOUT", []string{"--session-idle-timeout=-1"}, Error, "seconds"},
	} {
		f := found(t, c.title, c.args...)
		if f.Level != c.level || !strings.Contains(f.Found, c.says) {
			t.Errorf("%s with %v: %v, %q, want %v and %q", c.title, c.args, f.Level, f.Found, c.level, c.says)
		}
	}
}

func TestCheckHasOneOrder(t *testing.T) {
	s := parse(t, "--session-idle-timeout=-1", "--session-absolute-age=-1", "--session-clear-interval=-1", "--session-cookie-age=-1")
	first := s.Check()
	for range 50 {
		if !reflect.DeepEqual(s.Check(), first) {
			t.Fatal("two runs differ")
		}
	}
}

func TestTheCookieHasThePortInItsNameWhereProgramsShareAHost(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8000": "sessionid", "127.0.0.1:8001": "sessionid_8001", "localhost:9": "sessionid_9", "[::1]:8001": "sessionid_8001",
		"127.0.0.1:0": "sessionid", "0.0.0.0:8001": "sessionid", ":8001": "sessionid", "192.168.1.2:8001": "sessionid",
	} {
		s := parse(t, "--addr", addr)
		if got := s.Cookie(nil).Name; got != want {
			t.Errorf("ADDR=%s: %s, want %s", addr, got, want)
		}
		if got, want := s.LearnerCookie(), strings.Replace(want, "sessionid", "learner", 1); got != want {
			t.Errorf("ADDR=%s: the learner's cookie is %s, want %s", addr, got, want)
		}
		s.SessionCookieName = "own"
		if got := s.Cookie(nil).Name; got != "own" {
			t.Errorf("ADDR=%s and SESSION_COOKIE_NAME=own: %s", addr, got)
		}
	}
}

func request(host string, headers ...string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = host
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestDebugIsForRequestsThatNoProxyPassedOn(t *testing.T) {
	direct, away := request("localhost:8000"), request("lab.example.org")
	behind := request("localhost:8000", "X-Forwarded-For", "203.0.113.7")
	for _, c := range []struct {
		args                 []string
		direct, behind, away bool
	}{
		{nil, true, false, false},
		{[]string{"--debug", "true"}, true, true, true},
		{[]string{"--debug", "false"}, false, false, false},
		{[]string{"--addr", ":8000"}, false, false, false},
	} {
		s := parse(t, c.args...)
		if s.DebugFor(direct) != c.direct || s.DebugFor(behind) != c.behind || s.DebugFor(away) != c.away {
			t.Errorf("%v: %v, %v, %v, want %+v", c.args, s.DebugFor(direct), s.DebugFor(behind), s.DebugFor(away), c)
		}
	}
}

func TestOnlyAllowedHostsAreAnswered(t *testing.T) {
	hosts := []string{"localhost:8000", "lab.example.org", "evil.test"}
	passed := []string{"X-Forwarded-For", "203.0.113.7"}
	for _, c := range []struct {
		args    []string
		headers []string
		want    [3]bool
	}{
		{nil, nil, [3]bool{true, false, false}},
		{nil, passed, [3]bool{true, true, true}}, // no DEBUG for these
		{[]string{"--debug", "true"}, nil, [3]bool{true, false, false}},
		{[]string{"--debug", "true"}, passed, [3]bool{true, false, false}},
		{[]string{"--debug", "false"}, nil, [3]bool{true, true, true}},
		{[]string{"--allowed-hosts", ".example.org"}, nil, [3]bool{false, true, false}},
		{[]string{"--allowed-hosts", "lab.example.org,localhost", "--debug", "true"}, passed, [3]bool{true, true, false}},
	} {
		s := parse(t, c.args...)
		for i, host := range hosts {
			if got := s.HostAllowed(request(host, c.headers...)); got != c.want[i] {
				t.Errorf("%v, Host: %s, headers %v: %v", c.args, host, c.headers, got)
			}
		}
	}
}

func TestACookieWithoutDebugIsSecureAlsoWhereAutoDecides(t *testing.T) {
	https := parse(t).Cookie(func(*http.Request) bool { return false }).HTTPS
	if https(request("localhost:8000")) {
		t.Error("a direct request over plain HTTP gets a Secure cookie, which some browsers drop")
	}
	if !https(request("lab.example.org", "X-Forwarded-For", "203.0.113.7")) {
		t.Error("behind a proxy the cookie is not Secure")
	}
}

func TestTheAddressPrintedCanBeOpened(t *testing.T) {
	for addr, want := range map[string]string{
		"[::]:8765": "http://localhost:8765/", "0.0.0.0:80": "http://localhost:80/", ":80": "http://localhost:80/",
		"127.0.0.1:8000": "http://127.0.0.1:8000/", "[::1]:8000": "http://[::1]:8000/", "192.168.1.2:8000": "http://192.168.1.2:8000/",
	} {
		if got := URL(addr); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

func TestTheTimeZoneOfTheTableIsUTCUnlessSet(t *testing.T) {
	if zone, err := (&Settings{}).DBTimeZone(); err != nil || zone != time.UTC {
		t.Errorf("%v, %v", zone, err)
	}
	if zone, err := parse(t, "--session-db-time-zone", "Europe/Berlin").DBTimeZone(); err != nil || zone.String() != "Europe/Berlin" {
		t.Errorf("%v, %v", zone, err)
	}
}
