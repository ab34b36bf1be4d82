package handlers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sessionlab/handlers/config"
)

// visits is what /recent/ tells: each page with its count, the newest first.
func (v *visitor) visits() string {
	v.app.t.Helper()
	var face struct {
		On    bool
		Pages []recentPage `json:"recent_pages"`
	}
	r := v.get("/recent/", "Accept", "application/json")
	if err := json.Unmarshal([]byte(r.body), &face); err != nil {
		v.app.t.Fatalf("GET /recent/: %d %s", r.status, r.body)
	}
	text := fmt.Sprint(face.On)
	for _, p := range face.Pages {
		text += fmt.Sprintf(" %s %d", p.Path, p.Count)
	}
	return text
}

func (v *visitor) wantVisits(want string) {
	v.app.t.Helper()
	if got := v.visits(); got != want {
		v.app.t.Errorf("visits: %s, want %s", got, want)
	}
}

func TestVisitsAreCountedOnceTheVisitorWantsIt(t *testing.T) { // exercise 1
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.visitor()
		for _, path := range []string{"/cart/", "/recent/", "/theme/"} {
			if line := v.get(path).header.Get("Set-Cookie"); line != "" {
				t.Errorf("GET %s sets a cookie: %q (R-40)", path, line)
			}
		}
		v.wantVisits("false")
		v.wantStatus(v.post("/recent/start/"), 303)
		v.wantVisits("true")
		for _, path := range []string{"/cart/", "/theme/", "/cart/", "/form/step-one/"} {
			v.wantStatus(v.get(path), 200)
		}
		v.wantVisits("true /form/step-one/ 1 /cart/ 2 /theme/ 1")
		if body := v.get("/recent/").body; !strings.Contains(body, `<a href="/cart/">Shopping cart</a>`) {
			t.Errorf("the page does not show the cart: %.2000s", body)
		}
		v.wantStatus(v.post("/recent/stop/"), 303)
		v.get("/cart/")
		v.wantVisits("false /form/step-one/ 1 /cart/ 2 /theme/ 1")
		v.post("/recent/start/")
		v.wantStatus(v.post("/recent/clear/"), 303)
		v.wantVisits("true")
		v.post("/recent/stop/")
		v.post("/recent/clear/")
		if v.cookie() != "" {
			t.Error("an emptied session still has a cookie (R-42)")
		}
	})
}

func TestOnlyPagesThatAPersonOpenedAreCounted(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) { s.SessionEngine = "cache" })
	v := app.visitor()
	v.post("/recent/start/")
	v.get("/recent/")
	v.get("/cart/", "Accept", "application/json")
	v.get("/cart/", "Sec-Purpose", "prefetch")
	v.get("/cart/", "Sec-Purpose", "prefetch;prerender")
	v.get("/cart/", "Sec-Fetch-Mode", "cors")
	v.do("HEAD", "/cart/", nil)
	v.get("/cart")
	v.get("/cart/nothing/")
	v.get("/")
	v.get("/account/")
	v.post("/cart/add/1/")
	v.post("/theme/", "theme", "dark")
	v.wantVisits("true")
}

func TestPagesThatThisRunDoesNotServeAreNotCounted(t *testing.T) {
	app := newTestApp(t, func(s *config.Settings) { s.Debug, s.SessionCookieSecure = "false", "false" })
	v := app.visitor()
	v.post("/recent/start/")
	v.wantStatus(v.get("/debug/"), 404)
	v.get("/cart/")
	v.wantVisits("true /cart/ 1")
}

func TestVisitsOfParallelTabsAllCount(t *testing.T) {
	onEngines(t, serverEngines, func(t *testing.T, app *testApp) {
		v := app.visitor()
		v.post("/recent/start/")
		inParallel(40, func(i int) {
			if r := v.get([]string{"/cart/", "/theme/"}[i%2]); r.status != 200 {
				t.Errorf("status %d", r.status)
			}
		})
		got := v.visits()
		if got != "true /cart/ 20 /theme/ 20" && got != "true /theme/ 20 /cart/ 20" {
			t.Errorf("visits: %s, want 20 each", got)
		}
	})
}

func TestTheListKeepsTenPages(t *testing.T) {
	list := recentList{On: true}
	for i := range 12 {
		list = visited(fmt.Sprintf("/%d/", i), int64(i))(list)
	}
	list = visited("/5/", 99)(list)
	if len(list.Pages) != maxRecent || list.Pages[0] != (recentPage{"/5/", 2, 99}) || list.Pages[9].Path != "/2/" {
		t.Errorf("the list is %+v, want ten pages, /5/ in front and /2/ at the end", list.Pages)
	}
	if off := visited("/x/", 1)(recentList{}); len(off.Pages) != 0 {
		t.Errorf("a list that is off became %+v", off)
	}
}

func TestAListThatIsNoneCountsAsEmpty(t *testing.T) {
	app := newTestApp(t)
	for _, stored := range []any{"text", 7, []int{1}, map[string]any{"on": true, "pages": "x"}, recentList{On: true, Pages: []recentPage{{Path: "javascript:alert(1)", Count: 1}}}} {
		s := app.app.engines.Manager("db").Open(t.Context(), "")
		s.Set("recent_pages", stored)
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		v := app.holding(s.Key())
		if r := v.get("/recent/"); r.status != 200 || strings.Contains(r.body, `href="javascript:`) {
			t.Errorf("%v: status %d, want 200 and no such link", stored, r.status)
		}
		v.wantStatus(v.post("/recent/start/"), 303)
		v.get("/cart/")
		if got := v.visits(); got != "true /cart/ 1" {
			t.Errorf("%v: visits %s, want the cart alone", stored, got)
		}
	}
}
