package views_test

import (
	"time"

	"github.com/a-h/templ"

	"sessionlab/views"
)

// lab are the pages of accounts, engines, inspection and exercises.
func lab() []sample {
	p := func(name, path string, f func(p views.Frame) templ.Component) sample { return sample{name, f, path} }
	return []sample{
		p("login", "/login/", func(p views.Frame) templ.Component {
			return views.Login(p, views.LoginData{
				Next: "/account/", RememberFor: "two weeks", Reason: "You were away for 30 minutes.",
				Demo: []views.DemoAccount{{Username: "alice", Password: "wonderland-2026"}, {Username: "bob", Password: "builder-2026"}},
			})
		}),
		p("login-wrong", "/login/", func(p views.Frame) templ.Component {
			return views.Login(p, views.LoginData{Username: nasty, Next: nasty, Remember: true, Errors: views.Errors{"": "This name and this password do not go together.", "username": "Type your user name."}})
		}),
		p("signup", "/signup/", func(p views.Frame) templ.Component {
			return views.Signup(p, views.SignupData{Username: "ann", Next: "/account/", Errors: views.Errors{"password1": "This password is among the most common ones.", "password2": "These two are not the same."}})
		}),
		p("account", "/account/", func(p views.Frame) templ.Component {
			p.User = "alice"
			p.Idle = &views.Idle{Left: 30 * time.Minute, After: "30 minutes"}
			return views.Account(p, account())
		}),
		p("account-wrong", "/account/", func(p views.Frame) templ.Component {
			p.User = nasty
			a := account()
			a.Username, a.Sessions[0].Device, a.Cycled = nasty, nasty, nil
			a.Errors = views.Errors{"old_password": "This is not your password.", "new_password2": "These two are not the same."}
			return views.Account(p, a)
		}),
		p("engines", "/engines/", func(p views.Frame) templ.Component { return views.Engines(p, engines()) }),
		p("engines-running", "/engines/", func(p views.Frame) templ.Component {
			e := engines()
			e.Measure, e.Race, e.Running = nil, nil, &views.Progress{Done: 7, Total: 15, Text: "Saving to file, round 2 of 3"}
			return views.Engines(p, e)
		}),
		p("settings", "/settings/", func(p views.Frame) templ.Component {
			return views.Settings(p, views.SettingsData{Groups: []views.SettingGroup{
				{Title: "The cookie", Settings: []views.Setting{
					{Name: "SESSION_COOKIE_NAME", Value: "sessionid", From: "default", Means: "The name under which the browser keeps the key."},
					{Name: "SESSION_COOKIE_AGE", Value: "1209600", From: "environment", Means: "How long a session lasts after its last save, in seconds: two weeks."},
					{Name: "SESSION_COOKIE_SECURE", Value: "auto", From: "flag", Means: "Whether the cookie travels over HTTPS only.", Note: "This page came over plain HTTP, so it does not."},
					{Name: "SESSION_COOKIE_DOMAIN", From: "default", Means: "Which hosts are sent the cookie; empty: only the one that set it."},
				}},
				{Title: "Secrets", Settings: []views.Setting{{Name: "SECRET_KEY", Value: "set (64 characters)", From: "made for this run", Means: "Signs what may not be forged."}}},
			}})
		}),
		p("middleware", "/middleware/", func(p views.Frame) templ.Component {
			return views.Middleware(p, views.MiddlewareData{Stack: []views.StackLayer{
				{Name: "secureHeaders", Django: "SecurityMiddleware", Does: "Adds the headers that tell the browser what not to do.", Breaks: "further in, the pages of the layers above it would go out without them."},
				{Name: "crossOrigin", Django: "CsrfViewMiddleware", Does: "Refuses forms that come from another site."},
				{Name: "sessions", Django: "SessionMiddleware", Does: "Reads the cookie, lends the session to the handler, saves it before the first byte leaves.", Breaks: "below the sign-in, nobody could ever be signed in.", Session: true},
				{Name: "currentUser", Django: "AuthenticationMiddleware", Does: "Looks up who is signed in."},
			}})
		}),
		p("security", "/security/", func(p views.Frame) templ.Component {
			return views.Security(p, views.SecurityData{
				Action: "/lab/experiment",
				Checks: []views.Check{
					{State: "pass", Title: "The key cannot be guessed", Found: "32 characters out of 36, about 165 bits.", Why: "From 64 bits on, guessing is hopeless."},
					{State: "warn", Title: "The cookie travels in the clear", Found: "This page came over plain HTTP.", Why: "Fine on localhost. Elsewhere anybody on the way can read it."},
					{State: "fail", Title: "Debug pages are open", Found: "DEBUG is on, and the address is not loopback.", Why: "Set DEBUG=false."},
				},
				Tries: []views.Attack{
					{Name: "flip", Level: "success", Outcome: "The key with one bit turned is unknown. The server treated the visitor as new and made no record."},
					{Name: "replay", Level: "warning", Outcome: nasty},
					{Name: "expire"},
					{Name: "delete", NotHere: "With signed_cookies there is no record that could be deleted."},
				},
			})
		}),
		p("debug", "/debug/", func(p views.Frame) templ.Component {
			return views.Debug(p, views.DebugData{
				Steps: []views.Check{
					{State: "pass", Title: "Does the middleware run?", Found: "Yes, third of seven, above the sign-in."},
					{State: "pass", Title: "Does the cookie arrive?", Found: "Yes: sessionid, 32 characters."},
					{State: "warn", Title: "Does a value survive?", Found: "Not tried yet.", Why: "Press the button below."},
				},
				Previous: "Set at 20:41:07", Now: "Set at 20:42:11",
				Inspector: &views.Inspector{Rows: []views.Row{{Label: "key", Value: "oxxqnkf2q7ncub••••", Raw: true}, {Label: "place", Value: "row in django_session"}}, JSON: "{\n  \"test_key\": \"Set at 20:42:11\",\n  \"visit_count\": 7\n}"},
			})
		}),
		p("debug-new", "/debug/", func(p views.Frame) templ.Component { return views.Debug(p, views.DebugData{}) }),
		p("recent", "/recent/", func(p views.Frame) templ.Component {
			return views.Recent{Most: 10, Pages: []views.RecentPage{
				{Title: "Shopping cart", Path: "/cart/", Count: 12, Last: time.Now().Unix()}, {Title: nasty, Path: nasty, Count: 1, Last: 1},
			}}.HTML(p)
		}),
		p("recent-new", "/recent/", func(p views.Frame) templ.Component { return views.Recent{}.HTML(p) }),
		p("experiments", "/experiments/", func(p views.Frame) templ.Component {
			return views.Experiments{Admin: true, Tests: map[string]views.ABTest{
				"button_text": abTest("friendly", ""), "offer": abTest("plain", "friendly"), "another": {},
			}}.HTML(p)
		}),
		p("experiments-none", "/experiments/", func(p views.Frame) templ.Component { return views.Experiments{}.HTML(p) }),
		p("events", "/events/", func(p views.Frame) templ.Component {
			return views.Events(p, views.EventsData{Stream: "/events/stream", Events: []views.EventRow{
				{Time: "20:42:11", Kind: "saved", Name: "saved", Visitor: "a1b2c3d4", Engine: "db", Detail: "3 keys, 148 bytes"},
				{Time: "20:42:10", Kind: "created", Name: "created", Visitor: "a1b2c3d4", Engine: "db"},
				{Time: "20:41:58", Kind: "interrupted", Name: "interrupted", Visitor: "99ffe012", Engine: "cached_db", Detail: "the session had ended while the request was at work"},
				{Time: "20:41:50", Kind: "conflict", Name: "conflict, tried again", Visitor: "99ffe012", Engine: "db", Detail: nasty},
			}})
		}),
		p("events-none", "/events/", func(p views.Frame) templ.Component { return views.Events(p, views.EventsData{}) }),
	}
}

func account() views.AccountData {
	return views.AccountData{
		Username: "alice", Since: "today at 20:41", Ends: "22 December, 30 days after signing in", Idle: "ends after 30 minutes without a request",
		Cycled: &views.Cycled{Before: "a1b2c3d4", After: "99ffe012"},
		Sessions: []views.SessionRow{
			{Hash: "99ffe012", Engine: "db", Device: "Chromium on Linux", Started: "20:41", Seen: "just now", Current: true},
			{Hash: "07c3d5aa", Engine: "db", Device: "Firefox on Android", Started: "yesterday", Seen: "3 hours ago"},
		},
		EndErrors: views.Errors{"password": "This is not your password."},
	}
}

func engines() views.EnginesData {
	return views.EnginesData{
		Current: "db",
		Engines: []views.EngineCard{
			{Name: "db", Place: "row in django_session", Store: "sqlite:sessionlab.db", Has: true},
			{Name: "file", Place: "file", Store: "/var/lib/sessionlab/sessions", Has: true},
			{Name: "cache", Place: "entry in memory", Store: "memory:"},
			{Name: "cached_db", Place: "row in django_session", Store: "sqlite:sessionlab.db and memory:", NotReady: "The cache does not answer at the moment."},
			{Name: "signed_cookies", Place: "your own browser"},
		},
		Measure: &views.Measure{When: "Today at 20:41.", How: "Median of 3 rounds of 200 operations, one at a time.", Rows: []views.MeasureRow{
			{Engine: "db", Read: 8.1, Write: 240, ReadText: "8.1 µs", WriteText: "240 µs", Slow: "0.9 ms"},
			{Engine: "file", Read: 10, Write: 1100, ReadText: "10 µs", WriteText: "1.1 ms", Slow: "2.4 ms"},
			{Engine: "cache", Read: 0.1, Write: 0.2, ReadText: "0.1 µs", WriteText: "0.2 µs", Slow: "1 µs"},
			{Engine: "cached_db", Note: "The cache does not answer at the moment."},
			{Engine: "signed_cookies", Read: 9, Write: 12, ReadText: "9 µs", WriteText: "12 µs", Slow: "30 µs"},
		}},
		Race: &views.Race{When: "Today at 20:42.", Clicks: 50, Rows: []views.RaceRow{
			{Engine: "db", Counted: 50, Conflicts: 112, Took: "61 ms"}, {Engine: "file", Counted: 50, Conflicts: 84, Took: "98 ms"},
			{Engine: "cache", Counted: 50, Conflicts: 21, Took: "4 ms"}, {Engine: "cached_db", Counted: 50, Conflicts: 97, Took: "66 ms"},
			{Engine: "signed_cookies", Counted: 1, Took: "3 ms", Note: "All fifty read the same cookie, and each answered with a cookie that says one."},
		}},
	}
}

func abTest(group, winner string) views.ABTest {
	return views.ABTest{
		Run: 1, Group: group, Winner: winner, Acted: winner == "",
		Variants: []views.Variant{
			{Name: "plain", Weight: 2, Shown: 1204, Acted: 96, Rate: 0.0797, Low: 0.0657, High: 0.0964},
			{Name: "friendly", Weight: 1, Shown: 611, Acted: 62, Rate: 0.1015, Low: 0.08, High: 0.128, Difference: views.Difference{Value: 0.0218, Low: -0.0053, High: 0.0517}},
			{Name: "free", Weight: 1},
		},
	}
}
