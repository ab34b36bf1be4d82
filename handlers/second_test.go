package handlers

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sessionlab/handlers/config"
	"sessionlab/views"
)

// One browser, two visitors: neither sees what the other one does.
func TestTheSecondVisitorHasASessionOfTheirOwn(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.visitor()
		v.want("/counter/", `{"visit_count":1}`)
		own := v.cookie()
		v.want("/other/counter/", `{"visit_count":1}`)
		v.want("/other/counter/", `{"visit_count":2}`)
		v.want("/other/counter/", `{"visit_count":3}`)
		if v.cookie() != own {
			t.Error("the first visitor's cookie was changed by the second one")
		}
		v.want("/counter/", `{"visit_count":2}`)
		v.wantStatus(v.post("/other/cart/add/1/"), http.StatusSeeOther)
		v.wantStatus(v.post("/theme/", "theme", "dark"), http.StatusSeeOther)
		v.want("/cart/", `{"items":{},"total":"0.00"}`)
		v.want("/theme/", `{"theme_preference":"dark"}`)
		v.want("/other/theme/", `{"theme_preference":"light"}`)
	})
}

// Their cookie is sent with their own pages alone, under another name.
func TestTheSecondVisitorsCookieIsForTheirPagesAlone(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.get("/counter/")
	h := v.get("/other/counter/").header
	var names []string
	for _, line := range h["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil || c.Path != "/other/" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("the cookie is %s", line)
		}
		names = append(names, c.Name)
	}
	if !slices.Equal(names, []string{"sessionid_other"}) {
		t.Errorf("cookies %v", names)
	}
	// The first visitor's key is of no use there: it is another's.
	thief := app.visitor()
	thief.Jar, _ = cookiejar.New(nil)
	thief.setCookie("sessionid_other", v.cookie())
	thief.want("/counter/", `{"visit_count":1}`)
}

// Links, forms and redirects of the second visitor's pages stay there, or leave the frame.
func TestTheSecondVisitorsPagesLeadToTheirPages(t *testing.T) {
	v := newTestApp(t).visitor()
	for _, path := range []string{
		"/", "/counter/", "/preferences/", "/methods/", "/cart/", "/theme/", "/form/step-one/", "/login/", "/nowhere/",
	} {
		r := v.get("/other" + path)
		if !strings.Contains(r.body, "Second visitor") || !strings.Contains(r.body, `data-visitor="second"`) {
			t.Errorf("%s does not say whose page it is", path)
		}
		if strings.Contains(r.body, "/other/other/") || strings.Contains(r.body, `action="/second/"`) {
			t.Errorf("%s offers a second visitor of the second one", path)
		}
		doc, err := html.Parse(strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			attr := map[string]string{}
			for _, a := range n.Attr {
				attr[a.Key] = a.Val
			}
			for _, to := range []string{attr["href"], attr["action"], attr["formaction"]} {
				here := to == "" || strings.HasPrefix(to, "/other/") || strings.HasPrefix(to, "#") || strings.HasPrefix(to, "https://")
				leaves := n.Data == "a" && attr["target"] == "_top" || n.Data == "link"
				if !here && !leaves {
					t.Errorf("%s: <%s> leads to %s", path, n.Data, to)
				}
			}
		}
	}
	for path, want := range map[string]string{
		"/other/cart/add/1/": "/other/cart/", "/other/logout/": "/other/",
	} {
		if r := v.post(path, "theme", "dark"); r.location() != want {
			t.Errorf("POST %s leads to %q, want %q", path, r.location(), want)
		}
	}
	if r := v.get("/other/account/"); r.location() != "/other/login/?next=/account/" {
		t.Errorf("the account leads to %q", r.location())
	}
	r := v.do("POST", "/other/source/", url.Values{"lang": {"curl"}}, "Referer", v.app.URL+"/other/cart/")
	if r.location() != "/other/cart/" {
		t.Errorf("a form that leads back to its page leads to %q", r.location())
	}
	v.wantStatus(v.get("/other/cart"), http.StatusPermanentRedirect)
}

// What looks inside of the lab, or changes how it works, is the first visitor's.
func TestTheSecondVisitorHasTheTutorialAlone(t *testing.T) {
	v := newTestApp(t).visitor()
	for _, path := range []string{
		"/other/engines/", "/other/debug/", "/other/lab/get", "/other/static/app.css", "/other/other/counter/", "/other",
	} {
		v.wantStatus(v.get(path), http.StatusNotFound)
	}
	for i, group := range views.Chapters() {
		for _, c := range group.Chapters {
			if secondServes(c.Path) != (i < 2) {
				t.Errorf("%s: served is %t", c.Path, secondServes(c.Path))
			}
		}
	}
}

func TestAButtonOpensTheSecondVisitorBesideThePage(t *testing.T) {
	v := newTestApp(t).visitor()
	const frame = `<iframe src="/other/cart/"`
	if body := v.get("/cart/").body; !strings.Contains(body, "Open a second visitor") || strings.Contains(body, "<iframe") {
		t.Error("the button is not there, or a frame is open")
	}
	r := v.do("POST", "/second/", url.Values{"open": {"on"}}, "Referer", v.app.URL+"/cart/")
	if r.location() != "/cart/" || v.cookie() != "" {
		t.Errorf("it leads to %q; the session has the cookie %q", r.location(), v.cookie())
	}
	if body := v.get("/cart/").body; !strings.Contains(body, frame) || !strings.Contains(body, "Close the second visitor") {
		t.Error("the second visitor is not beside the page")
	}
	if body := v.get("/engines/").body; strings.Contains(body, "second visitor") {
		t.Error("a page that the second visitor has not offers one")
	}
	v.do("POST", "/second/", url.Values{"open": {"off"}}, "Referer", v.app.URL+"/cart/")
	if strings.Contains(v.get("/cart/").body, frame) {
		t.Error("the second visitor was not closed")
	}
}

func TestOnlyTheSecondVisitorsPagesMayStandInAFrame(t *testing.T) {
	v := newTestApp(t).visitor()
	for path, want := range map[string]string{"/cart/": "'none' DENY", "/other/cart/": "'self' SAMEORIGIN", "/other/nowhere/": "'self' SAMEORIGIN"} {
		h := v.get(path).header
		got := between(h.Get("Content-Security-Policy"), "frame-ancestors ", ";") + " " + h.Get("X-Frame-Options")
		if got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestWithoutDebugThereIsNoSecondVisitor(t *testing.T) {
	v := newTestApp(t, func(s *config.Settings) { s.Debug = "false" }).visitor()
	v.setCookie(secondCookie, "on")
	if body := v.get("/cart/").body; strings.Contains(body, "second visitor") || strings.Contains(body, "/other/") {
		t.Error("the page offers a second visitor")
	}
	v.wantStatus(v.get("/other/cart/"), http.StatusNotFound)
	v.wantStatus(v.post("/other/cart/add/1/"), http.StatusNotFound)
	v.wantStatus(v.post("/second/", "open", "on"), http.StatusNotFound)
}
