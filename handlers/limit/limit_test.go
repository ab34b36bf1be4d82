package limit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// refuse answers with the refusal as it is.
func refuse(w http.ResponseWriter, _ *http.Request, e *Refused) {
	e.SetHeader(w.Header())
	http.Error(w, e.Text, e.Status)
}

// take takes n tokens and says how many there were.
func take(b *Buckets, key string, n int) (taken int) {
	for range n {
		if b.Take(key) == nil {
			taken++
		}
	}
	return taken
}

func TestABucketIsFullAtFirstAndFillsEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBuckets(Rate{60, time.Minute})
		if got := take(b, "a", 10_000); got != 60 {
			t.Errorf("%d at once, want 60", got)
		}
		if got := take(b, "b", 1); got != 1 {
			t.Error("the buckets of two keys are one")
		}
		time.Sleep(10 * time.Second)
		if got := take(b, "a", 100); got != 10 {
			t.Errorf("%d after 10 s, want 10", got)
		}
		time.Sleep(time.Hour)
		if got := take(b, "a", 100); got != 60 {
			t.Errorf("%d after an hour, want 60 again and no more", got)
		}
	})
	if got := take(NewBuckets(NewSessions.With(0)), "a", 10_000); got != 10_000 {
		t.Errorf("%d with a burst of 0, which is no limit", got)
	}
}

func TestARefusalSaysWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewBuckets(Rate{2, time.Hour}).Middleware(func(r *http.Request) string { return r.RemoteAddr }, refuse)(http.NotFoundHandler())
		ask := func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
			return w
		}
		ask()
		ask()
		time.Sleep(10*time.Minute + time.Millisecond)
		w := ask()
		if w.Code != 429 || w.Header().Get("Retry-After") != "1200" || !strings.Contains(w.Body.String(), "Try again in 20 minutes.") {
			t.Errorf("%d, Retry-After %q, %s", w.Code, w.Header().Get("Retry-After"), w.Body)
		}
		time.Sleep(20*time.Minute - time.Second)
		if w := ask(); w.Code != 429 || w.Header().Get("Retry-After") != "1" {
			t.Errorf("a second before: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
		}
		time.Sleep(time.Second)
		if w := ask(); w.Code != 404 {
			t.Errorf("when it said: %d, want to be let through", w.Code)
		}
	})
}

func TestTheMemoryOfBucketsIsBounded(t *testing.T) {
	b := NewBuckets(Rate{1, time.Hour})
	for i := range 3 * bucketsKept {
		_ = b.Take(fmt.Sprint(i))
	}
	if got := b.all.Len(); got != bucketsKept {
		t.Errorf("%d buckets are kept, want %d", got, bucketsKept)
	}
}

func TestANetworkIsAnIPv4AddressOrAnIPv6Slash56(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8:1:200::1": "2001:db8:1:200::/56",
		"2001:db8:1:2ff:ffff::1": "2001:db8:1:200::/56", "2001:db8:1:300::1": "2001:db8:1:300::/56", "fe80::1%eth0": "fe80::/56",
	} {
		if got := Network(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
	if got := Network(netip.Addr{}); got != "invalid IP" {
		t.Errorf("no address: %s", got)
	}
}

func TestWhoWaitsInACrowdIsServedWhenAPlaceIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := NewPlaces(1, RequestWait, Crowded())
		skip := func(r *http.Request) bool { return r.URL.Path == "/stream" }
		h := places.Middleware(skip, refuse)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(RequestWait * 3 / 4) }))
		ask := func(path string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			return w
		}
		var wg sync.WaitGroup
		var answers [4]*httptest.ResponseRecorder
		for i, path := range []string{"/", "/", "/", "/stream"} {
			time.Sleep(time.Millisecond)
			wg.Go(func() { answers[i] = ask(path) })
		}
		wg.Wait()
		for i, want := range []int{200, 200, 503, 200} {
			if got := answers[i].Code; got != want {
				t.Errorf("request %d: %d, want %d", i+1, got, want)
			}
		}
		if got := answers[2]; got.Header().Get("Retry-After") == "" || !strings.Contains(got.Body.String(), "Too many people") {
			t.Errorf("the third: %v %s", got.Header(), got.Body)
		}
	})
}

func TestWaitingEndsWithTheCallersContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := NewPlaces(1, time.Minute, Crowded())
		leave, err := places.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := places.Enter(short); !errors.As(err, new(*Refused)) {
			t.Errorf("after the caller's deadline: %v, want a refusal", err)
		}
		gone, hangUp := context.WithCancel(t.Context())
		hangUp()
		if _, err := places.Enter(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("after the caller has gone: %v", err)
		}
		leave()
		if leave, err = places.Enter(t.Context()); err != nil {
			t.Errorf("those who went away hold a place: %v", err)
		}
		leave()
	})
}

// posting starts a POST whose body the test writes.
func posting(h http.Handler) (body *io.PipeWriter, status <-chan int) {
	from, to := io.Pipe()
	answered := make(chan int, 1)
	r := httptest.NewRequest("POST", "/theme/", io.NopCloser(from))
	r.ContentLength = -1
	go func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		answered <- w.Code
	}()
	return to, answered
}

func TestSlowBodiesHoldNoPlaceOfTheCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got string
		places := NewPlaces(1, RequestWait, Crowded())
		never := func(*http.Request) bool { return false }
		h := Bodies(refuse)(Receive(refuse)(places.Middleware(never, refuse)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			got = string(text)
		}))))
		want := func(name string, status <-chan int, want int) {
			t.Helper()
			if got := <-status; got != want {
				t.Errorf("%s: status %d, want %d", name, got, want)
			}
		}
		passes := func(when string) {
			t.Helper()
			begun, w := time.Now(), httptest.NewRecorder()
			if h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil)); w.Code != 200 || time.Since(begun) > 0 {
				t.Errorf("%s: another request: status %d after %v, want 200 at once", when, w.Code, time.Since(begun))
			}
		}
		write := func(body io.Writer, n int) {
			t.Helper()
			if _, err := io.WriteString(body, strings.Repeat("x", n)); err != nil {
				t.Fatal(err)
			}
		}

		slow, answer := posting(h)
		for range 10 {
			write(slow, 1)
			time.Sleep(time.Second)
			passes("beside a slow form")
		}
		slow.Close()
		want("a slow form", answer, 200)
		if got != "xxxxxxxxxx" {
			t.Errorf("the handler read %q, want ten letters", got)
		}

		var bodies []*io.PipeWriter
		var answers []<-chan int
		for range LargeBodies {
			body, status := posting(h)
			write(body, SmallBody+1)
			bodies, answers = append(bodies, body), append(answers, status)
		}
		passes("beside large bodies that are slow")
		more, answer := posting(h)
		write(more, SmallBody)
		want("one more of them", answer, 503)
		small, answer := posting(h)
		write(small, SmallBody-1)
		small.Close()
		want("a form beside them", answer, 200)
		for i, body := range bodies {
			write(body, 20_000)
			body.Close()
			want("a large body", answers[i], 200)
		}
		if len(got) != SmallBody+1+20_000 {
			t.Errorf("the handler read %d bytes of a large body, want all", len(got))
		}

		cut, answer := posting(h)
		write(cut, 5)
		cut.CloseWithError(io.ErrUnexpectedEOF)
		want("a body that ends too early", answer, 400)
		huge, answer := posting(h)
		write(huge, FormBody)
		go io.WriteString(huge, "x")
		want("a body beyond the limit", answer, 413)
		huge.Close()
		passes("after them all")
	})
}

func TestABodyThatSaysItIsTooLargeIsNotRead(t *testing.T) {
	h := Bodies(refuse)(http.NotFoundHandler())
	for length, want := range map[int]int{FormBody: 404, FormBody + 1: 413} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", length))))
		if w.Code != want {
			t.Errorf("%d bytes: %d, want %d", length, w.Code, want)
		}
	}
}

func TestWaitsAreSaidInWords(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		0: "1 second", time.Millisecond: "1 second", 20 * time.Second: "20 seconds", 91 * time.Second: "2 minutes",
		10 * time.Minute: "10 minutes", 89*time.Minute + 1: "90 minutes", 100 * time.Minute: "2 hours",
	} {
		if got := InWords(wait); got != want {
			t.Errorf("%v: %q, want %q", wait, got, want)
		}
	}
}
