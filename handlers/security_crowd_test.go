package handlers

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// posting starts a POST whose body the test writes, to h.
func posting(h http.Handler) (body *io.PipeWriter, status <-chan int) {
	from, to := io.Pipe()
	answered := make(chan int, 1)
	r := httptest.NewRequest("POST", "/theme/", io.NopCloser(from))
	r.ContentLength = -1
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	go func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		answered <- w.Code
	}()
	return to, answered
}

// Who hangs up before the session is loaded has been let down by nobody.
func TestAClientThatHangsUpIsNoErrorOfTheLog(t *testing.T) {
	onEngines(t, serverEngines, func(t *testing.T, app *testApp) {
		v := app.scripted()
		v.wantStatus(v.post("/theme/", "theme", "dark"), 303)
		gone, hangUp := context.WithCancel(t.Context())
		hangUp()
		for _, path := range []string{"/theme/", "/counter/", "/cart/", "/account/", "/recent/"} {
			r := httptest.NewRequestWithContext(gone, "GET", path, nil)
			r.Header.Set("Cookie", "sessionid="+v.cookie())
			app.app.Handler().ServeHTTP(httptest.NewRecorder(), r)
		}
		if log := app.logs.String(); strings.Contains(log, "level=ERROR") || !strings.Contains(log, "context canceled") {
			t.Errorf("want no error, and a line that says what happened:\n%s", log)
		}
		v.want("/theme/", `{"theme_preference":"dark"}`)
	})
}

func TestSlowBodiesHoldNoPlaceOfTheCrowd(t *testing.T) {
	app := newTestApp(t)
	bubble(t, func(t *testing.T) {
		app.app.places = make(chan struct{}, 1)
		var got string
		h := app.app.crowd(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			got = string(text)
		}))
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
		for range maxLarge {
			body, status := posting(h)
			write(body, smallBody+1)
			bodies, answers = append(bodies, body), append(answers, status)
		}
		passes("beside large bodies that are slow")
		more, answer := posting(h)
		write(more, smallBody)
		want("one more of them", answer, 503)
		small, answer := posting(h)
		write(small, smallBody-1)
		small.Close()
		want("a form beside them", answer, 200)
		for i, body := range bodies {
			write(body, 40_000)
			body.Close()
			want("a large body", answers[i], 200)
		}
		if len(got) != smallBody+1+40_000 {
			t.Errorf("the handler read %d bytes of a large body, want all", len(got))
		}

		cut, answer := posting(h)
		write(cut, 5)
		cut.CloseWithError(io.ErrUnexpectedEOF)
		want("a body that ends too early", answer, 400)
		huge, answer := posting(h)
		write(huge, maxBody)
		go io.WriteString(huge, "x")
		want("a body beyond the limit", answer, 413)
		huge.Close()
		passes("after them all")
	})
}
