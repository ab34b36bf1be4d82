package views_test

import (
	"github.com/a-h/templ"
	"sessionlab/views"
)

// nasty is what a visitor may have stored: it must come out as text, everywhere.
const nasty = `"><img src=x onerror=alert(1)></script><script>alert(1)</script>javascript:{{7*7}}'`

// tutorial are the pages of the tutorial's own examples.
func tutorial() []sample {
	p := func(name, path string, f func(p views.Page) templ.Component) sample { return sample{name, f, path} }
	return []sample{
		p("preferences", "/preferences/", func(p views.Page) templ.Component {
			return views.Preferences(p, views.PreferencesData{
				Theme: "dark", FontSize: "large", Sidebar: true, Stored: true, Bound: 10, Query: "cart", Searched: true,
				Results: views.Chapters()[1].Chapters[:1], Recent: []string{"cart", "cookies", "how long does a session last", nasty},
			})
		}),
		p("preferences-new", "/preferences/", func(p views.Page) templ.Component {
			return views.Preferences(p, views.PreferencesData{Theme: "system", FontSize: "medium", Bound: 10})
		}),
		p("preferences-wrong", "/preferences/", func(p views.Page) templ.Component {
			return views.Preferences(p, views.PreferencesData{
				Theme: "purple", FontSize: "huge", Query: nasty, Searched: true, Bound: 10,
				Errors: views.Errors{"theme": "Choose light, dark or system.", "font_size": "Choose small, medium or large.", "q": "Type a word to search for."},
			})
		}),
		p("methods", "/methods/", func(p views.Page) templ.Component {
			return views.Methods(p, views.MethodsData{
				Key: "user_id", Value: "42", Default: "nobody", Keys: []string{"visit_count", "user_id", "recent_searches"},
				Expiry: "6 December at 20:41, two weeks after the last save",
				Result: &views.MethodResult{Call: `s.Get("user_id", "nobody")`, Django: `request.session.get("user_id", "nobody")`, Answer: `"42"`, Means: "There is such a key, so the default was not needed."},
			})
		}),
		p("methods-changed", "/methods/", func(p views.Page) templ.Component {
			return views.Methods(p, views.MethodsData{
				Key: nasty, Value: nasty, Default: nasty, Keys: []string{nasty},
				Result: &views.MethodResult{Call: `s.Set(` + nasty, Django: nasty, Answer: nasty, Means: nasty, Modified: true},
				Errors: views.Errors{"key": "Type a key of at most 60 characters."},
			})
		}),
		p("methods-new", "/methods/", func(p views.Page) templ.Component { return views.Methods(p, views.MethodsData{}) }),
		p("cart", "/cart/", func(p views.Page) templ.Component { return views.Cart(p, cart()) }),
		p("cart-empty", "/cart/", func(p views.Page) templ.Component {
			c := cart()
			c.Items, c.Quantity, c.Total = nil, 0, "0.00"
			return views.Cart(p, c)
		}),
		p("theme", "/theme/", func(p views.Page) templ.Component { return views.Theme(p, views.ThemeData{Current: "system"}) }),
		p("step-one", "/form/step-one/", func(p views.Page) templ.Component {
			return views.StepOne(p, views.StepOneData{FullName: "Ann", Email: "ann@example.org", Returning: true})
		}),
		p("step-one-wrong", "/form/step-one/", func(p views.Page) templ.Component {
			return views.StepOne(p, views.StepOneData{Email: nasty, Errors: views.Errors{"full_name": "Please type your name.", "email": "This is not an e-mail address: it needs an @ and a domain."}})
		}),
		p("step-two", "/form/step-two/", func(p views.Page) templ.Component {
			return views.StepTwo(p, views.StepTwoData{
				StepOne: []views.Row{{Label: "Your name", Value: "Ann"}, {Label: "E-mail address", Value: nasty}},
				Tracks:  []views.Option{{Value: "go", Label: "Sessions in Go"}, {Value: "django", Label: "Sessions in Django"}, {Value: "both", Label: "Both, side by side", Hint: "the longest day"}},
				Seats:   "0", Most: 10, Notes: nasty,
				Errors: views.Errors{"track": "Choose one of the tracks.", "seats": "At least one seat."},
			})
		}),
		p("thank-you", "/form/thank-you/", func(p views.Page) templ.Component {
			return views.ThankYou(p, views.ThankYouData{Reference: "W-0042", When: "today at 20:41", Rows: []views.Row{{Label: "Your name", Value: "Ann"}, {Label: "Seats", Value: "2"}}})
		}),
		p("thank-you-early", "/form/thank-you/", func(p views.Page) templ.Component { return views.ThankYou(p, views.ThankYouData{}) }),
	}
}

func cart() views.CartData {
	c := views.CartData{
		Max: 99, Quantity: 4, Total: "65.96",
		Items: []views.CartItem{
			{ID: "1", Name: "Pocket notebook", Price: "8.50", Sum: "17.00", Quantity: 2},
			{ID: "3", Name: "A rather long product name, for a lamp", Price: "24.48", Sum: "48.96", Quantity: 2, Typed: "-1", Error: "Between 0 and 99, please."},
			{ID: "99", Name: nasty, Price: "3.00", Quantity: 1, Gone: true},
		},
	}
	for i, name := range []string{"Pocket notebook", "Enamel mug", "Desk lamp", "Wool socks", "Tea towel", "Fountain pen", "Cork board", "Bicycle bell", "Paper globe", "Chess set", "Garden twine", "Umbrella"} {
		pr := views.Product{ID: i + 1, Name: name, About: "One line on what it is and why one wants it.", Price: "19.99"}
		if i == 0 || i == 2 {
			pr.InCart = 2
		}
		c.Products = append(c.Products, pr)
	}
	return c
}
