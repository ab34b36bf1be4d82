package exercise

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// checkOf checks an app that is nothing but h, within narrow limits.
func checkOf(t *testing.T, n int, h http.HandlerFunc, most limits) Summary {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	all, err := check(t.Context(), n, server.URL, nil, most)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// stopped looks for a check that met nothing and says why in its first result.
func stopped(t *testing.T, all Summary, says string) {
	t.Helper()
	if all.Met != 0 || len(all.Results) != all.Total {
		t.Errorf("%d of %d criteria met, %d results", all.Met, all.Total, len(all.Results))
	}
	if got := all.Results[0].Got; !strings.Contains(got, says) {
		t.Errorf("the first result is %q, want it to say %q", got, says)
	}
	for _, r := range all.Results[1:] {
		if r.After == "" {
			t.Errorf("%s was looked at after the check had stopped: %s", r.Criterion, r)
		}
	}
}

func TestOnlyLoopbackAddressesAreChecked(t *testing.T) {
	for _, raw := range []string{
		"", "9000", "127.0.0.1:9000", "https://127.0.0.1:9000/", "ftp://127.0.0.1/",
		"http://", "http:///x", "//127.0.0.1/",
		"http://10.0.0.1/", "http://192.168.1.1:80/", "http://169.254.169.254/",
		"http://0.0.0.0:9000/", "http://[::]:9000/",
		"http://example.com/", "http://127.0.0.1.example.com/", "http://localhost.example.com/", "http://localhost./",
		"http://127.1:9000/", "http://2130706433/", "http://0x7f000001/", "http://017700000001/",
		"http://[::ffff:10.0.0.1]/", "http://[::1%25lo]/", "http://[fe80::1]/",
		"http://ann@127.0.0.1/", "http://127.0.0.1@10.0.0.1/",
		"http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://127.0.0.1:x/",
		"http://127.0.0.1/app/", "http://127.0.0.1/?x=1", "http://127.0.0.1/#x",
	} {
		if _, err := Check(t.Context(), 1, raw, nil); !errors.Is(err, ErrAddress) {
			t.Errorf("Check(%q): %v, want ErrAddress", raw, err)
		}
	}
	for _, raw := range []string{
		"http://127.0.0.1:9000", "http://127.0.0.1/", "http://127.8.9.1/", "http://[::1]:9000/",
		"http://localhost:9000/", "http://[::ffff:127.0.0.1]/",
	} {
		if _, err := parseTarget(t.Context(), raw); err != nil {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

// The name has been looked up by then; what counts is the address that is dialed.
func TestNoOtherAddressIsEverDialed(t *testing.T) {
	for _, ip := range []string{"192.0.2.1", "10.0.0.1", "0.0.0.0", "2001:db8::1", "::"} {
		host := &url.URL{Scheme: "http", Host: "localhost:9"}
		target := &target{base: host, ips: []netip.Addr{netip.MustParseAddr(ip)}, port: 9}
		_, err := target.client(usual.header).Get("http://localhost:9/")
		if !errors.Is(err, ErrAddress) {
			t.Errorf("%s was dialed: %v", ip, err)
		}
	}
}

func TestAURLOfAnotherHostLeadsToTheAppAllTheSame(t *testing.T) {
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	target, err := parseTarget(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res, err := target.client(usual.header).Get("http://192.0.2.1/")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if !asked {
		t.Error("the request went elsewhere")
	}
	if target.client(usual.header).Transport.(*http.Transport).Proxy != nil {
		t.Error("a proxy from the environment would see the requests")
	}
}

func TestRedirectsAndFormsToOtherHostsAreNotFollowed(t *testing.T) {
	var visits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer other.Close()
	host := strings.TrimPrefix(other.URL, "http://")
	for _, to := range []string{"http://" + host + "/", "//" + host, `/\` + host} {
		all := checkOf(t, 1, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		}, usual)
		if got := all.Results[0].Got; all.Met != 0 || !strings.Contains(got, "was not followed") {
			t.Errorf("redirect to %s: %q", to, got)
		}
	}
	posts := 0
	checkOf(t, 2, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posts++
		}
		fmt.Fprintf(w, `<form method="post" action="%s/login/">
			<input type="hidden" name="token" value="secret"></form>`, other.URL)
	}, usual)
	if n := visits.Load(); n != 0 || posts != 0 {
		t.Errorf("another host was asked %d times, and its form was sent %d times", n, posts)
	}
}

func TestTheSignInMustNotLeadToAnotherHostByABackslash(t *testing.T) {
	p := &play{target: &target{base: &url.URL{Scheme: "http", Host: "127.0.0.1:9000", Path: "/"}}}
	for location, ours := range map[string]bool{
		"/private/": true, "http://127.0.0.1:9000/x": true, "?page=2": true,
		"//example.com/": false, `/\example.com/`: false, `\\example.com/`: false, `http:\\example.com`: false,
		"https://127.0.0.1:9000/": false,
	} {
		u, err := destination(p.target.base, location)
		if err != nil {
			t.Errorf("%q: %v", location, err)
		} else if p.ours(u) != ours {
			t.Errorf("a redirect to %q is on the app's host: %v, want %v", location, !ours, ours)
		}
	}
}

func TestAnEndlessRedirectEnds(t *testing.T) {
	requests := 0
	all := checkOf(t, 1, func(w http.ResponseWriter, r *http.Request) {
		requests++
		http.Redirect(w, r, "/recent/", http.StatusFound)
	}, usual)
	if got := all.Results[0].Got; all.Met != 0 || !strings.Contains(got, "redirects in a row") || requests > 10 {
		t.Errorf("after %d requests: %q", requests, got)
	}
}

func TestAnEndlessAnswerEnds(t *testing.T) {
	page, sent := strings.Repeat("x", 1<<16), 0
	endless := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := fmt.Fprint(w, page); err != nil {
				return
			}
			sent += len(page)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(endless))
	all, err := check(t.Context(), 1, server.URL, nil, usual)
	server.Close() // waits until the handler has noticed
	if err != nil {
		t.Fatal(err)
	}
	stopped(t, all, "more than 1024 kB")
	if sent > 6<<20 {
		t.Errorf("%d bytes were taken, which is more than what fits in between", sent)
	}

	t.Run("and so do many long ones", func(t *testing.T) {
		sent := 0
		all := checkOf(t, 1, func(w http.ResponseWriter, r *http.Request) {
			sent++
			if r.URL.Path == "/recent/" {
				fmt.Fprint(w, `{"recent": []}`)
			}
			fmt.Fprint(w, strings.Repeat(" ", 300<<10))
		}, usual)
		if sent > 4 || !strings.Contains(fmt.Sprint(all.Results), "more than 1024 kB") {
			t.Errorf("after %d answers of 300 kB: %v", sent, all.Results)
		}
	})

	t.Run("and a head without end", func(t *testing.T) {
		stopped(t, checkOf(t, 1, func(w http.ResponseWriter, r *http.Request) {
			for i := range 3000 {
				w.Header().Set(fmt.Sprint("X-", i), page[:64])
			}
		}, usual), "no answer that the check can read")
	})
}

func TestASlowAppIsNotWaitedFor(t *testing.T) {
	most := usual
	most.answer = 200 * time.Millisecond
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	stopped(t, checkOf(t, 1, silent, most), "no whole answer within 200ms")

	t.Run("that sends a byte at a time", func(t *testing.T) {
		drop := func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, " ")
				http.NewResponseController(w).Flush()
				time.Sleep(time.Millisecond)
			}
		}
		stopped(t, checkOf(t, 1, drop, most), "no whole answer within 200ms")
	})

	t.Run("in all", func(t *testing.T) {
		most := usual
		most.total = 200 * time.Millisecond
		stopped(t, checkOf(t, 1, silent, most), "the check took longer than 200ms")
	})
}

func TestACheckSendsABoundedNumberOfRequests(t *testing.T) {
	most := usual
	most.requests = 10
	sent := 0
	all := checkOf(t, 3, func(w http.ResponseWriter, r *http.Request) {
		sent++
		fmt.Fprint(w, `{"group": "A"}`)
	}, most)
	if sent != 10 || !strings.Contains(fmt.Sprint(all.Results), "its 10 requests") {
		t.Errorf("%d requests: %v", sent, all.Results)
	}
}

func TestAnAppThatDiesIsSaidToHaveDied(t *testing.T) {
	dies := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	stopped(t, checkOf(t, 1, dies, usual), "closed before it had answered")

	t.Run("in the middle of its answer", func(t *testing.T) {
		stopped(t, checkOf(t, 1, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
		}, usual), "closed before it had answered")
	})

	t.Run("or is not there", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		all, err := Check(t.Context(), 1, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		stopped(t, all, "start it first")
	})
}

func TestAnEndedContextIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	if _, err := Check(ctx, 1, server.URL, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestWhatTheAppSaysIsOneShortPrintableLine(t *testing.T) {
	all := checkOf(t, 1, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "\x1b[2J\x07one\r\ntwo\u202e\u0000"+strings.Repeat("x", 10_000))
	}, usual)
	got := all.Results[0].Got
	raw := strings.ContainsAny(got, "\x1b\x07\r\n\u202e\x00")
	if !strings.HasPrefix(got, "200 [2J one two xxx") || len(got) > 600 || raw {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func TestAPageIsQuotedByItsTitle(t *testing.T) {
	all := checkOf(t, 1, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
		fmt.Fprint(w, "<!DOCTYPE html>\n<head><style>x</style><title>NameError at /recent/</title></head><body>…")
	}, usual)
	if got := all.Results[0].Got; got != "500 a page “NameError at /recent/”" {
		t.Errorf("got %q", got)
	}
}

// Browsers treat plain http on this computer as secure, so an app may ask for Secure cookies.
func TestSecureCookiesAreSentBack(t *testing.T) {
	back := ""
	checkOf(t, 1, func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("sessionid"); err == nil {
			back = c.Value
		}
		http.SetCookie(w, &http.Cookie{Name: "sessionid", Value: "abc", Path: "/", Secure: true})
		fmt.Fprint(w, `{"recent": []}`)
	}, usual)
	if back != "abc" {
		t.Errorf("the cookie came back as %q", back)
	}
}

func TestAFormIsSentAsABrowserSendsIt(t *testing.T) {
	var got url.Values
	var path string
	checkOf(t, 5, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			r.ParseForm()
			got, path = r.PostForm, r.RequestURI
		case r.URL.Path == "/private/":
			http.Redirect(w, r, "/login/?next=%2Fprivate%2F", http.StatusFound)
		default:
			fmt.Fprint(w, `<form action="/search/"><input type="hidden" name="no" value="1"></form>
				<form method="POST" action="/enter/?a=1"><input type="hidden" name="token" value="t&amp;1">
				<input name="username" value="you"></form>`)
		}
	}, usual)
	want := url.Values{"token": {"t&1"}, "username": {alice}, "password": {password}}
	if path != "/enter/?a=1" || got.Encode() != want.Encode() {
		t.Errorf("POST %s %v, want %v", path, got, want)
	}
}
