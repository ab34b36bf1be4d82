package panel

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/html"

	"sessionlab/sessions"
)

var engines = []string{"db", "file", "cache", "cached_db", "signed_cookies"}

// rows are the requests of the story on a page, as text.
func rows(doc *html.Node) (all []string) {
	for n := range byID(doc, "story").Descendants() {
		if n.Data == "li" && strings.HasPrefix(attr(n, "id"), "act-") {
			all = append(all, text(n))
		}
	}
	return all
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func wants(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("%s does not say %q:\n%s", what, part, got)
		}
	}
}

func TestAClickIsToldWithThePageItLedTo(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			s := open(t, engine, true)
			s.do(s.client, "POST", "/cart/add/2/", "")
			all := rows(s.do(s.client, "POST", "/cart/add/2/", ""))
			if len(all) != 2 {
				t.Fatalf("the story has %d rows: %q", len(all), all)
			}
			wants(t, "the click", all[0], "POST /cart/add/2/", "303 → /cart/", `"2" · quantity 1 → 2`,
				"Your browser sent its session cookie.", "The handler changed cart.", "a message for the next page", "It is in your cart.")
			wants(t, "the page", all[1], "GET /cart/", "200")
			if strings.Contains(all[1], "quantity 1") {
				t.Errorf("the page claims the change of the click: %s", all[1])
			}
			if engine != "signed_cookies" {
				wants(t, "the click", all[0], "Saved. Nobody had changed it in between.")
			}
			if again := rows(s.do(s.client, "GET", "/cart/", "")); len(again) != 1 {
				t.Errorf("the click is told a second time: %q", again)
			}
		})
	}
}

func TestTheStorySurvivesSignInAndSignOut(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			s := open(t, engine, true)
			s.do(s.client, "POST", "/cart/add/2/", "")
			in := rows(s.do(s.client, "POST", "/login/", "username=alice&password=wonderland"))
			if len(in) != 2 {
				t.Fatalf("after the sign-in the story has %d rows", len(in))
			}
			wants(t, "the sign-in", in[0], "sign-in", "303 → /cart/?from=login")
			out := rows(s.do(s.client, "POST", "/logout/", ""))
			if len(out) != 2 {
				t.Fatalf("after the sign-out the story has %d rows", len(out))
			}
			wants(t, "the sign-out", out[0], "The session was ended", "The server told your browser to delete the cookie.")
			if engine != "signed_cookies" {
				wants(t, "the sign-in", in[0], "The data moved to a new key, and the old key is worth nothing now.")
				wants(t, "the sign-out", out[0], "its record was deleted")
			}
			wants(t, "the page after it", out[1], "Your browser sent no session cookie.")
		})
	}
}

func TestNobodyElseSeesAClick(t *testing.T) {
	s := open(t, "cache", true)
	first := *s.client
	first.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.raw(&first, "POST", "/cart/add/2/", "")
	if all := rows(s.do(s.visitor(), "GET", "/cart/", "")); len(all) != 1 {
		t.Errorf("another browser is told: %q", all)
	}
	if all := rows(s.do(s.client, "GET", "/plain/", "")); len(all) != 1 {
		t.Errorf("another page tells it: %q", all)
	}
	if all := rows(s.do(s.client, "GET", "/cart/", "")); len(all) != 2 {
		t.Errorf("its own page does not tell it: %q", all)
	}
}

func TestProgramsGetNoCookieOfThePanel(t *testing.T) {
	s := open(t, "cache", true)
	r, _ := http.NewRequest("POST", s.server.URL+"/cart/add/2/", nil)
	r.Header.Set("Accept", "application/json")
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for _, line := range res.Header["Set-Cookie"] {
		if strings.HasPrefix(line, ticketCookie) {
			t.Errorf("a program got %s", line)
		}
	}
}

func TestAClickIsForgottenAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newActs()
		get := func(ticket string) *http.Request {
			r, _ := http.NewRequest("GET", "http://x/cart/", nil)
			r.AddCookie(&http.Cookie{Name: ticketCookie, Value: ticket})
			return r
		}
		a.keep("one", "/cart/", []act{{}})
		time.Sleep(ticketAge - time.Second)
		if a.take(get("one")) == nil {
			t.Error("a click is forgotten before its time")
		}
		a.keep("two", "/cart/", []act{{}})
		time.Sleep(ticketAge + time.Second)
		if a.take(get("two")) != nil {
			t.Error("a click is told after its time")
		}
		a.keep("three", "/cart/", []act{{}})
		time.Sleep(ticketAge + time.Second)
		a.keep("four", "/cart/", []act{{}})
		if n := a.waiting.Len(); n != 1 {
			t.Errorf("%d clicks are kept, want 1", n)
		}
	})
}

func TestTheStorySaysWhereARequestEnded(t *testing.T) {
	for _, engine := range []string{"db", "file", "cache", "cached_db"} {
		t.Run(engine+" conflict", func(t *testing.T) {
			s := open(t, engine, true)
			s.do(s.client, "POST", "/cart/add/2/", "")
			s.pause = func() {
				s.pause = nil
				s.raw(s.client, "POST", "/slow/", "")
			}
			all := rows(s.do(s.client, "POST", "/slow/", ""))
			wants(t, "the conflict", all[0], "409", "Another request had changed the same entry meanwhile. Nothing was saved",
				"refused: changed by another request", "409 Conflict")
		})
		t.Run(engine+" ended", func(t *testing.T) {
			s := open(t, engine, true)
			s.do(s.client, "POST", "/cart/add/2/", "")
			key := s.key(s.client)
			s.pause = func() { _ = s.m.Config().Engine.Delete(context.Background(), key) }
			all := rows(s.do(s.client, "POST", "/slow/", ""))
			wants(t, "the end", all[0], "400", "The session was ended meanwhile", "the record is gone", "400 Bad Request")
		})
	}
	for name, when := range map[string]int32{"load": 1, "save": 2} {
		t.Run("no answer to "+name, func(t *testing.T) {
			s := open(t, "cache", true)
			s.do(s.client, "POST", "/cart/add/2/", "")
			s.breaks.Store(when)
			all := rows(s.do(s.client, "POST", "/cart/add/2/", ""))
			wants(t, "the failure", all[0], "503", "The store did not answer. Nothing was saved.", "no answer", "503 Service Unavailable",
				map[string]string{"load": "look up", "save": "replace"}[name])
		})
	}
	t.Run("an error of the handler", func(t *testing.T) {
		s := open(t, "cache", true)
		all := rows(s.do(s.client, "POST", "/fails/", ""))
		wants(t, "the failure", all[0], "500", "The response is an error, so nothing was saved.")
	})
}

// broken is an engine that gives no answer once it is told so: to nothing, or to saves.
type broken struct {
	sessions.Engine
	how *atomic.Int32 // 0: it works; 1: nothing does; 2: loading does
}

var errBroken = errors.New("the power is off")

func (b broken) Load(ctx context.Context, key string) (sessions.Record, error) {
	if b.how.Load() == 1 {
		return sessions.Record{}, errBroken
	}
	return b.Engine.Load(ctx, key)
}

func (b broken) Replace(ctx context.Context, key string, old, rec sessions.Record) (string, error) {
	if b.how.Load() > 0 {
		return "", errBroken
	}
	return b.Engine.Replace(ctx, key, old, rec)
}

// The panel draws; a page that did not use its session stays such a page.
func TestThePanelUsesNoSession(t *testing.T) {
	s := open(t, "cache", true)
	s.do(s.client, "POST", "/cart/add/2/", "")
	s.breaks.Store(1) // a call of the store would be an error now
	doc := s.do(s.client, "GET", "/plain/", "")
	wants(t, "the story", text(byID(doc, "story")), "This request did not use the session", "200")
	wants(t, "the record", text(byID(doc, "record")), "not looked at")
	if strings.Contains(text(byID(doc, "wire")), "Vary: Cookie") {
		t.Error("the panel made the page depend on the cookie")
	}
}

func TestWithoutAPanelNothingHappens(t *testing.T) {
	var p *Panel
	mux := http.NewServeMux()
	if got := p.Middleware(mux); got != http.Handler(mux) {
		t.Error("a nil panel wraps the handler")
	}
	if got := p.Listener(nil); got != nil {
		t.Error("a nil panel wraps the listener")
	}
	p.Observe(t.Context(), "db", sessions.Event{})
	Ran(t.Context(), "x")
	r, _ := http.NewRequest("GET", "http://x/", nil)
	if p.View(nil, r, nil, 200) != nil || p.ConnContext(t.Context(), nil) != t.Context() {
		t.Error("a nil panel draws")
	}
}
