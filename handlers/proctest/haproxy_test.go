package proctest

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sessionlab/sessions/sessionstest/testserver"
)

const proxies = "../proxy/PROXIES.md"

// haproxy starts HAProxy with the lines of the document before two copies of the program.
func haproxy(t *testing.T, one, two string) *front {
	t.Helper()
	path, f := needs(t, "haproxy"), newFront(t, t.TempDir())
	config := put(t, fenceOf(t, proxies, "haproxy"), "bind :80", "bind "+f.plain, "bind :443", "bind "+f.secure,
		"/etc/ssl/sessionlab", f.dir, "127.0.0.1:8001", one, "127.0.0.1:8002", two)
	file := filepath.Join(f.dir, "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	f.run(t, path, "-db", "-f", file)
	return f
}

// copies are two copies of the program that share their stores.
type copies struct {
	t        *testing.T
	settings []string
	addr     [2]string
	p        [2]*process
}

func newCopies(t *testing.T, settings []string) *copies {
	t.Helper()
	return &copies{t: t, settings: settings, addr: [2]string{freeAddress(t), freeAddress(t)}}
}

// begin starts copy i with more settings, and stops the one before it first.
func (c *copies) begin(i int, more ...string) {
	c.t.Helper()
	if c.p[i] != nil {
		c.p[i].signal(syscall.SIGTERM)
		if state := c.p[i].ended(); !state.Success() {
			c.t.Errorf("copy %d ended with %v: %s", i, state, c.p[i].output())
		}
	}
	c.p[i] = start(c.t, c.t.TempDir(), append(append(c.settings, "ADDR="+c.addr[i]), more...)...)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if status, _, err := ask(browser(), "GET", c.p[i].url+"/healthz", ""); err == nil && status == 200 {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("copy %d is not well: %s", i, c.p[i].output())
		}
	}
}

const (
	oldKey = "T3sts-0nly.former.aWq9zR7xLm2vKd8sHf4gJp6tYb1nUc5eXo0iQrBz"
	newKey = "T3sts-0nly.latter.mZ8kQw3eRt6yUi9oPa2sDf5gHj7lXc4vBn1qWz0x"
)

// Visitors click all the while: the copies are exchanged, one after the other, for a new version
// and for a new key, as the document says. No request is lost, no visit, and nobody is signed out.
func TestARollingDeploymentIsNotNoticed(t *testing.T) {
	t.Parallel()
	needs(t, "haproxy")
	for _, engine := range []string{"cached_db", "cache", "signed_cookies"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := newCopies(t, siteSettings(t, testserver.NewRedis(t).Addr,
				"SESSION_ENGINE="+engine, "SECRET_KEY="+oldKey, "STORE_KEY="+oldKey))
			c.begin(0)
			c.begin(1)
			f := haproxy(t, c.addr[0], c.addr[1])
			var stop atomic.Bool
			var clicks atomic.Int64
			var visitors sync.WaitGroup
			for i := range 6 {
				visitor := f.browserAt("127.0.0.1")
				name := fmt.Sprintf("visitor%d", i)
				res, text := f.send(t, visitor, "POST", "/signup/",
					"username="+name+"&password1=a-few-words-2026&password2=a-few-words-2026")
				if res.StatusCode != 303 {
					t.Fatalf("sign-up: %d %s, want 303", res.StatusCode, text)
				}
				visitors.Go(func() {
					defer visitor.CloseIdleConnections()
					for n := 1; !stop.Load() && !t.Failed(); n++ {
						f.click(t, visitor, name, n)
						clicks.Add(1)
					}
				})
			}
			for _, round := range [][]string{
				nil, // a new version
				{"SECRET_KEY_FALLBACKS=" + newKey},
				{"SECRET_KEY=" + newKey, "SECRET_KEY_FALLBACKS=" + oldKey},
			} {
				for i := range c.p {
					c.begin(i, round...)
					for before := clicks.Load(); clicks.Load() < before+60 && !t.Failed(); {
						time.Sleep(10 * time.Millisecond)
					}
				}
			}
			stop.Store(true)
			visitors.Wait()
			t.Logf("%d clicks", clicks.Load())
		})
	}
}

// click is the n-th visit of somebody who is signed in.
func (f *front) click(t *testing.T, visitor *http.Client, name string, n int) {
	res, text := f.send(t, visitor, "GET", "/counter/", "")
	if res.StatusCode != 200 || strings.TrimSpace(text) != fmt.Sprintf(`{"visit_count":%d}`, n) {
		t.Errorf("visit %d: %d %s", n, res.StatusCode, text)
	}
	if res, text := f.send(t, visitor, "POST", "/theme/", "theme=dark"); res.StatusCode != 303 {
		t.Errorf("a form after visit %d: %d %s", n, res.StatusCode, text)
	}
	if res, text := f.send(t, visitor, "GET", "/account/", ""); res.StatusCode != 200 || !strings.Contains(text, name) {
		t.Errorf("the account after visit %d: %d %s, want 200 and %s", n, res.StatusCode, text, name)
	}
}

// While the copies have different keys, a sign-out at one of them is final at the other one too,
// which had the session in its cache.
func TestASignOutIsFinalWhileTheKeyChanges(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"cached_db", "cache"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := newCopies(t, siteSettings(t, testserver.NewRedis(t).Addr, "SESSION_ENGINE="+engine,
				"STORE_KEY="+oldKey, "SESSION_COOKIE_NAME=sessionid", "SESSION_COOKIE_SECURE=false", "ALLOWED_HOSTS=127.0.0.1"))
			c.begin(0, "SECRET_KEY="+oldKey, "SECRET_KEY_FALLBACKS="+newKey)
			c.begin(1, "SECRET_KEY="+newKey, "SECRET_KEY_FALLBACKS="+oldKey)
			visitor := browser() // cookies know no ports
			do := func(i, want int, method, path, form string) {
				t.Helper()
				if status, text, err := ask(visitor, method, c.p[i].url+path, form); err != nil || status != want {
					t.Errorf("copy %d: %s %s: %d %s %v, want %d", i, method, path, status, text, err, want)
				}
			}
			do(0, 303, "POST", "/signup/", "username=carol&password1=a-few-words-2026&password2=a-few-words-2026")
			do(1, 200, "GET", "/account/", "")
			do(0, 200, "GET", "/account/", "")
			stolen := keep(t, c.p[0].url, visitor.Jar)
			do(0, 303, "POST", "/logout/", "")
			visitor.Jar = stolen // a copy of the cookie, since the sign-out took it from this browser
			do(1, 303, "GET", "/account/", "")
		})
	}
}

// keep copies the cookies of a jar.
func keep(t *testing.T, url string, jar http.CookieJar) http.CookieJar {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := cookiejar.New(nil) // it never fails
	other.SetCookies(req.URL, jar.Cookies(req.URL))
	return other
}
