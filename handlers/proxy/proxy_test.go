package proxy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5/middleware"
)

// serve runs the middleware behind a real server and returns what it found out.
func serve(t *testing.T, trusted []string, change func(*http.Request)) (client, scheme, host, id string) {
	t.Helper()
	ranges, err := Parse(trusted)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(ranges.Middleware(middleware.RequestID(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme := "http"
		if ranges.HTTPS(r) {
			scheme = "https"
		}
		_, _ = io.WriteString(w, strings.Join([]string{Client(r).String(), scheme, r.Host, middleware.GetReqID(r.Context())}, "|"))
	}))))
	defer server.Close()
	r, _ := http.NewRequest("GET", server.URL, nil)
	r.Host = "direct.test"
	change(r)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	parts := strings.Split(string(body), "|")
	return parts[0], parts[1], parts[2], parts[3]
}

func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[name] = values }
}

func TestTheVisitorsAddressIsFoundBehindProxies(t *testing.T) {
	here := []string{"127.0.0.1/32", "10.0.0.0/8"}
	for name, c := range map[string]struct {
		trusted   []string
		forwarded []string
		want      string
	}{
		"nobody is trusted":                      {nil, []string{"203.0.113.7"}, "127.0.0.1"},
		"another proxy is trusted":               {[]string{"10.0.0.0/8"}, []string{"203.0.113.7"}, "127.0.0.1"},
		"an address":                             {here, []string{"203.0.113.7"}, "203.0.113.7"},
		"an address with a port":                 {here, []string{"203.0.113.7:4711"}, "203.0.113.7"},
		"an IPv6 address with a port":            {here, []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		"an IPv6 address in brackets":            {here, []string{"[2001:db8::1]"}, "2001:db8::1"},
		"an IPv4 address written as IPv6":        {here, []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		"what the visitor invented comes before": {here, []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		"two trusted proxies":                    {here, []string{"203.0.113.7:1, 10.1.2.3:2"}, "203.0.113.7"},
		"two lines":                              {here, []string{"198.51.100.1", "203.0.113.7:9"}, "203.0.113.7"},
		"proxies alone":                          {here, []string{"10.1.2.3"}, "127.0.0.1"},
		"what is no address":                     {here, []string{"203.0.113.7, unknown"}, "127.0.0.1"},
		"nothing":                                {here, nil, "127.0.0.1"},
		"a trusted range written as IPv6":        {[]string{"::ffff:127.0.0.0/104"}, []string{"203.0.113.7"}, "203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _, _, _ := serve(t, c.trusted, header("X-Forwarded-For", c.forwarded...)); got != c.want {
				t.Errorf("X-Forwarded-For %q, trusted %q: client %s, want %s", c.forwarded, c.trusted, got, c.want)
			}
		})
	}
}

func TestTheVisitorsSchemeIsTheFirstOfSeveral(t *testing.T) {
	for proto, want := range map[string]string{"https": "https", "HTTPS": "https", "https, http": "https", "https,https": "https", "http, https": "http", "http": "http", "": "http"} {
		if _, got, _, _ := serve(t, []string{"127.0.0.1"}, header("X-Forwarded-Proto", proto)); got != want {
			t.Errorf("X-Forwarded-Proto: %s is %s, want %s", proto, got, want)
		}
		if _, got, _, _ := serve(t, nil, header("X-Forwarded-Proto", proto)); got != "http" {
			t.Errorf("X-Forwarded-Proto: %s of a stranger is %s", proto, got)
		}
	}
}

func TestTheHostThatTheVisitorAskedForComesFromTrustedProxiesAlone(t *testing.T) {
	if _, _, got, _ := serve(t, []string{"127.0.0.1"}, header("X-Forwarded-Host", "evil.test, lab.example.org")); got != "lab.example.org" {
		t.Errorf("host %s", got)
	}
	if _, _, got, _ := serve(t, nil, header("X-Forwarded-Host", "evil.test")); got != "direct.test" {
		t.Errorf("host %s from a stranger's header", got)
	}
}

func TestARequestIDIsNotTakenFromOutside(t *testing.T) {
	if _, _, _, id := serve(t, []string{"127.0.0.1"}, header("X-Request-Id", "forged")); id == "" || id == "forged" {
		t.Errorf("request id %q", id)
	}
}

func TestWhatIsNoRangeIsRefused(t *testing.T) {
	for _, text := range []string{"", "everybody", "10.0.0.0/99", "10.0.0.256", "example.org"} {
		if _, err := Parse([]string{text}); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
	for _, text := range []string{"10.0.0.0/8", " 10.1.2.3 ", "::1", "2001:db8::/32", "fe80::1%eth0"} {
		ranges, err := Parse([]string{text})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		ranges.Middleware(http.NotFoundHandler()) // panics if chi cannot read a range
	}
}

func TestARequestThatAProxyPassedOnIsToldFromADirectOne(t *testing.T) {
	direct := func() *http.Request {
		r := httptest.NewRequest("POST", "http://localhost:8000/", nil)
		r.Header.Set("Origin", "http://localhost:8000")
		r.Header.Set("X-Requested-With", "fetch")
		return r
	}
	if Passed(direct()) {
		t.Error("a direct request counts as passed on")
	}
	for _, name := range []string{
		"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Server", "x-real-ip", "Via", "CF-Connecting-IP", "True-Client-IP",
	} {
		r := direct()
		r.Header.Set(name, "")
		if !Passed(r) {
			t.Errorf("with %s the request counts as direct", name)
		}
	}
	old := direct()
	old.ProtoMajor, old.ProtoMinor = 1, 0
	if !Passed(old) {
		t.Error("HTTP/1.0 counts as direct")
	}
	rewritten := direct()
	rewritten.Header.Set("Origin", "https://lab.example.org")
	if !Passed(rewritten) {
		t.Error("an Origin that is not Host counts as direct")
	}
}

func TestThisMachineHasNamesThatNobodyElseCanGive(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "localhost:8000": true, "LOCALHOST.": true, "lab.localhost:80": true, "127.0.0.1:8000": true, "127.1.2.3": true, "[::1]:8000": true,
		"": false, "evil.test": false, "localhost.evil.test": false, "127.0.0.1.evil.test:8000": false, "evillocalhost": false, "192.168.1.2:8000": false,
		"[::1": false, "localhost:8000:1": false, "0.0.0.0": false,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		if got := ToThisMachine(r); got != want {
			t.Errorf("Host: %s is this machine: %v, want %v", host, got, want)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host = "192.0.2.1"; ToThisMachine(r) {
			t.Error("another address counts as this machine")
		}
	}))
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
}

func TestAllowedHostsFollowDjangosRules(t *testing.T) {
	for _, c := range []struct {
		host, pattern string
		want          bool
	}{
		{"example.org", "example.org", true}, {"EXAMPLE.org:443", "example.ORG", true}, {"example.org.", "example.org", true},
		{"www.example.org", "example.org", false}, {"www.example.org:8000", ".example.org", true}, {"example.org", ".example.org", true},
		{"evilexample.org", ".example.org", false}, {"anything.test", "*", true}, {"[2001:db8::1]:8000", "[2001:db8::1]", true},
		{"[2001:db8::2]", "[2001:db8::1]", false}, {"", "example.org", false}, {"", "", false}, {"example.org/evil", "example.org", false},
		{"example.org@evil.test", ".test", false}, {"example.org:80:90", "example.org", false},
	} {
		if got := Allowed(c.host, []string{"other.test", c.pattern}); got != c.want {
			t.Errorf("Host: %s with ALLOWED_HOSTS=%s: %v, want %v", c.host, c.pattern, got, c.want)
		}
	}
}

func FuzzAllowed(f *testing.F) {
	f.Add("example.org:80", ".example.org")
	f.Add("[::1]:80", "[::1]")
	f.Fuzz(func(t *testing.T, host, pattern string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		ToThisMachine(r)
		if Allowed(host, []string{pattern}) && pattern != "*" && !strings.Contains(strings.ToLower(host), strings.ToLower(strings.TrimPrefix(pattern, "."))) {
			t.Errorf("%q is allowed by %q", host, pattern)
		}
	})
}
