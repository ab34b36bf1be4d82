package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sessionlab/handlers/config"
	"sessionlab/sessions/signing"
)

// One app for all steps of an engine: each step has visitors of its own.
func TestTheLabOnEveryEngine(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		for _, step := range []struct {
			name       string
			serverOnly bool // a signed cookie cannot promise it
			f          func(*testing.T, *testApp)
		}{
			{"stores text and answers JSON", false, labStores},
			{"R-20 200 parallel increments count 200", true, labCounts},
			{"R-21 parallel writes of different keys all stay", true, labKeepsAllKeys},
			{"R-22 what was read earlier is never set in silence", true, labConflicts},
			{"R-10 a slow request does not revive an ended session", true, labRevivesNothing},
			{"R-50 an answer of 500 or above saves nothing", false, labFailsClean},
			{"R-51 a panic saves nothing and the server lives", false, labPanics},
			{"R-54 a write after the first byte is stored or refused", false, labStreams},
		} {
			if !step.serverOnly || app.app.engines.Default != "signed_cookies" {
				t.Run(step.name, func(t *testing.T) { step.f(t, app) })
			}
		}
	})
}

func labStores(t *testing.T, app *testApp) {
	v := app.visitor() // JSON is the only face, whatever is asked for
	v.want("/lab/get?k=colour", `{"value":null}`)
	if got := v.wantStatus(v.post("/lab/set", "k", "colour", "v", "7"), 303).location(); got != "/lab/get?k=colour" {
		t.Errorf("Location: got %q, want the way to read it back", got)
	}
	v.want("/lab/get?k=colour", `{"value":"7"}`) // text stays text
	v.wantStatus(v.post("/lab/set", "k", "a b&c", "v", "x"), 303)
	v.want("/lab/get?k=a+b%26c", `{"value":"x"}`)
	v.wantStatus(v.post("/lab/incr"), 303)
	v.want("/lab/get?k=n", `{"value":1}`)
	v.wantStatus(v.post("/lab/flush"), 303)
	v.want("/lab/get?k=n", `{"value":null}`)
	if got := v.cookie(); got != "" {
		t.Errorf("the cookie stayed after a flush")
	}
}

func TestLabRefusesWhatItCannotDo(t *testing.T) {
	app := newTestApp(t)
	v := app.scripted()
	for _, c := range []struct {
		name, method, path string
		form               []string
	}{
		{"get without k", "GET", "/lab/get", nil},
		{"set without k", "POST", "/lab/set", []string{"v", "x"}},
		{"set of a reserved name", "POST", "/lab/set", []string{"k", "_session_expiry", "v", "1"}},
		{"slow with no number", "POST", "/lab/slow?ms=soon", nil},
		{"slow with a negative number", "POST", "/lab/slow?ms=-1", nil},
		{"slow beyond the bound", "POST", "/lab/slow?ms=10001", nil},
		{"fail without a status", "POST", "/lab/fail", nil},
		{"fail with a success", "POST", "/lab/fail?code=200", nil},
		{"fail with no status there is", "POST", "/lab/fail?code=600", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got reply
			if c.method == "GET" {
				got = v.get(c.path)
			} else {
				got = v.post(c.path, c.form...)
			}
			if got.status != 400 || !strings.HasPrefix(got.body, `{"error":`) || got.header.Get("Set-Cookie") != "" {
				t.Errorf("got %d %q, want 400, an error in JSON, and no cookie", got.status, got.body)
			}
		})
	}
	for _, path := range []string{"/lab/set", "/lab/incr", "/lab/slow", "/lab/fail", "/lab/panic", "/lab/flush"} {
		if got := v.get(path).status; got != 405 {
			t.Errorf("GET %s: got %d, want 405", path, got)
		}
	}
}

func TestLabIsNotThereWithoutDebug(t *testing.T) {
	v := newTestApp(t, func(s *config.Settings) { s.Debug, s.SessionCookieSecure = "false", "false" }).scripted()
	for _, path := range []string{"/lab/get?k=n", "/lab/stream", "/events/", "/events/stream"} {
		v.wantStatus(v.get(path), 404)
	}
	for _, path := range []string{"/lab/set", "/lab/incr", "/lab/slow", "/lab/fail?code=500", "/lab/panic", "/lab/flush"} {
		v.wantStatus(v.post(path), 404)
	}
}

func labCounts(t *testing.T, app *testApp) {
	v := app.scripted()
	v.Transport = &http.Transport{MaxIdleConnsPerHost: 200}
	defer v.CloseIdleConnections()
	v.wantStatus(v.post("/lab/set", "k", "begun", "v", "yes"), 303)
	for round := 1; round <= 3; round++ {
		var acknowledged atomic.Int64
		inParallel(200, func(int) {
			if got := v.post("/lab/incr"); got.status == 303 {
				acknowledged.Add(1)
			} else {
				t.Errorf("got %d %s, want 303", got.status, got.body)
			}
		})
		if got := acknowledged.Load(); got != 200 {
			t.Errorf("round %d: %d of 200 increments were acknowledged", round, got)
		}
		v.want("/lab/get?k=n", fmt.Sprintf(`{"value":%d}`, 200*round))
	}
}

func labKeepsAllKeys(t *testing.T, app *testApp) {
	v := app.scripted()
	v.wantStatus(v.post("/lab/incr"), 303)
	inParallel(50, func(i int) { v.wantStatus(v.post("/lab/set", "k", fmt.Sprint("key", i), "v", fmt.Sprint(i)), 303) })
	for i := range 50 {
		v.want(fmt.Sprint("/lab/get?k=key", i), fmt.Sprintf(`{"value":"%d"}`, i))
	}
}

func labConflicts(t *testing.T, app *testApp) {
	v := app.scripted()
	v.wantStatus(v.post("/lab/set", "k", "begun", "v", "yes"), 303)
	var acknowledged, refused atomic.Int64
	inParallel(40, func(int) {
		switch got := v.post("/lab/slow?ms=30"); got.status {
		case 303:
			acknowledged.Add(1)
		case 409:
			refused.Add(1)
		default:
			t.Errorf("got %d %s, want 303 or 409", got.status, got.body)
		}
	})
	if acknowledged.Load()+refused.Load() != 40 || acknowledged.Load() == 0 {
		t.Errorf("%d acknowledged and %d refused, want 40 together", acknowledged.Load(), refused.Load())
	}
	v.want("/lab/get?k=n", fmt.Sprintf(`{"value":%d}`, acknowledged.Load()))
}

func labRevivesNothing(t *testing.T, app *testApp) {
	// Nothing tells that the slow request has read, so it is given longer and longer for it:
	// one that comes too late finds no session, makes one of its own, and proves nothing.
	for lead := 100 * time.Millisecond; lead < 2*time.Second; lead *= 2 {
		v, ender := app.scripted(), app.scripted()
		v.wantStatus(v.post("/lab/incr"), 303)
		old := v.cookie()
		slow := make(chan reply, 1)
		go func() { slow <- v.post(fmt.Sprint("/lab/slow?ms=", 3*lead.Milliseconds())) }()
		time.Sleep(lead)
		ender.setCookie("sessionid", old)
		ender.wantStatus(ender.post("/lab/flush"), 303)
		got := <-slow
		ender.setCookie("sessionid", old)
		ender.want("/lab/get?k=n", `{"value":null}`)
		if got.status == 400 {
			return
		}
		v.wantStatus(got, 303)
	}
	t.Error("no slow request was told that its session had ended")
}

func labFailsClean(t *testing.T, app *testApp) {
	v := app.scripted()
	v.wantStatus(v.post("/lab/incr"), 303)
	before := v.cookie()
	for _, code := range []int{500, 502, 503, 599} {
		path := fmt.Sprintf("/lab/fail?code=%d", code)
		got := v.wantStatus(v.post(path), code)
		if got.header.Get("Set-Cookie") != "" || v.cookie() != before {
			t.Errorf("%d: got the cookie %q, want none", code, got.header.Get("Set-Cookie"))
		}
		fresh := app.scripted()
		if got := fresh.wantStatus(fresh.post(path), code).header.Get("Set-Cookie"); got != "" {
			t.Errorf("%d to a new visitor: got the cookie %q, want none", code, got)
		}
	}
	v.want("/lab/get?k=n", `{"value":1}`)
	v.wantStatus(v.post("/lab/fail?code=404"), 404) // a refusal below 500 is an answer like others (Django B-118)
	v.want("/lab/get?k=n", `{"value":2}`)
}

func labPanics(t *testing.T, app *testApp) {
	v := app.scripted()
	v.wantStatus(v.post("/lab/incr"), 303)
	got := v.wantStatus(v.post("/lab/panic"), 500)
	if got.header.Get("Set-Cookie") != "" || strings.Contains(got.body, "goroutine") || strings.Contains(got.body, "was asked for") {
		t.Errorf("got the cookie %q and %s, want neither a cookie nor what the panic said", got.header.Get("Set-Cookie"), got.body)
	}
	v.want("/lab/get?k=n", `{"value":1}`)
	v.wantStatus(v.post("/lab/incr"), 303) // no lock was left behind
	v.want("/lab/get?k=n", `{"value":2}`)
}

func labStreams(t *testing.T, app *testApp) {
	const first = "{\"sent\":\"the first byte\"}\n"
	v := app.scripted()
	got := v.wantStatus(v.get("/lab/stream"), 200)
	if !strings.HasPrefix(got.body, first) || !strings.Contains(got.body, `"stored":false`) || v.cookie() != "" {
		t.Errorf("a visitor without a session: got %q, want a refusal after the first line", got.body)
	}
	if !strings.Contains(app.logs.String(), "after the answer had begun") {
		t.Error("the refusal is not in the log")
	}
	v.wantStatus(v.post("/lab/incr"), 303)
	got = v.wantStatus(v.get("/lab/stream"), 200)
	if app.app.engines.Default == "signed_cookies" { // what it would store is the cookie, and that has gone
		if !strings.Contains(got.body, `"stored":false`) {
			t.Errorf("got %q, want a refusal", got.body)
		}
		v.want("/lab/get?k=n", `{"value":1}`)
		return
	}
	if got.body != first+"{\"n\":2,\"stored\":true}\n" {
		t.Errorf("got %q, want the first line and that n is 2", got.body)
	}
	v.want("/lab/get?k=n", `{"value":2}`)
}

func TestTheErrorPageOfARefusedSaveHasTheHeadersToo(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.post("/lab/incr")
	cookie := "sessionid=" + v.cookie()
	answer := make(chan reply)
	go func() { answer <- app.visitor().do("POST", "/lab/slow?ms=500", url.Values{}, "Cookie", cookie) }()
	var r reply
	for r.status == 0 { // until the slow request has read n, and lost
		v.post("/lab/incr")
		select {
		case r = <-answer:
		default:
		}
	}
	if r.status != http.StatusConflict {
		t.Fatalf("status %d, want 409", r.status)
	}
	wantHeaders(t, "409", r.header)
}

// Python's json module writes NaN and half surrogate pairs, and Django stores them.
func TestTheLabShowsWhatIsNoJSONAsItIsStored(t *testing.T) {
	app := newTestApp(t)
	signer, err := signing.New(signing.StoreSalt, testSecret)
	if err != nil {
		t.Fatal(err)
	}
	stored := `{"nan": NaN, "half": "\ud800", "list": [1, Infinity], "fine": "x"}`
	v := app.scripted()
	v.wantStatus(v.post("/lab/incr"), 303)
	_, err = app.app.db.W.Exec("UPDATE django_session SET session_data = ?", string(signer.Dump([]byte(stored), time.Now())))
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{
		"nan": `{"value":"NaN","not_json":true}`, "half": `{"value":"\"\\ud800\"","not_json":true}`,
		"list": `{"value":"[1, Infinity]","not_json":true}`, "fine": `{"value":"x"}`, "none": `{"value":null}`,
	} {
		if r := v.get("/lab/get?k=" + k); r.status != 200 || strings.TrimSpace(r.body) != want {
			t.Errorf("%s: %d %s, want %s", k, r.status, r.body, want)
		}
	}
}
