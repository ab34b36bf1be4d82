package views_test

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"sessionlab/views"
)

// lab are the pages of accounts, engines, inspection and exercises.
func lab() []sample {
	p := func(name, path string, f func(p views.Frame) templ.Component) sample { return sample{name, f, path} }
	return []sample{
		{"race", raced(false).HTML, "/race/"},
		{"race-over", raced(true).HTML, "/race/"},
		p("engines", "/engines/", func(p views.Frame) templ.Component { return engines().HTML(p) }),
		p("engines-running", "/engines/", func(p views.Frame) templ.Component {
			e := engines()
			e.Measure, e.Race, e.Running = nil, nil, &views.Progress{Done: 7, Total: 15, Text: "Saving to file, round 2 of 3"}
			return e.HTML(p)
		}),
		p("settings", "/settings/", views.Settings{Settings: []views.Setting{
			{Group: "The cookie", Name: "SESSION_COOKIE_NAME", Value: "sessionid", From: "default", Means: "The name under which the browser keeps the key."},
			{Group: "The cookie", Name: "SESSION_COOKIE_AGE", Value: "1209600", From: "environment", Means: "How long a session lasts after its last save, in seconds: two weeks."},
			{Group: "The cookie", Name: "SESSION_COOKIE_SECURE", Value: "auto", From: "flag", Means: "Whether the cookie travels over HTTPS only.", Note: "This page came over plain HTTP, so it does not."},
			{Group: "The cookie", Name: "SESSION_COOKIE_DOMAIN", From: "default", Means: "Which hosts are sent the cookie; empty: only the one that set it."},
			{Group: "Secrets", Name: "SECRET_KEY", Value: "set (64 characters)", From: "made for this run", Means: "Signs what may not be forged."},
		}, Trial: &views.Trial{
			On: true, Age: true, SameSite: "strict", Ends: time.Now().Add(30 * time.Second), Times: []time.Duration{20 * time.Second, 24 * time.Hour},
			SetCookie: "sessionid=••••; Path=/; Expires=Thu, 26 Nov 2026 13:00:30 GMT; Max-Age=30; HttpOnly; SameSite=Strict",
			Usual:     "sessionid=••••; Path=/; Expires=Thu, 10 Dec 2026 13:00:00 GMT; Max-Age=1209600; HttpOnly; SameSite=Lax",
		}}.HTML),
		p("middleware", "/middleware/", views.Middleware{Stack: []views.StackLayer{
			{Name: "secureHeaders", Django: "SecurityMiddleware", Does: "Adds the headers that tell the browser what not to do.", Breaks: "further in, the pages of the layers above it would go out without them."},
			{Name: "crossOrigin", Django: "CsrfViewMiddleware", Does: "Refuses forms that come from another site."},
			{Name: "sessions", Django: "SessionMiddleware", Does: "Reads the cookie, lends the session to the handler, saves it before the first byte leaves.", Breaks: "below the sign-in, nobody could ever be signed in.", Session: true},
			{Name: "currentUser", Django: "AuthenticationMiddleware", Does: "Looks up who is signed in."},
		}}.HTML),
		p("security", "/security/", views.Security{
			Checks: []views.Finding{
				{Level: views.Pass, Title: "The key cannot be guessed", Found: "32 characters out of 36, about 165 bits.", Why: "From 64 bits on, guessing is hopeless."},
				{Level: views.Warn, Title: "The cookie travels unencrypted", Found: "This page came over plain HTTP.", Why: "Fine on localhost. Elsewhere anybody on the way can read it."},
				{Level: views.Fail, Title: "Debug pages are open", Found: "DEBUG is on, and the address is not loopback.", Why: "Set DEBUG=false."},
			},
			Engine: "db",
			Attacks: []views.Attack{
				{Name: "hijack", Outcome: &views.AttackOutcome{Came: `200 {"value":1}`, Told: "The record was loaded."}, Engines: []views.AttackVerdict{{Engine: "db"}, {Engine: "signed_cookies"}}},
				{Name: "replay", Outcome: &views.AttackOutcome{Came: nasty, Told: nasty}, Engines: []views.AttackVerdict{{Engine: "db"}}},
				{Name: "fixation", Outcome: &views.AttackOutcome{Blocked: true, Came: "303 to /login/?next=/account/"}, Engines: []views.AttackVerdict{{Engine: "db", Blocked: true}, {Engine: "file", Blocked: true}}},
				{Name: "flip"},
				{Name: "tamper", Obstacle: views.NoData},
				{Name: "delete", Obstacle: views.NoRecord},
			},
		}.HTML),
		p("debug", "/debug/", views.Debug{
			Questions: []views.Finding{
				{Level: views.Pass, Title: "Does the middleware run?", Found: "Yes, third of seven, above the sign-in."},
				{Level: views.Pass, Title: "Does the cookie arrive?", Found: "Yes: sessionid, 32 characters."},
				{Level: views.Warn, Title: "Does a value survive?", Found: "Not tried yet.", Why: "Press the button below."},
			},
			Previous: "Set at 20:41:07", TestKey: "Set at 20:42:11",
			Stored: &views.Inspector{
				Place: "row in django_session", Store: "/var/lib/sessionlab/a-directory-with-a-long-name/sessionlab.db", KeyIs: "session_key", Covered: "oxxqnkf2q7ncub••••",
				Bytes: 214, EndsIs: "expire_date", Ends: time.Now().Add(time.Hour), Inspect: "go run . inspect -",
				Shown: "{\n  \"test_key\": \"Set at 20:42:11\",\n  \"visit_count\": 7\n}",
			},
		}.HTML),
		p("debug-in-the-cookie", "/debug/", views.Debug{Stored: &views.Inspector{
			Place: "your own browser", Covered: strings.Repeat("eyJ2aXNpdF9", 20), Ends: time.Now(), EndsIs: "expires", Kept: views.KeptInCookie, Inspect: "go run . inspect -", Shown: "{}",
		}}.HTML),
		p("debug-in-memory", "/debug/", views.Debug{Stored: &views.Inspector{Kept: views.KeptInProcess, Shown: "{}"}}.HTML),
		p("debug-new", "/debug/", views.Debug{}.HTML),
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
		p("events", "/events/", views.Events{Stream: "/events/stream", Events: []views.Event{
			{Kind: "created", Session: "a1b2c3d4", Engine: "db", Path: "GET /counter/"},
			{Kind: "interrupted", Session: "99ffe012", Engine: "cached_db", Detail: "the session had ended while the request was at work"},
			{Kind: "retried", Session: "99ffe012", Engine: "db", Detail: nasty},
			{Kind: "key cycled"}, {Kind: "error"},
		}}.HTML),
		p("events-none", "/events/", views.Events{}.HTML),
	}
}

func engines() views.Engines {
	at := time.Date(2026, 3, 1, 20, 41, 0, 0, time.UTC)
	us := func(n int) views.Micros { return views.Micros(n) * views.Micros(time.Microsecond) }
	return views.Engines{
		Current: "db",
		Engines: []views.EngineCard{
			{Name: "db", Place: "row in django_session", Store: "sqlite:sessionlab.db", HasSession: true},
			{Name: "file", Place: "file", Store: "/var/lib/sessionlab/sessions", State: views.EngineFailed},
			{Name: "cache", Place: "entry in memory", Store: "memory:", State: views.EngineClosed},
			{Name: "cached_db", Place: "row in django_session", Store: "sqlite:sessionlab.db and memory:", State: views.EngineSilent},
			{Name: "signed_cookies", Place: "your own browser", HasSession: true},
		},
		Measure: &views.Measure{At: at, Rounds: 3, Most: 100, Rows: []views.MeasureRow{
			{Engine: "db", Read: us(8), Save: us(240), Slow: us(900)},
			{Engine: "file", Read: us(10), Save: us(1100), Slow: us(2400)},
			{Engine: "cache", Read: 100, Save: 200, Slow: us(1)},
			{Engine: "cached_db", State: views.NoAnswer},
			{Engine: "signed_cookies", State: views.NoTime},
		}},
		Race: &views.Race{At: at, Clicks: 50, Plain: 1, PlainTook: us(900), Rows: []views.RaceRow{
			{Engine: "db", Counted: 50, Django: 1, Retries: 112, Took: us(61000)}, {Engine: "file", Counted: 48, Refused: 2, Took: us(98000)},
			{Engine: "cache", Counted: 49, Took: us(4000)}, {Engine: "cached_db", State: views.NoAnswer},
			{Engine: "signed_cookies", Counted: 1, Took: us(3000), InCookie: true},
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
