package handlers

import (
	"strings"
	"testing"
)

// The source stands beside each result, in three languages; a form that is refused is
// answered by another handler than its page, and has them too.
func TestEveryPageShowsItsSourceInGoDjangoAndCurl(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.wantStatus(v.post("/cart/add/1/"), 303)
	v.wantStatus(v.post("/form/step-one/", "full_name", "Ann", "email", "ann@example.org"), 303)
	wantTabs := func(path, handler string, r reply) {
		t.Helper()
		for _, want := range []string{">Go, as it ran</label>", ">Django</label>", ">curl</label>", ">" + handler + "</span>"} {
			if !strings.Contains(r.body, want) {
				t.Errorf("%s (%d) does not show %s", path, r.status, want)
			}
		}
	}
	for path, handler := range map[string]string{
		"/": "home", "/counter/": "counter", "/preferences/": "preferences", "/methods/": "methods", "/cart/": "cart", "/theme/": "theme",
		"/form/step-one/": "stepOne", "/form/step-two/": "stepTwo", "/form/thank-you/": "thankYou", "/login/": "login", "/signup/": "signup",
		"/engines/": "compareEngines", "/race/": "race", "/settings/": "listSettings", "/middleware/": "listMiddleware", "/security/": "checkSecurity",
		"/debug/": "debugSession", "/events/": "eventLog", "/recent/": "recent", "/experiments/": "abTests",
	} {
		wantTabs("GET "+path, handler, v.wantStatus(v.get(path), 200))
	}
	for _, c := range []struct {
		path, field, value, handler string
		status                      int
	}{
		{"/signup/", "username", "a", "register", 422},
		{"/login/", "username", "alice", "signIn", 422},
	} {
		wantTabs("POST "+c.path, c.handler, v.wantStatus(v.post(c.path, c.field, c.value), c.status))
	}
	v.signIn("alice")
	wantTabs("GET /account/", "myAccount", v.wantStatus(v.get("/account/"), 200))
}
