package views_test

import (
	"time"

	"github.com/a-h/templ"

	"sessionlab/views"
)

// accounts are the pages of accounts.
func accounts() []sample {
	p := func(name, path string, page views.Page) sample { return sample{name, page.HTML, path} }
	return []sample{
		p("login", "/login/", views.Login{
			Next: "/account/", RememberFor: 14 * 24 * time.Hour, Reason: "You were away for 30 minutes.",
			Demo: []views.DemoAccount{{Name: "alice", Password: "wonderland-2026"}, {Name: "bob", Password: "builder-2026"}},
		}),
		p("login-wrong", "/login/", views.Login{
			Username: nasty, Next: nasty, Remember: true,
			Errors: views.Errors{"": "Wrong user name or password.", "username": "This field is required."},
		}),
		p("signup", "/signup/", views.Signup{
			Username: "ann", Next: "/account/",
			Errors: views.Errors{"password1": "This password is too easy to guess.", "password2": "These two are not the same."},
		}),
		{"account", func(f views.Frame) templ.Component {
			f.User, f.Idle = "alice", &views.Idle{Left: 30 * time.Minute, After: "30 minutes"}
			return account().HTML(f)
		}, "/account/"},
		{"account-wrong", func(f views.Frame) templ.Component {
			f.User = nasty
			a := account()
			a.Username, a.Sessions[0].Device, a.Cycled = nasty, nasty, nil
			a.Errors = views.Errors{
				"old_password": "This is not your password.", "new_password2": "These two are not the same.",
				"password": "This is not your password.", "seconds": "Choose 0 for none, or 10 to 86400 seconds.",
			}
			return a.HTML(f)
		}, "/account/"},
	}
}

func account() views.Account {
	a := views.Account{
		Username: "alice", Longest: 30 * 24 * time.Hour, IdleTimeout: 1800, Seconds: "0",
		Cycled: &views.Cycled{Before: "a1b2c3d4", After: "99ffe012"},
	}
	began := time.Date(2026, 3, 1, 20, 41, 0, 0, time.UTC)
	a.Add(views.SignIn{Session: "99ffe012", Device: "Chromium on Linux", Since: began, Seen: began, Current: true})
	a.Add(views.SignIn{Session: "07c3d5aa", Device: "Firefox on Android", Since: began.Add(-time.Hour), Seen: began})
	return a
}
