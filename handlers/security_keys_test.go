package handlers

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sessionlab/sessions"
)

// routes are the paths that the app serves by their method, with 1 where a path has a number.
func (a *testApp) routes(method string) []string {
	a.t.Helper()
	var paths []string
	for _, rt := range a.app.served() {
		if rt.method == method {
			paths = append(paths, strings.ReplaceAll(rt.path, "{id}", "1"))
		}
	}
	if len(paths) < 10 {
		a.t.Fatalf("the app serves %d paths for %s", len(paths), method)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// count is how many lines of the log hold text.
func (a *testApp) count(text string) int { return strings.Count(a.logs.String(), text) }

// planted are values that somebody else may put into a visitor's cookie.
func planted() map[string]string {
	key := sessions.NewKey()
	return map[string]string{
		"a key that nobody issued": key, "a path": "../../x", "300 letters": strings.Repeat("a", 300), "a coded NUL": "%00", "an emoji": "🍪", "SQL": "' OR 1=1 --",
		"upper case": strings.ToUpper(key), "7 characters": key[:7], "33 characters": key + "a", "a signed shape": "e30:1r31eq:" + key,
	}
}

func TestWhatNobodyIssuedIsNeverAdopted(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		for name, value := range planted() {
			before := app.count("event=unknown")
			victim := app.scripted()
			r := victim.do("POST", "/theme/", url.Values{"theme": {"dark"}}, "Cookie", "sessionid="+value)
			if got := victim.cookie(); r.status != 303 || got == "" || got == value || strings.Contains(r.header.Get("Set-Cookie"), value) {
				t.Errorf("%s: status %d, Set-Cookie %q; want a key of our own", name, r.status, r.header.Get("Set-Cookie"))
			}
			if looked := app.count("event=unknown") - before; looked > 0 && !sessions.ValidKey(value) {
				t.Errorf("%s: the store was asked for it", name)
			}
			if r := app.scripted().get("/theme/", "Cookie", "sessionid="+value); r.status != 200 || !strings.Contains(r.body, `"light"`) {
				t.Errorf("%s: who planted it sees %d %s", name, r.status, r.body)
			}
		}
	})
}

var darkPage = regexp.MustCompile(`<html[^>]* data-theme="dark"`)

func TestAKeyCountsInTheCookieAlone(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		owner := app.visitor()
		owner.post("/theme/", "theme", "dark")
		key := owner.cookie()
		if !darkPage.MatchString(owner.get("/theme/").body) {
			t.Error("the key is good nowhere")
		}
		form := url.Values{"sessionid": {key}, "session_key": {key}, "theme": {key}, "csrfmiddlewaretoken": {key}}
		for name, r := range map[string]reply{
			"the query":     app.visitor().get("/theme/?sessionid=" + url.QueryEscape(key) + "&PHPSESSID=" + url.QueryEscape(key)),
			"the path":      app.visitor().get("/theme/;sessionid="+url.PathEscape(key), "Accept", "application/json"), // a page with DEBUG shows its visitor the address as it came
			"Authorization": app.visitor().get("/theme/", "Authorization", "Bearer "+key),
			"a header":      app.visitor().get("/theme/", "X-Session-Id", key, "Sessionid", key, "X-Csrftoken", key),
			"another name":  app.visitor().get("/theme/", "Cookie", "session="+key+"; csrftoken="+key),
			"a form":        app.visitor().do("POST", "/theme/", form),
		} {
			if darkPage.MatchString(r.body) {
				t.Errorf("%s: the key is good there", name)
			}
			lines := strings.Join(append(r.header["Set-Cookie"], r.location()), " ")
			if strings.Contains(r.body, key) || strings.Contains(lines, key) {
				t.Errorf("%s: the key is in the answer", name)
			}
		}
	})
}

func TestTheNameOfTheCookieCountsByteForByte(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		one, two := app.scripted(), app.scripted()
		one.post("/theme/", "theme", "dark")
		two.post("/theme/", "theme", "system")
		a, b := "sessionid="+one.cookie(), "sessionid="+two.cookie()
		for _, cookie := range []string{"\u2000" + a, "\u00a0" + a, "\u0085" + a, "\u3000" + a, "%73essionid=" + one.cookie(), "SessionID=" + one.cookie(), "=" + a, "__Host-" + a, "x" + a, strings.Replace(a, "=", " =", 1)} {
			if r := app.scripted().get("/theme/", "Cookie", cookie); r.status != 200 || !strings.Contains(r.body, `"light"`) {
				t.Errorf("%.20q…: %d %s, want a visitor without a session", cookie, r.status, r.body)
			}
		}
		for cookies, want := range map[string]string{a + "; " + b: `"dark"`, b + "; " + a: `"system"`, a + "; " + a: `"dark"`} {
			if r := app.scripted().get("/theme/", "Cookie", cookies); r.status != 200 || !strings.Contains(r.body, want) {
				t.Errorf("two cookies: %d %s, want %s", r.status, r.body, want)
			}
		}
		app.scripted().do("POST", "/cart/add/1/", nil, "Cookie", a+"; "+b)
		two.want("/cart/", `{"items":{},"total":"0.00"}`)
	})
}
