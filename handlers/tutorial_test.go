package handlers

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sessionlab/sessions"
)

func TestTheTutorialsFiguresOnEveryEngine(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.scripted()
		v.want("/counter/", `{"visit_count":1}`)
		v.want("/counter/", `{"visit_count":2}`)
		v.want("/theme/", `{"theme_preference":"light"}`)
		for sent, want := range map[string]string{"dark": "dark", "system": "system", "light": "light", "purple": "light", "": "light"} {
			v.wantStatus(v.post("/theme/", "theme", sent), 303)
			v.want("/theme/", `{"theme_preference":"`+want+`"}`)
		}
		v.want("/cart/", `{"items":{},"total":"0.00"}`)
		v.wantStatus(v.post("/cart/add/1/"), 303)
		v.wantStatus(v.post("/cart/add/1/"), 303)
		v.want("/cart/", `{"items":{"1":{"name":"Field notebook","price":"19.99","quantity":2}},"total":"39.98"}`)
		v.wantStatus(v.post("/cart/update/1/", "quantity", "99"), 303)
		v.wantStatus(v.post("/cart/add/12/"), 303)
		v.want("/cart/", `{"items":{"1":{"name":"Field notebook","price":"19.99","quantity":99},"12":{"name":"Balance","price":"129.00","quantity":1}},"total":"2108.01"}`)
		v.wantStatus(v.post("/cart/remove/1/"), 303)
		v.wantStatus(v.post("/cart/clear/"), 303)
		v.want("/cart/", `{"items":{},"total":"0.00"}`)

		v.wantStatus(v.post("/preferences/", "theme", "dark", "font_size", "large", "sidebar", "on"), 303)
		for i := range 12 {
			v.wantStatus(v.post("/preferences/", "q", "search "+strconv.Itoa(i)), 303)
		}
		v.wantStatus(v.post("/preferences/", "q", "search 5"), 303)
		v.want("/preferences/", `{"preferences":{"theme":"dark","font_size":"large","sidebar":true},"recent_searches":["search 5","search 11","search 10","search 9","search 8","search 7","search 6","search 4","search 3","search 2"]}`)
		v.want("/counter/", `{"visit_count":3}`)
	})
}

func TestTheFormTakesTwoStepsAndSubmitsOnce(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.scripted()
		for _, method := range []string{"GET", "POST"} {
			if r := v.do(method, "/form/step-two/", nil); r.status != 303 || r.location() != "/form/step-one/" {
				t.Errorf("%s step two before step one: %d to %q", method, r.status, r.location())
			}
		}
		if r := v.post("/form/step-one/", "full_name", "Ann", "email", "no address"); r.status != 422 || !strings.Contains(r.body, `"email"`) {
			t.Errorf("a wrong address: %d %s", r.status, r.body)
		}
		if r := v.post("/form/step-one/", "full_name", "Ann", "email", "ann@example.org"); r.status != 303 || r.location() != "/form/step-two/" {
			t.Errorf("step one: %d to %q", r.status, r.location())
		}
		v.want("/form/step-one/", `{"step_one_data":{"full_name":"Ann","email":"ann@example.org"}}`)
		page := app.visitor()
		page.Client = v.Client
		if r := page.get("/form/step-one/"); !strings.Contains(r.body, `value="ann@example.org"`) {
			t.Error("going back does not fill the page in")
		}
		if r := page.follow(page.post("/form/step-two/", "track", "go", "seats", "11", "notes", "keep <me>")); r.status != 200 || !strings.Contains(r.body, "keep &lt;me&gt;") || !strings.Contains(r.body, `aria-invalid="true"`) {
			t.Errorf("too many seats: %d, the values are not kept or the error not shown", r.status)
		}
		if r := v.post("/form/step-two/", "track", "go", "seats", "2", "notes", ""); r.status != 303 || r.location() != "/form/thank-you/" {
			t.Errorf("step two: %d to %q", r.status, r.location())
		}
		v.want("/form/step-one/", `{"step_one_data":null}`)
		v.want("/form/thank-you/", `{"submission":1}`)
		v.want("/form/thank-you/", `{"submission":1}`)
		var n int
		if err := app.app.db.R.QueryRow("SELECT count(*) FROM lab_submissions").Scan(&n); err != nil || n != 1 {
			t.Errorf("%d submissions stored (%v), want 1", n, err)
		}
	})
}

func TestNobodyIsThankedForNothing(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	if r := v.wantStatus(v.get("/form/thank-you/"), 200); !strings.Contains(r.body, "has not sent the form") || strings.Contains(r.body, "<h1>Thank you") || strings.Contains(r.body, `class="progress"`) {
		t.Errorf("a stranger is thanked: %s", r.body)
	}
	v.post("/form/step-one/", "full_name", "Ann", "email", "ann@example.org")
	v.wantStatus(v.post("/form/step-two/", "track", "go", "seats", "2"), 303)
	if r := v.wantStatus(v.get("/form/thank-you/"), 200); !strings.Contains(r.body, "no. 1") || !strings.Contains(r.body, `class="progress"`) {
		t.Errorf("nobody is thanked: %s", r.body)
	}
	// What cannot be read is not the same as what is not there.
	if _, err := app.app.db.W.Exec("ALTER TABLE lab_submissions RENAME TO away"); err != nil {
		t.Fatal(err)
	}
	if r := v.wantStatus(v.get("/form/thank-you/"), 503); strings.Contains(r.body, "has not sent the form") {
		t.Errorf("without its table the page says: %s", r.body)
	}
	v.post("/form/step-one/", "full_name", "Ann", "email", "ann@example.org")
	v.wantStatus(v.post("/form/step-two/", "track", "go", "seats", "2"), 503)
}

func TestParallelVisitsAreAllCounted(t *testing.T) {
	onEngines(t, serverEngines, func(t *testing.T, app *testApp) {
		v := app.scripted()
		v.want("/counter/", `{"visit_count":1}`)
		cookie := "sessionid=" + v.cookie()
		inParallel(199, func(int) {
			other := app.scripted()
			if r := other.get("/counter/", "Cookie", cookie); r.status != 200 {
				t.Errorf("status %d: %s", r.status, r.body)
			}
		})
		v.want("/counter/", `{"visit_count":201}`)
	})
}

func TestBadInputGetsAClearAnswerAndLosesNothing(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.scripted()
		v.post("/cart/add/1/")
		before := v.get("/cart/").body
		for _, c := range []struct {
			path, field, value string
			status             int
		}{
			{"/cart/add/999/", "", "", 404},
			{"/cart/add/x/", "", "", 404},
			{"/cart/add/01/", "", "", 404},
			{"/cart/update/1/", "quantity", "-1", 422},
			{"/cart/update/1/", "quantity", "0", 422},
			{"/cart/update/1/", "quantity", "1000000000", 422},
			{"/cart/update/1/", "quantity", "99999999999999999999999", 422},
			{"/cart/update/1/", "quantity", "two", 422},
			{"/cart/update/1/", "quantity", "", 422},
			{"/cart/update/7/", "quantity", "1", 404},
			{"/cart/remove/7/", "", "", 404},
			{"/preferences/", "theme", "purple", 422},
			{"/preferences/", "q", "  ", 422},
			{"/methods/", "action", "explode", 400},
			{"/theme/", "theme", strings.Repeat("x", 2<<20), 413},
		} {
			r := v.post(c.path, c.field, c.value)
			if r.status != c.status || !strings.HasPrefix(r.body, `{"error":"`) || len(r.body) < 20 {
				t.Errorf("POST %s %s=%.20q: %d %s, want %d with a sentence", c.path, c.field, c.value, r.status, r.body, c.status)
			}
		}
		for i := range 98 {
			v.wantStatus(v.post("/cart/add/1/"), 303)
			_ = i
		}
		v.wantStatus(v.post("/cart/add/1/"), 422) // the hundredth
		v.post("/cart/update/1/", "quantity", "1")
		if after := v.get("/cart/").body; after != before {
			t.Errorf("the cart changed from %s to %s", before, after)
		}
		for _, cookie := range []string{"junk", strings.Repeat("x", 3000), "../../etc/passwd", sessions.NewKey(), `"; DROP TABLE`} {
			if r := app.scripted().get("/cart/", "Cookie", "sessionid="+cookie); r.status != 200 || r.body != `{"items":{},"total":"0.00"}`+"\n" {
				t.Errorf("cookie %.20q: %d %s", cookie, r.status, r.body)
			}
		}
	})
}

func TestAProductThatIsSoldNoLongerIsShownAndNotCounted(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.post("/cart/add/1/")
	v.post("/cart/add/2/")
	if _, err := app.app.db.W.Exec("DELETE FROM lab_products WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	v.want("/cart/", `{"items":{"2":{"name":"Drafting pencil","price":"14.50","quantity":1}},"total":"14.50"}`)
	if r := v.get("/cart/"); !strings.Contains(r.body, "Field notebook") {
		t.Error("the page does not tell of it")
	}
	v.wantStatus(v.post("/cart/remove/1/"), 303)
}

func TestADamagedRecordIsAFreshSession(t *testing.T) {
	for name, damage := range map[string]string{
		"cut": "substr(session_data, 1, 20)", "empty": "''", "no object": "'WzFd:1r31eq:AAAA'", "HTML": "'<html>'",
	} {
		t.Run(name, func(t *testing.T) {
			app := newTestApp(t)
			v := app.scripted()
			v.want("/counter/", `{"visit_count":1}`)
			if _, err := app.app.db.W.Exec("UPDATE django_session SET session_data = " + damage); err != nil {
				t.Fatal(err)
			}
			v.want("/theme/", `{"theme_preference":"light"}`)
			v.want("/counter/", `{"visit_count":1}`)
			v.want("/counter/", `{"visit_count":2}`)
			if n := strings.Count(app.logs.String(), "event=corrupt"); n != 1 {
				t.Errorf("%d log lines tell of it, want 1:\n%s", n, app.logs)
			}
		})
	}
}

func TestStrangeValuesBreakNoPage(t *testing.T) {
	app := newTestApp(t)
	m := app.app.engines.Manager("db")
	s := m.Open(t.Context(), "")
	for _, key := range []string{"visit_count", "cart", "preferences", "recent_searches", "theme_preference", "step_one_data", "test_key", "last_submission", "_messages", "_auth_user_id"} {
		s.Set(key, map[string]any{"x": []any{1, nil, "y"}})
	}
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/counter/", "/preferences/", "/methods/", "/cart/", "/theme/", "/form/step-one/", "/form/step-two/", "/form/thank-you/"} {
		r := app.visitor().get(path, "Cookie", "sessionid="+s.Key())
		if r.status >= 400 {
			t.Errorf("GET %s: %d", path, r.status)
		}
	}
	v := app.scripted()
	v.setCookie("sessionid", s.Key())
	v.wantStatus(v.post("/cart/add/1/"), 303)
}

func TestPagesCarryTheFiguresForPeople(t *testing.T) {
	v := newTestApp(t).visitor()
	v.get("/counter/")
	if r := v.get("/counter/"); !regexp.MustCompile(`id="visit-count"[^>]*>2<`).MatchString(r.body) {
		t.Error("#visit-count does not hold 2")
	}
	v.post("/cart/add/1/")
	v.post("/cart/update/1/", "quantity", "3")
	if r := v.get("/cart/"); !regexp.MustCompile(`id="cart-total"[^>]*>[^<]*59\.97`).MatchString(r.body) || !regexp.MustCompile(`id="cart-quantity"[^>]*>3<`).MatchString(r.body) {
		t.Error("#cart-total and #cart-quantity do not hold 59.97 and 3")
	}
	v.post("/theme/", "theme", "dark")
	if r := v.get("/"); !strings.Contains(r.body, `data-theme="dark"`) {
		t.Error("<html data-theme> does not hold the theme")
	}
}

func TestThemeLeadsBackToWhereOneWas(t *testing.T) {
	app := newTestApp(t)
	for referer, want := range map[string]string{
		"": "/", app.URL + "/cart/": "/cart/", app.URL + "/preferences/?q=a%20b": "/preferences/?q=a%20b",
		"https://evil.test/cart/": "/", app.URL + ".evil.test/cart/": "/", app.URL + "//evil.test/": "/", app.URL + "/%5Cevil.test/": "/",
		app.URL + "/%09/evil.test": "/", "javascript:alert(1)": "/", "http://user@" + strings.TrimPrefix(app.URL, "http://") + "/cart/": "/",
	} {
		r := app.visitor().do("POST", "/theme/", map[string][]string{"theme": {"dark"}}, "Referer", referer)
		if r.status != 303 || r.location() != want {
			t.Errorf("from %q: %d to %q, want %q", referer, r.status, r.location(), want)
		}
	}
}

func TestEveryMethodCanBeTried(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.scripted()
		for i, c := range []struct {
			fields   string
			answer   string
			modified bool
		}{
			{"action=has&key=a", "false", false},
			{"action=get&key=a&default=en", `\"en\"`, false},
			{"action=set&key=a&value=[1, 2]", `[1,2]`, true},
			{"action=get&key=a", `[1,2]`, false},
			{"action=modified", "false", false},
			{"action=expiry-300", "", true},
			{"action=cycle", "", true},
			{"action=has&key=a", "true", false},
			{"action=test-set", "", true},
			{"action=test-check", "true", false},
			{"action=test-delete", "", true},
			{"action=delete&key=a", "true", true},
			{"action=delete&key=a", "false", false},
			{"action=flush", "", true},
		} {
			var fields []string
			for _, pair := range strings.Split(c.fields, "&") {
				name, value, _ := strings.Cut(pair, "=")
				fields = append(fields, name, value)
			}
			r := v.wantStatus(v.post("/methods/", fields...), 303)
			got := v.get(r.location())
			if !strings.Contains(got.body, fmt.Sprintf(`"answer":"%s"`, c.answer)) || !strings.Contains(got.body, fmt.Sprintf(`"modified":%v`, c.modified)) {
				t.Errorf("step %d, %s: %s", i, c.fields, got.body)
			}
			if strings.HasPrefix(c.fields, "action=expiry-300") && !strings.Contains(got.body, `"expiry_age":300`) {
				t.Errorf("expiry in 300 s: %s", got.body)
			}
		}
		if v.cookie() != "" {
			t.Error("flush left the cookie")
		}
	})
}

func TestPassivePagesSetNoCookie(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		for _, path := range []string{"/", "/preferences/", "/methods/", "/cart/", "/theme/", "/form/step-one/", "/form/thank-you/", "/nothing/", "/healthz"} {
			if r := app.visitor().get(path); r.header.Get("Set-Cookie") != "" {
				t.Errorf("GET %s sets %q", path, r.header.Get("Set-Cookie"))
			}
		}
	})
}

func TestHeadAndPrefetchDoNotCount(t *testing.T) {
	v := newTestApp(t).scripted()
	v.want("/counter/", `{"visit_count":1}`)
	v.wantStatus(v.do(http.MethodHead, "/counter/", nil), 200)
	v.get("/counter/", "Sec-Purpose", "prefetch")
	v.want("/counter/", `{"visit_count":2}`)
}
