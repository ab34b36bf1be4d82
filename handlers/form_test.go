package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sessionlab/handlers/config"
)

// withoutDebug is the app as strangers see it. With DEBUG a page also shows the handler's
// source, in which its words stand too.
func withoutDebug(s *config.Settings) { s.Debug, s.SessionCookieSecure = "false", "false" }

func TestAVisitorSeesOnlyTheirOwnSignUp(t *testing.T) {
	app := newTestApp(t, withoutDebug)
	ann, eve := app.visitor(), app.visitor()
	ann.wantStatus(ann.post("/form/step-one/", "full_name", "Ann Secret", "email", "ann.secret@example.org"), 303)
	ann.wantStatus(ann.post("/form/step-two/", "track", "go", "seats", "1", "notes", "peanut allergy"), 303)
	if r := ann.get("/form/thank-you/"); !strings.Contains(r.body, "ann.secret@example.org") {
		t.Fatal("Ann does not see her own sign-up")
	}
	for _, key := range []string{"last_submission", "sign_up_token", "try_sign_up_token"} {
		eve.wantStatus(eve.post("/methods/", "action", "set", "key", key, "value", "1"), 303)
		r := eve.get("/form/thank-you/")
		for _, secret := range []string{"Ann Secret", "ann.secret@example.org", "peanut allergy"} {
			if strings.Contains(r.body, secret) {
				t.Errorf("after %s was set to 1, the page shows a stranger %q", key, secret)
			}
		}
	}
}

// tab is what a browser's tab sends along: the hidden field of the form it shows.
func tab(t *testing.T, page reply) string {
	t.Helper()
	m := regexp.MustCompile(`name="token" value="([A-Z2-7]+)"`).FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("the page (%d) has no form with a token", page.status)
	}
	return m[1]
}

func TestTwoTabsFillInTwoForms(t *testing.T) {
	onEngines(t, allEngines, func(t *testing.T, app *testApp) {
		v := app.visitor()
		ann, bob := tab(t, v.get("/form/step-one/")), tab(t, v.get("/form/step-one/"))
		annTwo := v.follow(v.post("/form/step-one/", "token", ann, "full_name", "Ann", "email", "ann@example.org"))
		bobTwo := v.follow(v.post("/form/step-one/", "token", bob, "full_name", "Bob", "email", "bob@example.org"))
		for _, c := range []struct {
			page        reply
			name, seats string
		}{{annTwo, "Ann", "2"}, {bobTwo, "Bob", "7"}} {
			r := v.follow(v.post("/form/step-two/", "token", tab(t, c.page), "track", "go", "seats", c.seats))
			if !strings.Contains(r.body, ">"+c.name+"<") || !strings.Contains(r.body, ">"+c.seats+"<") {
				t.Errorf("the tab of %s stored something else than %s seats for %s", c.name, c.seats, c.name)
			}
		}
		if n := rowsIn(app); n != 2 {
			t.Errorf("%d sign-ups were stored, want 2", n)
		}
	})
}

func TestADoubleClickStoresOnceAndEndsAtThankYou(t *testing.T) {
	app := newTestApp(t)
	for _, c := range []struct {
		name   string
		atOnce bool
		token  bool
	}{{"at once", true, true}, {"one after the other", false, true}, {"at once, without a token", true, false}, {"one after the other, without a token", false, false}} {
		t.Run(c.name, func(t *testing.T) {
			const rounds = 10
			before := rowsIn(app)
			for range rounds {
				v := app.visitor()
				form := url.Values{"track": {"go"}, "seats": {"1"}, "notes": {""}}
				if c.token {
					token := tab(t, v.get("/form/step-one/"))
					v.wantStatus(v.post("/form/step-one/", "token", token, "full_name", "Ann", "email", "ann@example.org"), 303)
					form.Set("token", token)
				} else {
					v.wantStatus(v.post("/form/step-one/", "full_name", "Ann", "email", "ann@example.org"), 303)
				}
				cookie := "sessionid=" + v.cookie()
				answers := make([]reply, 2)
				click := func(i int) { answers[i] = app.visitor().do("POST", "/form/step-two/", form, "Cookie", cookie) }
				if c.atOnce {
					inParallel(2, click)
				} else {
					click(0)
					click(1)
				}
				for _, r := range answers {
					if r.status != 303 || r.location() != "/form/thank-you/" {
						t.Errorf("a click ends with %d at %q: %.200s", r.status, r.location(), r.body)
					}
				}
			}
			if n := rowsIn(app) - before; n != rounds {
				t.Errorf("%d rounds stored %d sign-ups", rounds, n)
			}
		})
	}
}

func TestStepTwoOfAnEndedSessionKeepsWhatWasTyped(t *testing.T) {
	app := newTestApp(t, withoutDebug)
	v := app.visitor()
	two := v.follow(v.post("/form/step-one/", "full_name", "Ann", "email", "ann@example.org"))
	token := tab(t, two)
	v.setCookie("sessionid", "")
	one := v.follow(v.post("/form/step-two/", "token", token, "track", "django", "seats", "3", "notes", "by the window"))
	if !strings.Contains(one.body, "Your session has ended") {
		t.Errorf("the page does not say why step one is needed again: %.300s", one.body)
	}
	two = v.follow(v.post("/form/step-one/", "token", tab(t, one), "full_name", "Ann", "email", "ann@example.org"))
	for _, want := range []string{"by the window", `value="3"`} {
		if !strings.Contains(two.body, want) {
			t.Errorf("%q was typed, and is lost", want)
		}
	}
}

func TestAFormThatWasRefusedSurvivesEnterAndBack(t *testing.T) {
	app := newTestApp(t, withoutDebug)
	for _, c := range []struct{ path, field, typed, says string }{
		{"/form/step-one/", "email", "nowhere", "email address like"},
		{"/preferences/", "q", strings.Repeat("long ", 30), "at most 100"},
		{"/cart/update/1/", "quantity", "1000", "from 1 to 99"},
		{"/methods/", "key", strings.Repeat("k", 61), "at most 60"},
	} {
		v := app.visitor()
		v.post("/cart/add/1/")
		r := v.post(c.path, c.field, c.typed, "action", "set", "id", "1")
		for _, when := range []string{"at first", "after Enter", "after Back"} {
			if page := v.follow(r); page.status != 200 || !strings.Contains(page.body, c.says) ||
				!strings.Contains(page.body, `value="`+strings.TrimSpace(c.typed)) {
				t.Errorf("%s %s: status %d, what was typed or what is wrong with it is missing", c.path, when, page.status)
			}
		}
		plain, _, _ := strings.Cut(r.location(), "?")
		if page := v.get(plain); strings.Contains(page.body, c.says) {
			t.Errorf("%s still shows the error at its own address", plain)
		}
	}
	stranger := app.visitor()
	if page := stranger.get("/form/step-one/?refused=ABCDEFGHIJ"); !strings.Contains(page.body, "refuse cookies") {
		t.Error("a browser without cookies is not told why its form is empty")
	}
}

func TestAPasswordThatWasRefusedIsKeptNowhere(t *testing.T) {
	app := newTestApp(t)
	v := app.visitor()
	v.post("/counter/forget/")
	v.post("/methods/", "action", "", "password", "do not keep this")
	s := app.app.engines.Manager("db").Open(t.Context(), v.cookie())
	if kept := refusals.Get(s); len(kept) != 1 || kept[0].Form.Has("password") {
		t.Errorf("kept: %v", kept)
	}
}

func TestAMultipartFormIsReadLikeAnyOther(t *testing.T) {
	v := newTestApp(t).scripted()
	body := "--b\r\nContent-Disposition: form-data; name=\"theme\"\r\n\r\ndark\r\n--b--\r\n"
	req, err := http.NewRequest("POST", v.app.URL+"/theme/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "Multipart/Form-Data; boundary=b")
	v.wantStatus(v.send(req), 303)
	v.want("/theme/", `{"theme_preference":"dark"}`)
}

func TestOnlyAPageThatSomebodySeesTakesMessages(t *testing.T) {
	for name, look := range map[string]func(v *visitor){
		"nothing":            func(*visitor) {},
		"HEAD /":             func(v *visitor) { v.do("HEAD", "/", nil) },
		"a prefetch of /":    func(v *visitor) { v.get("/", "Sec-Purpose", "prefetch", "Sec-Fetch-Mode", "no-cors") },
		"a fetch of /cart/":  func(v *visitor) { v.get("/cart/", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "cors") },
		"a program's /cart/": func(v *visitor) { v.get("/cart/", "Accept", "application/json") },
	} {
		t.Run(name, func(t *testing.T) {
			v := newTestApp(t, withoutDebug).visitor()
			v.wantStatus(v.post("/cart/add/1/"), 303)
			look(v)
			if r := v.get("/cart/"); !strings.Contains(r.body, "is in your cart.") {
				t.Error("the message is gone, and nobody has seen it")
			}
			if r := v.get("/cart/"); strings.Contains(r.body, "is in your cart.") {
				t.Error("the message comes twice")
			}
		})
	}
}

func TestWhoIsToldThatItIsInTheCartHasItInTheCart(t *testing.T) {
	onEngines(t, serverEngines, func(t *testing.T, app *testApp) {
		for range 10 {
			v := app.visitor()
			v.wantStatus(v.post("/cart/add/1/"), 303)
			v.wantStatus(v.post("/cart/update/1/", "quantity", "98"), 303)
			cookie := "sessionid=" + v.cookie()
			answers := make([]reply, 2)
			inParallel(2, func(i int) {
				answers[i] = app.scripted().do("POST", "/cart/add/1/", url.Values{}, "Cookie", cookie)
			})
			if got := fmt.Sprint(min(answers[0].status, answers[1].status), max(answers[0].status, answers[1].status)); got != "303 422" {
				t.Fatalf("two clicks at 98 of 99 end with %s, want one accepted and one refused: %s%s", got, answers[0].body, answers[1].body)
			}
		}
	})
}

func rowsIn(app *testApp) (n int) {
	app.t.Helper()
	if err := app.app.db.R.QueryRow("SELECT count(*) FROM lab_submissions").Scan(&n); err != nil {
		app.t.Fatal(err)
	}
	return n
}
