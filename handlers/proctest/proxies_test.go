package proctest

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"sessionlab/sessions/sessionstest/testserver"
)

// The lines of nginx in the README, which the tests change as the table of PROXIES.md says.
const (
	hostKept  = "proxy_set_header Host $http_host;"
	noHost    = `proxy_set_header X-Forwarded-Host "";`
	address   = "proxy_set_header X-Forwarded-For $remote_addr;"
	scheme    = "proxy_set_header X-Forwarded-Proto $scheme;"
	toProgram = "proxy_pass http://127.0.0.1:8000;"
)

// lab is the program with the README's settings, for a proxy in front of it.
func lab(t *testing.T, more ...string) *process {
	t.Helper()
	return start(t, t.TempDir(), siteSettings(t, testserver.NewRedis(t).Addr, more...)...)
}

// wantSite checks what visitors notice of a proxy that is set up well.
func (f *front) wantSite(t *testing.T) {
	t.Helper()
	c := f.browserAt("127.0.0.1")
	res, text := f.send(t, c, "POST", "/theme/", "theme=dark")
	if res.StatusCode != 303 {
		t.Errorf("a form: %d %s, want 303", res.StatusCode, text)
	}
	if cookies := res.Cookies(); len(cookies) == 0 || !cookies[0].Secure {
		t.Errorf("the cookie is %v, want it Secure", res.Header["Set-Cookie"])
	}
	if res.ProtoMajor != 2 {
		t.Errorf("spoken is %s, want HTTP/2", res.Proto)
	}
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("the program does not know that this is HTTPS")
	}
	if res, text := f.send(t, c, "GET", "/theme/", ""); !strings.Contains(text, "dark") {
		t.Errorf("the session after the form: %d %s, want it dark", res.StatusCode, text)
	}
	if res, _ := f.send(t, c, "GET", "/theme/", "", "X-Forwarded-Host", "elsewhere.example"); res.StatusCode != 200 {
		t.Errorf("a forged X-Forwarded-Host: %d, want it to change nothing", res.StatusCode)
	}
	f.wantLimits(t)
}

// wantLimits checks that two visitors are two, whatever they say of themselves. The program runs
// with SIGNIN_NAME_LIMIT=2.
func (f *front) wantLimits(t *testing.T) {
	t.Helper()
	const guess = "username=dora&password=wrong"
	for i, want := range []int{422, 422, 429} {
		from := []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}[i]
		res, _ := f.send(t, f.browserAt("127.0.0.2"), "POST", "/login/", guess, "X-Forwarded-For", from)
		if res.StatusCode != want {
			t.Errorf("guess %d: %d, want %d", i+1, res.StatusCode, want)
		}
	}
	if res, _ := f.send(t, f.browserAt("127.0.0.3"), "POST", "/login/", guess); res.StatusCode != 422 {
		t.Errorf("the first guess of another visitor: %d, want 422", res.StatusCode)
	}
}

// Every way that the table has for nginx.
func TestNginxInEachWayOfTheTable(t *testing.T) {
	t.Parallel()
	needs(t, "nginx")
	for name, pairs := range map[string][]string{
		"as in the README":     nil,
		"addresses with ports": {address, "proxy_set_header X-Forwarded-For $remote_addr:$remote_port;"},
		"the host is rewritten": {
			hostKept, "proxy_set_header Host inner.example;", noHost, "proxy_set_header X-Forwarded-Host $http_host;",
		},
		"connections are kept":   {toProgram, `proxy_pass http://program; proxy_set_header Connection "";`},
		"the large header lines": {"location / {", "large_client_header_buffers 4 32k; location / {"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, f := lab(t, "SIGNIN_NAME_LIMIT=2"), newFront(t, t.TempDir())
			site := put(t, fence(t, "nginx"), pairs...) + "upstream program { server 127.0.0.1:8000; keepalive 8; }\n"
			f.nginx(t, site, "127.0.0.1:8000", p.host())
			f.wantSite(t)
			want := map[bool]int{true: 200, false: 400}[name == "the large header lines"]
			if got := f.largeCookie(t, 20_000); got != want {
				t.Errorf("a cookie of 20 kB: %d, want %d", got, want)
			}
			if got := f.largeCookie(t, 7_000); got != 200 {
				t.Errorf("a cookie of 7 kB: %d, want 200", got)
			}
		})
	}
}

// largeCookie is how a page is answered to a browser that sends a cookie of size bytes.
func (f *front) largeCookie(t *testing.T, size int) int {
	t.Helper()
	c := f.browserAt("127.0.0.1")
	c.Transport.(*http.Transport).ForceAttemptHTTP2 = false // HTTP/2 packs headers
	res, _ := f.send(t, c, "GET", "/theme/", "", "Cookie", "other="+strings.Repeat("x", size))
	return res.StatusCode
}

// What happens where a line of the table is left out, as it says.
func TestWhatIsLeftOutBeforeNginxIsNoticed(t *testing.T) {
	t.Parallel()
	needs(t, "nginx")
	p := lab(t, "SIGNIN_NAME_LIMIT=2")
	with := func(pairs ...string) *front {
		f := newFront(t, t.TempDir())
		f.nginx(t, fence(t, "nginx"), append(pairs, "127.0.0.1:8000", p.host())...)
		return f
	}
	rewritten := with(hostKept, "proxy_set_header Host lab.example.org:1;")
	res, _ := rewritten.send(t, rewritten.browserAt("127.0.0.1"), "POST", "/theme/", "theme=dark")
	if res.StatusCode != 403 {
		t.Errorf("Host rewritten, and nothing said of it: a form gets %d, want 403", res.StatusCode)
	}
	p.says(t, "have it send X-Forwarded-Host") // what to do is in the log
	bare := with(scheme, "")
	res, _ = bare.send(t, bare.browserAt("127.0.0.1"), "GET", "/theme/", "")
	if res.Header.Get("Strict-Transport-Security") != "" {
		t.Error("without the scheme the program takes the request for one over HTTPS")
	}
}

func TestHAProxyIsAProxyLikeNginx(t *testing.T) {
	t.Parallel()
	needs(t, "haproxy")
	p := lab(t, "SIGNIN_NAME_LIMIT=2")
	f := haproxy(t, p.host(), p.host())
	f.wantSite(t)
	for size, want := range map[int]int{7_000: 200, 20_000: 400} {
		if got := f.largeCookie(t, size); got != want {
			t.Errorf("a cookie of %d bytes: %d, want %d", size, got, want)
		}
	}
	res, err := browser().Get("http://" + f.plain + "/counter/")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 301 || !strings.HasPrefix(res.Header.Get("Location"), "https://") {
		t.Errorf("over HTTP: %d to %s, want 301 to HTTPS", res.StatusCode, res.Header.Get("Location"))
	}
}

// HAProxy speaks TLS, and nginx stands between it and the program.
func TestAChainOfProxiesIsLikeOne(t *testing.T) {
	t.Parallel()
	needs(t, "haproxy")
	p := lab(t, "SIGNIN_NAME_LIMIT=2")
	inner := newFront(t, t.TempDir())
	inner.nginx(t, fence(t, "nginx"), "127.0.0.1:8000", p.host(), scheme, "", noHost, "",
		address, "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
		"return 301 https://$host$request_uri;", "location / { proxy_pass http://"+p.host()+"; "+hostKept+
			" proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }")
	haproxy(t, inner.plain, inner.plain).wantSite(t)
}

// Events come through while the stream is open.
func TestProxiesHoldNoEventsBack(t *testing.T) {
	t.Parallel()
	needs(t, "haproxy")
	p := lab(t, "DEBUG=true", "SESSION_COOKIE_NAME=sessionid")
	behind := newFront(t, t.TempDir())
	behind.nginx(t, fence(t, "nginx"), "127.0.0.1:8000", p.host())
	for name, f := range map[string]*front{"nginx": behind, "HAProxy": haproxy(t, p.host(), p.host())} {
		c := f.browserAt("127.0.0.1")
		f.send(t, c, "GET", "/counter/", "")
		req, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+f.secure+"/events/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = siteName
		req.Header.Set("Accept", "text/event-stream")
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		lines := make(chan string, 64)
		go func() {
			for scan := bufio.NewScanner(res.Body); scan.Scan(); {
				lines <- scan.Text()
			}
			close(lines)
		}()
		f.send(t, c, "POST", "/methods/", "action=flush")
		found := false
		for line := range lines { // the client's timeout ends it
			if found = strings.Contains(line, "flushed"); found {
				break
			}
		}
		if !found {
			t.Errorf("%s: the event did not come while the stream was open", name)
		}
		res.Body.Close()
	}
}
