package handlers

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/sessions"
)

// live runs the event feed for as long as the test lasts, as App.Run does.
func live(t *testing.T, app *testApp) *testApp {
	t.Helper()
	var work sync.WaitGroup
	work.Go(func() { app.app.events.run(t.Context()) })
	t.Cleanup(work.Wait)
	return app
}

// openStream opens the event stream with a session's cookie, and gives its lines. The channel
// is closed when the stream ends.
func openStream(t *testing.T, app *testApp, cookie, query string, headers ...string) (*http.Response, <-chan string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", app.URL+"/events/stream"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	if cookie != "" {
		req.Header.Set("Cookie", "sessionid="+cookie)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(res.Body); scan.Scan(); {
			if scan.Text() != "" {
				lines <- scan.Text()
			}
		}
	}()
	return res, lines
}

// await reads lines until one has text in it, and returns all until then.
func await(t *testing.T, lines <-chan string, text string) (all string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				t.Fatalf("the stream ended before %q; it said %q", text, all)
			}
			if all += line + "\n"; strings.Contains(line, text) {
				return all
			}
		case <-limit:
			t.Fatalf("no line with %q came; the stream said %q", text, all)
		}
	}
}

// awaitEnd reads what is left, and fails if the stream is still open after the limit.
func awaitEnd(t *testing.T, lines <-chan string, limit time.Duration) (rest string) {
	t.Helper()
	late := time.After(limit)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return rest
			}
			rest += line + "\n"
		case <-late:
			t.Fatalf("the stream is still open after %s; it said %q", limit, rest)
		}
	}
}

// short is the short hash of a session.
func (a *testApp) short(key string) string {
	return a.app.engines.Manager(a.app.engines.Default).ID(key).String()
}

func TestEventsOnEveryEngine(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		live(t, app)
		for _, step := range []struct {
			name string
			f    func(*testing.T, *testApp)
		}{
			{"the page follows a visitor from key to key", eventsFollow},
			{"R-105 nobody sees another visitor", eventsOwnOnly},
			{"R-55 a stream tells the end of its session and ends", eventsEnd},
		} {
			t.Run(step.name, func(t *testing.T) { step.f(t, app) })
		}
	})
}

func eventsFollow(t *testing.T, app *testApp) {
	v := app.scripted()
	v.want("/events/", `{"events":[]}`)
	v.wantStatus(v.post("/lab/incr"), 303)
	first := app.short(v.cookie())
	for range 3 {
		v.wantStatus(v.post("/lab/incr"), 303) // with signed cookies, each has another key
	}
	v.wantStatus(v.post("/methods/", "action", "cycle"), 303)
	var got struct {
		Events []struct {
			ID                                      int64
			Kind, Session, Engine, Detail, Path, At string
		}
	}
	if err := json.Unmarshal([]byte(v.get("/events/").body), &got); err != nil || len(got.Events) != 2 {
		t.Fatalf("got %+v and %v, want two events", got, err)
	}
	cycled, created := got.Events[0], got.Events[1]
	if created.Kind != "created" || created.Session != first || created.Path != "POST /lab/incr" || created.Engine != app.app.engines.Default {
		t.Errorf("got %+v, want the session's creation by POST /lab/incr", created)
	}
	sameKey := cycled.Session == first && app.app.engines.Default != "signed_cookies" // there, the same data at the same second make the same key
	if cycled.Kind != "key cycled" || sameKey || cycled.Path != "POST /methods/" || cycled.ID <= created.ID {
		t.Errorf("got %+v, want the move to a new key by POST /methods/", cycled)
	}
	page := v.get("/events/", "Accept", "text/html").body
	for _, want := range []string{"new key", "created", first, fmt.Sprintf(`data-stream="/events/stream?after=%d"`, cycled.ID)} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func eventsOwnOnly(t *testing.T, app *testApp) {
	a, b := app.scripted(), app.scripted()
	a.wantStatus(a.post("/lab/incr"), 303)
	_, lines := openStream(t, app, a.cookie(), "?after=0")
	b.wantStatus(b.post("/lab/set", "k", "mine", "v", "B"), 303)
	b.wantStatus(b.post("/methods/", "action", "cycle"), 303)
	other := app.short(b.cookie())
	if !strings.Contains(b.get("/events/").body, other) {
		t.Fatal("B does not see B's own session: the test is void")
	}
	a.wantStatus(a.post("/lab/flush"), 303) // the stream has to say it, after whatever it says of B
	said := await(t, lines, `"kind":"flushed"`)
	for _, accept := range []string{"text/html", "application/json"} {
		for _, c := range []abClient{a, app.scripted()} {
			said += c.get("/events/", "Accept", accept).body
		}
	}
	if strings.Contains(said, other) {
		t.Errorf("A was told of B's session %s", other)
	}
}

func eventsEnd(t *testing.T, app *testApp) {
	v := app.scripted()
	v.wantStatus(v.post("/lab/incr"), 303)
	res, lines := openStream(t, app, v.cookie(), "")
	if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("got %d %q, want an event stream", res.StatusCode, got)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control: got %q, want no-store", got)
	}
	await(t, lines, "id: ")
	v.wantStatus(v.post("/lab/flush"), 303)
	told := time.Now()
	await(t, lines, `"kind":"flushed"`)
	if app.app.engines.Default == "signed_cookies" {
		return // nobody can know that the browser has dropped its cookie
	}
	awaitEnd(t, lines, 5*time.Second-time.Since(told))
}

func TestR55_AStreamEndsWhenItsSessionExpires(t *testing.T) {
	for _, name := range allEngines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := live(t, newTestApp(t, func(s *config.Settings) { s.SessionEngine, s.SessionCookieAge = name, 4 }))
			v := app.scripted()
			v.wantStatus(v.post("/lab/incr"), 303)
			_, lines := openStream(t, app, v.cookie(), "")
			await(t, lines, "id: ")
			awaitEnd(t, lines, 4*time.Second+5*time.Second)
		})
	}
}

func TestR55_AStreamEndsWithAStolenKeyAndTellsItNothing(t *testing.T) {
	app := live(t, newTestApp(t))
	v := app.scripted()
	v.wantStatus(v.post("/lab/incr"), 303)
	stolen := v.cookie()
	_, lines := openStream(t, app, stolen, "")
	await(t, lines, "id: ")
	v.wantStatus(v.post("/login/", "username", "alice", "password", "wonderland-2026"), 303)
	v.get("/events/") // what happened is in the log now
	if rest := awaitEnd(t, lines, 5*time.Second); strings.Contains(rest, app.short(v.cookie())) {
		t.Errorf("whoever held the old key was told of the new one: %q", rest)
	}
	app.app.events.catchUp(t.Context())
	for _, e := range app.app.events.kept(t) {
		if e.Kind == string(sessions.Unknown) {
			t.Error("the stream's own look at its session was logged as somebody's request")
		}
	}
	_, lines = openStream(t, app, stolen, "", "Last-Event-ID", "0")
	if rest := awaitEnd(t, lines, 8*time.Second); strings.Contains(rest, "data:") {
		t.Errorf("the dead key was told %q", rest)
	}
	_, lines = openStream(t, app, v.cookie(), "", "Last-Event-ID", "0")
	if said := await(t, lines, `"kind":"cycled"`); !strings.Contains(said, `"kind":"created"`) {
		t.Errorf("got %q, want the visitor's whole story", said)
	}
}

func TestR55_200StreamsHoldNoLockAndEndAtOnceAtShutdown(t *testing.T) {
	app := live(t, newTestApp(t))
	v := app.scripted()
	v.Transport = &http.Transport{MaxIdleConnsPerHost: 50}
	defer v.CloseIdleConnections()
	v.wantStatus(v.post("/lab/set", "k", "begun", "v", "yes"), 303)
	var open []<-chan string
	for range 200 {
		_, lines := openStream(t, app, v.cookie(), "")
		await(t, lines, "id: ")
		open = append(open, lines)
	}
	start := time.Now()
	inParallel(50, func(int) { v.wantStatus(v.post("/lab/incr"), 303) })
	v.want("/lab/get?k=n", `{"value":50}`)
	t.Logf("50 increments beside 200 streams: %s", time.Since(start))
	stopping := time.Now()
	app.app.Drain()
	for _, lines := range open {
		awaitEnd(t, lines, 2*time.Second)
	}
	t.Logf("200 streams ended in %s", time.Since(stopping))
	if got := app.scripted().get("/events/stream", "Accept", "text/event-stream").status; got != 503 {
		t.Errorf("a stream asked for while the server stops: got %d, want 503", got)
	}
}

// R-91 gives a whole request 15 seconds and its answer 30; a stream has limits of its own.
func TestAStreamOutlivesTheServersTimeLimits(t *testing.T) {
	app := live(t, newTestApp(t))
	short := httptest.NewUnstartedServer(app.app.Handler())
	short.Config.ReadTimeout, short.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	short.Start()
	defer short.Close()
	defer app.app.Drain()
	v := app.scripted()
	v.wantStatus(v.post("/lab/incr"), 303)
	behind := *app
	behind.Server = short
	_, lines := openStream(t, &behind, v.cookie(), "")
	await(t, lines, "id: ")
	time.Sleep(600 * time.Millisecond) // the limits are over
	v.wantStatus(v.post("/lab/flush"), 303)
	await(t, lines, `"kind":"flushed"`)
}

func TestAStreamGoesOnWhereTheBrowserStopped(t *testing.T) {
	app := live(t, newTestApp(t))
	v := app.scripted()
	v.wantStatus(v.post("/lab/incr"), 303)
	for range 4 {
		v.wantStatus(v.post("/methods/", "action", "cycle"), 303)
	}
	v.get("/events/")
	_, lines := openStream(t, app, v.cookie(), "?after=0")
	said := await(t, lines, "id: 5")
	if n := strings.Count(said, "data:"); n > 5 || !strings.Contains(said, "retry: 2000") {
		t.Errorf("got %q", said)
	}
	_, lines = openStream(t, app, v.cookie(), "?after=0", "Last-Event-ID", "3") // the header knows better than the address
	await(t, lines, "id: 3")
	if said := await(t, lines, "data:"); !strings.HasPrefix(said, "id: 4\n") {
		t.Errorf("after 3 came %q, want 4", said)
	}
}

func TestWhatIsNoStreamIsAnsweredAtOnce(t *testing.T) {
	app := live(t, newTestApp(t))
	v := app.scripted()
	v.wantStatus(v.post("/lab/incr"), 303)
	v.wantStatus(v.get("/events/stream"), 406) // asks for JSON
	if got := v.do("HEAD", "/events/stream", nil, "Accept", "*/*"); got.status != 200 || got.header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("HEAD: got %d %q, want the headers of GET", got.status, got.header.Get("Content-Type"))
	}
	if n := len(app.app.events.streams); n != 0 {
		t.Errorf("%d streams were left behind", n)
	}
}

func TestAVisitorWithoutASessionIsToldToComeBack(t *testing.T) {
	app := live(t, newTestApp(t))
	other := app.scripted()
	other.wantStatus(other.post("/lab/set", "k", "mine", "v", "other"), 303)
	other.get("/events/") // it is in the log
	_, lines := openStream(t, app, "", "?after=0")
	said := await(t, lines, "id: 0") // the browser will ask for everything after this
	said += awaitEnd(t, lines, 8*time.Second)
	v := app.scripted()
	v.wantStatus(v.post("/lab/incr"), 303)
	_, lines = openStream(t, app, v.cookie(), "?after=0", "Last-Event-ID", "0")
	await(t, lines, `"kind":"created"`)
	if strings.Contains(said, "data:") {
		t.Errorf("got %q, want no event", said)
	}
}

func TestResumeAfterTakesNothingThatIsNoEntry(t *testing.T) {
	for _, c := range []struct {
		header, query string
		want          int64
	}{
		{"", "", 100}, {"7", "", 7}, {"0", "", 0}, {"100", "", 100}, {"101", "", 100}, {"-1", "", 100},
		{"x", "7", 100}, {"", "7", 7}, {"", "1e3", 100}, {"99999999999999999999", "", 100}, {"8", "7", 8},
	} {
		if got := resumeAfter(streamRequest(c.header, c.query), 100); got != c.want {
			t.Errorf("Last-Event-ID %q, after=%s: got %d, want %d", c.header, c.query, got, c.want)
		}
	}
}

func FuzzLastEventID(f *testing.F) {
	for _, id := range []string{"", "0", "7", "-7", "0x10", "9223372036854775807", "9223372036854775808", "1\n2", "\x00"} {
		f.Add(id, int64(100))
	}
	f.Fuzz(func(t *testing.T, id string, newest int64) {
		newest = max(newest, 0)
		if got := resumeAfter(streamRequest(id, ""), newest); got < 0 || got > newest {
			t.Errorf("Last-Event-ID %q of %d: got %d", id, newest, got)
		}
	})
}

func streamRequest(header, query string) *http.Request {
	r := httptest.NewRequest("GET", "/events/stream?after="+query, nil)
	r.Header["Last-Event-Id"] = []string{header}
	return r
}
